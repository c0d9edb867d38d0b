/// A path as it was encoded, decoded and understood, so that the same bytes cost a comparison.
struct RememberedPath {
    /// With length and Huffman bit in front; empty if there is none.
    private(set) var encoded: [UInt8] = []
    private(set) var text: [UInt8] = []
    private(set) var number: Int32 = -1
    private(set) var isMalformed = false

    func isNext(in block: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard !encoded.isEmpty, encoded.count <= block.count - position else { return false }
        let next = block[position..<position + encoded.count]
        return encoded.elementsEqual(UnsafeRawBufferPointer(rebasing: next))
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
