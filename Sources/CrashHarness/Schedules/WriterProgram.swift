// A program that nobody wrote: writers that work, fail, are stopped, are killed, and lose power, as the choices say.
//
// Each step does one thing: a writer does an operation; the next operation is to stop after so many calls to the file system,
// so that others work meanwhile; a call is going to fail; a writer is killed; power fails. A writer that was stopped goes on
// with its next step. What a writer throws ends nothing: the agent goes on with the next step, as agents do. At the end the
// disk works again, everyone closes, and one more agent has to be able to write; then the file is compared with the history.

import Foundation
import SessionFormats

/// The bounds of programs.
struct ProgramBounds: Sendable {
    /// How many steps there are at most.
    var steps = 14
    /// How many writers there are at most, from 1 to 3.
    var writers = 3
    /// How many faults there are at most.
    var faults = 3
    /// Whether a writer is stopped inside of an operation.
    var pauses = true
    /// Whether writers are killed and power fails.
    var crashes = true
}

/// A run of a program.
final class WriterProgram {
    /// What happened, and what is wrong with it.
    struct Outcome {
        var problem: CrashProblem?
        var story: [String]
        /// Whether power failed, and whether something was made to fail, and whether writers met.
        var traits: Set<Trait> = []
        var disk: SimulatedDisk
    }

    /// What a program had in it, to be counted.
    enum Trait: String, CaseIterable {
        case powerCut = "with a power cut"
        case fault = "with a failing call"
        case kill = "with a killed writer"
        case pause = "with writers between each other's calls"
    }

    private let writer: WriterDescription
    private let bug: PlantedBug?
    private let bounds: ProgramBounds
    private let tells: Bool

    private let disk: SimulatedDisk
    private let base: WriterDescription.Base
    private var crews: [Crew] = []
    private let history: HistoryBox
    private var items = 0
    private var hasRemoved = false
    private var faults = 0
    private var pauseAfter: Int?
    private var story: [String] = []
    private var traits: Set<Trait> = []

    /// One process: its agent and what it is about.
    private final class Crew {
        let number: Int
        var process: SimulatedProcess
        var agent: any WritingAgent
        var strand: Strand?
        var attempts: [Int] = []
        var outcome = ""

        init(_ number: Int, _ process: SimulatedProcess, _ agent: any WritingAgent) {
            (self.number, self.process, self.agent) = (number, process, agent)
        }
    }

    /// Strands share it, of which one runs at a time.
    private final class HistoryBox {
        var history: WritingHistory
        init(_ held: [String]) { history = WritingHistory(held) }
    }

    // MARK: Running

    /// Runs the program that the choices say.
    static func run(
        _ writer: WriterDescription, bug: PlantedBug? = nil, bounds: ProgramBounds = ProgramBounds(),
        tells: Bool = false,
        _ choices: inout Choices
    ) -> Outcome {
        let bases = bug?.needsDamage == false ? 1 : writer.bases.count
        let setting = choices.choose("disk and writers", below: bases * bounds.writers)
        let program = WriterProgram(
            writer, bug, bounds, tells, writer.bases[setting % bases], writers: 1 + setting / bases)
        var steps = 0
        while steps < bounds.steps, program.step(&choices) { steps += 1 }
        return program.finish()
    }

    private init(
        _ writer: WriterDescription, _ bug: PlantedBug?, _ bounds: ProgramBounds, _ tells: Bool,
        _ base: WriterDescription.Base, writers: Int
    ) {
        (self.writer, self.bug, self.bounds, self.tells, self.base) = (writer, bug, bounds, tells, base)
        // The name is a symbolic link, and the file is private: neither may change.
        let target = Self.target(writer.path)
        disk = SimulatedDisk(base.file.map { [target: $0] } ?? [:])
        disk.link(writer.path, to: target)
        disk.setPermissions(of: target, Self.permissions)
        history = HistoryBox(base.holds)
        for number in 0..<writers { crews.append(makeCrew(number)) }
        tell("\(writers) writers; \(base.name)")
    }

    private static let permissions: UInt32 = 0o600
    private static func target(_ path: String) -> String { "data/" + path.split(separator: "/").joined(separator: "-") }

    private func makeCrew(_ number: Int) -> Crew {
        let process = SimulatedProcess(on: disk)
        return Crew(number, process, writer.makeAgent(number, bug?.planted(on: process) ?? process, bug))
    }

    private func tell(_ text: @autoclosure () -> String) {
        if tells { story.append(text()) }
    }

    // MARK: Steps

    private func step(_ choices: inout Choices) -> Bool {
        let operations = writer.operations.count
        let uses = crews.count * (operations + 1)
        var chosen = choices.choose(
            "step",
            below: 1 + uses + (bounds.faults > 0 ? 1 : 0) + (mayPause ? 1 : 0)
                + (bounds.crashes ? 1 + crews.count : 0))
        if chosen == 0 { return false }
        chosen -= 1
        if chosen < uses {
            let (crew, operation) = (crews[chosen % crews.count], chosen / crews.count)
            if operation == operations { close(crew) } else { work(crew, operation) }
            return true
        }
        chosen -= uses
        if bounds.faults > 0 {
            if chosen == 0 { addFault(&choices) }
            chosen -= 1
        }
        if mayPause {
            if chosen == 0 { pauseAfter = 1 + choices.choose("stop after calls", below: 16) }
            chosen -= 1
        }
        if chosen == 0 { failPower(&choices) }
        if chosen > 0 { kill(crews[(chosen - 1) % crews.count]) }
        return true
    }

    private var mayPause: Bool { bounds.pauses && (crews.count > 1 || bounds.crashes) }

    private func work(_ crew: Crew, _ operation: Int) {
        if crew.strand != nil { return goOn(crew, takePause()) }
        work(crew, operation, item: "\(crew.number)-\(items)")
        items += 1
    }

    private func takePause() -> Int? {
        defer { pauseAfter = nil }
        return pauseAfter
    }

    private func work(_ crew: Crew, _ operation: Int, item: String) {
        let limit = takePause()
        hasRemoved = hasRemoved || operation == writer.removing
        let writer = writer
        let history = history
        let perform = {
            crew.outcome = Self.perform(writer, crew, operation, item, history)
        }
        if let limit {
            traits.insert(.pause)
            crew.strand = Strand.begin { strand in
                Self.stop(crew, after: limit, strand)
                perform()
            }
            crew.process.beforeCall = crew.strand == nil ? nil : crew.process.beforeCall
        } else {
            perform()
        }
        tell("writer \(crew.number): \(writer.operations[operation]) \(item): \(said(crew))")
    }

    private func said(_ crew: Crew) -> String {
        crew.strand == nil ? crew.outcome : "stopped after \(crew.process.calls) calls"
    }

    private static func stop(_ crew: Crew, after limit: Int, _ strand: Strand) {
        let end = crew.process.calls + limit
        crew.process.beforeCall = { if crew.process.calls >= end { strand.pause() } }
    }

    private static func perform(
        _ writer: WriterDescription, _ crew: Crew, _ operation: Int, _ item: String, _ history: HistoryBox
    ) -> String {
        do {
            try crew.agent.perform(operation, item: item) { what in
                crew.attempts.append(history.history.begin(what, by: crew.number))
            }
            end(crew, history, isAcknowledged: true)
            return "done"
        } catch {
            end(crew, history, isAcknowledged: false)
            return "\(error)"
        }
    }

    private static func end(_ crew: Crew, _ history: HistoryBox, isAcknowledged: Bool) {
        for attempt in crew.attempts { history.history.end(attempt, isAcknowledged: isAcknowledged) }
        crew.attempts = []
    }

    private func goOn(_ crew: Crew, _ limit: Int?) {
        guard let strand = crew.strand else { return }
        if let limit { Self.stop(crew, after: limit, strand) } else { crew.process.beforeCall = nil }
        if !strand.goOn() {
            crew.strand = nil
            crew.process.beforeCall = nil
        }
        tell("writer \(crew.number) goes on: \(said(crew))")
    }

    private func close(_ crew: Crew) {
        goOn(crew, nil)
        crew.agent.close()
        tell("writer \(crew.number): close")
    }

    private func kill(_ crew: Crew) {
        traits.insert(.kill)
        end(crew)
        crews[crew.number] = makeCrew(crew.number)
        tell("writer \(crew.number) is killed")
    }

    // MARK: All ways to come between each other

    /// Lets several writers do one operation each, their first calls in the order that the choices say, and power fail
    /// between any two of them.
    ///
    /// - Parameter calls: How many calls of each writer others may come between; the rest goes without a stop.
    static func interleave(
        _ writer: WriterDescription, bug: PlantedBug? = nil, writers: Int, calls: Int, _ choices: inout Choices
    ) -> Outcome {
        let base = writer.bases[choices.choose("disk", below: writer.bases.count)]
        let program = WriterProgram(writer, bug, ProgramBounds(), false, base, writers: writers)
        let order = CallOrder(processes: writers)
        for crew in program.crews {
            crew.process.afterCall = { [number = crew.number] in order.note(number, $0, isDone: $1) }
        }
        // Opening takes more calls than are counted, so that a writer that has opened is a beginning of its own.
        if choices.choose("the first writer has written", below: 2) == 1 {
            program.work(program.crews[0], 0, item: "0-first")
        }
        let setting = choices.values.map { UInt32(truncatingIfNeeded: $0) }
        program.interleave(calls, &choices) { setting + order.state + [.max] + program.history.history.order }
        return program.finish()
    }

    private func interleave(_ calls: Int, _ choices: inout Choices, state: () -> [UInt32]) {
        var (made, waiting) = (crews.map { _ in 0 }, Array(crews.indices))
        while !waiting.isEmpty {
            // What follows from here on was looked at when another order led here.
            if !choices.goOn(from: state()) { return loseProcesses() }
            let next = choices.choose("who goes on", below: waiting.count + 1)
            if next == waiting.count {
                let isAllThere = choices.choose("what is there afterwards", below: 2) == 1
                var nothing = Choices.recorded([])
                return isAllThere ? loseProcesses() : failPower(&nothing)
            }
            let crew = crews[waiting[next]]
            pauseAfter = made[crew.number] < calls ? 1 : nil
            // What it writes does not depend on who began first.
            if crew.strand == nil {
                work(crew, 0, item: "\(crew.number)-\(crew.number)")
            } else {
                goOn(crew, pauseAfter)
            }
            pauseAfter = nil
            made[crew.number] += 1
            waiting.removeAll { $0 == crew.number && crew.strand == nil }
        }
    }

    private func loseProcesses() {
        for crew in crews { kill(crew) }
    }

    /// Whatever it was about ends here, unacknowledged.
    private func end(_ crew: Crew) {
        crew.process.kill()
        Self.end(crew, history, isAcknowledged: false)
        if let strand = crew.strand {
            crew.process.beforeCall = nil
            while strand.goOn() {}
            crew.strand = nil
        }
    }

    private func addFault(_ choices: inout Choices) {
        var fault = Self.faults[choices.choose("what fails", below: Self.faults.count)]
        fault.skipped = choices.choose("calls that succeed first", below: 4)
        if fault.operation == .write { fault.written = choices.choose("bytes that are written", below: 1_024) }
        guard faults < bounds.faults else { return }
        faults += 1
        traits.insert(.fault)
        disk.add(fault)
        tell(
            "\(fault.operation) will fail\(fault.isForGood ? " for good" : "") after \(fault.skipped), written \(fault.written ?? 0), with \(fault.errorNumber ?? 0)"
        )
    }

    /// What can fail, once and for good. Further ones go behind, so that cases that are kept mean what they meant.
    private static let faults =
        onceAndForGood([
            .init(.write, ENOSPC), .init(.sync, EIO), .init(.write, EIO), .init(.syncFolder, EIO), .init(.rename, EIO),
            .init(.open, EMFILE), .init(.open, EACCES), .init(.read, EIO), .init(.truncate, EIO), .init(.write, EINTR),
            .init(.sync, EINTR), .init(.remove, EACCES), .init(.write, nil),
        ])
        + onceAndForGood([
            .init(.examine, EIO), .init(.lock, ENOLCK), .init(.lock, EINTR), .init(.changeMode, EPERM),
        ])

    private static func onceAndForGood(_ faults: [SimulatedDisk.Fault]) -> [SimulatedDisk.Fault] {
        faults
            + faults.map { fault in
                var fault = fault
                fault.isForGood = true
                return fault
            }
    }

    private func failPower(_ choices: inout Choices) {
        traits.insert(.powerCut)
        for crew in crews { end(crew) }
        let model = choices.pick("what the disk promises", Self.models)
        let states = CrashStates(disk.trace, model, isHashing: false)
        let point = states.point(at: states.count)
        point.choose(&choices)
        disk.restart(with: point.files, folders: point.tree.folders, of: point.tree.fileNumbers)
        for number in crews.indices { crews[number] = makeCrew(number) }
        tell("power fails (\(model)), leaving \(disk.contents.mapValues(\.count).sorted { $0.key < $1.key })")
    }

    private static let models: [PersistenceModel] = [.posix, .ordered, .cached]

    // MARK: The end

    private func finish() -> Outcome {
        for crew in crews { close(crew) }
        disk.mend()
        let problem = difference() ?? lastWords() ?? difference() ?? leftProblem()
        return Outcome(problem: problem, story: story, traits: traits, disk: disk)
    }

    /// On a disk that works one more agent has to be able to write, whatever happened before.
    private func lastWords() -> CrashProblem? {
        // Without the bug: what others left has to be usable.
        let process = SimulatedProcess(on: disk)
        let crew = Crew(crews.count, process, writer.makeAgent(crews.count, process, nil))
        let said = Self.perform(writer, crew, 0, "\(crew.number)-last", history)
        crew.agent.close()
        tell("one more: \(said)")
        return said == "done" || base.isRefused ? nil : ("one more agent to be able to write", said)
    }

    private var found: Observation { writer.observe(disk, history.history.attempts.map(\.what)) }

    private func difference() -> CrashProblem? {
        history.history.difference(to: found.items, writer.promise)
    }

    private func leftProblem() -> CrashProblem? {
        if let problem = base.lossOfEvidence(on: disk) { return problem }
        let found = found
        if let problem = found.problem, !base.isRefused { return ("a file as its format wants it", problem) }
        // A power cut may leave anything of an attempt that was never acknowledged, and of nothing else.
        let torn = traits.contains(.powerCut) ? history.history.attempts.count { !$0.isAcknowledged } : 0
        if found.noise.count > torn, !base.isRefused {
            return ("nothing but what was written", found.noise.joined(separator: "; "))
        }
        return placeProblem()
    }

    /// Who may read the file, that a link stays one, and that nothing lies about.
    private func placeProblem() -> CrashProblem? {
        let target = Self.target(writer.path)
        if base.file != nil, disk.isLink(writer.path), let permissions = disk.permissions(of: target),
            permissions != Self.permissions
        {
            return ("the permissions as they were", "others")
        }
        if !hasRemoved, !disk.isLink(writer.path) { return ("a symbolic link as it was", "a file") }
        // A writer that cannot see whether the name is still its own file's takes nothing away.
        let isClean = traits.isDisjoint(with: [.powerCut, .kill]) && disk.failed.isDisjoint(with: [.remove, .examine])
        if isClean, disk.contents.keys.contains(where: { $0.hasSuffix(AtomicReplacement.suffix) }) {
            return ("nothing left behind", "\(disk.contents.keys.sorted())")
        }
        return nil
    }
}
