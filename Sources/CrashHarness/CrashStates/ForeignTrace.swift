// What another program wrote below a folder, as strace tells it.
//
// Run with -f -y -xx: children and threads are followed, descriptors carry their file's present path, all bytes are hex.
// A file is followed by what it is, not by its name. Where calls overlap, the one that was issued first is taken to have come
// first. What is not followed here is said, and the files are compared at the end to notice that something was missed.
// sync_file_range promises nothing about durability and is passed over.
//
// Stores into shared mappings are no calls. They are seen by comparing the mapped files with what was followed, when strace has
// stopped the program at the return of a call (`--inject=CALL:signal=SIGSTOP`). What differs was stored before that call: for
// a program of one thread between it and its call before, for one with several, while others stored, perhaps a little later.

/// Reads strace's output, line by line as it comes.
struct ForeignTrace {
    /// The system calls that are asked for.
    static let systemCalls = [
        "open", "openat", "openat2", "creat", "read", "readv", "preadv2", "lseek", "write", "pwrite64", "writev",
        "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync", "syncfs", "rename",
        "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat",
        "mknod", "mknodat", "rmdir", "chdir", "fchdir", "dup", "dup2", "dup3", "fcntl", "ioctl", "mmap", "munmap",
        "mremap", "mprotect",
        "msync", "copy_file_range", "sendfile", "splice", "io_uring_setup", "io_submit", "clone", "clone3", "fork",
        "vfork",
    ]
    /// The calls at whose return mapped files are compared. Not those that the stop itself could make fail.
    static let comparingCalls = [
        "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "truncate", "fsync", "fdatasync", "sync",
        "syncfs", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat",
        "rmdir", "msync", "munmap",
    ]
    /// Files larger than this are not followed: a hole of an exabyte is one call.
    static let largestFile = 1 << 30
    /// Stores that are this near are one write: a sector is written as a whole anyway.
    private static let sectorSize = 512

    /// Bytes of a file on the disk as it is now, by absolute path, as `FileName` has it; nil when they cannot be had.
    typealias Reader = (_ path: String, _ offset: Int, _ count: Int) -> [UInt8]?

    /// What was done, with names relative to the folder.
    private(set) var trace: WriteTrace
    /// What could not be seen, in sentences: what a crash does to it is not known.
    private(set) var unseen: [String] = []
    /// What has to be known to read the result, in sentences.
    private(set) var notes: [String] = []
    /// The files and folders as the trace leaves them.
    private(set) var watched: WatchedFolder

    /// The calls that changed or synced something.
    private(set) var points: [InjectedFault.Point] = []
    /// How many calls failed since strace was told to let them.
    private(set) var injected = 0

    private let folder: String
    /// Another name of the folder, as the program may have been given it.
    private let alias: String
    private let reader: Reader
    private var log: StraceLog
    private var processes: ForeignProcesses
    private var nextFile: Int
    /// Files without a name, by the path that strace has for them.
    private var nameless: [String: Int] = [:]
    /// The files that were ever mapped for writing.
    private var mapped: Set<Int> = []
    /// A write that no sync of its file has covered.
    private struct Unsynced {
        /// Its place among the operations.
        var operation: Int
        /// How many calls had been issued when it returned.
        var returned: Int
    }

    /// Those of each file.
    private var unsynced: [Int: [Unsynced]] = [:]
    /// How many calls had been issued when the one that is followed returned.
    private var returned = 0
    /// The unfinished line of each stream.
    private var output: [Int: [UInt8]] = [:]
    /// How many operations there were before each call, by the call's number, and after the last one.
    private var starts: [Int] = []
    /// Operations of calls that overlapped others, and how many calls had been issued when they returned.
    private var overlapping: [(operations: Range<Int>, returned: Int)] = []

    /// Begins a trace.
    ///
    /// - Parameters:
    ///   - folder: The absolute path that is watched, links resolved.
    ///   - alias: The same as the program may name it; nil when it has no other name.
    ///   - directory: Where the program was started.
    ///   - base: The files below the folder before, by their names in it.
    ///   - folders: The folders below it.
    ///   - links: The symbolic links below it, and what they lead to.
    ///   - stops: Whether strace stops the program so that mapped files can be compared.
    ///   - reader: Reads files as they are now.
    init(
        folder: String, alias: String? = nil, directory: String, base: [String: [UInt8]], folders: Set<String> = [],
        links: [String: String] = [:], stops: Bool = false, reader: @escaping Reader = { _, _, _ in nil }
    ) {
        let folder = FileName.text(folder.utf8)
        (self.folder, self.alias, self.reader) = (folder, alias.map { FileName.text($0.utf8) } ?? folder, reader)
        trace = WriteTrace(base)
        trace.baseFolders.formUnion(folders)
        trace.baseLinks = links
        watched = WatchedFolder(trace)
        nextFile = base.count
        processes = ForeignProcesses(directory: FileName.text(directory.utf8))
        log = StraceLog(stops: stops ? Set(Self.comparingCalls) : []) { number, path in
            guard let path else { return true }
            return path.name == folder || path.name.hasPrefix(folder + "/")
                || (number == 1 || number == 2) && !path.name.hasPrefix("pipe:")
        }
    }

    /// Whether more than one process or thread did something.
    var severalProcesses: Bool { processes.areSeveral }

    /// Whether files are mapped for writing that strace has to stop the program for.
    var wantsStops: Bool { log.stops.isEmpty && !mapped.isEmpty }

    // MARK: Lines

    /// Takes a line.
    mutating func read(_ line: ArraySlice<UInt8>) {
        if !StraceLog.isFrame(line) { followAll() }
        if let process = StraceLog.stopped(line), log.awaitsStop(process) { log.saw(mappedFiles()) }
        log.read(line)
    }

    /// No more lines come; what mapped files hold now was stored before.
    mutating func finish() {
        log.finish()
        followAll()
        if !log.stops.isEmpty { compare(mappedFiles()) }
        // A last line may have no newline.
        for (_, rest) in output.sorted(by: { $0.key < $1.key }) where !rest.isEmpty {
            trace.operations.append(.output(String(decoding: rest, as: UTF8.self)))
        }
        output = [:]
        starts.append(trace.operations.count)
        for (operations, returned) in overlapping {
            let end = starts[min(returned, starts.count - 1)]
            for index in operations where end > index + 1 { trace.returned[index] = end }
        }
        overlapping = []
    }

    private mutating func followAll() {
        while let entry = log.next() {
            let call = entry.call
            let issued = trace.operations.count
            starts.append(issued)
            // What a stop shows was stored before the call.
            returned = starts.count - 1
            // A call that changes a mapped file itself is followed first, or its bytes would be taken for stores.
            let comparesFirst = call.map { !changesMapped($0, entry.process) } ?? true
            if comparesFirst, let seen = entry.seen { compare(seen) }
            let start = trace.operations.count
            returned = entry.returned
            if let call { follow(call, entry.process) }
            let end = trace.operations.count
            if !comparesFirst, let seen = entry.seen { compare(seen) }
            if entry.returned > starts.count, end > start { overlapping.append((start..<end, entry.returned)) }
            if let call, end > start, trace.operations[start].isOfFiles {
                points.append(
                    InjectedFault.Point(call: call.name, ordinal: entry.ordinal, operation: trace.operations[start]))
            }
            if call?.isInjected == true { injected += 1 }
            if let place = entry.place { for index in start..<end { trace.places[index] = place } }
        }
    }

    private mutating func follow(_ call: StraceCall, _ process: Int) {
        switch call.name {
        case "open", "openat", "openat2", "creat": opened(call, process)
        case "read", "readv": if call.result > 0 { moved(call, process) { $0.addingClamped(call.result) } }
        case "preadv2":
            if call.result > 0, call.integer(3) == -1 { moved(call, process) { $0.addingClamped(call.result) } }
        case "lseek": if call.result >= 0 { moved(call, process) { _ in call.result } }
        case "dup", "dup2", "dup3", "fcntl": duplicated(call, process)
        case "write", "writev": wrote(call, process, at: nil)
        case "pwrite64", "pwritev": wrote(call, process, at: call.integer(3))
        case "pwritev2":
            wrote(call, process, at: call.integer(3).flatMap { $0 < 0 ? nil : $0 }, flags: call.word(4))
        case "ftruncate": if let file = file(call, process) { resized(call, file) }
        case "truncate": if let file = named(call, process).first.flatMap(file(at:)) { resized(call, file) }
        case "fallocate": allocated(call, process)
        case "fsync", "fdatasync": synced(call, process)
        case "sync", "syncfs": syncedAll(call)
        case "msync": syncedMapping(call, process)
        case "clone", "clone3", "fork", "vfork":
            if call.result > 0 {
                let flags = (0..<call.count).map(call.word).joined(separator: " ")
                processes.started(call.result, by: process, flags: flags)
            }
        case "copy_file_range":
            copied(call, process, from: 0, at: call.pointed(1), to: 2, at: call.pointed(3))
        case "sendfile": copied(call, process, from: 1, at: call.pointed(2), to: 0, at: nil)
        case "splice", "ioctl": unsupported(call)
        case "mmap", "munmap", "mremap", "mprotect": followMemory(call, process)
        case "io_uring_setup", "io_submit":
            if call.result >= 0 { missed("The program uses \(call.name); what it writes that way cannot be seen.") }
        default: followNames(call, process)
        }
    }

    private mutating func followNames(_ call: StraceCall, _ process: Int) {
        guard call.result == 0 else { return }
        let paths = named(call, process)
        switch call.name {
        case "rename", "renameat", "renameat2": renamed(call, paths)
        case "link", "linkat": linked(call, process, paths)
        case "unlink", "unlinkat", "rmdir": if let path = paths.first.flatMap(relative) { removed(path) }
        case "mkdir", "mkdirat":
            guard let path = paths.first.flatMap(relative) else { return }
            watched.makeFolder(path)
            trace.operations.append(.makeFolder(path: path))
        case "mknod", "mknodat":
            // Pipes, sockets and devices have no content; without a type it is a file.
            let mode = call.word(call.name == "mknod" ? 1 : 2)
            guard let path = paths.first.flatMap(relative), mode.contains("S_IFREG") || !mode.contains("S_IF") else {
                return
            }
            made(path)
        case "symlink", "symlinkat":
            guard let path = paths.last.flatMap(relative) else { return }
            missed("\(path) is a symbolic link; those are not followed.")
        case "chdir": if let path = paths.first { processes.changeDirectory(of: process, to: path) }
        case "fchdir": if let path = call.path(0) { processes.changeDirectory(of: process, to: path.name) }
        default: break
        }
    }

    // MARK: Descriptors

    private mutating func opened(_ call: StraceCall, _ process: Int) {
        guard call.result >= 0, let behind = call.resultPath else { return }
        let flags =
            call.name == "creat" ? "O_CREAT|O_TRUNC" : (1..<max(1, call.count)).map(call.word).joined(separator: " ")
        var opening = ForeignProcesses.Opening()
        opening.appends = flags.contains("O_APPEND")
        opening.syncs = flags.contains("O_SYNC") || flags.contains("O_DSYNC")
        if let path = relative(behind.name) {
            if flags.contains("O_TMPFILE") {
                opening.file = newFile()
                nameless[behind.name] = opening.file
            } else {
                if watched.names[path] == nil, flags.contains("O_CREAT"), !behind.isDeleted { made(path) }
                opening.file = watched.names[path]
                if let file = opening.file, flags.contains("O_TRUNC"), watched.size(file) > 0 { resize(file, 0) }
            }
        }
        processes.open(call.result, of: process, opening)
    }

    private mutating func made(_ path: String) {
        let file = newFile()
        watched.bind(path, to: file)
        trace.operations.append(.create(path: path, file: file))
    }

    private mutating func newFile() -> Int {
        defer { nextFile += 1 }
        watched.make(nextFile)
        return nextFile
    }

    private mutating func duplicated(_ call: StraceCall, _ process: Int) {
        guard call.result >= 0 else { return }
        if call.name == "fcntl", call.word(1) == "F_SETFL" {
            guard let opening = opening(call, process) else { return }
            // The system ignores O_SYNC and O_DSYNC here.
            processes.change(opening) { $0.appends = call.word(2).contains("O_APPEND") }
        } else if call.name != "fcntl" || call.word(1).hasPrefix("F_DUPFD") {
            processes.set(call.result, of: process, to: opening(call, process))
        }
    }

    /// The opening behind a descriptor; nil when what is behind it was not opened by the program and is not watched.
    private mutating func opening(_ call: StraceCall, _ process: Int, _ index: Int = 0) -> Int? {
        guard let number = call.descriptor(index), let behind = call.path(index) else { return nil }
        let known = processes.opening(number, of: process)
        guard let path = relative(behind.name) else {
            // A descriptor that was closed may have become another file, a pipe or a socket unseen.
            return known.flatMap { processes.openings[$0].file == nil ? $0 : nil }
        }
        // While another call renames the file strace may still have its old name, or none.
        guard !behind.isDeleted, let file = watched.names[path] else {
            return known.flatMap { processes.openings[$0].file == nil ? nil : $0 }
        }
        if let known, processes.openings[known].file == file { return known }
        // One that was inherited is at the beginning, as far as is known.
        return processes.open(number, of: process, ForeignProcesses.Opening(file: file))
    }

    private mutating func file(_ call: StraceCall, _ process: Int, _ index: Int = 0) -> Int? {
        opening(call, process, index).flatMap { processes.openings[$0].file }
    }

    private mutating func moved(_ call: StraceCall, _ process: Int, _ change: (Int) -> Int) {
        guard let opening = opening(call, process) else { return }
        processes.change(opening) { $0.position = change($0.position) }
    }

    // MARK: Bytes

    private mutating func wrote(_ call: StraceCall, _ process: Int, at given: Int?, flags: String = "") {
        guard call.result > 0 else { return }
        let bytes = Array(call.bytes.prefix(call.result))
        if let opening = opening(call, process), processes.openings[opening].file != nil {
            write(bytes, to: opening, at: given, flags: flags)
        } else if let number = call.descriptor(0), number == 1 || number == 2, let path = call.path(0)?.name,
            relative(path) == nil, !path.hasPrefix("pipe:")
        {
            // What goes through a pipe is said to another process of the program.
            told(bytes, on: number)
        }
    }

    private mutating func write(_ bytes: [UInt8], to opening: Int, at given: Int?, flags: String = "") {
        let target = processes.openings[opening]
        guard let file = target.file else { return }
        let appends = target.appends && !flags.contains("RWF_NOAPPEND") || flags.contains("RWF_APPEND")
        let offset = appends ? watched.size(file) : given ?? target.position
        if given == nil { processes.change(opening) { $0.position = offset.addingClamped(bytes.count) } }
        guard isFollowed(offset, bytes.count) else { return }
        write(bytes, to: file, at: offset)
        if target.syncs || flags.contains("RWF_SYNC") || flags.contains("RWF_DSYNC") {
            trace.operations.append(.syncWrite(of: trace.operations.count - 1))
        }
    }

    private mutating func write(_ bytes: [UInt8], to file: Int, at offset: Int) {
        watched.write(bytes, to: file, at: offset)
        unsynced[file, default: []].append(Unsynced(operation: trace.operations.count, returned: returned))
        trace.operations.append(.write(file: file, offset: offset, bytes: bytes))
    }

    private mutating func copied(
        _ call: StraceCall, _ process: Int, from: Int, at start: Int?, to: Int, at given: Int?
    ) {
        guard call.result > 0 else { return }
        let source = opening(call, process, from)
        let offset = max(0, start ?? source.map { processes.openings[$0].position } ?? 0)
        if start == nil, let source {
            processes.change(source) { $0.position = offset.addingClamped(call.result) }
        }
        guard let target = opening(call, process, to), processes.openings[target].file != nil else { return }
        guard let source, let bytes = bytes(behind: source, call.path(from), offset, call.result) else {
            return unsupported(call)
        }
        write(bytes, to: target, at: given)
    }

    /// Bytes that the kernel copied; those of a file that is not watched are read from it.
    private func bytes(
        behind opening: Int, _ path: StraceCall.Path?, _ offset: Int, _ count: Int
    ) -> [UInt8]? {
        if let file = processes.openings[opening].file { return watched.bytes(file, at: offset, count) }
        guard let path, !path.isDeleted, count <= Self.largestFile else { return nil }
        return reader(path.name, offset, count).flatMap { $0.count == count ? $0 : nil }
    }

    /// Whether bytes are at a place that a file here can have.
    private mutating func isFollowed(_ offset: Int, _ count: Int) -> Bool {
        let (end, overflow) = offset.addingReportingOverflow(count)
        if offset >= 0, count >= 0, !overflow, end <= Self.largestFile { return true }
        missed("Files of more than \(Self.largestFile >> 30) GiB are not followed; what was written there is missing.")
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

    private mutating func resize(_ file: Int, _ size: Int) {
        watched.resize(file, size)
        trace.operations.append(.resize(file: file, size: size))
    }

    private mutating func allocated(_ call: StraceCall, _ process: Int) {
        guard call.result == 0, let file = file(call, process) else { return }
        let mode = call.word(1)
        guard let offset = call.integer(2), let length = call.integer(3),
            !mode.contains("COLLAPSE_RANGE"), !mode.contains("INSERT_RANGE")
        else { return unsupported(call) }
        guard isFollowed(offset, length) else { return }
        let (size, end) = (watched.size(file), offset + length)
        if mode.contains("PUNCH_HOLE") || mode.contains("ZERO_RANGE"), offset < size {
            write([UInt8](repeating: 0, count: min(size, end) - offset), to: file, at: offset)
        }
        if !mode.contains("KEEP_SIZE"), end > size { resize(file, end) }
    }

    // MARK: Syncs

    private mutating func synced(_ call: StraceCall, _ process: Int) {
        guard let path = call.path(0), let name = relativeOrSelf(path.name) else { return }
        if let file = file(call, process) {
            if call.result == 0 { covered(file) }
            trace.operations.append(call.result == 0 ? .sync(file: file) : .failedSync(file: file))
        } else if call.result == 0, name == "." || watched.folders.contains(name) {
            trace.operations.append(.syncFolder(path: name))
        }
    }

    private mutating func syncedAll(_ call: StraceCall) {
        // Another folder may be on another file system.
        guard call.result == 0, call.name == "sync" || call.path(0).flatMap({ relativeOrSelf($0.name) }) != nil else {
            return
        }
        for file in unsynced.keys { covered(file) }
        trace.operations.append(.syncAll)
    }

    /// A sync that is followed covers what had returned before it was issued.
    private func isCovered(_ write: Unsynced) -> Bool { write.returned < starts.count }

    private mutating func covered(_ file: Int) { unsynced[file] = unsynced[file]?.filter { !isCovered($0) } }

    /// msync writes the pages of a range: all of the file's, or else only the writes that lie in them are durable.
    private mutating func syncedMapping(_ call: StraceCall, _ process: Int) {
        guard call.word(2).contains("MS_SYNC"), let address = call.integer(0), let length = call.integer(1) else {
            return
        }
        for mapping in processes.mappings(at: address, length, of: process) {
            let (file, range) = (mapping.file, mapping.range(at: address, length))
            if call.result != 0 {
                trace.operations.append(.failedSync(file: file))
            } else if range.lowerBound == 0, range.upperBound >= watched.size(file) {
                covered(file)
                trace.operations.append(.sync(file: file))
            } else {
                syncWrites(of: file, within: range)
            }
        }
    }

    private mutating func syncWrites(of file: Int, within range: Range<Int>) {
        var others: [Unsynced] = []
        for write in unsynced[file] ?? [] {
            guard isCovered(write), case .write(_, let offset, let bytes) = trace.operations[write.operation],
                range.lowerBound <= offset, offset + bytes.count <= range.upperBound
            else {
                others.append(write)
                continue
            }
            trace.operations.append(.syncWrite(of: write.operation))
        }
        unsynced[file] = others
    }

    // MARK: Names

    private mutating func renamed(_ call: StraceCall, _ paths: [String]) {
        guard paths.count == 2, paths[0] != paths[1] else { return }
        for path in paths.compactMap(relative) { missedLinks(at: path) }
        let flags = call.word(4)
        switch (relative(paths[0]), relative(paths[1])) {
        case (let from?, let to?) where flags.contains("RENAME_EXCHANGE"):
            watched.exchange(from, with: to)
            trace.operations.append(.exchange(path: from, with: to))
        case (let from?, let to?) where !flags.contains("RENAME_WHITEOUT"):
            // Of two names of one file neither goes away.
            guard watched.holds(from), watched.names[from] == nil || watched.names[from] != watched.names[to] else {
                return
            }
            watched.rename(from, to: to)
            trace.operations.append(.rename(from: from, to: to))
        case (let from?, nil) where flags.isEmpty || flags == "0" || flags == "RENAME_NOREPLACE":
            if watched.names[from] != nil { removed(from) } else if watched.holds(from) { movedAcross(call, from) }
        case (nil, let to?) where flags.isEmpty || flags == "0" || flags == "RENAME_NOREPLACE":
            cameIn(call, at: to)
        case (nil, nil): break
        case (let from, let to): movedAcross(call, from ?? to ?? "")
        }
    }

    private mutating func movedAcross(_ call: StraceCall, _ path: String) {
        missed("\(path) was moved between the folder and another (\(call.name)); that is not followed.")
    }

    /// A file got a name in the folder that had one elsewhere: its bytes are read, and when they became durable is not known.
    private mutating func cameIn(_ call: StraceCall, at path: String) {
        guard let bytes = reader("\(folder)/\(path)", 0, Self.largestFile) else { return movedAcross(call, path) }
        let file = newFile()
        if !bytes.isEmpty { write(bytes, to: file, at: 0) }
        watched.bind(path, to: file)
        trace.operations.append(.create(path: path, file: file))
        missed(
            "\(path) came from outside the folder; whether it was durable is not known, it is taken not to have been.")
    }

    private mutating func linked(_ call: StraceCall, _ process: Int, _ paths: [String]) {
        guard let to = paths.last.flatMap(relative) else { return }
        if let from = paths.first.flatMap(relative), let file = watched.names[from] {
            watched.bind(to, to: file)
            trace.operations.append(.link(from: from, to: to))
        } else if let file = namelessFile(call, process) {
            watched.bind(to, to: file)
            trace.operations.append(.create(path: to, file: file))
        } else {
            cameIn(call, at: to)
        }
    }

    /// The file that linkat gives its first name: behind an empty path, or behind one of /proc's.
    private mutating func namelessFile(_ call: StraceCall, _ process: Int) -> Int? {
        if call.text(at: 1) == "", let behind = call.path(0) { return nameless[behind.name] ?? file(call, process) }
        guard let text = call.text(at: 1) ?? call.text(at: 0),
            let match = text.wholeMatch(of: /\/proc\/(?:self|\d+)\/fd\/(\d+)/), let number = Int(match.1)
        else { return nil }
        return processes.opening(number, of: process).flatMap { processes.openings[$0].file }
    }

    private mutating func removed(_ path: String) {
        missedLinks(at: path)
        let isFolder = watched.folders.contains(path)
        // Links and pipes have names too, and are not followed.
        guard watched.remove(path) else { return }
        trace.operations.append(isFolder ? .removeFolder(path: path) : .remove(path: path))
    }

    // MARK: Mappings

    private mutating func followMemory(_ call: StraceCall, _ process: Int) {
        guard call.result != -1, let length = call.integer(1) else { return }
        let address = call.integer(0) ?? 0
        switch call.name {
        case "mmap":
            guard call.word(3).contains("MAP_SHARED"), let file = file(call, process, 4) else { return }
            processes.map(
                ForeignProcesses.Mapping(
                    file: file, address: call.result, length: length, offset: call.integer(5) ?? 0), in: process)
            if call.word(2).contains("PROT_WRITE") { mappedForWriting(file) }
        case "mprotect":
            guard call.word(2).contains("PROT_WRITE") else { return }
            for mapping in processes.mappings(at: address, length, of: process) { mappedForWriting(mapping.file) }
        case "munmap": processes.unmap(address, length, of: process)
        default: processes.remap(address, to: call.result, call.integer(2) ?? length, of: process)
        }
    }

    private mutating func mappedForWriting(_ file: Int) {
        guard mapped.insert(file).inserted else { return }
        let name = name(of: file) ?? "A file without a name"
        if log.stops.isEmpty {
            missed("\(name) is mapped for writing; stores into it cannot be seen.")
        } else {
            note(
                "\(name) is mapped for writing; its stores were seen at the calls that followed, so that what a kill leaves "
                    + "between two calls is not among the states.")
        }
    }

    /// What the mapped files hold on the disk.
    private func mappedFiles() -> [Int: [UInt8]] {
        var files: [Int: [UInt8]] = [:]
        for file in mapped {
            guard let name = name(of: file) else { continue }
            files[file] = reader("\(folder)/\(name)", 0, Self.largestFile)
        }
        return files
    }

    /// Whether a call writes to a mapped file.
    private mutating func changesMapped(_ call: StraceCall, _ process: Int) -> Bool {
        guard !mapped.isEmpty, call.result >= 0 else { return false }
        switch call.name {
        case "write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate":
            return file(call, process).map(mapped.contains) ?? false
        case "truncate": return named(call, process).first.flatMap(file(at:)).map(mapped.contains) ?? false
        default: return false
        }
    }

    /// What mapped files hold beyond what was followed was stored into them.
    private mutating func compare(_ files: [Int: [UInt8]]) {
        for (file, now) in files.sorted(by: { $0.key < $1.key }) {
            guard let before = watched.contents[file], before != now else { continue }
            for range in Self.differences(before, now) { write(Array(now[range]), to: file, at: range.lowerBound) }
        }
    }

    /// Where two contents differ, as far as both reach; sectors side by side are one range.
    static func differences(_ before: [UInt8], _ now: [UInt8]) -> [Range<Int>] {
        let count = min(before.count, now.count)
        var ranges: [Range<Int>] = []
        for start in stride(from: 0, to: count, by: sectorSize) {
            let sector = start..<min(count, start + sectorSize)
            guard before[sector] != now[sector], let first = sector.first(where: { before[$0] != now[$0] }),
                let last = sector.last(where: { before[$0] != now[$0] })
            else { continue }
            if let end = ranges.last?.upperBound, end > start - sectorSize, end <= start {
                ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<last + 1
            } else {
                ranges.append(first..<last + 1)
            }
        }
        return ranges
    }

    // MARK: Paths

    private mutating func unsupported(_ call: StraceCall) {
        let paths = (0..<call.count).compactMap { call.path($0)?.name }
        guard call.result >= 0, paths.contains(where: { relative($0) != nil }) else { return }
        // Of what ioctl does only clones of files change bytes.
        if call.name == "ioctl", !call.word(1).contains("FICLONE") { return }
        missed("\(call.name) is not followed; what it wrote is missing from the trace.")
    }

    /// Notes that links were moved or went away, at a path or below it.
    private mutating func missedLinks(at path: String) {
        for link in trace.baseLinks.keys.sorted() where link == path || link.hasPrefix(path + "/") {
            missed("\(link), a symbolic link, was moved or removed; that is not followed.")
        }
    }

    private mutating func missed(_ text: String) {
        if !unseen.contains(text) { unseen.append(text) }
    }

    private mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    private func name(of file: Int) -> String? { watched.names.filter { $0.value == file }.keys.min() }

    private func file(at path: String) -> Int? { relative(path).flatMap { watched.names[$0] } }

    /// The absolute paths that a call names, each below the folder descriptor before it if there is one.
    private mutating func named(_ call: StraceCall, _ process: Int) -> [String] {
        (0..<call.count).compactMap { index in
            guard let text = call.text(at: index) else { return nil }
            let start = (index > 0 ? call.path(index - 1)?.name : nil) ?? processes.directory(of: process)
            return Self.absolute(text, from: start)
        }
    }

    /// A path without "." and "..", as far as no links are in it.
    private static func absolute(_ path: String, from folder: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(folder)/\(path)").split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The name below the folder; nil for what is elsewhere.
    private func relative(_ path: String) -> String? {
        for folder in [folder, alias] where path.hasPrefix(folder + "/") {
            return String(path.dropFirst(folder.count + 1))
        }
        return nil
    }

    /// The same, "." for the folder itself.
    private func relativeOrSelf(_ path: String) -> String? {
        path == folder || path == alias ? "." : relative(path)
    }
}

extension WriteTrace.Operation {
    /// Whether it is something that was done to files, and not said.
    fileprivate var isOfFiles: Bool {
        switch self {
        case .output, .acknowledge: false
        default: true
        }
    }
}
