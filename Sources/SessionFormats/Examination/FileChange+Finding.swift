// What an examination says of a file that was changed meanwhile.

extension FileChange {
    /// What there is to say about it.
    var finding: Finding {
        isGrowth
            ? Finding(
                .changedWhileReading, .note, offset: sizeBefore, length: 0,
                message: """
                    The file grew from \(sizeBefore) to \(sizeAfter) bytes while it was read; what was read is its beginning, as \
                    it still stands there.
                    """)
            : Finding(
                .changedWhileReading, .error, offset: 0, length: 0,
                message: """
                    Another program changed the file while it was read: it had \(sizeBefore) bytes before and \(sizeAfter) after. \
                    What was read may be a mixture that never stood in it; check it again.
                    """)
    }
}
