// In which order processes called the file system, as far as it can make a difference.
//
// What a process is told by a call that changes nothing depends on the changes before it, and on nothing else; who gets a lock
// matters to nobody but those who ask for it. So two orders in which the same changes follow one another, in which each process
// looks at the same moments between them, and in which the same processes were given their locks, are the same to everybody,
// and to the disk.

/// The order of calls.
final class CallOrder {
    /// What a call does.
    enum Kind: UInt32 {
        /// Something that others can see, now or after a crash.
        case change
        /// Nothing.
        case look
        /// It locks, or is told that somebody else has.
        case lock
    }

    /// Who made each change, in order.
    private var changes: [UInt32] = []
    /// What each process was told, in its order: a moment between the changes, and whether the call was done.
    private var told: [[UInt32]]

    init(processes: Int) { told = Array(repeating: [], count: processes) }

    func note(_ process: Int, _ kind: Kind, isDone: Bool) {
        if kind == .change, isDone { return changes.append(UInt32(process)) }
        let moment = kind == .lock ? 0 : UInt32(changes.count)
        told[process].append(moment << 3 | kind.rawValue << 1 | (isDone ? 1 : 0))
    }

    /// The same for orders between which nobody can tell a difference, and for no others that matter.
    var state: [UInt32] { told.reduce(into: changes) { $0 += [.max] + $1 } }
}
