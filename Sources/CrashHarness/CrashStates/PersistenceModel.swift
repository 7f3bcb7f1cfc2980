// Which disks a crash may leave behind, given what a writer did.
//
// The trace. Operations stand in the order of issue. One came before another when it had returned before the other was issued;
// two of which neither came before the other overlap, and may have taken effect in either order. The running system resolves
// paths in the order of issue. A name belongs to a folder, not to a path: a renamed folder takes its names along.
//
// The crash comes when so many operations had been issued. Those that came before the last of them are done, all others are
// running: what returned before the next one was issued may not have returned when the crash came. An acknowledgement counts
// from its issue, a sync only once it is done, and it covers only what came before it: a write that is under way while fsync
// runs is not promised (POSIX, fsync: data "queued" at the call). What a running call does may be there or not, in either
// order with what overlaps it.
//
// Changes. A write is a change for each sector that it touches; a resize is one change, a cut; every change of names is one.
// Changes that are there are applied in order to what was there before: a sector beyond the end extends the file with zeroes,
// a cut sets the length. Then the file gets the size that the disk has for it, cut or extended with zeroes.
//
// cached     The process was killed; the kernel was not. Everything that is done is there; a running call has happened as a
//            whole or not at all.
//
// ordered    Power failed, and the disk keeps the order: some prefix of the operations is there, and of the write behind it
//            some sectors from the front. A sync makes everything durable that came before it; a write that syncs itself
//            (O_DSYNC, RWF_DSYNC) makes itself and what came before it durable.
//
// posix      Power failed, and only what is promised holds:
//            - Bytes. What came before a sync of the file that is done is durable (POSIX, fsync), of a write that syncs
//              itself its own bytes (POSIX, O_DSYNC). Of all other changes any may be there, in any combination.
//            - Size. It is the durable one or any that the file had since, also between two sectors of one write, whichever
//              bytes are there; what no change reached reads as zeroes (ext4 documentation, data=writeback; XFS FAQ on zeroes
//              behind a crash). A write that syncs itself makes the size reach its end, so long as no resize follows it.
//            - Failed syncs. What was pending at one may be there or not for ever: Linux marks the pages clean, and no later
//              sync writes them (fsync(2), EIO; "PostgreSQL's fsync surprise", LWN 2018). The size is kept by a later sync.
//            - Names. A change of names is durable with a sync of its folder (fsync(2): "an explicit fsync() on a file
//              descriptor for the directory is also needed"), a rename with one of the new name's folder, an exchange with
//              one of either. Of the others any set may be there in which each name goes through its own history: a change
//              only with all those before it that touch one of its names. A rename is one change (POSIX, rename: at no time
//              is the new name missing). So a removal may be there without an earlier rename of another name.
//            - Folders. A folder that was made is a name in its parent. What is in a folder whose name is not there cannot be
//              seen, whether the folder itself was synced or not.
//
// journaled  Bytes and size as in posix. Names as ext4 and XFS bring them back: a prefix of all changes of names in the file
//            system, since they go through one log in order (ext4 documentation, jbd2; XFS log). A sync of a folder makes
//            the changes of its names durable, a sync of a file those that touched a name of that file, and with them all
//            before them.
//
// Sectors are written as a whole or not at all. With torn sectors (`SectorFaults`) one that is not durable may be there by
// half; with garbage it may read as noise, as flash leaves what was being written when power failed.
//
// Deviations. A piece of a state is a change that is not durable, or a file's size where it has more than one to choose from;
// an order other than that of issue counts as one more. A state's deviation is the smaller of how many pieces are not as the
// running system had them and how many are not as the durable state has them.

/// A persistence model.
public enum PersistenceModel: String, Sendable, CaseIterable {
    /// Nothing that was written is lost.
    case cached
    /// A prefix of the operations is there.
    case ordered
    /// Bytes in any combination, names as a prefix.
    case journaled
    /// What is not synced may be there or not, in any combination.
    case posix
}

/// What may happen to a sector that is not durable, besides being there or not.
public struct SectorFaults: Sendable, Equatable {
    /// How many bytes a disk writes as a whole: 512 or 4,096.
    public var size = 512
    /// Whether a sector may be half old and half new.
    public var areTorn = false
    /// Whether a sector may read as noise.
    public var areGarbage = false

    /// Whole sectors of 512 bytes.
    public init() {}

    /// The noise at an offset of a file.
    static func noise(at offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 167 &+ 13) }
}
