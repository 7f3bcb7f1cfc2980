// What can happen to the bytes of a file while no program looks after them.
//
// Each damage is one that was seen in the wild or that a disk is known to do. It is applied to bytes and gives bytes;
// offsets and ranges beyond the end are clamped, so that every damage can be applied to every file.

/// A damage to a file's bytes.
public enum Damage: Sendable, Equatable {
    /// The file ends here: a write that did not finish.
    case cut(at: Int)
    /// One bit (0 is the lowest) is inverted.
    case flip(offset: Int, bit: Int)
    /// Bytes are replaced by others.
    case overwrite(offset: Int, bytes: [UInt8])
    /// An aligned block reads as zeroes, as a sector or page that was never written does.
    case zeroBlock(number: Int, size: Int)
    /// Bytes appear.
    case insert(offset: Int, bytes: [UInt8])
    /// Bytes disappear.
    case delete(Range<Int>)
    /// A range is followed by a copy of itself.
    case duplicate(Range<Int>)
    /// Two ranges change places; the second must begin behind the first.
    case swap(Range<Int>, Range<Int>)
    /// Garbage follows the end.
    case append([UInt8])
    /// The newline at or behind an offset is missing, so that two lines become one.
    case weld(offset: Int)
    /// The file ends inside the first character of several bytes at or behind an offset.
    case splitCharacter(offset: Int)
    /// A run of bytes reads as NUL.
    case nulRun(offset: Int, count: Int)
    /// Every LF becomes CR LF.
    case crlf
    /// A byte-order mark precedes the file.
    case byteOrderMark
    /// The first bytes are those of an older version of the file: a new tail under a stale header.
    case staleHead(of: [UInt8], length: Int)
    /// From an offset on the bytes are those of an older version: a new header before a stale tail.
    case staleTail(of: [UInt8], from: Int)
    /// A second writer's bytes come between, in turns of these lengths.
    case interleave(with: [UInt8], turns: [Int])

    /// The damaged bytes.
    public func apply(to bytes: [UInt8]) -> [UInt8] {
        let all = 0..<bytes.count
        switch self {
        case .cut(let at): return Array(bytes.prefix(max(0, at)))
        case .flip(let offset, let bit):
            guard all.contains(offset) else { return bytes }
            return bytes.replacing(offset..<offset + 1, with: [bytes[offset] ^ 1 << UInt8(bit & 7)])
        case .overwrite(let offset, let new):
            return bytes.replacing((offset..<offset + new.count).clamped(to: all), with: new)
        case .zeroBlock(let number, let size):
            return bytes.zeroing((number * size..<(number + 1) * size).clamped(to: all))
        case .insert(let offset, let new):
            let place = min(max(0, offset), bytes.count)
            return bytes.replacing(place..<place, with: new, extending: true)
        case .delete(let range): return bytes.replacing(range.clamped(to: all), with: [], extending: true)
        case .duplicate(let range):
            let range = range.clamped(to: all)
            return bytes.replacing(range.upperBound..<range.upperBound, with: Array(bytes[range]), extending: true)
        case .swap(let first, let second): return bytes.swapping(first.clamped(to: all), second.clamped(to: all))
        case .append(let new): return bytes + new
        case .weld(let offset):
            guard let newline = bytes[all.clamped(to: max(0, offset)..<Int.max)].firstIndex(of: 0x0A) else {
                return bytes
            }
            return bytes.replacing(newline..<newline + 1, with: [], extending: true)
        case .splitCharacter(let offset):
            let rest = bytes[all.clamped(to: max(0, offset)..<Int.max)]
            guard let continuation = rest.firstIndex(where: { $0 & 0xC0 == 0x80 }) else { return bytes }
            return Array(bytes[..<continuation])
        case .nulRun(let offset, let count): return bytes.zeroing((offset..<offset + count).clamped(to: all))
        case .crlf: return bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        case .byteOrderMark: return [0xEF, 0xBB, 0xBF] + bytes
        case .staleHead(let old, let length):
            let length = min(length, old.count, bytes.count)
            return Array(old[..<length]) + bytes[length...]
        case .staleTail(let old, let from):
            return Array(bytes.prefix(from)) + old.dropFirst(from)
        case .interleave(let other, let turns): return bytes.interleaving(other, turns: turns)
        }
    }
}

extension Array where Element == UInt8 {
    /// Replaces a range; keeps the count unless it may change.
    fileprivate func replacing(_ range: Range<Int>, with new: [UInt8], extending: Bool = false) -> [UInt8] {
        var changed = self
        changed.replaceSubrange(range, with: extending ? new : Array(new.prefix(range.count)))
        return changed
    }

    fileprivate func zeroing(_ range: Range<Int>) -> [UInt8] {
        replacing(range, with: [UInt8](repeating: 0, count: range.count))
    }

    fileprivate func swapping(_ first: Range<Int>, _ second: Range<Int>) -> [UInt8] {
        guard first.upperBound <= second.lowerBound else { return self }
        var swapped = Array(self[..<first.lowerBound])
        swapped += self[second]
        swapped += self[first.upperBound..<second.lowerBound]
        swapped += self[first]
        swapped += self[second.upperBound...]
        return swapped
    }

    fileprivate func interleaving(_ other: [UInt8], turns: [Int]) -> [UInt8] {
        var mixed: [UInt8] = []
        var (mine, theirs) = (self[...], other[...])
        for (number, turn) in turns.enumerated() {
            if number.isMultiple(of: 2) {
                mixed += mine.prefix(turn)
                mine = mine.dropFirst(turn)
            } else {
                mixed += theirs.prefix(turn)
                theirs = theirs.dropFirst(turn)
            }
        }
        return mixed + mine + theirs
    }
}

extension Damage {
    /// The names under which damages are known to people, in the order of the cases.
    public static let names = [
        "cut", "flip", "overwrite", "zero-block", "insert", "delete", "duplicate", "swap", "append", "weld",
        "split-character", "nul-run", "crlf", "byte-order-mark", "stale-head", "stale-tail", "interleave",
    ]

    /// Chooses a damage that fits some bytes.
    ///
    /// - Parameters:
    ///   - name: One of `names`; any of them when nil.
    ///   - other: An older version of the file or another writer's bytes, for the damages that want one.
    public static func choose(
        _ name: String? = nil, for bytes: [UInt8], other: [UInt8] = [], _ choices: inout Choices
    ) -> Damage {
        let name = name ?? names[choices.choose("damage", below: names.count)]
        func offset(_ choices: inout Choices) -> Int { choices.choose("offset", below: bytes.count + 1) }
        func range(_ choices: inout Choices) -> Range<Int> {
            let start = offset(&choices)
            return start..<start + choices.choose("length", below: min(bytes.count - start, 600) + 1)
        }
        func garbage(_ choices: inout Choices) -> [UInt8] {
            (0..<choices.choose("length of garbage", below: 24)).map { _ in
                UInt8(choices.choose("garbage", below: 256))
            }
        }
        switch name {
        case "cut": return .cut(at: offset(&choices))
        case "flip": return .flip(offset: offset(&choices), bit: choices.choose("bit", below: 8))
        case "overwrite": return .overwrite(offset: offset(&choices), bytes: garbage(&choices))
        case "zero-block":
            let size = choices.pick("block size", [512, 4096])
            return .zeroBlock(number: choices.choose("block", below: bytes.count / size + 1), size: size)
        case "insert": return .insert(offset: offset(&choices), bytes: garbage(&choices))
        case "delete": return .delete(range(&choices))
        case "duplicate": return .duplicate(range(&choices))
        case "swap":
            let ranges = [range(&choices), range(&choices)].sorted { $0.lowerBound < $1.lowerBound }
            return .swap(ranges[0].clamped(to: 0..<ranges[1].lowerBound), ranges[1])
        case "append": return .append(garbage(&choices))
        case "weld": return .weld(offset: offset(&choices))
        case "split-character": return .splitCharacter(offset: offset(&choices))
        case "nul-run": return .nulRun(offset: offset(&choices), count: choices.choose("count", below: 600))
        case "crlf": return .crlf
        case "byte-order-mark": return .byteOrderMark
        case "stale-head": return .staleHead(of: other, length: offset(&choices))
        case "stale-tail": return .staleTail(of: other, from: offset(&choices))
        default:
            let count = choices.choose("turns", below: 8)
            return .interleave(
                with: other, turns: (0..<count).map { _ in choices.choose("turn", below: bytes.count / 2 + 2) })
        }
    }
}

extension Damage {
    /// The same damage at another offset; nil for damages that have none.
    ///
    /// - Parameter count: The number of bytes of a NUL run, the bit of a flip.
    public func moved(to offset: Int, count: Int) -> Damage? {
        switch self {
        case .cut: .cut(at: offset)
        case .flip: .flip(offset: offset, bit: count)
        case .weld: .weld(offset: offset)
        case .splitCharacter: .splitCharacter(offset: offset)
        case .nulRun: .nulRun(offset: offset, count: count)
        case .staleHead(let old, _): .staleHead(of: old, length: offset)
        case .staleTail(let old, _): .staleTail(of: old, from: offset)
        default: nil
        }
    }
}

extension Damage: CustomStringConvertible {
    /// The damage and its parameters in words.
    public var description: String {
        switch self {
        case .cut(let at): "cut at byte \(at)"
        case .flip(let offset, let bit): "bit \(bit) of byte \(offset) flipped"
        case .overwrite(let offset, let bytes): "\(bytes.count) bytes at \(offset) overwritten"
        case .zeroBlock(let number, let size): "block \(number) of \(size) bytes zeroed"
        case .insert(let offset, let bytes): "\(bytes.count) bytes inserted at \(offset)"
        case .delete(let range): "bytes \(range) deleted"
        case .duplicate(let range): "bytes \(range) duplicated"
        case .swap(let first, let second): "bytes \(first) and \(second) swapped"
        case .append(let bytes): "\(bytes.count) bytes of garbage appended"
        case .weld(let offset): "the newline at or behind byte \(offset) removed"
        case .splitCharacter(let offset): "cut inside the first long character at or behind byte \(offset)"
        case .nulRun(let offset, let count): "\(count) bytes at \(offset) read as NUL"
        case .crlf: "LF turned into CR LF"
        case .byteOrderMark: "a byte-order mark put first"
        case .staleHead(_, let length): "the first \(length) bytes are an older version's"
        case .staleTail(_, let from): "the bytes from \(from) on are an older version's"
        case .interleave(_, let turns): "a second writer's bytes between, in turns of \(turns)"
        }
    }
}
