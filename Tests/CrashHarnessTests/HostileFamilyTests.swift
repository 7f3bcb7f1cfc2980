// Hostile files of every format, larger than a campaign has the time for.

import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Hostile files")
struct HostileFamilyTests {
    @Test(arguments: KitCatalogue.standard.kits.map(\.format.id.rawValue))
    func `work grows with the file and no faster, in every family`(_ name: String) throws {
        let kit = try #require(KitCatalogue.standard.kit(named: name))
        let judge = WorkIsLinear(kit)
        for family in kit.hostileFamilies {
            let (small, large) = (family.file(size: 20_000), family.file(size: 80_000))
            #expect(large.count > small.count && family.file(size: 20_000) == small)
            for file in [small, large] {
                do throws(Violation) { try judge.check(file, family) } catch {
                    Issue.record("\(family.name): expected \(error.expected), got \(error.got)")
                }
            }
        }
    }

    @Test func `a search that is given up is told, as damage`() throws {
        for family in ["footers that claim everything before them", "sessions inside actions that reach far"] {
            let found = try #require(FormatKit.mv2.hostileFamilies.first { $0.name == family })
            let examination = MV2Format().examine(FileBytes(found.file(size: 2_000_000)), ExaminationOptions())
            #expect(examination.findings.contains { $0.code == .searchEnded && $0.severity == .error }, "\(family)")
            #expect(examination.verdict >= .damaged)
        }
    }
}
