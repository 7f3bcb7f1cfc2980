// Names of files as texts that differ whenever the names do.
//
// A name is bytes. Swift takes texts for equal that are the same to Unicode, "é" as one character and as two, takes a slash and an
// accent behind it for one character, and has no text at all for bytes that are no UTF-8. So a name that could be mistaken is
// written with its bytes: each that is not ASCII, and each backslash, as \xNN. All other names, and so nearly all that there
// are, are written as they are.

import Foundation

/// What a path of the file system is called in traces, states and reports.
enum FileName {
    private static let slash = UInt8(ascii: "/")
    private static let backslash = UInt8(ascii: "\\")

    /// The text for a path's bytes, each name in it for itself.
    static func text(_ path: some Collection<UInt8>) -> String {
        if path.allSatisfy({ $0 < 0x80 && $0 != backslash }) { return String(decoding: path, as: UTF8.self) }
        return path.split(separator: slash, omittingEmptySubsequences: false).map { text(ofName: $0) }
            .joined(separator: "/")
    }

    private static func text(ofName name: some Collection<UInt8>) -> String {
        let text = String(decoding: name, as: UTF8.self)
        if text.utf8.elementsEqual(name), text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(name),
            standsAlone(text), !text.contains("\\x")
        {
            return text
        }
        return name.map { byte in
            byte < 0x80 && byte != backslash
                ? String(UnicodeScalar(byte)) : "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// Whether slashes beside a name stay characters of their own.
    private static func standsAlone(_ name: String) -> Bool {
        let path = "/" + name + "/"
        return path.first == "/" && path.last == "/" && path.count == name.count + 2
    }

    /// The bytes that a text stands for.
    static func bytes(_ text: String) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
        while let first = rest.first {
            if rest.starts(with: [backslash, UInt8(ascii: "x")]), rest.count >= 4,
                let byte = UInt8(String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                rest = rest.dropFirst(4)
            } else {
                bytes.append(first)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }

    /// A text as the system's calls take a path.
    static func path(_ text: String) -> [CChar] { bytes(text).map { CChar(bitPattern: $0) } + [0] }
}
