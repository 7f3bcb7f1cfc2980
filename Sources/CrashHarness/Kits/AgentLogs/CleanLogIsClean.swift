// Whether what is normal is never reported.

import SessionFormats

/// Makes logs as agents leave them and expects no finding.
struct CleanLogIsClean: Judge {
    let kit: AgentLogFormat

    var name: String { "\(kit.id)-clean" }

    var promise: String { "A log as \(kit.agent) leaves it has no finding, and its reader shows something of it." }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let log = AgentScenario.ofAnyRelease(kit.id, &choices).bytes
        evidence.cases += 1
        evidence.bytesRead += log.count
        for mode in ReadingMode.allCases {
            let examination = kit.examine(FileBytes(log), ExaminationOptions(mode: mode))
            let said = examination.findings.filter { $0.code != .notListed }
            guard said.isEmpty, examination.verdict == .clean, examination.items?.isEmpty == false else {
                throw Violation(
                    expected: "clean, no finding", got: examination.text(path: "the log"), file: log,
                    fileName: "\(kit.id).jsonl")
            }
        }
        if AgentModel(kit.id, log).badLines > 0 {
            throw Violation(expected: "a log", got: "lines that are none", file: log, fileName: "\(kit.id).jsonl")
        }
    }
}
