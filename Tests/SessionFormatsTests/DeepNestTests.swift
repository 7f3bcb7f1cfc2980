// Brackets that nest deeper than any record does: what is whole among them is found, and what is not costs little.

import Foundation
import Testing

@testable import SessionFormats

@Suite("Deep nests")
struct DeepNestTests {
    private static let record =
        #"{"type":"user","uuid":"a","parentUuid":null,"sessionId":"s","message":{"role":"user","parts":[]}}"#

    private func fault(_ text: String, _ dialect: JSONDialect) -> JSONFault? {
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var outline = JSONOutline()
            do throws(JSONFault) {
                try outline.read(base, count: buffer.count, loadable: buffer.count, dialect)
                return nil
            } catch { return error }
        }
    }

    @Test func `a value is taken however deep it nests, unless the dialect has a limit`() {
        let deep = String(repeating: #"[{"a":"#, count: 3_000) + "NaN" + String(repeating: "}]", count: 3_000)
        var python = JSONDialect.python
        #expect(fault(deep, python) == JSONFault(offset: 2_964, reason: .tooDeep))
        python.depthLimit = nil
        #expect(fault(deep, python) == nil)
        #expect(fault(deep, .ecmaScript) == JSONFault(offset: 18_000, reason: .unexpectedByte))
        python.depthLimit = 4_000
        #expect(fault(deep, python) == JSONFault(offset: 12_000, reason: .tooDeep))
    }

    @Test(arguments: ["[", #"{"a":"#, #"[{"b":[],"a":"#])
    func `brackets that are never closed end too soon, and the wrong ones break the value`(_ piece: String) {
        let open = String(repeating: piece, count: 2_000)
        #expect(fault(open, .ecmaScript) == JSONFault(offset: open.utf8.count, reason: .unexpectedEnd))
        #expect(fault(open + "1}]", .ecmaScript)?.offset ?? 0 >= open.utf8.count)
        #expect(fault(open + "]}", .ecmaScript)?.reason == .unexpectedByte || piece == "[")
    }

    @Test(arguments: [
        // Inside, behind and before nests that are never closed, and in a string that a torn write left open.
        String(repeating: #"{"a":"#, count: 500) + record, record + String(repeating: #"{"a":"#, count: 500),
        String(repeating: #"{"a":"#, count: 500) + record + String(repeating: #"{"a":"#, count: 500) + record,
        String(repeating: #"{"a":"#, count: 500) + #"{"a":"torn"# + record,
        String(repeating: #"{"a":"#, count: 500) + #"{"a":NaN,"b":"# + record,
        String(repeating: #"{"a":"{","b":"#, count: 500) + record,
    ])
    func `a whole record among them is found`(_ line: String) {
        let found = AgentLogFormat.qwen.examine(FileBytes(Array((line + "\n").utf8)), ExaminationOptions()).items
        #expect(found?.count == line.count(of: Self.record))
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func count(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let place = rest.range(of: text) {
            count += 1
            rest = rest[place.upperBound...]
        }
        return count
    }
}
