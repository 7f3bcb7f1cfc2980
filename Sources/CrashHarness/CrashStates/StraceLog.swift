// What strace writes line by line, as calls in the order in which they were issued.
//
// Run with -f, strace cuts a call in two when another process or thread does something before it returns:
//
//     7 fsync(3</w/a> <unfinished ...>
//     8 write(3</w/a>, "\x78", 1) = 1
//     7 <... fsync resumed>) = 0
//
// The call stands where it was issued and has returned when so many others had been issued. What it did is known only then, so
// all that was issued later waits for it. With -k lines with the program's frames follow each call that has returned.

/// Puts strace's lines together.
struct StraceLog {
    /// A call, from its issue to its return.
    struct Entry {
        /// The process or thread that made it, as the kernel numbers it.
        var process: Int
        /// nil when the process ended before the call returned.
        var call: StraceCall?
        /// How many calls of its name its process had made, with this one.
        var ordinal: Int
        /// How many calls had been issued when it returned.
        var returned: Int
        /// Where in the program it was made; nil when strace did not say.
        var place: String?
        /// What mapped files held when the call had returned, by their numbers.
        var seen: [Int: [UInt8]]?
        fileprivate var isComplete = false
        /// Whether the process will be stopped when the call returns, and is not yet.
        fileprivate var awaitsStop = false
    }

    /// The calls at whose return strace stops the process; none unless it was told to.
    let stops: Set<String>
    /// Whether a call on what is behind a descriptor is of interest.
    private let isWatched: (_ number: Int?, StraceCall.Path?) -> Bool
    /// Calls, from the one with the number `first` on; those before `head` have had their turn.
    private var waiting: [Entry] = []
    private var first = 0
    private var head = 0
    /// The first half of calls that have not returned, by process: the call's number and its text.
    private var unfinished: [Int: (number: Int, text: ArraySlice<UInt8>)] = [:]
    /// The last call of each process that awaits its stop.
    private var awaiting: [Int: Int] = [:]
    /// How many calls of each name each process has made.
    private var ordinals: [Int: [String: Int]] = [:]
    /// The call to which frames belong.
    private var latest: Int?

    /// Calls that may take long on what nobody watches, or take nothing but time.
    private static let slow: Set<String> = [
        "read", "readv", "preadv", "preadv2", "write", "writev", "splice", "sendfile", "fcntl", "ioctl",
    ]

    init(stops: Set<String> = [], isWatched: @escaping (_ number: Int?, StraceCall.Path?) -> Bool) {
        (self.stops, self.isWatched) = (stops, isWatched)
    }

    // MARK: Reading

    /// Whether a line is a frame of the program's stack.
    static func isFrame(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: " > ".utf8) }

    /// The process that a line says is stopped, when it is one.
    static func stopped(_ line: ArraySlice<UInt8>) -> Int? {
        guard let (process, rest) = split(line), rest.starts(with: "--- stopped by SIGSTOP".utf8) else { return nil }
        return process
    }

    /// Takes a line.
    mutating func read(_ line: ArraySlice<UInt8>) {
        if Self.isFrame(line) { return place(line) }
        guard let (process, rest) = Self.split(line) else { return }
        latest = nil
        let mark = "<unfinished ...>".utf8
        if rest.starts(with: "<... ".utf8) {
            resume(process, rest)
        } else if rest.starts(with: "+++ ".utf8) {
            end(process)
        } else if rest.starts(with: "--- ".utf8) {
            return
        } else if rest.suffix(mark.count).elementsEqual(mark) {
            begin(process, rest.dropLast(mark.count))
        } else if let call = StraceCall(rest) {
            stopsNoMore(process)
            waiting.append(Entry(process: process, ordinal: count(process, call.name), returned: 0))
            complete(first + waiting.count - 1, call)
        }
    }

    /// Takes the next call whose turn has come; nil when there is none.
    mutating func next() -> Entry? {
        guard head < waiting.count, waiting[head].isComplete, !waiting[head].awaitsStop else { return nil }
        let entry = waiting[head]
        waiting[head].call = nil
        head += 1
        // Now and then, so that each call is moved a few times at most.
        if head == waiting.count || head > 4_096 {
            waiting.removeFirst(head)
            (first, head) = (first + head, 0)
        }
        return entry
    }

    /// No more lines come.
    mutating func finish() {
        for process in Set(unfinished.keys).union(awaiting.keys) { end(process) }
    }

    /// What mapped files held when a process was stopped. Of several that were to be stopped, the first one's end may have
    /// let the others go on, so that what is seen now was stored before the call of theirs that was issued first.
    mutating func saw(_ files: [Int: [UInt8]]) {
        let numbers = awaiting.values.filter { $0 >= first }
        for number in numbers { waiting[number - first].awaitsStop = false }
        if let earliest = numbers.min() { waiting[earliest - first].seen = files }
        awaiting = [:]
    }

    /// Whether a process was stopped by a call that is waiting for what the files hold.
    func awaitsStop(_ process: Int) -> Bool { awaiting[process] != nil }

    // MARK: Calls

    private mutating func begin(_ process: Int, _ text: ArraySlice<UInt8>) {
        stopsNoMore(process)
        guard let open = text.firstIndex(of: UInt8(ascii: "(")) else { return }
        let name = String(decoding: text[..<open], as: UTF8.self)
        let ordinal = count(process, name)
        guard isOfInterest(name, text[open...]) else { return }
        unfinished[process] = (first + waiting.count, text)
        waiting.append(Entry(process: process, ordinal: ordinal, returned: 0))
    }

    private mutating func count(_ process: Int, _ name: String) -> Int {
        ordinals[process, default: [:]][name, default: 0] += 1
        return ordinals[process]?[name] ?? 1
    }

    private mutating func resume(_ process: Int, _ rest: ArraySlice<UInt8>) {
        guard let (number, text) = unfinished.removeValue(forKey: process),
            let end = rest.firstIndex(of: UInt8(ascii: ">"))
        else { return }
        complete(number, StraceCall(text + rest[(end + 1)...]))
    }

    private mutating func complete(_ number: Int, _ call: StraceCall?) {
        let index = number - first
        let stops = call.map { self.stops.contains($0.name) } ?? false
        waiting[index].call = call
        waiting[index].returned = first + waiting.count
        waiting[index].isComplete = true
        waiting[index].awaitsStop = stops
        if stops { awaiting[waiting[index].process] = number }
        latest = number
    }

    private mutating func end(_ process: Int) {
        stopsNoMore(process)
        if let (number, _) = unfinished.removeValue(forKey: process) { complete(number, nil) }
    }

    /// A process that does something else was not stopped: another thread's stop was enough for both.
    private mutating func stopsNoMore(_ process: Int) {
        guard let number = awaiting.removeValue(forKey: process), number >= first else { return }
        waiting[number - first].awaitsStop = false
    }

    /// Whether the first half of a call makes others wait for the second.
    private func isOfInterest(_ name: String, _ text: ArraySlice<UInt8>) -> Bool {
        guard Self.slow.contains(name) else { return true }
        if name == "fcntl", !text.contains("F_SETFL".utf8), !text.contains("F_DUPFD".utf8) { return false }
        if name == "splice" || name == "sendfile" { return true }
        let argument = text.dropFirst().prefix { $0 != UInt8(ascii: ",") }
        return isWatched(StraceCall.number(argument), StraceCall.path(in: argument))
    }

    /// Takes a process's number from the beginning of a line.
    private static func split(_ line: ArraySlice<UInt8>) -> (process: Int, rest: ArraySlice<UInt8>)? {
        let space = UInt8(ascii: " ")
        guard let end = line.firstIndex(of: space), let process = StraceCall.number(line[..<end]) else { return nil }
        return (process, line[end...].drop { $0 == space })
    }

    // MARK: Places

    /// Takes the first frame that is not in the C library for the call's place.
    private mutating func place(_ line: ArraySlice<UInt8>) {
        guard let latest, latest >= first, waiting[latest - first].place == nil,
            let place = StackFrame(line), !place.isOfSystemLibrary
        else { return }
        waiting[latest - first].place = place.description
    }
}

/// A line of strace's -k: ` > /usr/lib/libsqlite3.so.0(sqlite3_step+0x1b2) [0x5f112]`.
struct StackFrame: CustomStringConvertible {
    private let object: Substring
    private let function: Substring
    private let address: Substring

    init?(_ line: ArraySlice<UInt8>) {
        let text = String(decoding: line.dropFirst(3), as: UTF8.self)
        guard let match = text.wholeMatch(of: /(?:.*\/)?([^\/(]+)\((.*)\) \[(0x[0-9a-f]+)\]\s*/) else { return nil }
        (object, function, address) = (match.1, match.2, match.3)
    }

    /// Whether the frame is in the library that makes system calls for the program.
    var isOfSystemLibrary: Bool {
        ["libc.", "libc-", "libpthread", "ld-linux", "ld-musl", "libSystem"].contains { object.hasPrefix($0) }
    }

    /// The function, or an address where the program has no names, and the program's or library's file.
    var description: String { function.isEmpty ? "\(object)+\(address)" : "\(function) in \(object)" }
}
