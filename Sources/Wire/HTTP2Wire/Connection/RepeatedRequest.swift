/// A request that a client sends again and again on one connection: its headers are encoded once.
public struct RepeatedRequest: Sendable {
    public let request: OutgoingRequest

    /// As encoded last, right for HPACK's table of that generation.
    private var frame: [UInt8] = []
    private var generation = -1

    public init(_ request: OutgoingRequest) { self.request = request }

    func frame(at generation: Int) -> [UInt8]? { self.generation == generation ? frame : nil }

    mutating func keep(_ frame: [UInt8], at generation: Int) {
        self.frame = frame
        self.generation = generation
    }
}
