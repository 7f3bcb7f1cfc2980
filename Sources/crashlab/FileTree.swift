#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

/// The files that were named, or stand below folders that were, in the order of their names. Links to folders are not followed
/// below a named one, since they may lead in circles. What a folder tells of its files is enough, since it may hold thousands.
struct FileTree {
    private(set) var paths: [String] = []
    /// Folders that could not be listed.
    private(set) var failures: [FileSystemError] = []

    init(_ operands: [String]) {
        for operand in operands {
            // What is neither a file nor a folder, or is not there, reading will tell.
            if Self.kind(followingLinks: operand) == S_IFDIR { addFolder(operand) } else { paths.append(operand) }
        }
    }

    private mutating func addMember(_ path: String, _ kind: mode_t?) {
        switch kind {
        case S_IFDIR: addFolder(path)
        case S_IFREG, nil: paths.append(path)
        case S_IFLNK:
            // What a link leads to is looked at when it is a file, or is not there, which is then said.
            let target = Self.kind(followingLinks: path)
            if target == S_IFREG || target == nil { paths.append(path) }
        default: break
        }
    }

    /// Nil when the system does not tell.
    private static func kind(followingLinks path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// What stands in a folder, without a call for each where the file system keeps kinds with names.
    private static func kind(of entry: UnsafeMutablePointer<dirent>, at path: @autoclosure () -> String) -> mode_t? {
        switch Int(entry.pointee.d_type) {
        case Int(DT_REG): return S_IFREG
        case Int(DT_DIR): return S_IFDIR
        case Int(DT_LNK): return S_IFLNK
        default:
            var status = stat()
            return lstat(path(), &status) == 0 ? status.st_mode & S_IFMT : nil
        }
    }

    private mutating func addFolder(_ path: String) {
        guard let folder = opendir(path) else {
            failures.append(FileSystemError(call: "list", path: path, errorNumber: errno))
            return
        }
        defer { closedir(folder) }
        var members: [(name: String, kind: mode_t?)] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            members.append((name, Self.kind(of: entry, at: "\(path)/\(name)")))
        }
        for (name, kind) in members.sorted(by: { $0.name < $1.name }) {
            addMember(path.hasSuffix("/") ? path + name : "\(path)/\(name)", kind)
        }
    }
}
