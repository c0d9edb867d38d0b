/// A header block that goes on in CONTINUATION frames.
struct OpenHeaderBlock {
    var stream: UInt32
    var endStream: Bool
    var bytes: [UInt8]
    var continuations = 0
}
