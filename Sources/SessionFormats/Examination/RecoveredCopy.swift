// A recovered file on its way to a disk: the copy beside the original, and what was left out beside the copy.
//
// The input is only read. What was left out is written first, so that whenever the copy is there, everything of the input
// is; the copy appears in one step, whole and durable.

/// Writes what was recovered, never over anything.
public struct RecoveredCopy: Sendable {
    /// Where the copy goes.
    public let path: String
    /// What was recovered.
    public let recovered: Recovered

    /// A copy of which nothing is written yet.
    public init(_ recovered: Recovered, to path: String) { (self.recovered, self.path) = (recovered, path) }

    /// What the file beside the copy is called that holds what was left out; another number behind it when that is taken.
    public var leftOutPath: String { path + ".left-out" }

    /// Writes the copy and, when something was left out, that beside it.
    ///
    /// - Parameters:
    ///   - input: The bytes that were recovered.
    ///   - permissions: The mode of what is written, that of the file that was recovered: a private file has private copies.
    ///     As the system gives it when nil.
    /// - Returns: Where what was left out stands; nil when nothing was.
    /// - Throws: `StorageError`; `exists` when there is something of the copy's name, which stays as it is. Nothing is left
    ///   behind then.
    @discardableResult
    public func write(
        of input: FileBytes, permissions: UInt32? = nil, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) -> String? {
        let exists = try StorageError.translating { () throws(FileSystemError) in try fileSystem.exists(path) }
        if exists { throw .exists(path) }
        let leftOut = recovered.leftOut.isEmpty ? nil : try writeLeftOut(of: input, permissions, fileSystem)
        do throws(StorageError) {
            try AtomicReplacement(of: path, existing: .refused, permissions: permissions, on: fileSystem).write(
                recovered.bytes)
        } catch {
            if case .notDurable = error {} else if let leftOut { try? fileSystem.remove(leftOut) }
            throw error
        }
        return leftOut
    }

    private func writeLeftOut(
        of input: FileBytes, _ permissions: UInt32?, _ fileSystem: any FileSystem
    ) throws(StorageError) -> String {
        let lines = leftOutLines(of: input)
        var attempt = 1
        while true {
            let name = attempt == 1 ? leftOutPath : "\(leftOutPath)-\(attempt)"
            do throws(StorageError) {
                try AtomicReplacement(of: name, existing: .refused, permissions: permissions, on: fileSystem).write(
                    lines)
                return name
            } catch .exists { attempt += 1 }
        }
    }

    /// One JSON object a line: offset, length, reason, and the bytes as text, or in hexadecimal when they are none.
    func leftOutLines(of input: FileBytes) -> [UInt8] {
        var lines: [UInt8] = []
        for repair in recovered.leftOut {
            let bytes = input.copy(repair.range)
            var json = JSONRecordPrinter()
            json.field("offset", integer: repair.offset)
            json.field("length", integer: repair.length)
            json.field("reason", string: repair.reason)
            if let text = String(validating: bytes, as: UTF8.self) {
                json.field("text", string: text)
            } else {
                json.field("hex", string: Self.hexadecimal(bytes))
            }
            lines += json.finish().printableJSON + [0x0A]
        }
        return lines
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
