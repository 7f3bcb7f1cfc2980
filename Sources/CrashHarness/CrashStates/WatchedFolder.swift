// The folder that is watched, as the running system sees it after each call: names, folders and bytes.

/// Files and folders below a folder; files are numbers, since names change.
struct WatchedFolder {
    /// The files by their paths.
    private(set) var names: [String: Int]
    /// The paths of all folders.
    private(set) var folders: Set<String>
    /// The bytes of all files, those without a name too.
    private(set) var contents: [Int: [UInt8]]

    /// The folder before the first operation.
    init(_ trace: WriteTrace) {
        names = trace.base.mapValues(\.file)
        folders = trace.baseFolders
        contents = Dictionary(uniqueKeysWithValues: trace.base.values.map { ($0.file, $0.bytes) })
    }

    /// The bytes by path.
    var files: [String: [UInt8]] { names.compactMapValues { contents[$0] } }

    /// How long a file is.
    func size(_ file: Int) -> Int { contents[file]?.count ?? 0 }

    /// The bytes of a file in a range, as far as it has them.
    func bytes(_ file: Int, at offset: Int, _ count: Int) -> [UInt8] {
        Array((contents[file] ?? []).dropFirst(max(0, offset)).prefix(max(0, count)))
    }

    /// What is at a path or below it.
    func holds(_ path: String) -> Bool { names[path] != nil || folders.contains(path) }

    // MARK: Changes

    mutating func make(_ file: Int) { contents[file] = [] }

    mutating func bind(_ path: String, to file: Int) { names[path] = file }

    mutating func makeFolder(_ path: String) { folders.insert(path) }

    /// Takes a name or a folder away; whether it was there.
    mutating func remove(_ path: String) -> Bool {
        names.removeValue(forKey: path) != nil || folders.remove(path) != nil
    }

    mutating func write(_ bytes: some Collection<UInt8>, to file: Int, at offset: Int) {
        contents[file, default: []].write(bytes, at: offset)
    }

    mutating func resize(_ file: Int, _ size: Int) { contents[file, default: []].setSize(size) }

    /// Moves a file, or a folder with all that is in it, over what is there.
    mutating func rename(_ from: String, to: String) {
        let moved = take(from)
        _ = take(to)
        put(moved, at: to)
    }

    mutating func exchange(_ path: String, with other: String) {
        let (one, two) = (take(path), take(other))
        put(one, at: other)
        put(two, at: path)
    }

    /// What stands at a path and below, by what follows the path.
    private typealias Part = (files: [(String, Int)], folders: [String])

    private mutating func take(_ path: String) -> Part {
        if let file = names.removeValue(forKey: path) { return ([("", file)], []) }
        guard folders.remove(path) != nil else { return ([], []) }
        let below = path + "/"
        let files = names.filter { $0.key.hasPrefix(below) }
        let inner = folders.filter { $0.hasPrefix(below) }
        for name in files.keys { names[name] = nil }
        folders.subtract(inner)
        return (
            files.map { (String($0.key.dropFirst(path.count)), $0.value) },
            [""] + inner.map { String($0.dropFirst(path.count)) }
        )
    }

    private mutating func put(_ part: Part, at path: String) {
        for (rest, file) in part.files { names[path + rest] = file }
        for rest in part.folders { folders.insert(path + rest) }
    }
}
