/// Header frames that are the same in every reply but for the stream, as encoded for HPACK's present
/// table.
struct ReplyBlocks {
    /// Bytes in place: an array's storage would be counted for each reply.
    struct Block {
        private var bytes = InlineArray<64, UInt8>(repeating: 0)
        private var count = 0

        /// The encoder's generation at which the frame is right.
        private(set) var generation = -1

        /// Keeps a frame; one that is longer than any of gRPC's is encoded each time.
        mutating func keep(_ frame: ArraySlice<UInt8>, at generation: Int) {
            guard frame.count <= bytes.count else { return }
            for (position, byte) in zip(bytes.indices, frame) { bytes[position] = byte }
            count = frame.count
            self.generation = generation
        }

        func withUnsafeBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
            Swift.withUnsafeBytes(of: bytes) {
                body(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
    }

    var head = Block()
    var okTrailers = Block()
}
