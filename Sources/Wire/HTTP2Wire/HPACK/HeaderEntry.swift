/// One header: where its bytes lie in the decoder, and what was understood of them once.
///
/// Without references, so that blocks and tables of it are copied without reference counting.
struct HeaderEntry: Sendable {
    var nameStart: UInt32 = 0
    var nameLength: UInt32 = 0
    var valueStart: UInt32 = 0
    var valueLength: UInt32 = 0

    /// What the value means, by token: a path's number (or −1), a status, a method …
    var number: Int32 = -1
    var token = HeaderToken.other

    /// Name or value break RFC 9113, section 8.2: the message that holds it is malformed.
    var isMalformed = false

    /// As RFC 7541, section 4.1, counts it.
    var size: Int { Int(nameLength) + Int(valueLength) + 32 }

    var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }

    var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}
