/// One data directory, for as long as it exists: a random number from when it was made.
public struct Incarnation: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }

    /// Of a directory that nobody has numbered; it is taken for any.
    public static let unknown = Incarnation(0)
}

/// What others know a node's disk by: whose it is, and how much was on it at least.
///
/// All that a node promises, its votes and acknowledgements, rests on batches of its journal that were
/// durable before, and their numbers only grow. So a disk that ends before a batch that somebody has
/// heard of has forgotten promises.
public struct NodeLife: Sendable, Equatable {
    public var incarnation: Incarnation

    /// The number of the journal's last durable batch.
    public var batch: UInt64

    public init(incarnation: Incarnation, batch: UInt64) {
        self.incarnation = incarnation
        self.batch = batch
    }

    public static let unknown = NodeLife(incarnation: .unknown, batch: 0)

    public var isKnown: Bool { incarnation != .unknown }

    /// Whether this disk holds all that `heard` promises.
    public func holds(_ heard: NodeLife) -> Bool {
        !heard.isKnown || heard.incarnation == incarnation && heard.batch <= batch
    }
}
