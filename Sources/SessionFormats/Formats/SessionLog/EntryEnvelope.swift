// The envelope around an entry in logs of format version 2, which no release has yet written by default.
//
// A line is `{"type":"entry","classification":"required"|"ignorable_observation","entry":{…}}` (spec: "Other versions").
// Version 2 is recognised and listed, never judged as its own reader would.

struct EntryEnvelope {
    /// Where the entry stands, from the start of the scanned buffer.
    private(set) var entry: Range<Int>
    /// Whether a reader that does not know the entry's type must refuse the log.
    private(set) var isRequired = true
    /// Behind the envelope.
    private(set) var end: Int

    /// Reads the envelope that begins at the scanner's place; what follows it is not looked at.
    init(_ start: JSONScanner) throws(JSONFault) {
        var scanner = start
        var (type, classification): (StringSpan?, StringSpan?)
        var entry: Range<Int>?
        try scanner.expect(0x7B)
        var byte: UInt8
        repeat {
            let key = scanner.text(try scanner.string())
            try scanner.expect(0x3A)
            switch key {
            case "type" where type == nil: type = try scanner.string()
            case "classification" where classification == nil: classification = try scanner.string()
            case "entry" where entry == nil:
                guard try scanner.peek() == 0x7B else { throw scanner.fault(.wrongType) }
                let from = scanner.at
                try scanner.skipValue(.full, depth: 1)
                entry = from..<scanner.at
            default: throw scanner.fault(.unknownVariant)
            }
            byte = try scanner.peek()
            guard byte == 0x2C || byte == 0x7D else { throw scanner.fault(.unexpectedByte) }
            scanner.at += 1
        } while byte == 0x2C
        guard let type, let classification, let entry, scanner.text(type) == "entry" else {
            throw scanner.fault(.missingField)
        }
        self.entry = entry
        end = scanner.at
        switch scanner.text(classification) {
        case "required": isRequired = true
        case "ignorable_observation": isRequired = false
        default: throw scanner.fault(.unknownVariant)
        }
    }
}
