// One state in which a crash may leave a disk, named by what is not as the running system had it.

/// A state: a crash point, and what differs there from "everything is there, in the order of issue".
struct CrashState: Hashable {
    /// How many operations had been issued when the crash came.
    var crashPoint: Int
    /// The changes that are not there as a whole, by their numbers.
    var forms: [Int: ChangeForm] = [:]
    /// The sizes of files that have not their last one.
    var sizes: [Int: Int] = [:]
    /// The operations that took effect in the place of another.
    var places: [Int: Int] = [:]

    init(crashPoint: Int) { self.crashPoint = crashPoint }

    /// Whether everything is there as the running system had it.
    var isEverything: Bool { forms.isEmpty && sizes.isEmpty && places.isEmpty }

    /// The state as numbers: the crash point, then three for each difference.
    var numbers: [UInt64] {
        func sorted<Value>(_ kind: UInt64, _ values: [Int: Value], _ number: (Value) -> UInt64) -> [UInt64] {
            values.sorted { $0.key < $1.key }.flatMap { [kind, UInt64($0.key), number($0.value)] }
        }
        return [UInt64(crashPoint)] + sorted(0, forms) { $0.rawValue } + sorted(1, sizes) { UInt64($0) }
            + sorted(2, places) { UInt64($0) }
    }

    /// Reads numbers; what makes no sense is passed over.
    init(numbers: [UInt64]) {
        crashPoint = numbers.first.flatMap { Int(exactly: $0) } ?? 0
        for index in stride(from: 1, to: numbers.count - 2, by: 3) {
            guard let number = Int(exactly: numbers[index + 1]), let value = Int(exactly: numbers[index + 2]) else {
                continue
            }
            switch numbers[index] {
            case 0: forms[number] = ChangeForm(rawValue: numbers[index + 2])
            case 1: sizes[number] = value
            case 2: places[number] = value
            default: break
            }
        }
    }
}
