// What this process has cost so far, from the kernel's own books.
//
// The peak is that of the program itself. What `wait4` tells of a child includes the size of the process that started it.

import Foundation

/// Time and memory that a process took.
public struct ProcessCost: Sendable, Equatable {
    /// Processor time in seconds.
    public var seconds: Double
    /// The most memory that it held, in bytes.
    public var peakMemory: Int

    /// What this process has cost.
    public static func current() -> ProcessCost {
        var usage = rusage()
        getrusage(Self.ownProcess, &usage)
        let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        return ProcessCost(seconds: seconds + microseconds / 1e6, peakMemory: peakMemory ?? usage.ru_maxrss * 1024)
    }

    #if canImport(Glibc)
        private static let ownProcess = __rusage_who_t(RUSAGE_SELF.rawValue)
    #else
        private static let ownProcess = RUSAGE_SELF
    #endif

    /// How much memory this process holds now, in bytes; 0 where the kernel does not tell.
    static func residentMemory() -> Int { status("VmRSS:") ?? 0 }

    private static var peakMemory: Int? { status("VmHWM:") }

    private static func status(_ key: String) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) })
        else { return nil }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    /// One line that `init(text:)` reads.
    public var text: String { "cost: \(Int(seconds * 1000)) ms of processor time, \(peakMemory) bytes at most\n" }

    /// Reads the line back, wherever it stands in a text; nil when it is not there.
    public init?(text: String) {
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("cost: ") }) else { return nil }
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        (seconds, peakMemory) = (Double(numbers[0]) / 1000, numbers[1])
    }

    private init(seconds: Double, peakMemory: Int) {
        (self.seconds, self.peakMemory) = (seconds, peakMemory)
    }
}
