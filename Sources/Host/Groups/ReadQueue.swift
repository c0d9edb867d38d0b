internal import Model
internal import RaftCore

/// The linearizable reads of one group, from the asking to the serving.
///
/// Reads that arrive while a round is being gathered share it. A round is confirmed by the leader's
/// ReadIndex, here or on another node, and served once this node has applied that far.
struct ReadQueue {
    struct WaitingRead {
        var waiter: Waiter
        var deadline: Tick
    }

    /// Who asked for a round.
    enum Asker {
        /// Reads of this node.
        case local([WaitingRead])

        /// Another node's round; its reads wait there.
        case remote(NodeID, sequence: UInt64)
    }

    private struct Round {
        var number: UInt64
        var asker: Asker
        var askedAt: Tick
    }

    private struct ConfirmedRound {
        var index: LogIndex
        var reads: [WaitingRead]
    }

    private var waiting: [WaitingRead] = []
    private var asked: [Round] = []
    private var confirmed: [ConfirmedRound] = []

    /// Rises over restarts too, so that a late answer never confirms a later read.
    private var nextNumber: UInt64

    /// No new round is asked of another node before this tick, lest refusals go round in circles.
    private var asksAgainAt = Tick.zero

    init(firstNumber: UInt64) { nextNumber = firstNumber }

    var hasWaiting: Bool { !waiting.isEmpty }

    var waitingCount: Int { waiting.count }

    /// Rounds that were asked and are not answered, those of other nodes among them.
    var roundCount: Int { asked.count }

    var isIdle: Bool { waiting.isEmpty && asked.isEmpty && confirmed.isEmpty }

    mutating func append(_ waiter: Waiter, deadline: Tick) {
        waiting.append(WaitingRead(waiter: waiter, deadline: deadline))
    }

    /// Puts all waiting reads into a new round; its number.
    mutating func openRound(at now: Tick) -> UInt64 {
        let reads = waiting
        waiting = []
        return open(.local(reads), at: now)
    }

    mutating func openRemoteRound(_ node: NodeID, sequence: UInt64, at now: Tick) -> UInt64 {
        open(.remote(node, sequence: sequence), at: now)
    }

    func mayAskLeader(at now: Tick) -> Bool {
        asked.count < Limits.readRoundsInFlightMax && asksAgainAt <= now
    }

    private mutating func open(_ asker: Asker, at now: Tick) -> UInt64 {
        defer { nextNumber += 1 }
        asked.append(Round(number: nextNumber, asker: asker, askedAt: now))
        return nextNumber
    }

    /// A round may be served at `index`; another node's is returned, to be answered at once.
    mutating func confirm(_ number: UInt64, at index: LogIndex) -> (NodeID, sequence: UInt64)? {
        guard let place = asked.firstIndex(where: { $0.number == number }) else { return nil }
        switch asked.remove(at: place).asker {
        case .local(let reads):
            confirmed.append(ConfirmedRound(index: index, reads: reads))
            return nil
        case .remote(let node, let sequence): return (node, sequence)
        }
    }

    /// A round will not be confirmed: its reads wait for another; another node's is returned.
    mutating func drop(_ number: UInt64, at now: Tick) -> (NodeID, sequence: UInt64)? {
        guard let place = asked.firstIndex(where: { $0.number == number }) else { return nil }
        asksAgainAt = now.next
        switch asked.remove(at: place).asker {
        case .local(let reads):
            waiting.insert(contentsOf: reads, at: 0)
            return nil
        case .remote(let node, let sequence): return (node, sequence)
        }
    }

    /// Rounds asked before `limit` and not answered are asked anew, under a new number.
    mutating func retryRounds(askedBefore limit: Tick) {
        var kept: [Round] = []
        for round in asked {
            if round.askedAt >= limit {
                kept.append(round)
            } else if case .local(let reads) = round.asker {
                waiting.append(contentsOf: reads)
            }
        }
        asked = kept
    }

    /// Reads whose index is applied.
    mutating func serve(applied: LogIndex, _ body: (Waiter) -> Void) {
        guard !confirmed.isEmpty else { return }
        for round in confirmed where round.index <= applied {
            for read in round.reads { body(read.waiter) }
        }
        confirmed.removeAll { $0.index <= applied }
    }

    /// Reads whose deadline has passed; a read may be given up at any stage.
    mutating func expire(at now: Tick, _ body: (Waiter) -> Void) {
        Self.expire(&waiting, at: now, body)
        for place in asked.indices {
            guard case .local(var reads) = asked[place].asker else { continue }
            Self.expire(&reads, at: now, body)
            asked[place].asker = .local(reads)
        }
        for place in confirmed.indices { Self.expire(&confirmed[place].reads, at: now, body) }
    }

    private static func expire(
        _ reads: inout [WaitingRead],
        at now: Tick,
        _ body: (Waiter) -> Void
    ) {
        guard reads.contains(where: { $0.deadline <= now }) else { return }
        for read in reads where read.deadline <= now { body(read.waiter) }
        reads.removeAll { $0.deadline <= now }
    }
}
