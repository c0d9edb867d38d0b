/// A path as it was encoded, decoded and understood, so that the same bytes cost a comparison.
struct RememberedPath {
    /// With length and Huffman bit in front; empty if there is none.
    private(set) var encoded: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var number: Int32 = -1
    private(set) var isMalformed = false

    func isNext(in block: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard !encoded.isEmpty, encoded.count <= block.count - position else { return false }
        return encoded.withUnsafeBytes { $0.isNext(in: block, at: position) }
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

extension UnsafeRawBufferPointer {
    /// Whether these bytes lie in `block` at `position`, where as many do.
    func isNext(in block: UnsafeRawBufferPointer, at position: Int) -> Bool {
        // Words first: a path has three or four of them, a whole block some more.
        var offset = 0
        while offset + 8 <= count {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let next = block.loadUnaligned(fromByteOffset: position + offset, as: UInt64.self)
            guard word == next else { return false }
            offset += 8
        }
        while offset < count, self[offset] == block[position + offset] { offset += 1 }
        return offset == count
    }
}
