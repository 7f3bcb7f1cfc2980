// The door through which libFuzzer comes to change an input; where it can be mended, it is now and then.
//
// A target of its own: it calls back into libFuzzer, which only the fuzzing programs are linked with.

import CrashHarness
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
