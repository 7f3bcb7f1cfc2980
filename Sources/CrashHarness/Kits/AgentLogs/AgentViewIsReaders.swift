// Whether reference mode shows what the agent's own reader would.

import SessionFormats

/// Damages an agent's log and compares reference mode with a model of the agent's reader that shares no code with it.
struct AgentViewIsReaders: Judge {
    let kit: AgentLogFormat

    var name: String { "\(kit.id)-view" }

    var promise: String {
        "Whatever the damage, reference mode gives the records that \(kit.agent)'s reader gives, in its order, or its error."
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let whole = AgentScenario.ofAnyRelease(kit.id, &choices).bytes
        let other = AgentScenario.ofAnyRelease(kit.id, &choices).bytes
        var file = whole
        for _ in 0..<choices.choose("damages", below: 4) {
            file =
                choices.happens("token damage", oneIn: 3)
                ? TokenDamage.apply(to: file, &choices)
                : Damage.choose(for: file, other: other, &choices).apply(to: file)
        }
        evidence.cases += 1
        evidence.bytesRead += file.count
        let model = AgentModel(kit.id, file)
        if model.error == "NotModelled" { return evidence.count(name, "older files", "not modelled") }
        let examination = kit.examine(FileBytes(file), ExaminationOptions(mode: .reference))
        let error = examination.failure?.kind.rawValue
        // An empty answer has no error of the reader's.
        let isEmpty = error == "NoRecords" || error == "Empty"
        let got = examination.items?.map(\.id) ?? []
        let expected = isEmpty && ["NotASession", "MissingHeader"].contains(model.error) ? nil : model.error
        if isEmpty ? expected != nil || !model.shown.isEmpty : error != model.error || got != model.shown {
            throw Violation(
                expected: "\(model.error ?? "\(model.shown.count) records: \(model.shown)")",
                got: "\(error ?? "\(got.count) records: \(got)")", file: file, fileName: "\(kit.id).jsonl")
        }
        evidence.count(name, model.error ?? "shown", "the same")
    }
}
