// A few words of memory that a worker and its supervisor share: what the worker is at.
//
// The worker writes it before each case; when it dies the words are still there. Only single 64-bit stores and loads are
// used, so nothing is torn.

import Foundation

/// Shared words.
final class CaseMark: @unchecked Sendable {
    private let words: UnsafeMutablePointer<UInt64>
    /// The file behind the words; it has no name.
    let descriptor: Int32

    /// Room for the first hundred thousand choices of a case; hardly any makes so many.
    private static let size = 1 << 20

    /// Makes the words.
    ///
    /// - Throws: `ChildProcess.StartFailure`.
    convenience init() throws {
        let descriptor = try temporaryDescriptor()
        guard ftruncate(descriptor, off_t(Self.size)) == 0 else {
            throw ChildProcess.StartFailure(program: "a worker", errorNumber: errno)
        }
        try self.init(descriptor: descriptor)
    }

    /// Takes up words that another process made.
    init(descriptor: Int32) throws {
        let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else {
            throw ChildProcess.StartFailure(program: "a worker", errorNumber: errno)
        }
        words = memory.bindMemory(to: UInt64.self, capacity: Self.size / 8)
        self.descriptor = descriptor
    }

    deinit {
        munmap(words, Self.size)
        close(descriptor)
    }

    /// Notes which case is about to be judged.
    func mark(_ index: UInt64) {
        words[1] = index
        words[2] = 0
        words[3] = 0
        beat()
    }

    /// Shows that the case goes on; what is silent for too long hangs.
    func beat() { words[0] &+= 1 }

    /// Notes a choice of the case.
    func note(_ value: UInt64, at place: Int) {
        beat()
        guard place < Self.size / 8 - 4 else { return }
        words[4 + place] = value
        words[3] = max(words[3], UInt64(place + 1))
    }

    /// The choices that were noted.
    var choices: [UInt64] {
        let count = Int(min(words[3], UInt64(Self.size / 8 - 4)))
        return (0..<count).map { words[4 + $0] }
    }

    /// How many signs of life there were so far: cases, their choices, the values of their sweeps.
    var beats: UInt64 { words[0] }
    /// The case that was marked last.
    var index: UInt64 { words[1] }
    /// Where in the program it trapped; 0 when that is not known.
    var trapPlace: UInt64 { words[2] }

    /// Lets a trap leave its place here before it ends the process.
    func noteTraps() {
        trapWord = words + 2
        imageBase = UInt(bitPattern: #dsohandle)
        for number in [SIGILL, SIGTRAP, SIGFPE] {
            var action = sigaction()
            #if canImport(Darwin)
                action.__sigaction_u.__sa_sigaction = noteTrap
            #else
                action.__sigaction_handler = .init(sa_sigaction: noteTrap)
            #endif
            action.sa_flags = Int32(SA_SIGINFO) | Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
        }
    }
}

// What a signal's handler may touch: no allocation, no locks.
nonisolated(unsafe) private var trapWord: UnsafeMutablePointer<UInt64>?
nonisolated(unsafe) private var imageBase: UInt = 0

/// Notes the place; the handler is gone then, and the instruction ends the process when it runs again.
private func noteTrap(_ number: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _: UnsafeMutableRawPointer?) {
    #if canImport(Darwin)
        let address = UInt(bitPattern: information?.pointee.si_addr)
    #else
        let address = UInt(bitPattern: information?.pointee._sifields._sigfault.si_addr)
    #endif
    let place = address &- imageBase
    // Other images are elsewhere each time.
    if place < 1 << 30 { trapWord?.pointee = UInt64(place) }
}
