// What another program wrote below a folder, as strace tells it.
//
// Run with -f -y -xx: children and threads are followed, descriptors carry their file's present path, all bytes are hex.
// A file is followed by what it is, not by its name. What strace cannot show (stores into shared mappings) or what is not
// followed here is said, and the files are compared at the end to notice that something was missed. sync_file_range promises
// nothing about durability and is passed over; so is mkdir: a folder counts as durable, its names do not.

/// Reads strace's output.
struct ForeignTrace {
    /// The system calls that are asked for.
    static let systemCalls = [
        "open", "openat", "creat", "read", "readv", "lseek", "write", "pwrite64", "writev", "pwritev", "pwritev2",
        "ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync", "syncfs", "rename", "renameat", "renameat2",
        "link", "linkat", "unlink", "unlinkat", "chdir", "fchdir", "dup", "dup2", "dup3", "fcntl", "mmap",
        "copy_file_range", "sendfile", "splice", "io_uring_setup", "io_submit",
    ]
    /// Files larger than this are not followed: a hole of an exabyte is one call.
    static let largestFile = 1 << 30

    /// What was done, with names relative to the folder.
    private(set) var trace: WriteTrace
    /// What could not be followed, in sentences.
    private(set) var warnings: [String] = []

    private struct Descriptor: Hashable {
        var number: Int
        var file: Int
    }

    private struct Opening {
        var position = 0
        var appends = false
        /// Whether each write is durable when it returns.
        var syncs = false
    }

    private let folder: String
    private var directory: String
    private var names: [String: Int]
    private var contents: [Int: [UInt8]]
    /// What an open made; descriptors that were duplicated share it.
    private var openings: [Opening] = []
    private var openingOf: [Descriptor: Int] = [:]
    private var unfinished: [ArraySlice<UInt8>: ArraySlice<UInt8>] = [:]
    /// The unfinished line of each stream.
    private var output: [Int: [UInt8]] = [:]

    /// Reads a trace.
    ///
    /// - Parameters:
    ///   - text: strace's output.
    ///   - folder: The absolute path that is watched.
    ///   - directory: Where the program was started.
    ///   - base: The files below the folder before, by their names in it.
    init(_ text: [UInt8], folder: String, directory: String, base: [String: [UInt8]]) {
        (self.folder, self.directory) = (folder, directory)
        trace = WriteTrace(base)
        names = trace.base.mapValues(\.file)
        contents = Dictionary(uniqueKeysWithValues: trace.base.values.map { ($0.file, $0.bytes) })
        for line in text.split(separator: 0x0A) { read(line) }
    }

    /// The files below the folder as the trace leaves them.
    var files: [String: [UInt8]] { names.compactMapValues { contents[$0] } }

    // MARK: Lines

    private mutating func read(_ line: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let end = line.firstIndex(of: space) else { return }
        let process = line[..<end]
        var rest = line[end...].drop { $0 == space }
        let mark = "<unfinished ...>".utf8
        if rest.suffix(mark.count).elementsEqual(mark) {
            unfinished[process] = rest.dropLast(mark.count)
            return
        }
        // <... write resumed>) = 1
        if rest.starts(with: "<... ".utf8), let end = rest.firstIndex(of: UInt8(ascii: ">")) {
            rest = (unfinished.removeValue(forKey: process) ?? []) + rest[(end + 1)...]
        }
        guard let call = StraceCall(rest) else { return }
        follow(call)
    }

    private mutating func follow(_ call: StraceCall) {
        switch call.name {
        case "open", "openat", "creat": opened(call)
        case "read", "readv": if call.result > 0 { moved(call) { $0 &+ call.result } }
        case "lseek": if call.result >= 0 { moved(call) { _ in call.result } }
        case "dup", "dup2", "dup3", "fcntl": duplicated(call)
        case "write", "writev": wrote(call, at: nil)
        case "pwrite64", "pwritev": wrote(call, at: call.integer(3))
        case "pwritev2": wrote(call, at: call.integer(3).flatMap { $0 < 0 ? nil : $0 })
        case "ftruncate": if let file = descriptor(call)?.file { resized(call, file) }
        case "truncate":
            if let file = named(call).first.flatMap(relative).flatMap({ names[$0] }) { resized(call, file) }
        case "fallocate": allocated(call)
        case "fsync", "fdatasync": synced(call)
        case "sync", "syncfs": syncedAll(call)
        case "rename", "renameat", "renameat2": renamed(call)
        case "link", "linkat": linked(call)
        case "unlink", "unlinkat": removed(call)
        case "chdir": if call.result == 0 { directory = absolute(call.text(at: 0) ?? "", from: directory) }
        case "fchdir": if call.result == 0 { directory = call.path(0) ?? directory }
        case "mmap": mapped(call)
        case "copy_file_range": copied(call, from: 0, at: call.pointed(1), to: 2, at: call.pointed(3))
        case "sendfile": copied(call, from: 1, at: call.pointed(2), to: 0, at: nil)
        case "splice": unsupported(call)
        case "io_uring_setup", "io_submit":
            if call.result >= 0 { warn("The program uses \(call.name); what it writes that way cannot be traced.") }
        default: break
        }
    }

    // MARK: Calls

    private mutating func opened(_ call: StraceCall) {
        guard call.result >= 0, let path = call.resultPath.flatMap(relative) else { return }
        let flags =
            call.name == "creat" ? "O_CREAT|O_TRUNC" : (1..<max(1, call.count)).map(call.word).joined(separator: " ")
        if names[path] == nil, flags.contains("O_CREAT") {
            let file = trace.base.count + trace.operations.count
            names[path] = file
            contents[file] = []
            trace.operations.append(.create(path: path, file: file))
        }
        guard let file = names[path] else { return }
        if flags.contains("O_TRUNC"), contents[file]?.isEmpty == false { resize(file, 0) }
        openingOf[Descriptor(number: call.result, file: file)] = openings.count
        openings.append(
            Opening(
                appends: flags.contains("O_APPEND"), syncs: flags.contains("O_SYNC") || flags.contains("O_DSYNC")))
    }

    private mutating func duplicated(_ call: StraceCall) {
        guard call.result >= 0, call.name != "fcntl" || call.word(1).hasPrefix("F_DUPFD"),
            let old = descriptor(call)
        else { return }
        openingOf[Descriptor(number: call.result, file: old.file)] = opening(old)
    }

    /// A descriptor's opening; one that was inherited is at the beginning, as far as is known.
    private mutating func opening(_ descriptor: Descriptor) -> Int {
        if let known = openingOf[descriptor] { return known }
        openingOf[descriptor] = openings.count
        openings.append(Opening())
        return openings.count - 1
    }

    private func descriptor(_ call: StraceCall, _ index: Int = 0) -> Descriptor? {
        guard let number = call.descriptor(index), let path = call.path(index).flatMap(relative),
            let file = names[path]
        else { return nil }
        return Descriptor(number: number, file: file)
    }

    private mutating func moved(_ call: StraceCall, _ change: (Int) -> Int) {
        guard let descriptor = descriptor(call) else { return }
        let opening = opening(descriptor)
        openings[opening].position = change(openings[opening].position)
    }

    private mutating func wrote(_ call: StraceCall, at given: Int?) {
        guard call.result > 0 else { return }
        let bytes = Array(call.bytes.prefix(call.result))
        if let descriptor = descriptor(call) {
            write(bytes, to: descriptor, at: given)
        } else if let number = call.descriptor(0), number == 1 || number == 2, let path = call.path(0),
            relative(path) == nil, !path.hasPrefix("pipe:")
        {
            // What goes through a pipe is said to another process of the program.
            told(bytes, on: number)
        }
    }

    private mutating func copied(_ call: StraceCall, from: Int, at start: Int?, to: Int, at given: Int?) {
        guard call.result > 0, let target = descriptor(call, to) else { return }
        guard let source = descriptor(call, from) else { return unsupported(call) }
        let opening = opening(source)
        let offset = max(0, start ?? openings[opening].position)
        if start == nil { openings[opening].position = offset &+ call.result }
        write(Array((contents[source.file] ?? []).dropFirst(offset).prefix(call.result)), to: target, at: given)
    }

    private mutating func write(_ bytes: [UInt8], to descriptor: Descriptor, at given: Int?) {
        let size = contents[descriptor.file]?.count ?? 0
        let opening = opening(descriptor)
        let offset = openings[opening].appends ? size : given ?? openings[opening].position
        if given == nil { openings[opening].position = offset &+ bytes.count }
        guard isFollowed(offset, bytes.count) else { return }
        contents[descriptor.file]?.write(bytes, at: offset)
        trace.operations.append(.write(file: descriptor.file, offset: offset, bytes: bytes))
        if openings[opening].syncs { trace.operations.append(.sync(file: descriptor.file)) }
    }

    /// Whether bytes are at a place that a file here can have.
    private mutating func isFollowed(_ offset: Int, _ count: Int) -> Bool {
        let (end, overflow) = offset.addingReportingOverflow(count)
        if offset >= 0, count >= 0, !overflow, end <= Self.largestFile { return true }
        warn("Files of more than \(Self.largestFile >> 30) GiB are not followed; what was written there is missing.")
        return false
    }

    /// The program said something to the outside world.
    private mutating func told(_ bytes: [UInt8], on stream: Int) {
        var lines = (output.removeValue(forKey: stream) ?? []) + bytes
        while let newline = lines.firstIndex(of: 0x0A) {
            trace.operations.append(.output(String(decoding: lines[..<newline], as: UTF8.self)))
            lines.removeSubrange(...newline)
        }
        output[stream] = lines
    }

    private mutating func resized(_ call: StraceCall, _ file: Int) {
        guard call.result == 0, let size = call.integer(1), isFollowed(0, size) else { return }
        resize(file, size)
    }

    private mutating func allocated(_ call: StraceCall) {
        guard call.result == 0, let descriptor = descriptor(call), call.integer(1) == 0,
            let offset = call.integer(2), let length = call.integer(3)
        else { return unsupported(call) }
        guard isFollowed(offset, length) else { return }
        if offset + length > contents[descriptor.file]?.count ?? 0 { resize(descriptor.file, offset + length) }
    }

    private mutating func synced(_ call: StraceCall) {
        guard let path = call.path(0) else { return }
        if let descriptor = descriptor(call) {
            trace.operations.append(
                call.result == 0 ? .sync(file: descriptor.file) : .failedSync(file: descriptor.file))
        } else if path == folder || relative(path) != nil, call.result == 0 {
            trace.operations.append(.syncFolder(path: path == folder ? "." : relative(path) ?? "."))
        }
    }

    private mutating func syncedAll(_ call: StraceCall) {
        guard call.result == 0 else { return }
        let folders = Set(names.keys.map { name in name.lastIndex(of: "/").map { String(name[..<$0]) } ?? "." })
        trace.operations += Set(names.values).sorted().map { .sync(file: $0) }
        trace.operations += folders.sorted().map { .syncFolder(path: $0) }
    }

    /// The two names of a call, when both are below the folder.
    private mutating func twoNames(_ call: StraceCall) -> (String, String)? {
        let paths = named(call).map(relative)
        guard call.result == 0, paths.count == 2 else { return nil }
        if let from = paths[0], let to = paths[1] { return (from, to) }
        if paths[0] != nil || paths[1] != nil {
            warn("A file was moved or linked into or out of the folder (\(call.name)); that is not followed.")
        }
        return nil
    }

    private mutating func renamed(_ call: StraceCall) {
        guard let (from, to) = twoNames(call) else { return }
        if call.word(4).contains("RENAME_EXCHANGE") { return unsupported(call) }
        guard let file = names.removeValue(forKey: from) else { return renamedFolder(from, to) }
        names[to] = file
        trace.operations.append(.rename(from: from, to: to))
    }

    private mutating func renamedFolder(_ from: String, _ to: String) {
        if names.keys.contains(where: { $0.hasPrefix(from + "/") }) {
            warn("The folder \(from) was renamed to \(to); that is not followed.")
        }
    }

    private mutating func linked(_ call: StraceCall) {
        guard let (from, to) = twoNames(call), let file = names[from] else { return }
        names[to] = file
        trace.operations.append(.link(from: from, to: to))
    }

    private mutating func removed(_ call: StraceCall) {
        guard call.result == 0, let path = named(call).first.flatMap(relative),
            names.removeValue(forKey: path) != nil
        else { return }
        trace.operations.append(.remove(path: path))
    }

    private mutating func mapped(_ call: StraceCall) {
        guard call.word(3).contains("MAP_SHARED"), call.word(2).contains("PROT_WRITE"),
            let path = call.path(4).flatMap(relative)
        else {
            return
        }
        warn("\(path) is mapped for writing; stores into it cannot be traced.")
    }

    private mutating func unsupported(_ call: StraceCall) {
        let paths = (0..<call.count).compactMap { call.path($0) } + named(call)
        guard call.result >= 0, paths.contains(where: { relative($0) != nil }) else { return }
        warn("\(call.name) is not followed; what it wrote is missing from the trace.")
    }

    // MARK: Files

    private mutating func resize(_ file: Int, _ size: Int) {
        contents[file]?.setSize(size)
        trace.operations.append(.resize(file: file, size: size))
    }

    private mutating func warn(_ text: String) {
        if !warnings.contains(text) { warnings.append(text) }
    }

    /// The absolute paths that a call names, each below the folder descriptor before it if there is one.
    private func named(_ call: StraceCall) -> [String] {
        (0..<call.count).compactMap { index in
            guard let text = call.text(at: index) else { return nil }
            return absolute(text, from: (index > 0 ? call.path(index - 1) : nil) ?? directory)
        }
    }

    private func absolute(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// The name below the folder; nil for what is elsewhere.
    private func relative(_ path: String) -> String? {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : nil
    }
}
