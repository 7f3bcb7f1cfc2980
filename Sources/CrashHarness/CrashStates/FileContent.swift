// What operations do to the bytes of one file.

extension [UInt8] {
    /// Cuts the file, or extends it with zeroes.
    mutating func setSize(_ size: Int) {
        if size < count { removeLast(count - size) }
        if size > count { self += [UInt8](repeating: 0, count: size - count) }
    }

    /// Writes at an offset; what the file lacks before it reads as zeroes.
    mutating func write(_ bytes: some Collection<UInt8>, at offset: Int) {
        if count < offset + bytes.count { setSize(offset + bytes.count) }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
