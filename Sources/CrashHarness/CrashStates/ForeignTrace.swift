// What another program wrote below a folder, as strace tells it.
//
// Run with -f -y -xx: children and threads are followed, descriptors carry their file's present path, all bytes are hex.
// A file is followed by what it is, not by its name. What strace cannot show (stores into shared mappings) or what is not
// followed here is said, and the files are compared at the end to notice that something was missed.

/// Reads strace's output.
struct ForeignTrace {
    /// The system calls that are asked for.
    static let systemCalls = [
        "open", "openat", "creat", "read", "pread64", "lseek", "write", "pwrite64", "writev", "pwritev", "ftruncate",
        "truncate", "fallocate", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
        "unlinkat", "chdir", "dup", "dup2", "dup3", "fcntl", "mmap", "copy_file_range", "sendfile",
    ]

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
    }

    private let folder: String
    private let mark: String?
    private var directory: String
    private var names: [String: Int]
    private var contents: [Int: [UInt8]]
    /// What an open made; descriptors that were duplicated share it.
    private var openings: [Opening] = []
    private var openingOf: [Descriptor: Int] = [:]
    private var unfinished: [Substring: String] = [:]
    private var output: [UInt8] = []

    /// Reads a trace.
    ///
    /// - Parameters:
    ///   - text: strace's output.
    ///   - folder: The absolute path that is watched.
    ///   - directory: Where the program was started.
    ///   - base: The files below the folder before, by their names in it.
    ///   - mark: Lines of the program's output that hold this are acknowledgements; without it each sync is one.
    init(_ text: String, folder: String, directory: String, base: [String: [UInt8]], mark: String?) {
        (self.folder, self.directory, self.mark) = (folder, directory, mark)
        trace = WriteTrace(base)
        names = trace.base.mapValues(\.file)
        contents = Dictionary(uniqueKeysWithValues: trace.base.values.map { ($0.file, $0.bytes) })
        for line in text.split(separator: "\n") { read(line) }
    }

    /// The files below the folder as the trace leaves them.
    var files: [String: [UInt8]] { names.compactMapValues { contents[$0] } }

    // MARK: Lines

    private mutating func read(_ line: Substring) {
        guard let space = line.firstIndex(of: " ") else { return }
        let process = line[..<space]
        var rest = String(line[space...].drop { $0 == " " })
        if rest.hasSuffix("<unfinished ...>") {
            unfinished[process] = String(rest.dropLast("<unfinished ...>".count))
            return
        }
        if rest.hasPrefix("<... "), let end = rest.range(of: "resumed>") {
            rest = (unfinished.removeValue(forKey: process) ?? "") + rest[end.upperBound...]
        }
        guard let call = StraceCall(rest) else { return }
        follow(call)
    }

    private mutating func follow(_ call: StraceCall) {
        switch call.name {
        case "open", "openat", "creat": opened(call)
        case "read": if call.result > 0 { moved(call) { $0 + call.result } }
        case "lseek": if call.result >= 0 { moved(call) { _ in call.result } }
        case "dup", "dup2", "dup3", "fcntl": duplicated(call)
        case "write", "writev": wrote(call, at: nil)
        case "pwrite64", "pwritev": wrote(call, at: call.arguments.last.flatMap { Int($0) })
        case "ftruncate": resized(call, to: call.integer(1))
        case "fallocate": allocated(call)
        case "fsync", "fdatasync": synced(call)
        case "rename", "renameat", "renameat2": renamed(call)
        case "unlink", "unlinkat": removed(call)
        case "chdir": if call.result == 0 { directory = absolute(call.text(at: 0) ?? "", from: directory) }
        case "mmap": mapped(call)
        case "copy_file_range": copied(call, from: 0, at: call.pointed(1), to: 2, at: call.pointed(3))
        case "sendfile": copied(call, from: 1, at: call.pointed(2), to: 0, at: nil)
        case "truncate", "link", "linkat": unsupported(call)
        default: break
        }
    }

    // MARK: Calls

    private mutating func opened(_ call: StraceCall) {
        guard call.result >= 0, let path = call.resultPath.flatMap(relative) else { return }
        let flags = call.name == "creat" ? "O_CREAT|O_TRUNC" : call.arguments.dropFirst().joined(separator: " ")
        if names[path] == nil, flags.contains("O_CREAT") {
            let file = trace.base.count + trace.operations.count
            names[path] = file
            contents[file] = []
            trace.operations.append(.create(path: path, file: file))
        }
        guard let file = names[path] else { return }
        if flags.contains("O_TRUNC"), contents[file]?.isEmpty == false { resize(file, 0) }
        openingOf[Descriptor(number: call.result, file: file)] = openings.count
        openings.append(Opening(appends: flags.contains("O_APPEND")))
    }

    private mutating func duplicated(_ call: StraceCall) {
        guard call.result >= 0, call.name != "fcntl" || call.arguments.dropFirst().first?.hasPrefix("F_DUPFD") == true,
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
        guard let descriptor = descriptor(call) else {
            if let number = call.descriptor(0), number == 1 || number == 2, call.path(0).flatMap(relative) == nil {
                told(bytes)
            }
            return
        }
        write(bytes, to: descriptor, at: given)
    }

    private mutating func copied(_ call: StraceCall, from: Int, at start: Int?, to: Int, at given: Int?) {
        guard call.result > 0, let target = descriptor(call, to) else { return }
        guard let source = descriptor(call, from) else { return unsupported(call) }
        let opening = opening(source)
        let offset = start ?? openings[opening].position
        if start == nil { openings[opening].position += call.result }
        write(Array((contents[source.file] ?? []).dropFirst(offset).prefix(call.result)), to: target, at: given)
    }

    private mutating func write(_ bytes: [UInt8], to descriptor: Descriptor, at given: Int?) {
        let size = contents[descriptor.file]?.count ?? 0
        let opening = opening(descriptor)
        let offset = openings[opening].appends ? size : given ?? openings[opening].position
        if given == nil { openings[opening].position = offset + bytes.count }
        if offset + bytes.count > size { setSize(descriptor.file, offset + bytes.count) }
        contents[descriptor.file]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        trace.operations.append(.write(file: descriptor.file, offset: offset, bytes: bytes))
    }

    /// The program said something to the outside world.
    private mutating func told(_ bytes: [UInt8]) {
        output += bytes
        while let newline = output.firstIndex(of: 0x0A) {
            let line = String(decoding: output[..<newline], as: UTF8.self)
            output.removeSubrange(...newline)
            if let mark, line.contains(mark) { trace.operations.append(.acknowledge(line)) }
        }
    }

    private mutating func resized(_ call: StraceCall, to size: Int?) {
        guard call.result == 0, let size, let descriptor = descriptor(call) else { return }
        resize(descriptor.file, size)
    }

    private mutating func allocated(_ call: StraceCall) {
        guard call.result == 0, let descriptor = descriptor(call), call.integer(1) == 0,
            let offset = call.integer(2), let length = call.integer(3)
        else { return unsupported(call) }
        if offset + length > contents[descriptor.file]?.count ?? 0 { resize(descriptor.file, offset + length) }
    }

    private mutating func synced(_ call: StraceCall) {
        guard let path = call.path(0) else { return }
        if let descriptor = descriptor(call) {
            let isDone = call.result == 0
            trace.operations.append(isDone ? .sync(file: descriptor.file) : .failedSync(file: descriptor.file))
            if isDone, mark == nil { trace.operations.append(.acknowledge("sync of \(relative(path) ?? path)")) }
        } else if path == folder || relative(path) != nil, call.result == 0 {
            trace.operations.append(.syncFolder(path: path == folder ? "." : relative(path) ?? "."))
        }
    }

    private mutating func renamed(_ call: StraceCall) {
        let paths = named(call).map(relative)
        guard call.result == 0, paths.count == 2 else { return }
        switch (paths[0], paths[1]) {
        case (let from?, let to?):
            guard let file = names.removeValue(forKey: from) else { return }
            names[to] = file
            trace.operations.append(.rename(from: from, to: to))
        case (nil, nil): return
        default: warn("A file was moved into or out of the folder (\(call.name)); that is not followed.")
        }
    }

    private mutating func removed(_ call: StraceCall) {
        guard call.result == 0, let path = named(call).first.flatMap(relative),
            names.removeValue(forKey: path) != nil
        else { return }
        trace.operations.append(.remove(path: path))
    }

    private mutating func mapped(_ call: StraceCall) {
        let text = call.arguments.joined(separator: " ")
        guard text.contains("MAP_SHARED"), text.contains("PROT_WRITE"), let path = call.path(4).flatMap(relative) else {
            return
        }
        warn("\(path) is mapped for writing; stores into it cannot be traced.")
    }

    private mutating func unsupported(_ call: StraceCall) {
        let paths = call.arguments.indices.compactMap { call.path($0) } + named(call)
        guard call.result >= 0, paths.contains(where: { relative($0) != nil }) else { return }
        warn("\(call.name) is not followed; what it wrote is missing from the trace.")
    }

    // MARK: Files

    private mutating func resize(_ file: Int, _ size: Int) {
        setSize(file, size)
        trace.operations.append(.resize(file: file, size: size))
    }

    private mutating func setSize(_ file: Int, _ size: Int) {
        let count = contents[file]?.count ?? 0
        if size < count { contents[file]?.removeLast(count - size) }
        if size > count { contents[file]? += [UInt8](repeating: 0, count: size - count) }
    }

    private mutating func warn(_ text: String) {
        if !warnings.contains(text) { warnings.append(text) }
    }

    /// The absolute paths that a call names, each below the folder descriptor before it if there is one.
    private func named(_ call: StraceCall) -> [String] {
        call.arguments.indices.compactMap { index in
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

/// A line of strace's: a call, its arguments and its result.
struct StraceCall {
    let name: String
    /// The arguments as strace prints them.
    let arguments: [String]
    /// What the call returned; -1 for an error.
    let result: Int
    /// The path behind a descriptor that was returned.
    let resultPath: String?

    init?(_ line: String) {
        guard let open = line.firstIndex(of: "("),
            let equals = line.range(of: ") ", options: .backwards)
                ?? line.range(of: ")=", options: .backwards)
        else { return nil }
        name = String(line[..<open])
        arguments = Self.split(line[line.index(after: open)..<equals.lowerBound])
        let outcome = line[equals.upperBound...].drop { $0 == " " || $0 == "=" }
        guard let number = Int(outcome.prefix { $0.isNumber || $0 == "-" }) else { return nil }
        result = number
        resultPath = Self.path(in: String(outcome))
    }

    /// Splits at commas that are not inside quotes, brackets or braces.
    private static func split(_ text: Substring) -> [String] {
        var parts: [String] = [""]
        var depth = 0
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "[", "{": depth += isQuoted ? 0 : 1
            case "]", "}": depth -= isQuoted ? 0 : 1
            case "," where depth == 0 && !isQuoted:
                parts.append("")
                continue
            default: break
            }
            parts[parts.count - 1].append(character)
        }
        return parts.map { String($0.drop { $0 == " " }) }
    }

    /// The number of a descriptor argument, `4</path>`.
    func descriptor(_ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index].prefix { $0.isNumber }) : nil
    }

    /// The path of a descriptor argument.
    func path(_ index: Int) -> String? {
        arguments.indices.contains(index) ? Self.path(in: arguments[index]) : nil
    }

    func integer(_ index: Int) -> Int? { arguments.indices.contains(index) ? Int(arguments[index]) : nil }

    /// The number that an argument points at, `[7]`; nil for NULL.
    func pointed(_ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index].filter { $0 != "[" && $0 != "]" }) : nil
    }

    /// A string argument; nil when that argument is none.
    func text(at index: Int) -> String? {
        guard arguments.indices.contains(index), arguments[index].hasPrefix("\"") else { return nil }
        return String(decoding: Self.quoted(arguments[index]), as: UTF8.self)
    }

    /// All quoted bytes of the second argument: a buffer, or the buffers of a vector.
    var bytes: [UInt8] { arguments.count > 1 ? Self.quoted(arguments[1]) : [] }

    private static func path(in text: String) -> String? {
        guard let open = text.firstIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close else { return nil }
        return String(decoding: hex(text[text.index(after: open)..<close]), as: UTF8.self)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.flatMap { hex($0.element) }
    }

    private static func hex(_ text: Substring) -> [UInt8] {
        guard text.hasPrefix("\\x") else { return Array(text.utf8) }
        return text.split(separator: "\\x").compactMap { UInt8($0.prefix(2), radix: 16) }
    }
}
