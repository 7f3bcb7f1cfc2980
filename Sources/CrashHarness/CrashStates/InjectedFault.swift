// A call of a foreign program that is made to fail.
//
// strace puts an error in place of a call: the call is not made, the program sees the error. Which call that is, is told by its
// name and by how many of that name its process has made before, so in a program of several processes the same count meets each
// of them. A short write cannot be had that way, since strace cannot change how many bytes a call writes; a limit of the size of
// files (RLIMIT_FSIZE) can: the write that crosses it is short, and what is written beyond fails with EFBIG from then on, as on
// a disk that is full.

/// A fault for a run of a foreign program.
public struct InjectedFault: Sendable, Hashable, CustomStringConvertible {
    /// What the program meets.
    public enum Kind: String, Sendable, CaseIterable {
        /// The disk is full: writes, and calls that make names.
        case noSpace = "ENOSPC"
        /// The disk reports an error: all calls that change or sync something.
        case inputOutput = "EIO"
        /// A signal interrupts the call: those that may be, as POSIX has it.
        case interrupted = "EINTR"
        /// A write takes half of its bytes, and the file grows no further.
        case short
    }

    /// A call that changed or synced something in a run without faults.
    struct Point: Sendable, Hashable {
        /// The system call's name.
        var call: String
        /// How many of that name its process had made, with this one.
        var ordinal: Int
        /// What it did.
        var operation: WriteTrace.Operation
    }

    /// What the program meets.
    public let kind: Kind
    private let point: Point

    /// The fault at a call; nil when the call cannot fail so.
    init?(_ kind: Kind, at point: Point) {
        guard kind.meets(point) else { return nil }
        (self.kind, self.point) = (kind, point)
    }

    /// What tells strace to inject it; nil when strace does not.
    var injection: String? {
        kind == .short ? nil : "--inject=\(point.call):error=\(kind.rawValue):when=\(point.ordinal)"
    }

    /// The call at which strace injects it.
    var call: String { point.call }

    /// The largest size of a file in bytes; nil when there is no limit.
    var sizeLimit: Int? {
        guard kind == .short, case .write(_, let offset, let bytes) = point.operation else { return nil }
        return offset + bytes.count / 2
    }

    /// The fault in a few words.
    public var description: String {
        kind == .short
            ? "short \(point.call): \(point.operation)"
            : "\(kind.rawValue) at \(point.call) \(point.ordinal): \(point.operation)"
    }
}

extension InjectedFault.Kind {
    fileprivate func meets(_ point: InjectedFault.Point) -> Bool {
        let isWrite = ["write", "writev", "pwrite64", "pwritev", "pwritev2"].contains(point.call)
        func isAny(of prefixes: String...) -> Bool { prefixes.contains { point.call.hasPrefix($0) } }
        switch self {
        case .noSpace: return isWrite || isAny(of: "fallocate", "open", "creat", "mkdir", "mknod", "link", "rename")
        case .inputOutput: return isWrite || !isAny(of: "copy_file_range", "sendfile", "munmap")
        case .interrupted: return isWrite || isAny(of: "open", "creat", "fsync", "fdatasync", "ftruncate", "fallocate")
        case .short:
            guard isWrite, case .write(_, _, let bytes) = point.operation else { return false }
            return bytes.count > 1
        }
    }
}
