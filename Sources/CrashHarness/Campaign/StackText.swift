// What a stack says about the cause of a death, for telling causes apart.

import Foundation
import SessionFormats

enum StackText {
    /// The first line of the product's own code in a stack: "File.swift:12".
    static func place(in stack: String) -> String? {
        for line in stack.split(separator: "\n") {
            guard let path = line.range(of: "/Sources/"),
                let end = line.range(of: ".swift:", range: path.upperBound..<line.endIndex)
            else { continue }
            let name = line[..<end.lowerBound].split(separator: "/").last ?? ""
            return "\(name).swift:\(line[end.upperBound...].prefix { $0.isNumber })"
        }
        return nil
    }

    /// A few digits that stand for a text.
    static func hash(_ text: String) -> String { String(BLAKE3.hash(Array(text.utf8)).description.prefix(8)) }
}
