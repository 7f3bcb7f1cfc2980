// A format that nothing under Sources knows: notes, a line each, behind a first line "TOYNOTES". Each note ends in a full
// stop, so a note that was cut short is seen.

import CrashHarness
import SessionFormats

struct ToyFormat: SessionFormat {
    static let magic = "TOYNOTES\n"

    var id: FormatID { FormatID("toy-notes") }

    func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        if bytes.copy(0..<Self.magic.utf8.count) == Array(Self.magic.utf8) {
            return Recognition(.proof, "its first line")
        }
        return name?.hasSuffix(".toy") == true ? Recognition(.name, "its name") : nil
    }

    func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        guard recognise(bytes, name: nil, .ends) != nil else {
            return Examination(refusing: id, of: bytes, "NoNotes", "The first line is not TOYNOTES.", .invalidHeader)
        }
        let (notes, cut) = Self.notes(bytes)
        let findings =
            cut.isEmpty
            ? []
            : [
                Finding(
                    .tornEntry, Self.isCutShort(bytes.copy(cut)) ? .warning : .error, offset: cut.lowerBound,
                    length: cut.count, message: "What follows is no whole note.")
            ]
        return Examination(
            id, of: bytes, Verdict(worst: findings.first?.severity), summary: ["\(notes.count) notes"],
            facts: [Fact("noteCount", notes.count)],
            items: ExaminedItems("notes", count: notes.count) { index in
                ExaminedItem(
                    id: "\(index)", facts: [Fact("number", index)], range: notes[index],
                    content: { bytes.copy(notes[index]) })
            },
            findings: findings,
            fields: { notes.map { FieldSpan(path: "note", range: $0, value: "\($0.count) bytes") } })
    }

    func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        guard recognise(bytes, name: nil, .ends) != nil else { throw .nothing("there is no first line.") }
        let notes = Self.notes(bytes).whole
        let copy = Array(Self.magic.utf8) + notes.flatMap { bytes.copy($0) + [0x0A] }
        return Recovered(
            id, copy, of: bytes, kept: notes, structure: [0..<Self.magic.utf8.count], blanks: [0x0A], findings: [])
    }

    /// Whether bytes are the beginning of one note, as an append leaves them that did not finish.
    private static func isCutShort(_ bytes: [UInt8]) -> Bool { !bytes.contains { $0 == 0x0A || $0 == 0x2E } }

    private static func notes(_ bytes: FileBytes) -> (whole: [Range<Int>], cut: Range<Int>) {
        let all = bytes.copy(0..<bytes.count)
        var (whole, at): ([Range<Int>], Int) = ([], magic.utf8.count)
        while let newline = all[at...].firstIndex(of: 0x0A), newline > at, all[newline - 1] == 0x2E {
            whole.append(at..<newline)
            at = newline + 1
        }
        return (whole, at..<all.count)
    }
}

extension FormatKit {
    static let toyNotes = FormatKit(
        ToyFormat(),
        sample: { choices in
            var file = ToyFormat.magic
            for number in 0..<1 + choices.choose("notes", below: 5) { file += "note \(number).\n" }
            return Array(file.utf8)
        },
        acknowledged: { choices in
            let notes = (0..<1 + choices.choose("notes", below: 5)).map { Array("note \($0).".utf8) }
            var file = Array(ToyFormat.magic.utf8)
            var lines: [Range<Int>] = []
            for note in notes {
                lines.append(file.count..<file.count + note.count)
                file += note + [0x0A]
            }
            return AcknowledgedFile(file, lines: lines)
        },
        blindField: { loss in
            // Any text between two line ends is a note, so of all damages this format can see a cut alone.
            if case .cut = loss.damage { nil } else { "a note" }
        })
}
