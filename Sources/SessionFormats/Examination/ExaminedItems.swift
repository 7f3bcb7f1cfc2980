// What survives in a file: its entries, its sessions, its events.
//
// A log of a gigabyte has a million of them, so each is made when it is asked for.

/// A thing that a file holds, such as an entry or a session.
public struct ExaminedItem: Sendable {
    /// Identifies it among the items.
    public var id: String
    /// What there is to tell of it, its identifier among it, in the order in which it is printed.
    public var facts: [Fact]
    /// Its bytes in the file.
    public var range: Range<Int>
    private let makeContent: @Sendable () -> [UInt8]

    /// Makes an item.
    ///
    /// - Parameter content: What it says, in a form that is the same for all spellings.
    public init(id: String, facts: [Fact], range: Range<Int>, content: @escaping @Sendable () -> [UInt8]) {
        self.id = id
        self.facts = facts
        self.range = range
        makeContent = content
    }

    /// What it says, in a form that is the same for all spellings; made when asked for.
    public var content: [UInt8] { makeContent() }
}

/// The items of a file, in the order of the file.
public struct ExaminedItems: RandomAccessCollection, Sendable {
    /// What they are, in the plural: "entries", "sessions".
    public let name: String
    private let size: Int
    private let item: @Sendable (Int) -> ExaminedItem

    /// Makes a list of which each item is made when it is asked for.
    ///
    /// - Parameters:
    ///   - name: What they are, in the plural; the key in the JSON.
    ///   - item: Makes the item at a position from 0 to `count` - 1.
    public init(_ name: String, count: Int, _ item: @escaping @Sendable (Int) -> ExaminedItem) {
        self.name = name
        size = count
        self.item = item
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// How many there are.
    public var endIndex: Int { size }
    /// The item at a position.
    public subscript(position: Int) -> ExaminedItem { item(position) }
}
