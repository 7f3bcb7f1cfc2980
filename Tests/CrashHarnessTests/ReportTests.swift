// Reports as files: what other programs read, and what people look at.

import Foundation
import SessionFormats
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@testable import CrashHarness

@Suite("Reports")
struct ReportTests {
    private func report() -> RunReport {
        let plan = Campaign.Plan(
            judges: [LogTruncation.canary, LogWeld()], seed: 1, cases: 16, jobs: 2, findingsPerJudge: 1)
        var target = GuidedTarget.Status()
        (target.executions, target.coverage, target.seconds) = (10, 5, 2)
        return RunReport(
            Campaign(plan).run(), plan, targets: ["mv2": target], findings: FindingsFolder("</script><b>&'\""),
            maps: [
                CrashMap(
                    AcknowledgedFile(
                        Array(#"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#.utf8 + [0x0A]), []),
                    as: SessionLogFormat())
            ])
    }

    @Test func `the page needs nothing else and holds the data, whatever stands in it`() throws {
        let report = report()
        let page = String(decoding: try report.html(), as: UTF8.self)
        for outside in ["http://", "https://", "src=", "@import", "url(//"] {
            #expect(!page.replacing("http://www.w3.org/2000/svg", with: "").contains(outside), "\(outside)")
        }
        let start = try #require(page.range(of: #"id="data">"#)).upperBound
        let end = try #require(page.range(of: "</script>", range: start..<page.endIndex)).lowerBound
        let held = try JSONDecoder().decode(
            RunReport.self, from: Data(page[start..<end].replacing("<\\/", with: "</").utf8))
        #expect(held.findings.map(\.replay) == report.findings.map(\.replay))
        #expect(held.judges.map(\.cases) == report.judges.map(\.cases) && held.cases > 16)
    }

    @Test func `JUnit's XML has a test for each judge and target, and is well-formed whatever stands in it`() throws {
        let xml = JUnitReport(
            suite: "a<b", cases: report().junit.cases + [.init(name: "\u{0}\u{1B}&\"", failure: "x < y\n\u{FFFF}")]
        ).xml
        let text = String(decoding: xml, as: UTF8.self)
        #expect(text.contains(#"tests="4" failures="2""#) && text.contains("\u{FFFD}\u{FFFD}&amp;&quot;"))
        #expect(XMLParser(data: xml).parse())
    }

    @Test func `SARIF names the place of each finding`() throws {
        let file = ExaminedFile(
            path: "a b.jsonl", examination: FormatCatalogue.standard.examine(FileBytes(Array("nonsense".utf8))))
        let sarif = String(decoding: try SarifReport(files: [file]).json(), as: UTF8.self)
        #expect(sarif.contains(#""uri" : "a%20b.jsonl""#) && sarif.contains(#""byteOffset" : 0"#))
        #expect(sarif.contains(#""version" : "2.1.0""#) && sarif.contains(#""level" : "error""#))
        #expect(JUnitReport(files: [file]).cases.map { $0.failure == nil } == [false])
    }

    @Test func `a crash map has an outcome for every byte, and knows a cut inside an entry from one between two`() {
        let header = Array(#"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#.utf8) + [0x0A]
        let entry =
            SessionEntry.leaf(LeafEntry(id: "a", parentID: nil, timestamp: "t", entryID: "a")).encoded() + [0x0A]
        let lines = [0, 1].map { header.count + $0 * entry.count..<header.count + ($0 + 1) * entry.count - 1 }
        let map = CrashMap(AcknowledgedFile(header + entry + entry, lines: lines), as: SessionLogFormat())
        #expect(map.cuts.reduce(0) { $0 + $1.length } == map.size && map.flips.reduce(0) { $0 + $1.length } == map.size)
        func outcome(_ offset: Int) -> CrashMap.Outcome? {
            var left = offset
            return map.cuts.first { run in
                defer { left -= run.length }
                return left < run.length
            }?.outcome
        }
        #expect(outcome(0) == .lost)
        // A log that ends between two entries is one to which the second was not written yet.
        #expect(outcome(header.count + entry.count) == .clean)
        #expect(outcome(header.count + entry.count + 20) == .recovered)
        #expect(map.fields.contains { $0.offset == header.count && $0.length == entry.count - 1 })
    }

    @Test func `a crash map shows a reader that says that all is well while something is missing`() {
        struct Liar: SessionFormat {
            var id: FormatID { .sessionLog }
            func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? { nil }
            func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
                Examination(id, of: bytes, .recovered)
            }
        }
        let map = CrashMap(AcknowledgedFile(Array("one\ntwo\n".utf8), lines: [0..<3, 4..<7]), as: Liar())
        #expect(map.cuts == [.init(length: 4, outcome: .recovered), .init(length: 4, outcome: .silentlyWrong)])
        #expect(map.flips == [.init(length: 8, outcome: .silentlyWrong)])
    }

    @Test func `what libFuzzer says is understood`() {
        let said = """
            INFO: seed corpus: files: 3
            #4\tINITED cov: 120 ft: 130 corp: 3/400b exec/s: 0 rss: 40Mb
            #1024\tpulse  cov: 301 ft: 400 corp: 17/2Kb lim: 43 exec/s: 512 rss: 41Mb
            stat::number_of_executed_units: 1500
            """
        let status = GuidedTarget.status(said)
        #expect(status.executions == 1_500 && status.coverage == 301 && status.corpus == 17)
        #expect(GuidedTarget.status("#2\tINITED exec/s: 0 rss: 30Mb").coverage == 0)
    }

    @Test func `a stack's place is the first line of the product's own code`() {
        let stack =
            "0 in libswiftCore.so at /a/b.swift:1\n1 [ra] f() in x at /w/Sources/CrashHarness/Judges/A.swift:20:46\n"
        #expect(StackText.place(in: stack) == "A.swift:20")
        #expect(StackText.place(in: "nothing") == nil)
    }
}
