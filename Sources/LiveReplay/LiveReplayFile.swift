// The file of a live replay store: whole lines at its end, or nothing.

import SessionFormats

/// An open file of records, locked against other writers.
struct LiveReplayFile {
    private let file: AppendOnlyFile
    /// What opening did to the file.
    let repair: FileLiveReplayStore.Repair
    /// The last position that a life reserved whose record was cut, being behind one that is damaged; 0 when none was.
    let reservedInCut: UInt64

    /// Opens a file whose first line is a header.
    ///
    /// - Parameter accept: Takes the records in order; false for one that contradicts those before it.
    /// - Throws: `StorageError`; `headless` when the file is of another kind, and `file` with `ENOENT` when there is none.
    static func open(
        _ path: String, on fileSystem: any FileSystem, _ accept: (LiveReplayRecord) -> Bool
    ) throws(StorageError) -> LiveReplayFile {
        var end = 0
        var length = 0
        var reserved: UInt64 = 0
        let file = try AppendOnlyFile.open(path, on: fileSystem) { (file, size) throws(StorageError) in
            let bytes: [UInt8]
            do throws(FileSystemError) { bytes = try file.read(at: 0, count: size) } catch { throw .file(error) }
            var life = 0
            (end, life) = wholeRecords(bytes, accept)
            length = size - end
            if end == 0 { throw .headless(path) }
            reserved = lastReserved(in: bytes[end...])
            // A life's first record is durable with all before it.
            return AppendOnlyFile.Look(length == 0 ? .whole : .torn(at: end), settled: life)
        }
        return LiveReplayFile(
            file: file, repair: length == 0 ? .none : .cut(offset: end, length: length, savedAs: file.torn),
            reservedInCut: reserved)
    }

    /// Makes a new file in one step.
    ///
    /// - Throws: `StorageError`; `exists` when there is one.
    static func create(
        _ path: String, on fileSystem: any FileSystem, _ records: [LiveReplayRecord]
    ) throws(StorageError) -> LiveReplayFile {
        let file = try AppendOnlyFile.create(path, records.flatMap(\.line), existing: .refused, on: fileSystem)
        return LiveReplayFile(file: file, repair: .none, reservedInCut: 0)
    }

    /// Reads records up to the first that is damaged or refused; returns where they end, and where the last life begins.
    private static func wholeRecords(
        _ bytes: [UInt8], _ accept: (LiveReplayRecord) -> Bool
    ) -> (end: Int, life: Int) {
        var (end, life) = (0, 0)
        while let newline = bytes[end...].firstIndex(of: 0x0A) {
            guard let record = LiveReplayRecord(bytes[end..<newline]), (record == .header) == (end == 0),
                accept(record)
            else { break }
            if case .life = record { life = end }
            end = newline + 1
        }
        return (end, life)
    }

    /// Positions behind a damaged line may have been handed out, so that none of them may stand for another event.
    private static func lastReserved(in bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.split(separator: 0x0A).reduce(0) { last, line in
            guard case .life(_, let through) = LiveReplayRecord(line) else { return last }
            return max(last, through)
        }
    }

    /// Adds a line, and makes it durable when asked to. One that fails is not there.
    func append(_ record: LiveReplayRecord, isDurable: Bool) throws(StorageError) {
        try file.append(record.line, isDurable: isDurable)
    }

    /// Puts a new file with these records in place of this one, and goes on with it.
    func replace(with records: [LiveReplayRecord]) throws(StorageError) {
        try file.replaceContent(with: records.flatMap(\.line))
    }

    func close() { file.close() }
}
