// How the time of checking grows with hostile files: what `WorkIsLinear` counts in bytes, by the clock of this thread, so
// that whatever else the machine does counts as little as it can.

import Foundation
import SessionFormats

/// Has hostile files of three sizes checked, each ten times as large as the one before.
struct HostileBenchmark {
    /// The sizes, in bytes.
    static let sizes = [100_000, 1_000_000, 10_000_000]
    /// How many times the time may be from one size to the next.
    static let limit = 12.0
    /// How long a size is measured at least, in seconds.
    private static let leastTime = 0.02
    /// What is faster than this is as good as this, in seconds a byte: it is memory that tells how fast, and memory that is
    /// new to a process is several times slower than what it had before.
    private static let fastest = 2e-9

    private let kit: FormatKit

    init(_ kit: FormatKit) { self.kit = kit }

    /// A row for each family; one that grows faster than it may is a failure.
    func run(report: (BenchmarkRow) -> Void) {
        let formats = KitCatalogue.standard.adding(kit).formats
        for family in kit.hostileFamilies { report(row(family, formats)) }
    }

    private func row(_ family: HostileFamily, _ formats: FormatCatalogue) -> BenchmarkRow {
        let name = "\(kit.format.id), hostile: \(family.name)"
        var times = times(family, formats)
        // What else the machine does shows in single figures, so what grows too fast is measured again.
        for _ in 0..<4 where growth(times) > Self.limit { times = zip(times, self.times(family, formats)).map(min) }
        let told = times.map { "\(Self.milliseconds($0))" }.joined(separator: ", ")
        if growth(times) > Self.limit {
            return BenchmarkRow(name: name, failure: TooSteep(growth: growth(times), times: told))
        }
        return BenchmarkRow(
            name: name, unit: "ms for 10 MB, growth", best: (times.last ?? 0) * 1e3, median: (times.last ?? 0) * 1e3,
            ratio: growth(times))
    }

    private func growth(_ times: [Double]) -> Double {
        let times = zip(times, Self.sizes).map { max($0, Double($1) * Self.fastest) }
        return zip(times.dropFirst(), times).map { $0 / $1 }.max() ?? 0
    }

    private func times(_ family: HostileFamily, _ formats: FormatCatalogue) -> [Double] {
        Self.sizes.map { size in
            let bytes = FileBytes(family.file(size: size))
            var (best, spent) = (Double.infinity, 0.0)
            repeat {
                let start = SystemCall.nanoseconds(on: CLOCK_THREAD_CPUTIME_ID)
                // Recognised as a stranger's file is, and read as this format, whatever it looks like.
                _ = formats.recognise(bytes)
                _ = kit.format.examine(bytes, ExaminationOptions())
                let time = Double(SystemCall.nanoseconds(on: CLOCK_THREAD_CPUTIME_ID) - start) / 1e9
                (best, spent) = (min(best, time), spent + time)
            } while spent < Self.leastTime
            return best
        }
    }

    private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1e4).rounded() / 10 }

    private struct TooSteep: Error, CustomStringConvertible {
        var growth: Double
        var times: String
        var description: String {
            "the time grows \((growth * 10).rounded() / 10) times where the file grows ten times (\(times) ms)"
        }
    }
}

extension FormatKit {
    /// Measures the time of hostile files.
    public func measureHostileFamilies(_ report: (BenchmarkRow) -> Void) {
        HostileBenchmark(self).run(report: report)
    }
}
