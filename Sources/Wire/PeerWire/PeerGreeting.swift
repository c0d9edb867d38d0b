public import Model

/// What a node says of itself, once for all its groups, and what it has heard of whom it says it to.
public struct PeerGreeting: Sendable, Equatable {
    /// How often the node was started.
    public var boots: UInt64

    /// A random number of this start, which answers repeat.
    public var start: UInt64

    public var life: NodeLife

    /// What the sender has heard of the receiver; nil if nothing.
    public var heard: HeardLife?

    public init(
        boots: UInt64,
        start: UInt64 = 0,
        life: NodeLife = .unknown,
        heard: HeardLife? = nil
    ) {
        self.boots = boots
        self.start = start
        self.life = life
        self.heard = heard
    }
}

/// What a node has heard of another's disk.
public struct HeardLife: Sendable, Equatable {
    /// The start that it heard of last.
    public var start: UInt64

    /// The furthest that it has ever heard of.
    public var life: NodeLife

    public init(start: UInt64, life: NodeLife) {
        self.start = start
        self.life = life
    }
}
