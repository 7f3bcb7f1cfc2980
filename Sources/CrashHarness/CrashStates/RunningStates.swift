// What a program may find after a crash when nothing else is known of it: what it had itself at some point of its run.
//
// The states of the running program are those that a mere kill leaves (the model `cached`). What a crash leaves has to be one of
// them, and one at which at least all was acknowledged that had been before the crash: nothing lost, nothing invented. With a
// recovery of the program's own, what it makes of the disk is compared in place of the disk: what it prints, or, when it
// prints nothing about any state of the running program, what it leaves.

import Foundation
import SessionFormats

/// Judges disks by the states of the running program.
final class RunningStates: Sendable {
    /// What is compared of a disk.
    private enum Answer: Sendable, Hashable {
        case files(Digest)
        case printed(Digest)
    }

    /// What became of a disk, and that in words.
    private struct Outcome: Sendable {
        /// What is there; nil when the recovery failed.
        var files: Digest?
        /// What the recovery printed; nil when it printed nothing.
        var printed: Digest?
        var words: String

        /// What is compared; nil when the recovery failed.
        func answer(comparingOutput: Bool) -> Answer? {
            if let printed { return .printed(printed) }
            guard let files else { return nil }
            return comparingOutput ? .printed(BLAKE3.hash([])) : .files(files)
        }
    }

    private let answers: DiskAnswers<Outcome>?
    /// The most that was acknowledged in a state with an answer.
    private let acknowledged: [Answer: Int]
    private let count: Int
    /// Whether it is what the recovery prints that is compared.
    private let comparesOutput: Bool
    /// Whether these are all states that the running program can have had.
    private let isComplete: Bool
    /// How many of them are worked out if need be, however few states of crashes are asked for.
    private static let leastBound = 200_000

    /// Works out the running program's states.
    ///
    /// - Parameters:
    ///   - explorer: How states are visited; at least 200,000 of the running program's are, if there are so many.
    ///   - reopen: The program's recovery, if it is to be run.
    init(_ trace: WriteTrace, _ explorer: CrashStateExplorer, reopen: DiskCommand?, jobs: Int) {
        let answers = reopen.map { reopen in
            DiskAnswers<Outcome>(jobs: jobs, heedsAcknowledgements: false) { _, folder in
                Self.outcome(reopen, folder)
            } failed: {
                Outcome(words: "\($0)")
            }
        }
        var running = explorer
        (running.model, running.onlyState) = (.cached, nil)
        running.bound = max(running.bound, Self.leastBound)
        if let answers { _ = answers.collect(running, trace) }
        var (most, count): ([Answer: Int], Int) = ([:], 0)
        var outcomes: [(Outcome, Int)] = []
        isComplete =
            running.explore(trace) { disk, acknowledged in
                count += 1
                outcomes.append((Self.outcome(DiskContent(disk, of: trace), answers), acknowledged.count))
                return nil
            }.isExhaustive
        let comparesOutput = outcomes.contains { $0.0.printed != nil }
        for (outcome, acknowledged) in outcomes {
            guard let answer = outcome.answer(comparingOutput: comparesOutput) else { continue }
            most[answer] = max(most[answer] ?? 0, acknowledged)
        }
        (self.answers, self.acknowledged, self.count, self.comparesOutput) = (answers, most, count, comparesOutput)
    }

    /// Visits the states and holds each against those of the running program.
    func explore(_ explorer: CrashStateExplorer, _ trace: WriteTrace) -> Exploration {
        if explorer.onlyState == nil, let answers { _ = answers.collect(explorer, trace) }
        var exploration = explorer.explore(trace) { disk, acknowledged in
            self.problem(Self.outcome(DiskContent(disk, of: trace), answers), acknowledged.count)
        }
        if !isComplete {
            exploration.unjudged.append(
                "The running program's calls overlap in so many ways that not all of its states were worked out; a state that is "
                    + "told to be wrong may be one of the others.")
        }
        return exploration
    }

    private func problem(_ outcome: Outcome, _ wanted: Int) -> CrashProblem? {
        guard let answer = outcome.answer(comparingOutput: comparesOutput) else {
            return ("a recovery that succeeds", outcome.words)
        }
        guard let most = acknowledged[answer] else {
            return ("one of the \(count) states that the running program had", outcome.words)
        }
        if most >= wanted { return nil }
        return (
            "a state that the running program had with all \(wanted) acknowledged",
            "one that it had with \(most) at most: \(outcome.words)"
        )
    }

    private static func outcome(_ disk: DiskContent, _ answers: DiskAnswers<Outcome>?) -> Outcome {
        if let answers { return answers.answer(DiskAnswers.Question(disk: disk, acknowledged: [])) }
        return Outcome(files: disk.digest, words: disk.summary)
    }

    private static func outcome(_ reopen: DiskCommand, _ folder: JudgedFolder) -> Outcome {
        switch reopen.run(on: folder) {
        case .failure(let words): return Outcome(words: words)
        case .success(let output) where !output.isEmpty:
            return Outcome(
                printed: BLAKE3.hash(Array(output.utf8)), words: "the recovery prints: \(output.shortened)")
        case .success:
            do {
                let disk = try DiskContent(below: folder.path)
                return Outcome(files: disk.digest, words: "after recovery, which prints nothing, \(disk.summary)")
            } catch { return Outcome(words: "\(error)") }
        }
    }
}
