// Writers in programs that nobody wrote, bugs that have to be found in them, and what they once broke on.

import Foundation
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Writers in programs that nobody wrote")
struct WriterProgramTests {
    private static let kits = KitCatalogue.standard.kits.filter { $0.writer != nil }

    @Test(arguments: kits.map(\.format.id.rawValue))
    func `whatever fails and whoever else writes, all that was acknowledged is there`(_ name: String) throws {
        let kit = try #require(KitCatalogue.standard.kit(named: name))
        let writer = try #require(kit.writer)
        let judge = WriterPrograms(kit.format.id, writer)
        var evidence = Evidence()
        // Reading a memory takes longer than the rest.
        for index in 0..<(name == "mv2" ? 300 : 2_000) as Range<UInt64> {
            var choices = Choices.seeded(1, case: index)
            do throws(Violation) { try judge.examine(&choices, &evidence) } catch {
                Issue.record("\(error.expected), and not \(error.got)\n\(String(decoding: error.file, as: UTF8.self))")
            }
        }
        // Programs in which nothing happens would break no promise.
        for trait in ["with a power cut", "with a failing call", "with a killed writer"] {
            #expect(evidence.tallies.contains { $0.key.outcome == trait && $0.value > 50 }, "\(trait)")
        }
    }

    @Test(arguments: kits.map(\.format.id.rawValue))
    func `in whatever order the first calls of two writers come, all that was acknowledged is there`(
        _ name: String
    ) throws {
        let kit = try #require(KitCatalogue.standard.kit(named: name))
        let judge = WriterInterleavings(
            kit.format.id, try #require(kit.writer), writers: 2, calls: name == "mv2" ? 1 : 3)
        var evidence = Evidence()
        let coverage = try ExhaustiveChoices.forEach { (choices) throws(Violation) in
            try judge.examine(&choices, &evidence)
        }
        #expect(coverage.isComplete && coverage.cases > 100)
    }

    @Test func `the orders of two writers' first calls show a lock that is not taken`() throws {
        let kit = try #require(KitCatalogue.standard.kit(named: "session-log"))
        let judge = WriterInterleavings(kit.format.id, try #require(kit.writer), writers: 2, calls: 3, bug: .noLock)
        var evidence = Evidence()
        var violation: Violation?
        do throws(Violation) {
            _ = try ExhaustiveChoices.forEach { (choices) throws(Violation) in
                try judge.examine(&choices, &evidence)
            }
        } catch { violation = error }
        #expect(try #require(violation).expected.hasPrefix("the acknowledged entry"))
    }

    @Test(arguments: [nil, PlantedBug.noLock, .noAppendMode])
    func `orders between which nobody can tell a difference end alike`(_ bug: PlantedBug?) throws {
        let kit = try #require(KitCatalogue.standard.kit(named: "session-log"))
        let judge = WriterInterleavings(kit.format.id, try #require(kit.writer), writers: 2, calls: 3, bug: bug)
        func ends(goesOnOnce: Bool) -> (ends: Set<String>, cases: Int) {
            var (evidence, ends) = (Evidence(), Set<String>())
            let coverage = ExhaustiveChoices.forEach(goesOnOnce: goesOnOnce) { choices in
                do throws(Violation) { try judge.examine(&choices, &evidence) } catch {
                    ends.insert("\(choices.values.first ?? 0): \(error.expected), \(error.got)")
                }
            }
            return (ends, coverage.cases)
        }
        let (all, some) = (ends(goesOnOnce: false), ends(goesOnOnce: true))
        #expect(some.ends == all.ends && some.cases < all.cases)
        #expect(all.ends.isEmpty == (bug == nil))
    }

    /// What each bug has to show, and nothing else.
    private static func shows(_ bug: PlantedBug) -> [String] {
        switch bug {
        case .noFolderSync: ["one of the values"]
        // A memory that was never synced may also have no table that can be read.
        case .noSync: ["the acknowledged entry", "nothing but what was written", "one more agent"]
        // What stays of a line that failed is welded to the next.
        case .noTakeBack: ["the acknowledged entry", "a file as its format wants it"]
        default: ["the acknowledged entry"]
        }
    }

    @Test(arguments: PlantedBug.allCases)
    func `a planted bug is found and shrunk to at most eight choices`(_ bug: PlantedBug) throws {
        let judge = try #require(KitCatalogue.standard.judge(named: "planted-\(bug.rawValue)"))
        func violation(_ choices: inout Choices) -> Violation? {
            var evidence = Evidence()
            do throws(Violation) { try judge.examine(&choices, &evidence) } catch { return error }
            return nil
        }
        var found: (choices: [UInt64], expected: String)?
        for index in 0..<60_000 as Range<UInt64> where found == nil {
            var choices = Choices.seeded(1, case: index)
            found = violation(&choices).map { (choices.values, $0.expected) }
        }
        let first = try #require(found)
        #expect(Self.shows(bug).contains { first.expected.hasPrefix($0) }, "\(first.expected)")
        let small = Shrinker().shrink(first.choices) { violation(&$0) != nil }.choices
        #expect(small.count <= 8, "\(small)")
        var again = Choices.recorded(small)
        let shown = try #require(violation(&again)?.expected)
        #expect(Self.shows(bug).contains { shown.hasPrefix($0) }, "\(shown)")
    }

    @Test func `a bug that is not planted is not found`() throws {
        // The same choices, with the writer as it is.
        for bug in PlantedBug.allCases {
            let kit = try #require(Self.kits.first { $0.writer?.bugs.contains(bug) == true })
            let writer = try #require(kit.writer)
            for index in 0..<300 as Range<UInt64> {
                var choices = Choices.seeded(2, case: index)
                var bounds = ProgramBounds()
                bounds.steps = 8
                #expect(WriterProgram.run(writer, bounds: bounds, &choices).problem == nil)
            }
        }
    }

    // MARK: What they once broke on

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Corpus/writers")

    private static let cases =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).filter { $0.hasSuffix(".txt") }
        .sorted()

    @Test(arguments: cases)
    func `what once lost something loses nothing any more`(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        let file = try CaseFile(text: text)
        let judge = try #require(KitCatalogue.standard.judge(named: file.judge))
        let violation = file.replay(judge).violation
        #expect(violation == nil, "\(violation.map { "\($0.expected), and not \($0.got)" } ?? "")")
    }

    @Test func `there are such cases`() { #expect(!Self.cases.isEmpty) }
}
