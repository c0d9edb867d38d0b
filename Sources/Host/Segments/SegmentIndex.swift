internal import Bytes
internal import Model
internal import Streams

/// Where in a segment its batches lie, block by block: offsets, times and checksums.
///
/// A block is some whole batches, one behind the other.
struct SegmentIndex: Sendable, Equatable {
    struct Block: Sendable, Equatable {
        var firstOffset: Offset
        var position: Int
        var byteCount: Int

        /// Milliseconds since 1970, of its latest record.
        var maxTimestamp: Int64

        /// Of its bytes, what the batches' own checksums leave out among them.
        var checksum: CRC32C

        var end: Int { position + byteCount }
    }

    private(set) var blocks: [Block] = []

    /// Adds the batch behind the last one.
    mutating func add(_ batch: StoredBatch, _ stamp: ByteSlice, at position: Int) {
        if blocks.last.map({ $0.byteCount >= Limits.blockBytes }) ?? true {
            blocks.append(
                Block(
                    firstOffset: batch.baseOffset,
                    position: position,
                    byteCount: 0,
                    maxTimestamp: .min,
                    checksum: CRC32C()
                )
            )
        }
        let last = blocks.count - 1
        blocks[last].checksum.add(stamp)
        blocks[last].checksum.add(batch.unstamped)
        blocks[last].byteCount += batch.byteCount
        blocks[last].maxTimestamp = max(blocks[last].maxTimestamp, batch.maxTimestamp)
    }

    /// One checksum for all of the segment's.
    var checksum: UInt32 {
        var writer = ByteWriter(capacity: blocks.count * 4)
        for block in blocks { writer.integer(block.checksum.value) }
        return CRC32C.of(writer.bytes)
    }

    /// The block in which `offset` lies, if any.
    func block(of offset: Offset) -> Int {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].firstOffset <= offset { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }
}

/// A sealed segment's index as a file: what can be made anew from the segment.
///
///     MRTLSIDX · format, blocks: UInt32 · blocks: firstOffset, position, byteCount, maxTimestamp:
///     Int64, checksum: UInt32 · CRC-32C of all before: UInt32
extension SegmentIndex {
    static let format: UInt32 = 1
    private static let magic: ByteSlice = "MRTLSIDX"
    private static let blockByteCount = 36

    var encoded: ByteSlice {
        var writer = ByteWriter(capacity: 20 + blocks.count * Self.blockByteCount)
        writer.slice(Self.magic)
        writer.integer(Self.format)
        writer.integer(UInt32(blocks.count))
        for block in blocks {
            writer.integer(block.firstOffset.number)
            writer.integer(Int64(block.position))
            writer.integer(Int64(block.byteCount))
            writer.integer(block.maxTimestamp)
            writer.integer(block.checksum.value)
        }
        writer.integer(CRC32C.of(writer.bytes))
        return writer.slice
    }

    /// Nil if it is not whole, or not that of a segment like `state`: then it is made anew.
    init?(_ bytes: ByteSlice, of state: SegmentState) {
        guard bytes.count >= 20, bytes[0..<8] == Self.magic else { return nil }
        var reader = ByteReader(bytes)
        var position = SegmentHeader.byteCount
        do throws(DecodeError) {
            try reader.skip(8)
            guard try reader.integer(UInt32.self) == Self.format else { return nil }
            let count = Int(try reader.integer(UInt32.self))
            guard reader.remaining == count * Self.blockByteCount + 4 else { return nil }
            for _ in 0..<count {
                let block = try Self.block(&reader)
                guard block.position == position, block.byteCount > 0,
                    block.end <= state.byteCount
                else { return nil }
                position = block.end
                blocks.append(block)
            }
            let checksum = try reader.integer(UInt32.self)
            guard checksum == CRC32C.of(bytes[0..<bytes.count - 4]), position == state.byteCount,
                self.checksum == state.checksum
            else { return nil }
        } catch {
            return nil
        }
    }

    private static func block(_ reader: inout ByteReader) throws(DecodeError) -> Block {
        Block(
            firstOffset: Offset(try reader.integer()),
            position: Int(try reader.integer(Int64.self)),
            byteCount: Int(try reader.integer(Int64.self)),
            maxTimestamp: try reader.integer(),
            checksum: CRC32C(continuing: try reader.integer())
        )
    }
}
