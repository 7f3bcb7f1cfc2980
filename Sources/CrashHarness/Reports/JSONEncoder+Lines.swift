// JSON as this package writes it where lines are compared: the same value gives the same bytes.

import Foundation

extension JSONEncoder {
    /// An encoder of one line a value, with sorted keys and slashes as they are.
    public static var lines: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
