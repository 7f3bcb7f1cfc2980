// What can be reached from the watched folder, given what its names lead to.
//
// Thousands of trees are held at a time, and paths of nested folders are long: a tree has the last component of each path alone,
// and puts a path together when it is asked for.

/// The paths of a disk.
final class DiskTree {
    /// A file that can be reached.
    struct Entry {
        fileprivate let folder: Int?
        fileprivate let component: String
        let file: Int
        /// What tells the path from others.
        let mark: BlockSum
    }

    private struct Folder {
        /// The one that it is in, by its place among them; nil for the watched one.
        let folder: Int?
        let component: String
    }

    let files: [Entry]
    private let places: [Folder]
    /// What tells the folders from others.
    let mark: BlockSum
    /// Each file once.
    let numbers: [Int]

    /// How many paths it has.
    var size: Int { files.count + places.count }

    /// The folders besides the one that is watched.
    var folders: [String] { places.map { path($0.folder, $0.component) }.sorted() }

    /// The files by path.
    var fileNumbers: [String: Int] {
        Dictionary(files.map { (path($0), $0.file) }, uniquingKeysWith: { first, _ in first })
    }

    /// Where a file is.
    func path(_ entry: Entry) -> String { path(entry.folder, entry.component) }

    private func path(_ folder: Int?, _ component: String) -> String {
        guard var above = folder else { return component }
        var components = [component, places[above].component]
        while let next = places[above].folder {
            above = next
            components.append(places[above].component)
        }
        return components.reversed().joined(separator: "/")
    }

    init(_ names: [FolderName: NamedNode]) {
        var children: [Int: [(String, NamedNode)]] = [:]
        for (name, node) in names { children[name.folder, default: []].append((name.component, node)) }
        var (files, places, mark): ([Entry], [Folder], BlockSum) = ([], [], BlockSum())
        // A folder can have come into itself only when names changed out of order; it is not looked into again.
        var above: Set<Int> = []
        var waiting: [Visit] = [.enter(0, nil, BlockSum(""))]
        while let visit = waiting.popLast() {
            guard case .enter(let folder, let place, let prefix) = visit else {
                if case .leave(let folder) = visit { above.remove(folder) }
                continue
            }
            above.insert(folder)
            waiting.append(.leave(folder))
            for (component, node) in children[folder] ?? [] {
                let path = prefix.followed(by: component)
                switch node {
                case .file(let file):
                    files.append(Entry(folder: place, component: component, file: file, mark: path))
                case .folder(let inner):
                    places.append(Folder(folder: place, component: component))
                    mark += path.mixed(with: 2)
                    if !above.contains(inner) {
                        waiting.append(.enter(inner, places.count - 1, path.followed(by: "/")))
                    }
                }
            }
        }
        (self.files, self.places, self.mark) = (files, places, mark)
        numbers = Set(files.map(\.file)).sorted()
    }

    private enum Visit {
        /// The folder, its place among them, and what tells the beginning of the paths in it from others.
        case enter(Int, Int?, BlockSum)
        case leave(Int)
    }
}
