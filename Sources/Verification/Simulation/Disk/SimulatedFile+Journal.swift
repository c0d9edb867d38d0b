// Where a file's checksums reach, read off the formats in docs/design/journal.md.
extension SimulatedFile {
    /// Of a journal file the batches that later ones say were durable, as a crash may have torn the
    /// others; all of any other file.
    var checkedRanges: [Range<Int>] {
        guard content.prefix(8).elementsEqual("MRTLJRNL".utf8) else {
            return content.isEmpty ? [] : [0..<content.count]
        }
        let number = integer(at: 16, byteCount: 8)
        var batches: [(number: UInt64, range: Range<Int>)] = []
        var proven: UInt64 = 0
        var position = 64
        while position + 56 <= content.count,
            content[position..<position + 4].elementsEqual("RMTB".utf8),
            integer(at: position + 8, byteCount: 8) == number
        {
            let end = position + 56 + Int(integer(at: position + 44, byteCount: 4))
            // Four bytes of zeros end a batch's header, and are in its checksum.
            batches.append((integer(at: position + 16, byteCount: 8), position..<end))
            proven = max(proven, integer(at: position + 24, byteCount: 8))
            position = (end + 63) / 64 * 64
        }
        return batches.filter { $0.number <= proven && $0.range.upperBound <= content.count }
            .map(\.range)
    }

    /// Little-endian.
    private func integer(at offset: Int, byteCount: Int) -> UInt64 {
        content[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
