/// A path as it was encoded, decoded and understood, so that the same bytes cost a comparison.
struct RememberedPath {
    /// With length and Huffman bit in front; empty if there is none.
    private(set) var encoded: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var number: Int32 = -1
    private(set) var isMalformed = false

    func isNext(in block: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard !encoded.isEmpty, encoded.count <= block.count - position else { return false }
        return encoded.withUnsafeBytes { known in
            // Words first: a path has three or four of them.
            var offset = 0
            while offset + 8 <= known.count {
                let word = known.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let next = block.loadUnaligned(fromByteOffset: position + offset, as: UInt64.self)
                guard word == next else { return false }
                offset += 8
            }
            while offset < known.count, known[offset] == block[position + offset] { offset += 1 }
            return offset == known.count
        }
    }

    /// `entry` lies in `arena`; a very long path is not worth its memory.
    mutating func remember(
        _ entry: HeaderEntry,
        as bytes: Slice<UnsafeRawBufferPointer>,
        _ arena: [UInt8]
    ) {
        guard bytes.count <= Limits.rememberedPathBytesMax else { return }
        encoded = [UInt8](bytes)
        text = [UInt8](arena[entry.valueRange])
        number = entry.number
        isMalformed = entry.isMalformed
    }
}
