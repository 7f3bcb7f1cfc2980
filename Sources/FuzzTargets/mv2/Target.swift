import FuzzSupport

private let target = FuzzTarget.named("mv2")

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

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int) -> Int

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateAndMend(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
    let mutated = mutate(data, size, capacity)
    return target?.mend(data, mutated, capacity: capacity, seed: seed) ?? mutated
}
