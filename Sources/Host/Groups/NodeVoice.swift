internal import Model
internal import PeerWire

// A disk that was wiped, or put back to an older copy, has forgotten what its node promised, and
// cannot know that by itself. Others can: they remember the incarnation of the disk and the furthest
// batch that rested on it. So a node that starts says nothing but greetings until the others have
// said what they know of it. ADR 13.

/// Whether this node may take part: nobody may know more of its disk than it does.
struct NodeVoice {
    private enum State {
        /// Says only greetings; becomes `proven`, or `refused`.
        case unproven(since: Tick)

        /// Becomes `refused` if somebody turns up who knows more.
        case proven

        case refused
    }

    /// What was heard of another node.
    private struct Acquaintance {
        let node: NodeID
        var start: UInt64 = 0
        var life: NodeLife
    }

    /// Of this start.
    let start: UInt64
    private(set) var life: NodeLife
    private var state: State
    private var acquaintances: [Acquaintance] = []

    /// Those who know of this start, and of nothing that is not on this disk.
    private var witnesses: [NodeID] = []

    init(life: NodeLife, start: UInt64) {
        self.life = life
        self.start = start
        state = life.isKnown ? .unproven(since: .zero) : .proven
    }

    var isProven: Bool { if case .proven = state { true } else { false } }

    /// More of the journal is durable.
    mutating func advance(to batch: UInt64) { life.batch = max(life.batch, batch) }

    /// Another node's disk, as far as anybody has heard of it.
    func heard(of node: NodeID) -> HeardLife? {
        acquaintances.first { $0.node == node }
            .map { HeardLife(start: $0.start, life: $0.life) }
    }

    /// Another node has said how far its disk is; true if it is in a start that is new.
    ///
    /// Of another incarnation nothing is learnt but that it started: it must hear that it is refused.
    mutating func learn(_ life: NodeLife, of node: NodeID, start: UInt64? = nil) -> Bool {
        guard life.isKnown else { return false }
        guard let place = acquaintances.firstIndex(where: { $0.node == node }) else {
            acquaintances.append(Acquaintance(node: node, start: start ?? 0, life: life))
            return start != nil
        }
        if acquaintances[place].life.incarnation == life.incarnation {
            acquaintances[place].life.batch = max(acquaintances[place].life.batch, life.batch)
        }
        guard let start, start != acquaintances[place].start else { return false }
        acquaintances[place].start = start
        return true
    }

    /// The cluster's metadata says whose a node's disk is, whatever was heard first.
    mutating func register(_ life: NodeLife, of node: NodeID) {
        guard life.isKnown else { return }
        if let place = acquaintances.firstIndex(where: { $0.node == node }),
            acquaintances[place].life.incarnation != life.incarnation
        {
            acquaintances[place].life = life
        } else {
            _ = learn(life, of: node)
        }
    }

    /// What another node has heard of this one; false if this disk does not hold it, for the first
    /// time that this is noticed.
    mutating func accept(_ heard: HeardLife, from node: NodeID) -> Bool {
        guard life.isKnown else { return true }
        guard life.holds(heard.life) else {
            if case .refused = state { return true }
            state = .refused
            return false
        }
        if heard.start == start, !witnesses.contains(node) { witnesses.append(node) }
        return true
    }

    /// Enough have said what they know.
    ///
    /// All who vote, if they can be had; after a while so many that they are a majority with this node.
    /// Others than those may count then: who votes may have changed since this node was last up.
    mutating func passTick(
        _ tick: Tick,
        voters: [NodeID],
        own: NodeID,
        patience: Int
    ) {
        guard case .unproven(var since) = state else { return }
        if since == .zero { since = tick }
        state = .unproven(since: since)
        let others = voters.filter { $0 != own }
        let known = others.count { witnesses.contains($0) }
        let isMajority = witnesses.count + (others.count < voters.count ? 1 : 0) > voters.count / 2
        let isEnough = known == others.count || isMajority && tick >= since + patience
        // Who belongs to nothing as yet has nobody to ask, and nothing to promise.
        if isEnough, !others.isEmpty || voters == [own] { state = .proven }
    }
}
