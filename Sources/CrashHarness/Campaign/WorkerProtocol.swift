// What a supervisor and a worker say to each other: one JSON object a line, a question and an answer in turn.

import Foundation

/// A question to a worker.
enum WorkerRequest: Codable, Sendable {
    case run(from: UInt64, to: UInt64)
    case examine(judge: String, values: [UInt64], isShrinking: Bool)
    /// One case of the campaign, with its choices noted.
    case examineNoting(index: UInt64)
}

/// Its answer.
enum WorkerResponse: Codable, Sendable {
    case batch(CaseBatch)
    case held
    case violated(made: [UInt64])
}

/// The worker's side: answers until there is no further question.
public enum WorkerLoop {
    /// What a worker is told when it is started.
    public struct Setup: Sendable {
        /// The campaign's judges.
        public var judges: [any Judge]
        /// The campaign's seed.
        public var seed: UInt64
        /// The most memory that the process may map, in bytes; 0 for no limit.
        public var memoryLimit: UInt64
        /// Whether traps are left to Swift's backtracer.
        public var isTracing: Bool

        /// Makes a setup.
        public init(judges: [any Judge], seed: UInt64, memoryLimit: UInt64, isTracing: Bool) {
            (self.judges, self.seed, self.memoryLimit, self.isTracing) = (judges, seed, memoryLimit, isTracing)
        }
    }

    /// The descriptor under which a worker finds the words that it shares with its supervisor.
    static let markDescriptor: Int32 = 3

    /// Answers questions from the standard input until it ends.
    ///
    /// - Throws: `ChildProcess.StartFailure` when this process was not started by a supervisor.
    public static func run(_ setup: Setup) throws {
        let mark = try CaseMark(descriptor: markDescriptor)
        if !setup.isTracing { mark.noteTraps() }
        limitMemory(setup.memoryLimit)
        endWithParent()
        let worker = InProcessWorker(setup.judges, seed: setup.seed, mark: mark)
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        while let line = readLine(), let request = try? decoder.decode(WorkerRequest.self, from: Data(line.utf8)) {
            var answer = try encoder.encode(answer(request, worker))
            answer.append(0x0A)
            try FileHandle.standardOutput.write(contentsOf: answer)
        }
    }

    private static func answer(_ request: WorkerRequest, _ worker: InProcessWorker) -> WorkerResponse {
        switch request {
        case .run(let from, let to): return .batch(worker.run(from..<max(from, to)))
        case .examine(let judge, let values, let isShrinking):
            return response(worker.examine(judge, values, isShrinking: isShrinking))
        case .examineNoting(let index): return response(worker.examineNoting(index))
        }
    }

    private static func response(_ fate: CaseFate) -> WorkerResponse {
        if case .violated(let made) = fate { return .violated(made: made) }
        return .held
    }

    private static func limitMemory(_ bytes: UInt64) {
        #if canImport(Glibc)
            let (memory, cores) = (__rlimit_resource_t(RLIMIT_AS.rawValue), __rlimit_resource_t(RLIMIT_CORE.rawValue))
        #else
            let (memory, cores) = (RLIMIT_AS, RLIMIT_CORE)
        #endif
        // A case that dies is no reason to write its memory to the disk.
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(cores, &limit)
        guard bytes > 0 else { return }
        limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
        setrlimit(memory, &limit)
    }

    /// A worker whose supervisor was killed would go on for ever in a case that hangs.
    private static func endWithParent() {
        let parent = getppid()
        let watch = Thread {
            while getppid() == parent { usleep(500_000) }
            _exit(1)
        }
        watch.stackSize = 1 << 16
        watch.start()
    }
}
