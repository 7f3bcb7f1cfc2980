// The file of a live replay store: whole lines at its end, or nothing.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

/// An open file of records, locked against other writers.
struct LiveReplayFile {
    private let path: String
    private let fileSystem: any FileSystem
    private var file: any OpenFile
    /// How long the file is up to its last whole line.
    private var size: Int
    /// Why no more can be written.
    private var problem: FileSystemError?

    /// What opening did to the file.
    private(set) var repair = FileLiveReplayStore.Repair.none

    /// Opens a file whose first line is a header.
    ///
    /// - Parameter accept: Takes the records in order; false for one that contradicts those before it.
    /// - Returns: nil when the file is of another kind; nothing is changed then.
    static func open(
        _ path: String, on fileSystem: any FileSystem, _ accept: (LiveReplayRecord) -> Bool
    ) throws(FileSystemError) -> LiveReplayFile? {
        let file = try fileSystem.open(path, .append)
        do throws(FileSystemError) {
            try file.lock()
            guard try file.isNamed(path) else {
                throw FileSystemError(call: "lock", path: path, errorNumber: EWOULDBLOCK)
            }
            let bytes = try file.read(at: 0, count: try file.size())
            let end = wholeRecords(bytes, accept)
            if end == 0 {
                file.close()
                return nil
            }
            var opened = LiveReplayFile(path: path, fileSystem: fileSystem, file: file, size: end)
            if end < bytes.count {
                try file.truncate(to: end)
                try file.sync()
                opened.repair = .cut(offset: end, length: bytes.count - end)
            }
            return opened
        } catch {
            file.close()
            throw error
        }
    }

    /// Makes a new file in one step, in place of what is there.
    static func create(
        _ path: String, on fileSystem: any FileSystem, _ records: [LiveReplayRecord]
    ) throws(FileSystemError) -> LiveReplayFile {
        let new = path + ".new"
        let file = try fileSystem.open(new, .createOrTruncate)
        do throws(FileSystemError) {
            try file.lock()
            let bytes = records.flatMap(\.line)
            try file.append(bytes)
            try file.sync()
            try fileSystem.rename(new, to: path)
            try fileSystem.syncFolder(path.folderOfPath)
            return LiveReplayFile(path: path, fileSystem: fileSystem, file: file, size: bytes.count)
        } catch {
            file.close()
            throw error
        }
    }

    private init(path: String, fileSystem: any FileSystem, file: any OpenFile, size: Int) {
        (self.path, self.fileSystem, self.file, self.size) = (path, fileSystem, file, size)
    }

    /// Reads records up to the first that is damaged or refused; returns where they end.
    private static func wholeRecords(_ bytes: [UInt8], _ accept: (LiveReplayRecord) -> Bool) -> Int {
        var end = 0
        while let newline = bytes[end...].firstIndex(of: 0x0A) {
            guard let record = LiveReplayRecord(bytes[end..<newline]), (record == .header) == (end == 0),
                accept(record)
            else { break }
            end = newline + 1
        }
        return end
    }

    /// Adds a line, and makes it durable when asked to. One that fails is not there.
    mutating func append(_ record: LiveReplayRecord, isDurable: Bool) throws(FileSystemError) {
        if let problem { throw problem }
        let line = record.line
        do throws(FileSystemError) {
            try file.append(line)
            if isDurable { try file.sync() }
            size += line.count
        } catch {
            takeBack(error)
            throw error
        }
    }

    /// Cuts off what a write that failed may have left. After a failed sync nobody knows what is on the disk, so nothing
    /// more is written then.
    private mutating func takeBack(_ error: FileSystemError) {
        if error.call == "sync" { problem = error }
        do throws(FileSystemError) { try file.truncate(to: size) } catch { problem = error }
    }

    /// Puts a new file with these records in place of this one.
    mutating func replace(with records: [LiveReplayRecord]) throws(FileSystemError) {
        if let problem { throw problem }
        let new = try Self.create(path, on: fileSystem, records)
        file.close()
        (file, size) = (new.file, new.size)
    }

    func close() { file.close() }
}
