// Which objects on a damaged line are parts of others, so that none of them is tried for an entry.
//
// An attempt at an entry that failed has passed over objects inside it, up to the byte that breaks the grammar. Those that
// were still open there would fail at the same byte; those that were closed are followed by what follows a part, a comma or
// a bracket, and not by what follows an entry. The one that can be an entry of its own is an object that ends right where
// the grammar breaks, as one does that was written behind a fragment. What begins inside a string was not passed over as an
// object, and is tried.
//
// So a byte is passed over at most twice, once as what stands inside strings and once as what stands outside of them: two
// passes that agree on that at one place agree from there on, and what the first has passed over is not begun at again.

struct NestedObjects {
    /// How passing over an object ends.
    enum Ending {
        /// It is whole.
        case whole
        /// Something in it breaks the grammar.
        case broken
        /// The text ends inside it.
        case cutShort
    }

    private let base: UnsafePointer<UInt8>
    private let text: Range<Int>
    /// A bit for each byte of the text; none until something was found.
    private var marks: [UInt64] = []

    init(_ base: UnsafePointer<UInt8>, in text: Range<Int>) { (self.base, self.text) = (base, text) }

    /// Whether an object or array that begins here is a part of another.
    func contains(_ place: Int) -> Bool {
        let bit = place - text.lowerBound
        return bit >> 6 < marks.count && marks[bit >> 6] >> UInt64(bit & 63) & 1 == 1
    }

    private mutating func mark(_ place: Int, _ isNested: Bool) {
        let bit = place - text.lowerBound
        if marks.isEmpty { marks = Array(repeating: 0, count: text.count >> 6 + 1) }
        let mask: UInt64 = 1 << UInt64(bit & 63)
        if isNested { marks[bit >> 6] |= mask } else { marks[bit >> 6] &= ~mask }
    }

    /// Passes over the object or array that begins at a place, as far as it is one, and notes what is inside.
    mutating func pass(over start: Int) -> Ending {
        var pass = Pass(base: base, at: start, end: text.upperBound)
        defer { WorkMeter.add(pass.at - start) }
        while true {
            switch pass.step() {
            case .goesOn: continue
            case .opened(let place): if place != start { mark(place, true) }
            case .ended(let ending, let last):
                if ending != .whole, let last, last != start { mark(last, false) }
                return ending
            }
        }
    }

    /// Tokens and brackets, and nothing of what values are worth.
    private struct Pass {
        enum Step {
            case goesOn
            case opened(Int)
            /// With the object or array that was closed last, if nothing has come since.
            case ended(Ending, Int?)
        }

        private enum Expected { case value, firstValue, key, firstKey, colon, commaOrEnd }

        let base: UnsafePointer<UInt8>
        var at: Int
        let end: Int
        private var open = ContainerStack()
        /// Where the open objects begin, from the beginning of the pass: lines have at most 2 GiB. A list is no entry here.
        private var starts: [UInt32] = []
        private let first: Int
        private var lastClosed: Int?
        private var expected = Expected.value

        init(base: UnsafePointer<UInt8>, at: Int, end: Int) {
            (self.base, self.at, self.end, first) = (base, at, end, at)
        }

        mutating func step() -> Step {
            while at < end, base[at] == 0x20 || base[at] == 0x09 || base[at] == 0x0D { at += 1 }
            guard at < end else { return .ended(.cutShort, lastClosed) }
            let byte = base[at]
            switch (expected, byte) {
            case (.value, 0x7B), (.firstValue, 0x7B): return push(isObject: true)
            case (.value, 0x5B), (.firstValue, 0x5B): return push(isObject: false)
            case (.firstValue, 0x5D), (.firstKey, 0x7D): return pop()
            case (.value, 0x22), (.firstValue, 0x22): return string(then: .commaOrEnd)
            case (.key, 0x22), (.firstKey, 0x22): return string(then: .colon)
            case (.value, _), (.firstValue, _): return scalar()
            case (.colon, 0x3A): return next(.value)
            case (.commaOrEnd, 0x2C): return next(open.innermostIsObject == true ? .key : .value)
            case (.commaOrEnd, 0x7D) where open.innermostIsObject == true: return pop()
            case (.commaOrEnd, 0x5D) where open.innermostIsObject == false: return pop()
            default: return .ended(.broken, lastClosed)
            }
        }

        private mutating func next(_ expected: Expected) -> Step {
            at += 1
            lastClosed = nil
            self.expected = expected
            return .goesOn
        }

        private mutating func push(isObject: Bool) -> Step {
            open.push(isObject: isObject)
            if isObject { starts.append(UInt32(truncatingIfNeeded: at - first)) }
            let place = at
            _ = next(isObject ? .firstKey : .firstValue)
            return .opened(place)
        }

        private mutating func pop() -> Step {
            let closed = open.innermostIsObject == true ? starts.popLast().map { first + Int($0) } : nil
            open.pop()
            _ = next(.commaOrEnd)
            lastClosed = closed
            return open.count == 0 ? .ended(.whole, nil) : .goesOn
        }

        private mutating func string(then expected: Expected) -> Step {
            at += 1
            while at < end, base[at] != 0x22 {
                if base[at] < 0x20 { return .ended(.broken, nil) }
                at += base[at] == 0x5C ? 2 : 1
            }
            guard at < end else {
                at = end
                return .ended(.cutShort, nil)
            }
            return next(expected)
        }

        /// A number or a word: what it says is not looked at.
        private mutating func scalar() -> Step {
            let start = at
            while at < end {
                switch base[at] {
                case 0x30...0x39, 0x61...0x7A, 0x41...0x5A, 0x2B, 0x2D, 0x2E: at += 1
                default:
                    guard at > start else { return .ended(.broken, nil) }
                    lastClosed = nil
                    expected = .commaOrEnd
                    return .goesOn
                }
            }
            return .ended(.cutShort, nil)
        }
    }
}
