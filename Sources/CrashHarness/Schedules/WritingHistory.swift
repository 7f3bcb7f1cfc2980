// What writers tried and what they acknowledged: the truth that a file is compared with.
//
// A model without any knowledge of files. Each attempt has a beginning and an end on one clock, so that it can be said which
// of two came later and which of two were under way at once.

/// Everything that was tried in a program.
struct WritingHistory {
    struct Attempt {
        var writer: Int
        var what: String
        var begin: Int
        /// nil while it is under way.
        var end: Int?
        var isAcknowledged = false
    }

    private(set) var attempts: [Attempt] = []
    private var clock = 0

    /// A history that begins with what a file held.
    init(_ held: [String]) {
        for what in held { attempts.append(Attempt(writer: -1, what: what, begin: 0, end: 0, isAcknowledged: true)) }
    }

    mutating func begin(_ what: String, by writer: Int) -> Int {
        clock += 1
        attempts.append(Attempt(writer: writer, what: what, begin: clock, end: nil))
        return attempts.count - 1
    }

    mutating func end(_ attempt: Int, isAcknowledged: Bool) {
        guard attempts[attempt].end == nil else { return }
        clock += 1
        (attempts[attempt].end, attempts[attempt].isAcknowledged) = (clock, isAcknowledged)
    }

    /// What differs between this and what a file holds; nil when nothing does.
    func difference(to found: [String], _ promise: WriterDescription.Promise) -> (expected: String, got: String)? {
        switch promise {
        case .items(let kept): itemsDifference(found, kept)
        case .value: valueDifference(found.first ?? "")
        }
    }

    private func itemsDifference(_ found: [String], _ kept: Int) -> (expected: String, got: String)? {
        var places: [String: Int] = [:]
        for (place, item) in found.enumerated() {
            if places.updateValue(place, forKey: item) != nil { return ("each entry once", "\(item) twice") }
        }
        for writer in Set(attempts.map(\.writer)) {
            let own = attempts.filter { $0.writer == writer }
            var last = -1
            for (index, attempt) in own.enumerated() {
                if let place = places[attempt.what] {
                    if place < last { return ("what a writer wrote in its order", "\(attempt.what) too early") }
                    last = place
                } else if attempt.isAcknowledged, own[(index + 1)...].count(where: { places[$0.what] != nil }) < kept {
                    return ("the acknowledged entry \(attempt.what)", "\(found)")
                }
            }
        }
        return nil
    }

    /// A value may be there unless another was set and acknowledged that began after it had ended.
    private func valueDifference(_ found: String) -> (expected: String, got: String)? {
        let latest = attempts.filter(\.isAcknowledged).map(\.begin).max() ?? -1
        let allowed = attempts.filter { ($0.end ?? .max) >= latest }.map(\.what)
        return allowed.contains(found) ? nil : ("one of the values \(allowed)", "the value \(found)")
    }
}
