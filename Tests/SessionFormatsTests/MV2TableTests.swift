// Tables of contents with what the recorded memories do not hold: media, bindings, queues, too long lists.

import Testing

@testable import SessionFormats

@Suite("Tables of contents")
struct MV2TableTests {
    private func media() -> MV2DocumentMetadata {
        var media = MV2DocumentMetadata()
        media.mime = "video/mp4"
        media.bytes = 7
        media.hash = "h"
        media.width = 1
        media.height = 2
        media.colors = ["red", "blue"]
        media.caption = "c"
        media.exif = .init(
            make: "m", model: "n", lens: "l", datetime: "d",
            position: .init(latitude: BincodeDouble(bits: 1), longitude: BincodeDouble(bits: .max)))
        media.audio = .init(
            duration: BincodeFloat(bits: 3), rate: 44_100, channels: 2, bitrate: 1, codec: "opus",
            segments: [.init(start: BincodeFloat(bits: 4), end: BincodeFloat(bits: 5), label: "intro")],
            tags: [MetadataEntry(key: "artist", value: "a")])
        media.media = .init(
            kind: "video", mime: "video/mp4", bytes: 9, filename: "f", durationMilliseconds: 8, width: 7, height: 6,
            codec: "h264")
        return media
    }

    private func frame() -> MV2Frame {
        var frame = MV2Frame()
        frame.id = 5
        frame.anchorTimestamp = -1
        frame.anchorSource = .ingestionClock
        frame.document = .value(media())
        frame.tags = ["t"]
        frame.labels = ["l"]
        frame.extraMetadata = [MetadataEntry(key: "k", value: "v")]
        frame.contentDates = ["2026-01-01"]
        frame.chunkManifest = .value(.init(chunkCharacters: 3, chunks: [MV2Region(offset: 0, length: 3)]))
        frame.role = .extractedImage
        frame.status = .deleted
        frame.sourceSHA256 = .value(.allOnes)
        frame.enrichment = .enriched
        return frame
    }

    private func table(_ shape: MV2TableOfContents.Shape = .current) -> MV2TableOfContents {
        var table = MV2TableOfContents(shape: shape)
        table.frames = [MV2Frame(), frame()]
        table.binding = MV2MemoryBinding(
            memoryID: SessionID(high: 1, low: 2), name: "n", boundAt: "b", apiURL: "u")
        // With zeroes here, an old table could be taken for a newer one with bytes left over.
        table.ticket = MV2Ticket(issuer: "issuer", sequence: -1, isVerified: true)
        table.merkleRoot = .allOnes
        if shape == .current {
            table.enrichment.tasks = [MV2EnrichmentTask(frameID: 1, createdAt: 2, done: 3, total: 4)]
        }
        return table
    }

    private func decoded(_ bytes: [UInt8]) throws -> MV2TableOfContents {
        try FileBytes(bytes).withBytes { try MV2TableOfContents.decode($0, in: 0..<bytes.count) }
    }

    @Test(arguments: MV2TableOfContents.Shape.allCases)
    func `all that a table may hold is read as it was written, in every shape`(
        _ shape: MV2TableOfContents.Shape
    ) throws {
        let table = table(shape)
        #expect(try decoded(table.encoded()) == table)
    }

    @Test func `options and lists take the bytes that bincode gives them`() {
        let position = MV2DocumentMetadata.Position(
            latitude: BincodeDouble(bits: 0x0102), longitude: BincodeDouble(bits: 3))
        #expect(BincodeEncoder.encode(position) == [2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])
        let segment = MV2DocumentMetadata.AudioSegment(
            start: BincodeFloat(bits: 1), end: BincodeFloat(bits: 2), label: "x")
        #expect(BincodeEncoder.encode(segment) == [1, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0x78])
        var audio = MV2DocumentMetadata.Audio()
        audio.channels = 2
        #expect(BincodeEncoder.encode(audio) == [0, 0, 1, 2, 0, 0] + [UInt8](repeating: 0, count: 16))
    }

    @Test func `lists that the reference refuses for their length are refused, with what is too long`() throws {
        func excess(_ change: (inout MV2Frame) -> Void) -> BincodeError? {
            var table = MV2TableOfContents()
            var frame = MV2Frame()
            change(&frame)
            table.frames = [frame]
            do throws(BincodeError) {
                let bytes = table.encoded()
                try FileBytes(bytes).withBytes { (buffer) throws(BincodeError) in
                    _ = try MV2TableOfContents.decode(buffer, in: 0..<bytes.count)
                }
                return nil
            } catch { return error }
        }
        let texts = [String](repeating: "", count: 1_025)
        #expect(excess { $0.tags = texts }?.problem == .excess("more than 1,024 tags, labels or dates"))
        #expect(excess { $0.labels = texts } != nil && excess { $0.contentDates = texts } != nil)
        #expect(excess { $0.tags = texts.dropLast() } == nil)
        let pairs = [MetadataEntry](repeating: MetadataEntry(key: "", value: ""), count: 4_097)
        #expect(excess { $0.extraMetadata = pairs }?.problem == .excess("more than 4,096 further pairs"))
        #expect(excess { $0.extraMetadata = pairs.dropLast() } == nil)
    }

    @Test func `what a table points at is named, but for a vector index without vectors`() {
        var table = MV2TableOfContents()
        table.segments = [MV2Segment(id: 4, region: MV2Region(offset: 1, length: 2))]
        table.indexes.vector = MV2VectorIndex(count: 0, region: MV2Region(offset: 3, length: 4))
        #expect(table.namedRegions.map(\.name) == ["segment 4"])
        table.indexes.vector?.count = 1
        #expect(table.namedRegions.map(\.name) == ["segment 4", "vector index"])
    }

    @Test func `an active frame that begins inside another, or ends beyond the file, is named`() {
        var table = MV2TableOfContents()
        table.frames = [(10, 5), (14, 3) as (UInt64, UInt64)].enumerated().map { number, place in
            var frame = MV2Frame()
            frame.id = UInt64(number)
            frame.payload = MV2Region(offset: place.0, length: place.1)
            return frame
        }
        #expect(table.frameProblem(fileSize: 17)?.offset == 14)
        #expect(table.frameProblem(fileSize: 17)?.message == "Frame 1 begins inside another active frame.")
        #expect(table.frameProblem(fileSize: 12)?.message == "Frame 0 reaches beyond the file's 12 bytes.")
        table.frames[0].status = .superseded
        #expect(table.frameProblem(fileSize: 17) == nil)
    }

    @Test func `an encrypted memory is called that, in both modes`() {
        let bytes = FileBytes(Array("MV2E".utf8) + [UInt8](repeating: 7, count: 5_000))
        for mode in ReadingMode.allCases {
            #expect(throws: MV2Error.encrypted) { try MV2File.read(bytes, mode: mode) }
        }
    }

    @Test func `a memory that is not there is named`() {
        #expect(throws: MV2Error.file(FileSystemError(call: "open", path: "none", errorNumber: 2))) {
            try MV2File.read(path: "none")
        }
    }
}
