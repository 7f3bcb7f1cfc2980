// Answers of programs about disks, asked on all cores and remembered by what the disk holds.
//
// Asking takes a thousand times as long as making a disk, so the disks are visited twice: first to collect and ask, a few
// hundred at a time and on all cores, then to judge by the answers, in order. So the outcome is the same on any number of cores.

import Foundation
import SessionFormats

/// What was asked about disks and what came.
final class DiskAnswers<Answer: Sendable>: Sendable {
    /// What is asked about.
    struct Question: Sendable {
        var disk: DiskContent
        var acknowledged: [String]
    }

    private struct Key: Hashable {
        var disk: Digest
        var acknowledged: Int
    }

    private let jobs: Int
    /// Whether the answer depends on what was acknowledged.
    private let heedsAcknowledgements: Bool
    private let ask: @Sendable (Question, JudgedFolder) -> Answer
    private let failed: @Sendable (any Error) -> Answer
    private let known = Guarded<[Key: Answer]>([:])
    private let folders = Guarded<[JudgedFolder]>([])
    /// How many disks are asked about at a time for each core.
    private static var batch: Int { 64 }

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - ask: Answers about what the folder holds; called on several threads.
    ///   - failed: The answer when a folder cannot be filled.
    init(
        jobs: Int, heedsAcknowledgements: Bool, ask: @escaping @Sendable (Question, JudgedFolder) -> Answer,
        failed: @escaping @Sendable (any Error) -> Answer
    ) {
        (self.jobs, self.heedsAcknowledgements, self.ask, self.failed) = (jobs, heedsAcknowledgements, ask, failed)
    }

    /// Asks about all disks that an explorer visits.
    func collect(_ explorer: CrashStateExplorer, _ trace: WriteTrace) -> Exploration {
        var (questions, asked): ([(Key, Question)], Set<Key>) = ([], [])
        let exploration = explorer.explore(trace) { disk, acknowledged in
            let question = Question(disk: DiskContent(disk, of: trace), acknowledged: acknowledged)
            let key = key(question)
            guard asked.insert(key).inserted, known.withLock({ $0[key] == nil }) else { return nil }
            questions.append((key, question))
            if questions.count >= jobs * Self.batch {
                answer(questions)
                questions = []
            }
            return nil
        }
        answer(questions)
        return exploration
    }

    /// The answer about a disk, asked for when there is none yet.
    func answer(_ question: Question) -> Answer {
        let key = key(question)
        if let answer = known.withLock({ $0[key] }) { return answer }
        let answer = answerNow(question)
        known.withLock { $0[key] = answer }
        return answer
    }

    private func key(_ question: Question) -> Key {
        Key(disk: question.disk.digest, acknowledged: heedsAcknowledgements ? question.acknowledged.count : 0)
    }

    private func answer(_ questions: [(Key, Question)]) {
        OrderedWork(jobs: jobs).run(questions.count) {
            answerNow(questions[$0].1)
        } consume: { index, answer in
            known.withLock { $0[questions[index].0] = answer }
        }
    }

    private func answerNow(_ question: Question) -> Answer {
        do {
            let folder = try folders.withLock { $0.popLast() } ?? JudgedFolder()
            defer { folders.withLock { $0.append(folder) } }
            try folder.fill(question.disk, acknowledged: question.acknowledged)
            return ask(question, folder)
        } catch { return failed(error) }
    }
}
