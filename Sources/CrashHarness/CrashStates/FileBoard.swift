// One file at a crash point: what is settled, and on it the changes that may be there or not.
//
// A block's bytes follow from the changes that touch it alone, in their order, so that a state is hashed anew only where it
// differs from the one before.

/// How a change is on a disk.
enum ChangeForm: UInt64, CaseIterable {
    case there, missing
    /// Only the bytes in one half of the sector.
    case firstHalf, secondHalf
    /// The whole sector reads as noise.
    case noise
}

/// A file of which some changes are open.
final class FileBoard {
    /// A change that is not settled.
    struct OpenChange {
        let number: Int
        /// Which of the open operations it belongs to.
        let place: Int
        /// As what it may be there: alone `there` when it is durable.
        let forms: [ChangeForm]
        fileprivate let effect: TraceChange.Effect
        fileprivate let blocks: Range<Int>
    }

    private static let blockSize = SettledBytes.blockSize
    let file: Int
    let content: TraceWalk.File
    let open: [OpenChange]
    /// The length that the file has.
    var size: Int { didSet { if size != oldValue { knownKey = nil } } }
    private(set) var forms: [ChangeForm]
    /// The place of each open operation in the order.
    private(set) var order: [Int]
    private let sectors: SectorFaults
    /// The sectors that touch a block, by their places among the open changes.
    private var touching: [Int: [Int]] = [:]
    private var cuts: [Int] = []
    private var sums: [Int: BlockSum] = [:]
    private var sum: BlockSum
    private var blockCount: Int
    private var knownKey: BlockSum?
    private var scratch = [UInt8](repeating: 0, count: FileBoard.blockSize)
    private var isHashed = false

    init(_ file: Int, _ content: TraceWalk.File, _ changes: TraceChanges) {
        (self.file, self.content, sectors) = (file, content, changes.sectors)
        (sum, blockCount, size) = (content.settled.sum, content.settled.blocks.count, content.settledSize)
        var open: [OpenChange] = []
        for (place, entry) in content.open.enumerated() {
            for number in changes.changesOf[entry.operation] {
                let change = changes.changes[number]
                open.append(
                    OpenChange(
                        number: number, place: place,
                        forms: entry.isFixed ? [.there] : changes.possibleForms(change.effect), effect: change.effect,
                        blocks: Self.blocks(change.effect, changes.sectors)))
            }
        }
        self.open = open
        forms = open.map { _ in .there }
        order = Array(content.open.indices)
    }

    private static func blocks(_ effect: TraceChange.Effect, _ sectors: SectorFaults) -> Range<Int> {
        switch effect {
        case .sector(let offset, let bytes):
            let sector = offset / sectors.size * sectors.size
            let (start, end) = sectors.areGarbage ? (sector, sector + sectors.size) : (offset, offset + bytes.count)
            return start / blockSize..<(end + blockSize - 1) / blockSize
        case .cut(let size): return size / blockSize..<Int.max
        case .names: return 0..<0
        }
    }

    // MARK: Changing what is there

    func set(_ change: Int, _ form: ChangeForm) {
        guard forms[change] != form else { return }
        forms[change] = form
        if isHashed { hash(open[change].blocks) }
    }

    func set(order: [Int]) {
        guard self.order != order else { return }
        self.order = order
        if isHashed { hash(0..<Int.max) }
    }

    private func prepareHashes() {
        isHashed = true
        for (index, change) in open.enumerated() {
            guard case .sector = change.effect else {
                cuts.append(index)
                continue
            }
            for block in change.blocks { touching[block, default: []].append(index) }
            blockCount = max(blockCount, change.blocks.upperBound)
        }
        if !open.isEmpty { hash(cuts.map { open[$0].blocks.lowerBound }.min().map { $0..<Int.max } ?? 0..<0) }
        for block in touching.keys { hash(block) }
    }

    private func hash(_ blocks: Range<Int>) {
        let blocks = blocks.clamped(to: 0..<blockCount)
        if blocks.count <= touching.count || !cuts.isEmpty {
            for block in blocks { hash(block) }
        } else {
            for block in touching.keys where blocks.contains(block) { hash(block) }
        }
    }

    private func hash(_ block: Int) {
        knownKey = nil
        fill(block)
        let new = scratch.withUnsafeBytes { BlockSum($0, at: block) }
        sum -= sumOf(block)
        sums[block] = new
        sum += new
    }

    private func sumOf(_ block: Int) -> BlockSum {
        sums[block] ?? (block < content.settled.blocks.count ? content.settled.blocks[block] : BlockSum())
    }

    /// Works out the bytes of a block.
    private func fill(_ block: Int) {
        content.settled.copy(block, into: &scratch)
        var there = touching[block] ?? []
        if !cuts.isEmpty { there = (there + cuts).sorted() }
        if !isInIssueOrder { there.sort { place($0) < place($1) } }
        let start = block * Self.blockSize
        for change in there where forms[change] != .missing {
            scratch.withUnsafeMutableBytes { buffer in
                switch open[change].effect {
                case .cut(let size):
                    for at in max(0, size - start)..<max(size - start, Self.blockSize) where at < Self.blockSize {
                        buffer[at] = 0
                    }
                case .sector(let offset, let bytes):
                    put(forms[change], offset, bytes, into: buffer, at: start)
                case .names: break
                }
            }
        }
    }

    private func put(
        _ form: ChangeForm, _ offset: Int, _ bytes: ArraySlice<UInt8>, into buffer: UnsafeMutableRawBufferPointer,
        at start: Int
    ) {
        let end = start + buffer.count
        let range = sectors.range(of: form, offset, bytes.count).clamped(to: start..<end)
        if range.isEmpty { return }
        if form == .noise {
            for at in range { buffer[at - start] = SectorFaults.noise(at: at) }
            return
        }
        let first = bytes.startIndex + range.lowerBound - offset
        let target = UnsafeMutableRawBufferPointer(
            rebasing: buffer[range.lowerBound - start..<range.upperBound - start])
        bytes[first..<first + range.count].withUnsafeBytes { target.copyMemory(from: $0) }
    }

    private var isInIssueOrder: Bool { order.count < 2 || zip(order, order.dropFirst()).allSatisfy(<) }

    private func place(_ change: Int) -> (Int, Int) { (order[open[change].place], change) }

    // MARK: What comes of it

    /// What tells the file's bytes from others.
    var key: BlockSum {
        if let knownKey { return knownKey }
        if !isHashed { prepareHashes() }
        var clipped = sum
        let (whole, rest) = size.quotientAndRemainder(dividingBy: Self.blockSize)
        if rest > 0, whole < blockCount {
            fill(whole)
            let clip = scratch.withUnsafeMutableBytes { buffer in
                for at in rest..<Self.blockSize { buffer[at] = 0 }
                return BlockSum(UnsafeRawBufferPointer(buffer), at: whole)
            }
            clipped -= sumOf(whole)
            clipped += clip
        }
        for block in min(blockCount, rest > 0 ? whole + 1 : whole)..<blockCount { clipped -= sumOf(block) }
        let key = clipped.mixed(with: size)
        knownKey = key
        return key
    }

    /// The file's bytes.
    var bytes: [UInt8] {
        var bytes = content.settled.bytes
        let changes = isInIssueOrder ? Array(open.indices) : open.indices.sorted { place($0) < place($1) }
        for change in changes where forms[change] != .missing {
            switch open[change].effect {
            case .cut(let size): bytes.setSize(size)
            case .sector(let offset, let new):
                let range = sectors.range(of: forms[change], offset, new.count)
                if forms[change] == .noise {
                    bytes.write(range.map(SectorFaults.noise), at: range.lowerBound)
                } else if !range.isEmpty {
                    let first = new.startIndex + range.lowerBound - offset
                    bytes.write(new[first..<first + range.count], at: range.lowerBound)
                }
            case .names: break
            }
        }
        bytes.setSize(size)
        return bytes
    }

    /// How long the file is when what is there took effect in order and nothing else, as a disk that keeps the order has it.
    func sizeOfWhatIsThere(_ changes: [Int]) -> Int {
        changes.reduce(content.settledSize) { size, change in
            switch (open[change].effect, forms[change]) {
            case (_, .missing), (.names, _): size
            case (.cut(let cut), _): cut
            case (.sector(let offset, let bytes), .noise): max(size, offset + bytes.count)
            case (.sector(let offset, let bytes), let form):
                max(size, sectors.range(of: form, offset, bytes.count).upperBound)
            }
        }
    }

    /// The open changes in the order that is set.
    var changesInOrder: [Int] {
        isInIssueOrder ? Array(open.indices) : open.indices.sorted { place($0) < place($1) }
    }
}

extension SectorFaults {
    /// The bytes of the file that a sector's change reaches in a form.
    func range(of form: ChangeForm, _ offset: Int, _ count: Int) -> Range<Int> {
        let sector = offset / size * size
        let whole = offset..<offset + count
        return switch form {
        case .there: whole
        case .missing: offset..<offset
        case .firstHalf: whole.clamped(to: sector..<sector + size / 2)
        case .secondHalf: whole.clamped(to: sector + size / 2..<sector + size)
        case .noise: sector..<sector + size
        }
    }
}

extension TraceChanges {
    /// As what a change may be there that is not durable.
    func possibleForms(_ effect: TraceChange.Effect) -> [ChangeForm] {
        guard case .sector(let offset, let bytes) = effect else { return [.there, .missing] }
        var forms: [ChangeForm] = [.there, .missing]
        let halves = [ChangeForm.firstHalf, .secondHalf].map { sectors.range(of: $0, offset, bytes.count) }
        if sectors.areTorn, halves.allSatisfy({ !$0.isEmpty }) { forms += [.firstHalf, .secondHalf] }
        if sectors.areGarbage { forms.append(.noise) }
        return forms
    }
}
