// Like the others it is in FuzzSupport, by the program's name; the mutation calls libFuzzer, which only targets are linked with.

import FuzzSupport

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int) -> Int

/// What libFuzzer calls to change an input in place; returns the new size.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateAndMend(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
    FuzzTarget.ofThisProgram.mend(data, mutate(data, size, capacity), capacity: capacity, seed: seed)
}
