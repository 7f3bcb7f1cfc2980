// A writer's promises under programs that nobody wrote.

import SessionFormats

/// Lets a format's writer work in programs made of choices.
public struct WriterPrograms: Judge {
    /// "writer-" and the format, and the bug when one is planted.
    public let name: String
    /// What must hold.
    public let promise: String
    private let writer: WriterDescription
    private let bug: PlantedBug?
    private let bounds: ProgramBounds

    /// Makes the judge of a kit's writer.
    ///
    /// - Parameter bug: A bug to plant, which the judge has to find.
    init(
        _ format: FormatID, _ writer: WriterDescription, bug: PlantedBug? = nil, bounds: ProgramBounds = ProgramBounds()
    ) {
        name = bug.map { "planted-\($0.rawValue)" } ?? "writer-\(format)"
        promise =
            bug.map { "This writer has a bug (\($0.rawValue)), so that a judge has something to find." }
            ?? "Whatever fails and whoever else writes, all that was acknowledged is there, and the writer works again."
        (self.writer, self.bug, self.bounds) = (writer, bug, bounds)
    }

    /// Runs one program.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        let outcome = WriterProgram.run(writer, bug: bug, bounds: bounds, &choices)
        for trait in outcome.traits { evidence.count(name, "programs", trait.rawValue) }
        guard let (expected, got) = outcome.problem else { return }
        // Once more, to tell what happened.
        var again = Choices.recorded(choices.values)
        let told = WriterProgram.run(writer, bug: bug, bounds: bounds, tells: true, &again)
        let files = told.disk.contents.sorted { $0.key < $1.key }.map { name, bytes in
            "\(name), \(bytes.count) bytes:\n\(String(decoding: bytes.prefix(100_000), as: UTF8.self))"
        }
        let text = (told.story + files).joined(separator: "\n") + "\n"
        throw Violation(expected: expected, got: got, file: Array(text.utf8), fileName: "program.txt")
    }
}

/// Several writers that do one thing each, in every order of their first calls to the file system.
struct WriterInterleavings: Judge {
    let name: String
    let promise =
        "In whatever order the calls of several writers come, and wherever they end, what was acknowledged is there."
    let writer: WriterDescription
    let writers: Int
    let calls: Int
    let bug: PlantedBug?

    /// - Parameters:
    ///   - calls: How many calls of each writer others may come between.
    ///   - bug: A bug to plant, which has to be found.
    init(_ format: FormatID, _ writer: WriterDescription, writers: Int, calls: Int, bug: PlantedBug? = nil) {
        (self.writer, self.writers, self.calls, self.bug) = (writer, writers, calls, bug)
        name = "writer-\(format)-\(writers)x\(calls)"
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        let outcome = WriterProgram.interleave(writer, bug: bug, writers: writers, calls: calls, &choices)
        if let (expected, got) = outcome.problem {
            throw Violation(expected: expected, got: got, file: [], fileName: "")
        }
    }
}

extension WriterDescription {
    /// The judges whose cases are few enough to look at all of them.
    func interleavings(_ format: FormatID) -> [any Judge] {
        [(2, 3), (2, 6), (3, 3), (3, 6)].map { WriterInterleavings(format, self, writers: $0, calls: $1) }
    }

    /// A judge for each bug that such a writer can have.
    func plantedBugs(_ format: FormatID) -> [any Judge] { bugs.map { WriterPrograms(format, self, bug: $0) } }
}
