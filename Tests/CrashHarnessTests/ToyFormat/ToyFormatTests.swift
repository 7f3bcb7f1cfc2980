// The test of the house: a format that a program brings along works everywhere.

import Foundation
import Testing

@testable import CrashHarness
@testable import SessionFormats

@Suite("A format that a program brings along")
struct ToyFormatTests {
    private let kits = KitCatalogue.standard.adding(.toyNotes)
    private let whole = Array("TOYNOTES\nfirst.\nsecond.\n".utf8)

    @Test func `it is recognised, by content before name`() {
        let formats = kits.formats
        #expect(formats.examine(FileBytes(whole)).format == FormatID("toy-notes"))
        #expect(formats.examine(FileBytes(Array("x".utf8)), name: "a.toy").format == FormatID("toy-notes"))
        #expect(formats.examine(FileBytes(Array("x".utf8))).format == .unknown)
        #expect(FormatCatalogue.standard.examine(FileBytes(whole)).format == .unknown)
        #expect(FormatCatalogue.standard.examine(FileBytes(whole), as: ToyFormat()).verdict == .clean)
    }

    @Test func `it is checked as text and as JSON, and inspected`() throws {
        let examination = kits.formats.examine(FileBytes(whole.dropLast(2)))
        #expect(
            examination.text(path: "a") == """
                a: toy-notes, recovered
                  1 notes
                  warning torn-entry, 6 bytes at 16: What follows is no whole note.

                """)
        let json = try JSONSerialization.jsonObject(with: Data(examination.json(path: "a"))) as? [String: Any]
        #expect(
            json?.keys.sorted() == ["error", "findings", "format", "noteCount", "notes", "path", "verdict"])
        #expect((json?["notes"] as? [[String: Int]]) == [["number": 0]])
        #expect(examination.map.map(\.name) == ["gap", "note", "gap"])
        #expect(examination.map.map(\.findings) == [[], [], [.tornEntry]])
    }

    @Test func `it is recovered`() throws {
        let format = try #require(kits.formats.format(FormatID("toy-notes")))
        #expect(try format.recover(FileBytes(whole.dropLast(2))).bytes == Array("TOYNOTES\nfirst.\n".utf8))
    }

    @Test func `it is generated and damaged`() throws {
        let kit = try #require(kits.kit(named: "toy-notes"))
        let file = try kit.generate(FormatKit.Generation(seed: 4))
        #expect(kit.format.examine(FileBytes(file), ExaminationOptions()).verdict == .clean)
        var choices = Choices.seeded(3)
        _ = Damage.choose(for: file, other: file, &choices).apply(to: file)
    }

    @Test func `it is judged in a campaign, fuzzed, and shown in the report page`() throws {
        let judges = try #require(kits.kit(named: "toy-notes")).judges
        #expect(
            judges.map(\.name) == ["toy-notes-promises", "toy-notes-recovery", "toy-notes-work", "toy-notes-verdicts"])
        let plan = Campaign.Plan(judges: judges, seed: 1, cases: 200, jobs: 2)
        let summary = Campaign(plan).run()
        #expect(summary.failingCases.isEmpty && summary.total.cases > 200)
        let target = try #require(kits.target(named: "toy-notes"))
        #expect(!target.seeds.isEmpty)
        for seed in target.seeds { try target.examine(seed) }

        let maps = CrashMap.samples(kits)
        #expect(maps.contains { $0.format == "toy-notes" })
        let report = RunReport(
            summary, plan, targets: [:], findings: FindingsFolder("findings"), maps: maps)
        let page = String(decoding: try report.html(), as: UTF8.self)
        #expect(page.contains("toy-notes-promises") && page.contains(#""format":"toy-notes""#))
    }

    @Test func `its promises are looked at: one that is broken is found`() throws {
        /// Places a finding behind the end of the file, says another thing each time, and forgets in recover mode.
        struct Broken: SessionFormat {
            var how: String
            var id: FormatID { FormatID("toy-notes") }
            func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
                how == "recognition" && bytes.count > 40 ? nil : ToyFormat().recognise(bytes, name: name, depth)
            }
            func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
                var examination = ToyFormat().examine(bytes, options)
                switch how {
                case "place":
                    examination.findings = [Finding(.tornEntry, .note, offset: bytes.count, length: 1, message: "")]
                case "time":
                    examination.summary = ["\(UInt64.random(in: 0...UInt64.max))"]
                    examination.facts = [Fact("random", examination.summary[0])]
                case "loss" where options.mode == .recover:
                    examination.items = ExaminedItems("notes", count: 0) { _ in
                        ExaminedItem(id: "", facts: [], range: 0..<0, content: { [] })
                    }
                case "verdict": examination.verdict = .recovered
                default: break
                }
                return examination
            }
            func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
                var recovered = try ToyFormat().recover(bytes, options)
                if how == "copy" { recovered.bytes = Array(ToyFormat.magic.utf8) }
                return recovered
            }
        }
        for how in ["place", "time", "loss", "copy", "recognition", "verdict"] {
            let toy = FormatKit.toyNotes
            let kit = FormatKit(
                Broken(how: how), sample: toy.sample, acknowledged: toy.acknowledged, blindField: toy.blindField)
            let plan = Campaign.Plan(judges: kit.judges, seed: 1, cases: 100, jobs: 1, findingsPerJudge: 1)
            #expect(!Campaign(plan).run().failingCases.isEmpty, "\(how)")
        }
        let plan = Campaign.Plan(judges: FormatKit.toyNotes.judges, seed: 1, cases: 100, jobs: 1)
        #expect(Campaign(plan).run().failingCases.isEmpty)
    }
}

@Suite("The house")
struct HouseTests {
    private static let sources = URL(filePath: #filePath).appending(path: "../../../../Sources").standardized

    private func swiftFiles(below folder: String) throws -> [URL] {
        let url = Self.sources.appending(path: folder)
        let all = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)?.allObjects as? [URL]
        return try #require(all).filter { $0.pathExtension == "swift" }
    }

    /// Names in quotes and as Swift spells them.
    private var names: [String] {
        KitCatalogue.standard.formats.formats.flatMap { format -> [String] in
            let id = format.id.rawValue
            let parts = id.split(separator: "-")
            let camel = parts.dropFirst().reduce(String(parts[0])) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
            return ["\"\(id)\"", ".\(camel)"]
        }
    }

    @Test func `shared rooms name no format`() throws {
        let rooms = [
            "SessionFormats/Examination", "CrashHarness/Reports", "crashlab", "CrashHarness/Fuzzing",
            "CrashHarness/CrashStates", "CrashHarness/Campaign", "CrashHarness/Damage", "CrashHarness/Benchmarks",
            "FuzzTargets",
        ]
        for room in rooms {
            let files = try swiftFiles(below: room)
            #expect(!files.isEmpty)
            for file in files {
                let text = try String(contentsOf: file, encoding: .utf8)
                for name in names {
                    #expect(!text.containsWord(name), "\(file.lastPathComponent) names \(name)")
                }
            }
        }
    }

    @Test func `no format's folder knows another's, but for sessions inside memories and sidecars`() throws {
        for (folder, foreign) in [
            ("SessionLog", ["ReplaySegment", "MV2", "ActiveSession"]),
            ("ReplaySegment", ["SessionLogReader", "MV2File"]),
            ("ActiveSession", ["SessionLogReader", "MV2File"]), ("MV2", ["SessionLogReader", "ActiveSession("]),
        ] {
            for file in try swiftFiles(below: "SessionFormats/Formats/\(folder)") {
                let text = try String(contentsOf: file, encoding: .utf8)
                for name in foreign { #expect(!text.contains(name), "\(file.lastPathComponent) knows \(name)") }
            }
        }
    }

    @Test func `a library knows only what is below it`() throws {
        for file in try swiftFiles(below: "SessionFormats") {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(!text.contains("import LiveReplay") && !text.contains("import CrashHarness"))
        }
        for file in try swiftFiles(below: "LiveReplay") {
            #expect(!(try String(contentsOf: file, encoding: .utf8)).contains("import CrashHarness"))
        }
    }
}

extension String {
    /// Whether a name stands in the text and is not the beginning of a longer one.
    fileprivate func containsWord(_ name: String) -> Bool {
        ranges(of: name).contains { range in
            range.upperBound == endIndex || !(self[range.upperBound].isLetter || self[range.upperBound].isNumber)
        }
    }
}
