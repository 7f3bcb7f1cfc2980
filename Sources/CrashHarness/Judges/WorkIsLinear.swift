// That reading takes time proportional to the file, whatever is in it: a judge that each kit gets for nothing.
//
// Time depends on the machine, so what is counted is bytes: those that searches and attempts look at, again and again where
// something goes wrong. `crashlab bench` measures the time as well.

import SessionFormats

/// Has hostile files recognised and examined, and counts the bytes that were looked at.
struct WorkIsLinear: Judge {
    /// How often a byte may be looked at on average, in both modes and by all formats together. Memories are searched for
    /// tables and for sessions, either at sixteen times the file's size, in each of several steps.
    static let limit = 80
    /// What a file of any size may cost, in bytes.
    private static let base = 1 << 16

    private let kit: FormatKit
    private let families: [HostileFamily]

    init(_ kit: FormatKit) { (self.kit, families) = (kit, kit.hostileFamilies) }

    var name: String { "\(kit.format.id)-work" }

    var promise: String {
        "Recognising and examining a file looks at each byte a bounded number of times, however hostile the file."
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let family = families[choices.choose("family", below: families.count)]
        let file = family.file(size: 1_000 << choices.choose("doublings", below: 4))
        evidence.cases += 1
        evidence.bytesRead += 4 * file.count
        try check(file, family)
    }

    /// Looks at one file.
    func check(_ file: [UInt8], _ family: HostileFamily) throws(Violation) {
        let work = Self.work(on: file, kit)
        if work > Self.limit * file.count + Self.base {
            throw Violation(
                expected: "at most \(Self.limit) times the \(file.count) bytes looked at",
                got: "\(work), \(family.name)",
                file: file, fileName: kit.fileName)
        }
    }

    /// How many bytes are looked at to say all about a file.
    static func work(on file: [UInt8], _ kit: FormatKit) -> Int {
        let bytes = FileBytes(file)
        return WorkMeter.measure {
            _ = KitCatalogue.standard.adding(kit).formats.recognise(bytes)
            for mode in ReadingMode.allCases { _ = kit.format.examine(bytes, ExaminationOptions(mode: mode)).map }
        }
    }
}
