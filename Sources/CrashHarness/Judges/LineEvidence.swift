// What the lines of a damaged file can still tell, and what they cannot.
//
// Nothing in a log of lines is hashed, and nothing counts its lines. So a value that was changed in place is a value, and
// lines that are gone without a trace were never there. What does leave a trace is a line of which a part is left that is
// not the beginning of one: no append that was cut short leaves that.

import SessionFormats

extension UntoldLoss {
    /// The field that explains the loss in a file to which whole lines are appended; nil when a reader has to see it.
    public var blindFieldOfLines: String? {
        let evidence = LineEvidence(self)
        if evidence.isUnseen(missing.map { Array(file.bytes[$0.range]) }) { return nil }
        if evidence.damagedLines == 0 { return "lines that are gone without a trace" }
        let linesFound = strangers.reduce(0) { $0 + $1.split(whereSeparator: LineEvidence.endsLine).count }
        return evidence.damagedLines <= linesFound + evidence.linesGone - missing.count
            ? "a value inside a line" : nil
    }
}

private struct LineEvidence {
    /// The original lines that are whole somewhere, and how often.
    private var whole: [[UInt8]: Int] = [:]
    /// How many lines are neither whole nor the beginning of an original one.
    private(set) var damagedLines = 0
    /// How many original lines are not whole anywhere; of one that stood twice, how often it is whole too seldom. Those that
    /// are not missed either say the same in another spelling.
    private(set) var linesGone = 0

    private let lines: [[UInt8]]

    init(_ loss: UntoldLoss) {
        lines = loss.file.bytes.split(separator: 0x0A).map(Array.init)
        var damaged = loss.damaged[...]
        if damaged.starts(with: [0xEF, 0xBB, 0xBF]) { damaged = damaged.dropFirst(3) }
        for piece in damaged.split(whereSeparator: Self.endsLine) {
            let follows = damaged[piece.endIndex...].first { $0 != 0x0D }
            take(piece, isEnd: follows == nil || follows == 0)
        }
        linesGone = Dictionary(grouping: lines) { $0 }
            .reduce(0) { $0 + max(0, $1.value.count - whole[$1.key, default: 0]) }
    }

    /// Whether one of the missing lines is whole more often than it was found: the same line may stand in the file twice.
    func isUnseen(_ missing: [[UInt8]]) -> Bool {
        Dictionary(grouping: missing) { $0 }.contains { line, times in
            whole[line, default: 0] > lines.count { $0 == line } - times.count
        }
    }

    /// Where one piece ends and the next begins. A record with such a byte in it, which some readers join, is several pieces.
    static func endsLine(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D || byte == 0 }

    /// Takes whole lines off both ends; what is left has to be the beginning of one.
    ///
    /// - Parameter isEnd: Whether the file or NUL bytes follow, where a line was cut short too.
    private mutating func take(_ piece: ArraySlice<UInt8>, isEnd: Bool) {
        var rest = piece
        while let line = lines.first(where: { rest.starts(with: $0) }) {
            whole[line, default: 0] += 1
            rest = rest.dropFirst(line.count)
        }
        while let line = lines.first(where: { rest.count >= $0.count && rest.suffix($0.count).elementsEqual($0) }) {
            whole[line, default: 0] += 1
            rest = rest.dropLast(line.count)
        }
        let mayBeCut = isEnd || rest.endIndex < piece.endIndex
        if lines.contains(where: { $0.starts(with: rest) }) || mayBeCut && isOpen(rest) { return }
        damagedLines += 1
    }

    /// Whether an object begins here and does not end, as far as its brackets and quotes tell: a line whose end was
    /// changed looks like one that was cut short.
    private func isOpen(_ bytes: ArraySlice<UInt8>) -> Bool {
        var (depth, isInString, isEscaped) = (0, false, false)
        for byte in bytes {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case 0x5C where isInString: isEscaped = true
            case 0x22: isInString.toggle()
            case _ where isInString: break
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            default: break
            }
            if depth == 0 { return false }
        }
        return true
    }
}
