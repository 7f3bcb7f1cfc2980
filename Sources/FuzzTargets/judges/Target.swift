import FuzzSupport

private let target = FuzzTarget.named("judges")

@_cdecl("LLVMFuzzerInitialize")
public func begin(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    FuzzTarget.begin()
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func examine(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    target?.run(data, size)
    return 0
}
