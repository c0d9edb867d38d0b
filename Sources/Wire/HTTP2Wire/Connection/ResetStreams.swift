/// The streams that we reset lately: frames that were on their way are ignored, not punished.
struct ResetStreams {
    private var ring: [UInt32] = []
    private var next = 0

    mutating func remember(_ stream: UInt32) {
        guard ring.count == Limits.resetStreamsRemembered else {
            ring.append(stream)
            return
        }
        ring[next] = stream
        next = (next + 1) % ring.count
    }

    func contains(_ stream: UInt32) -> Bool { ring.contains(stream) }
}
