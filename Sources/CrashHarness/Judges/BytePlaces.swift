// Where some bytes stand in others: how a judge, which must not ask the reader, finds out what a damaged file still holds.

extension [UInt8] {
    /// Every place at which some bytes begin, found when it is asked for; none for no bytes.
    func places(of bytes: some RandomAccessCollection<UInt8>) -> some BidirectionalCollection<Int> {
        let starts = bytes.isEmpty || bytes.count > count ? 0..<0 : 0..<count - bytes.count + 1
        let first = bytes.first
        return starts.lazy.filter { start in
            self[start] == first && self[start..<start + bytes.count].elementsEqual(bytes)
        }
    }

    /// Whether some bytes stand anywhere; no bytes always do.
    func holds(_ bytes: some RandomAccessCollection<UInt8>) -> Bool { bytes.isEmpty || !places(of: bytes).isEmpty }
}
