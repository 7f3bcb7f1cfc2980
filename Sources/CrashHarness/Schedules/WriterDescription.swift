// What the harness has to know of a format's writer to let it work in programs that nobody wrote.

import SessionFormats

/// A writer, what can be done with it, and how to tell what a file of it holds without asking its reader.
public struct WriterDescription: Sendable {
    /// A disk to begin with.
    public struct Base: Sendable {
        /// What is special about it, for people.
        public var name: StaticString
        /// The file's bytes; nil for none.
        public var file: [UInt8]?
        /// What the file holds, as `observe` tells it.
        public var holds: [String]
        /// Bytes that must be found in some file at the end, whatever was done: what a repair cuts is kept.
        public var evidence: [UInt8]
        /// Whether the writer may refuse the file for ever, since it is damaged in a way that a save would hide.
        public var isRefused: Bool

        /// Describes a disk.
        public init(
            _ name: StaticString, _ file: [UInt8]?, holds: [String] = [], evidence: [UInt8] = [],
            isRefused: Bool = false
        ) {
            (self.name, self.file, self.holds, self.evidence, self.isRefused) =
                (name, file, holds, evidence, isRefused)
        }

        /// What is wrong when a repair took the evidence away.
        func lossOfEvidence(on disk: SimulatedDisk) -> CrashProblem? {
            if evidence.isEmpty || disk.contents.values.contains(where: { $0.holds(evidence) }) { return nil }
            return ("what was cut to be kept beside the file", "it is nowhere")
        }
    }

    /// What a file holds.
    public enum Promise: Sendable {
        /// Items one behind the other, of which the last so many of each writer are kept for sure.
        case items(keeping: Int)
        /// One value, the last that was set.
        case value
        /// Members in no order, each of which is added once, and may be taken out (`String.asRemoval`).
        case members
    }

    /// The kind of promise.
    public let promise: Promise
    /// Where the file is, for writers and readers.
    public let path: String
    /// Disks to begin with; the first is the simplest.
    public let bases: [Base]
    /// What can be done, by name; the first adds something, and has to succeed on a disk that works.
    public let operations: [StaticString]
    /// Which of the operations removes the file; nil for none.
    public let removing: Int?
    /// What is looked at in every state that a crash may leave.
    public let programs: [NamedProgram]
    /// The bugs that such a writer can have, each of which has to be found.
    public let bugs: [PlantedBug]
    /// Makes one that uses the writer, of a number from 0. The bug is planted in the disk; an agent minds the one of them that
    /// lies in how it opens a file.
    public let makeAgent: @Sendable (_ number: Int, _ disk: any FileSystem, _ bug: PlantedBug?) -> any WritingAgent
    /// Tells the items, or the one value, that a file holds, and what is wrong with it as a whole.
    ///
    /// - Parameter attempted: Everything that anyone tried to write, in no order.
    public let observe: @Sendable (_ disk: SimulatedDisk, _ attempted: [String]) -> Observation

    /// Describes a writer.
    public init(
        _ promise: Promise, path: String, bases: [Base], operations: [StaticString],
        removing: Int? = nil, programs: [NamedProgram] = [], bugs: [PlantedBug] = [],
        makeAgent: @escaping @Sendable (_ number: Int, _ disk: any FileSystem, _ bug: PlantedBug?) -> any WritingAgent,
        observe: @escaping @Sendable (_ disk: SimulatedDisk, _ attempted: [String]) -> Observation
    ) {
        (self.promise, self.path, self.bases, self.operations, self.bugs) = (promise, path, bases, operations, bugs)
        (self.removing, self.programs, self.makeAgent, self.observe) = (removing, programs, makeAgent, observe)
    }
}

/// What was found in a file.
public struct Observation: Sendable {
    /// The items in order; one for a value.
    public var items: [String]
    /// What no file of its kind may have, such as entries welded to each other; nil when there is nothing.
    public var problem: String?
    /// Pieces that nobody tried to write, each whole.
    public var noise: [String] = []

    /// Makes an observation.
    public init(_ items: [String], problem: String? = nil) { (self.items, self.problem) = (items, problem) }
}

/// One that uses a writer as an agent does: opens when it has to, and again after an error that asks for it.
public protocol WritingAgent: AnyObject {
    /// Does an operation; when it returns that is acknowledged.
    ///
    /// - Parameters:
    ///   - item: What to write, where something is written; one that ends in 2 is long, where length matters.
    ///   - attempt: To be told before anything is written: the item, or the value that the file will have.
    /// - Throws: What the writer throws.
    func perform(_ operation: Int, item: String, attempt: (String) -> Void) throws
    /// Closes in order.
    func close()
}
