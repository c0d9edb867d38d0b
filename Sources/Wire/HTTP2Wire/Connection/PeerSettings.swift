/// What the peer's SETTINGS allow us, at first RFC 9113's defaults (section 6.5.2).
struct PeerSettings {
    var streamWindow = Limits.windowAtStart
    var frameBytesMax = Limits.frameBytesMax
    var concurrentStreams = Int.max
    var departure = Departure.staying

    /// The highest of our streams that the peer will serve.
    var lastStream = UInt32.max
}
