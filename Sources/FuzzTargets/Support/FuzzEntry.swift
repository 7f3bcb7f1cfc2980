// The door through which libFuzzer comes in.
//
// All targets share it; which one a program is follows from its name, fuzz-NAME.

import CrashHarness

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What libFuzzer calls once, before everything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialiseFuzzing(_ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    FuzzTarget.begin()
    FuzzTarget.listWhenAsked()
    return 0
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzTarget.ofThisProgram.run(data, size)
    return 0
}

extension FuzzTarget {
    /// The target whose name the program has.
    public static let ofThisProgram: FuzzTarget = {
        let program = CommandLine.arguments.first?.split(separator: "/").last ?? ""
        guard program.hasPrefix("fuzz-"),
            let target = KitCatalogue.standard.target(named: String(program.dropFirst(5)))
        else { fatalError("\(program) is no fuzzing target's name.") }
        return target
    }()

    /// Under the name that no target has, the program prints the targets' names and ends.
    static func listWhenAsked() {
        guard CommandLine.arguments.first?.split(separator: "/").last == "fuzz" else { return }
        for target in KitCatalogue.standard.targets { print(target.name) }
        exit(0)
    }

    /// What every target does first. Swift's backtracer would take the signals of a trap, and libFuzzer would then not keep
    /// the input; so they are as the system has them, without anything in the environment, which a cluster does not set.
    public static func begin() {
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] { signal(number, SIG_DFL) }
    }

    /// Looks at libFuzzer's bytes, and traps on a broken promise.
    ///
    /// The environment variable CRASHLAB_PLANTED_TRAP is for checking that a trap is noticed: with it, inputs that begin
    /// with "trap" trap.
    public func run(_ data: UnsafePointer<UInt8>?, _ size: Int) {
        let input = Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : size))
        if Self.hasPlantedTrap, input.starts(with: "trap".utf8) { fatalError("the planted trap") }
        do { try examine(input) } catch { fatalError("\(name): \(error)") }
    }

    /// Mends an input in place after libFuzzer's own mutation; half of the time it is left as it is.
    ///
    /// - Returns: The new size, at most `capacity`.
    public func mend(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, capacity: Int, seed: UInt32) -> Int {
        guard let mend, seed.isMultiple(of: 2) else { return size }
        let mended = mend(Array(UnsafeBufferPointer(start: data, count: size)))
        guard mended.count <= capacity else { return size }
        for (index, byte) in mended.enumerated() { data[index] = byte }
        return mended.count
    }

    private static let hasPlantedTrap = getenv("CRASHLAB_PLANTED_TRAP") != nil
}
