/// Header frames that are the same in every reply but for the stream, as encoded for HPACK's present
/// table.
struct ReplyBlocks {
    struct Block {
        var frame: [UInt8] = []

        /// The encoder's generation at which `frame` is right.
        var generation = -1
    }

    var head = Block()
    var okTrailers = Block()
}
