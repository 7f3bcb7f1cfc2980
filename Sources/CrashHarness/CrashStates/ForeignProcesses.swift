// What the processes of a program under strace have open: descriptors, working directories, mapped files.
//
// Threads share these, children get copies (clone with or without CLONE_FILES, CLONE_FS, CLONE_VM); descriptors that were
// duplicated or inherited share the position and the flags of one opening.

/// Descriptors, directories and mappings by process.
struct ForeignProcesses {
    /// What an open made.
    struct Opening {
        /// The file's number; nil for a file that is not watched.
        var file: Int?
        var position = 0
        var appends = false
        /// Whether each write is durable when it returns.
        var syncs = false
    }

    /// A part of a file in memory, shared with it.
    struct Mapping {
        var file: Int
        var address: Int
        var length: Int
        /// Where in the file it begins.
        var offset: Int
    }

    private struct Process {
        var descriptors: Int
        var directory: Int
        var memory: Int
    }

    /// All that was opened; descriptors are indices.
    private(set) var openings: [Opening] = []
    private var processes: [Int: Process] = [:]
    private var descriptors: [[Int: Int]] = [[:]]
    private var directories: [String]
    private var memories: [[Mapping]] = [[]]

    /// The program before its first call.
    init(directory: String) { directories = [directory] }

    /// Whether there was more than one.
    var areSeveral: Bool { processes.count > 1 }

    /// A process that nobody is known to have started is the first one.
    private mutating func process(_ number: Int) -> Process {
        if let known = processes[number] { return known }
        let process = Process(descriptors: 0, directory: 0, memory: 0)
        processes[number] = process
        return process
    }

    /// A process or thread was started.
    mutating func started(_ child: Int, by parent: Int, flags: String) {
        var process = process(parent)
        if !flags.contains("CLONE_FILES") {
            descriptors.append(descriptors[process.descriptors])
            process.descriptors = descriptors.count - 1
        }
        if !flags.contains("CLONE_FS") {
            directories.append(directories[process.directory])
            process.directory = directories.count - 1
        }
        if !flags.contains("CLONE_VM") {
            memories.append(memories[process.memory])
            process.memory = memories.count - 1
        }
        processes[child] = process
    }

    // MARK: Directories

    mutating func directory(of process: Int) -> String { directories[self.process(process).directory] }

    mutating func changeDirectory(of process: Int, to path: String) {
        directories[self.process(process).directory] = path
    }

    // MARK: Descriptors

    /// The opening behind a descriptor; nil when it was not seen to be opened.
    mutating func opening(_ descriptor: Int, of process: Int) -> Int? {
        descriptors[self.process(process).descriptors][descriptor]
    }

    /// A descriptor was made for an opening that is known.
    mutating func set(_ descriptor: Int, of process: Int, to opening: Int?) {
        descriptors[self.process(process).descriptors][descriptor] = opening
    }

    /// A descriptor was made by an open.
    @discardableResult
    mutating func open(_ descriptor: Int, of process: Int, _ opening: Opening) -> Int {
        openings.append(opening)
        set(descriptor, of: process, to: openings.count - 1)
        return openings.count - 1
    }

    mutating func change(_ opening: Int, _ change: (inout Opening) -> Void) { change(&openings[opening]) }

    // MARK: Mappings

    mutating func map(_ mapping: Mapping, in process: Int) {
        memories[self.process(process).memory].append(mapping)
    }

    /// The mappings that a range of addresses touches.
    mutating func mappings(at address: Int, _ length: Int, of process: Int) -> [Mapping] {
        memories[self.process(process).memory].filter { $0.touches(address, length) }
    }

    mutating func unmap(_ address: Int, _ length: Int, of process: Int) {
        memories[self.process(process).memory].removeAll {
            $0.address >= address && $0.length <= length - ($0.address - address)
        }
    }

    /// A mapping has another address and length.
    mutating func remap(_ old: Int, to new: Int, _ length: Int, of process: Int) {
        let memory = self.process(process).memory
        for index in memories[memory].indices where memories[memory][index].address == old {
            (memories[memory][index].address, memories[memory][index].length) = (new, length)
        }
    }
}

extension ForeignProcesses.Mapping {
    /// Whether a range of addresses has bytes of this one.
    fileprivate func touches(_ start: Int, _ count: Int) -> Bool {
        start < address.addingClamped(length) && address < start.addingClamped(count)
    }

    /// The part of the file that a range of addresses stands for.
    func range(at start: Int, _ count: Int) -> Range<Int> {
        let low = max(start, address) - address
        let high = min(start.addingClamped(count), address.addingClamped(length)) - address
        return offset.addingClamped(low)..<offset.addingClamped(max(low, high))
    }
}

extension Int {
    /// The sum, or the largest number there is.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
