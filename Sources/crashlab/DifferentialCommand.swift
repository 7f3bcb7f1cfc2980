import CrashHarness
import Foundation

enum DifferentialCommand: Command {
    static let name = "differential"
    static let summary = "Compare reference mode with a program that embeds the reference itself."
    static let help = """
        usage: crashlab differential --peer PROGRAM [OPTIONS]

        Generates and damages session logs and gives each to our reference mode and to a peer, which reads
        (u32 little-endian length, bytes) from standard input again and again and prints one JSON verdict a line:
        {"ok","error_kind","header_id","recovery","count","entries","canonical_blake3"}.

          --cases N   How many logs; 1000000 unless told otherwise.
          --jobs N    How many peers run side by side; all cores unless told otherwise.
          --seed N    Where the logs follow from; a random one, which is printed, unless told otherwise.

        Exit status: 0 no difference, 1 differences, 74 the peer could not be run.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        guard let peer = try arguments.option("--peer") else { throw UsageError(message: "name a --peer.") }
        let cases = try arguments.number("--cases", in: 1...(1 << 40) as ClosedRange<Int>) ?? 1_000_000
        let jobs = try arguments.number("--jobs", in: 1...64 as ClosedRange<Int>)
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? UInt64.random(in: 0..<1_000_000_000)
        try arguments.finish()
        return try compare(
            peer, cases: cases, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, seed: seed)
    }

    private static func compare(_ peer: String, cases: Int, jobs: Int, seed: UInt64) throws -> ExitStatus {
        Output.print("seed \(seed), \(jobs) peers\n")
        let collector = OutcomeCollector()
        DispatchQueue.concurrentPerform(iterations: jobs) { job in
            let comparison = PeerComparison(program: peer, seed: seed &+ UInt64(job))
            collector.collect {
                try comparison.run(cases: cases / jobs + (job == 0 ? cases % jobs : 0)) { done in
                    if job == 0 { Output.errorControl("about \(grouped(done * jobs)) of \(grouped(cases))\r") }
                }
            }
        }
        let outcome = try collector.outcome()
        for difference in outcome.differences.prefix(10) {
            Output.print(
                """
                ours   \(difference.ours)
                peer's \(difference.peers)
                log    \(Data(difference.bytes).base64EncodedString())

                """)
        }
        Output.print(
            """
            \(grouped(outcome.cases)) logs, \(grouped(outcome.accepted)) of them accepted by the peer, \
            \(outcome.differences.count) differences

            """)
        return outcome.differences.isEmpty ? .success : .damaged
    }
}

/// Adds up what several comparisons come to.
private final class OutcomeCollector: @unchecked Sendable {
    private let lock = NSLock()
    private var sum = PeerComparison.Outcome()
    private var failure: (any Error)?

    func collect(_ body: () throws -> PeerComparison.Outcome) {
        let result = Result { try body() }
        lock.withLock {
            switch result {
            case .success(let outcome): sum.add(outcome)
            case .failure(let error): failure = error
            }
        }
    }

    func outcome() throws -> PeerComparison.Outcome {
        try lock.withLock {
            if let failure { throw failure }
            return sum
        }
    }
}
