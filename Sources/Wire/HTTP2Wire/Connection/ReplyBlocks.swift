/// Header blocks that are the same in every reply, as encoded for HPACK's present table.
struct ReplyBlocks {
    struct Block {
        var bytes: [UInt8] = []

        /// The encoder's generation at which `bytes` are right.
        var generation = -1
    }

    var head = Block()
    var okTrailers = Block()
}
