#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

/// A file that was named, or stands below a folder that was named.
struct FoundFile {
    var path: String
    /// In bytes, when it was found; 0 for pipes and what cannot be examined, which reading will tell.
    var size: Int
}

/// The files below folders, in the order of their names. Links to folders are not followed below a named one, since they
/// may lead in circles. A system call a file, since folders of sessions hold thousands.
struct FileTree {
    private(set) var files: [FoundFile] = []
    /// Folders that could not be listed.
    private(set) var failures: [FileSystemError] = []

    init(_ operands: [String]) {
        for operand in operands { add(operand, isNamed: true) }
    }

    private mutating func add(_ path: String, isNamed: Bool) {
        var status = stat()
        guard (isNamed ? stat(path, &status) : lstat(path, &status)) == 0 else {
            files.append(FoundFile(path: path, size: 0))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: addFolder(path)
        case S_IFREG: files.append(FoundFile(path: path, size: Int(status.st_size)))
        case S_IFLNK: addLink(path)
        default: if isNamed { files.append(FoundFile(path: path, size: 0)) }
        }
    }

    /// What a link below a folder leads to is looked at when it is a file, or is not there, which is then said.
    private mutating func addLink(_ path: String) {
        var status = stat()
        let leads = stat(path, &status) == 0
        if !leads || status.st_mode & S_IFMT == S_IFREG {
            files.append(FoundFile(path: path, size: leads ? Int(status.st_size) : 0))
        }
    }

    private mutating func addFolder(_ path: String) {
        guard let folder = opendir(path) else {
            failures.append(FileSystemError(call: "list", path: path, errorNumber: errno))
            return
        }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(folder)
        for name in names.sorted() { add(path.hasSuffix("/") ? path + name : "\(path)/\(name)", isNamed: false) }
    }
}
