// What can be reached from the watched folder, given what its names lead to.

/// The paths of a disk.
final class DiskTree {
    /// A file that can be reached.
    struct Entry {
        let path: String
        let file: Int
        /// What tells the path from others.
        let mark: BlockSum
    }

    let files: [Entry]
    /// Besides the one that is watched.
    let folders: [String]
    /// What tells the folders from others.
    let mark: BlockSum
    /// Each file once.
    let numbers: [Int]

    /// The files by path.
    var fileNumbers: [String: Int] {
        Dictionary(files.map { ($0.path, $0.file) }, uniquingKeysWith: { first, _ in first })
    }

    init(_ names: [FolderName: NamedNode]) {
        var children: [Int: [(String, NamedNode)]] = [:]
        for (name, node) in names { children[name.folder, default: []].append((name.component, node)) }
        var (files, folders): ([Entry], [String]) = ([], [])
        // A folder can have come into itself only when names changed out of order; it is not looked into again.
        var waiting: [(folder: Int, path: String, above: Set<Int>)] = [(0, "", [0])]
        while let (folder, path, above) = waiting.popLast() {
            for (component, node) in children[folder] ?? [] {
                switch node {
                case .file(let file):
                    files.append(Entry(path: path + component, file: file, mark: BlockSum(path + component)))
                case .folder(let inner):
                    folders.append(path + component)
                    if !above.contains(inner) { waiting.append((inner, path + component + "/", above.union([inner]))) }
                }
            }
        }
        self.files = files.sorted { $0.path < $1.path }
        self.folders = folders.sorted()
        var mark = BlockSum()
        for folder in folders { mark += BlockSum(folder).mixed(with: 2) }
        self.mark = mark
        numbers = Set(files.map(\.file)).sorted()
    }
}
