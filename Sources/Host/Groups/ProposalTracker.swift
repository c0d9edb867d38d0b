internal import Bytes
internal import Model

/// The waiters of one group's proposals, found again by sequence number without hashing.
///
/// Sequences are given in order and answered nearly in order, so a window over an array serves.
struct ProposalTracker {
    private struct Slot {
        var waiter: Waiter
        var deadline: Tick
        var isOpen: Bool
        var whereabouts = Whereabouts.here

        /// Whether it left this shard's hands: then nobody can say that it will not be applied.
        var wasSent: Bool {
            if case .here = whereabouts { false } else { true }
        }
    }

    private enum Whereabouts {
        /// In this shard's hands, and in no log.
        case here

        /// In the log of this term's leader, or on its way there: in none of another term.
        case sent(Term, ByteSlice)

        /// A snapshot may have brought its effect.
        case unknown
    }

    /// A command that no log has, nor will have.
    struct Lost: Equatable {
        var sequence: UInt64
        var payload: ByteSlice
    }

    private var slots: [Slot] = []

    /// The position in `slots` of the oldest sequence that may still be open.
    private var head = 0

    /// The sequence of `slots[head]`.
    private var firstSequence: UInt64

    private(set) var openCount = 0

    init(firstSequence: UInt64) { self.firstSequence = firstSequence }

    var nextSequence: UInt64 { firstSequence + UInt64(slots.count - head) }

    /// Gives out the next sequence number.
    mutating func open(_ waiter: Waiter, deadline: Tick) -> UInt64 {
        let sequence = nextSequence
        slots.append(Slot(waiter: waiter, deadline: deadline, isOpen: true))
        openCount += 1
        return sequence
    }

    /// Closes a sequence; nil if it is not one of ours or was answered before.
    mutating func close(_ sequence: UInt64) -> Waiter? {
        guard sequence >= firstSequence, sequence < nextSequence else { return nil }
        let place = head + Int(sequence - firstSequence)
        guard slots[place].isOpen else { return nil }
        slots[place].isOpen = false
        slots[place].whereabouts = .unknown
        openCount -= 1
        let waiter = slots[place].waiter
        dropClosed()
        return waiter
    }

    func isOpen(_ sequence: UInt64) -> Bool {
        guard sequence >= firstSequence, sequence < nextSequence else { return false }
        return slots[head + Int(sequence - firstSequence)].isOpen
    }

    /// It is in the log of the term's leader, or on its way there.
    mutating func noteSent(_ sequence: UInt64, in term: Term, _ payload: ByteSlice) {
        guard sequence >= firstSequence, sequence < nextSequence else { return }
        slots[head + Int(sequence - firstSequence)].whereabouts = .sent(term, payload)
    }

    /// A snapshot takes the place of entries, and nobody tells which commands were among them.
    mutating func noteSnapshot() {
        for place in slots[head...].indices {
            if case .sent = slots[place].whereabouts { slots[place].whereabouts = .unknown }
        }
    }

    /// What somebody waits for and was sent to leaders of earlier terms only.
    ///
    /// Once an entry of `term` is applied, none of these will be: in a log terms never fall.
    func lost(before term: Term) -> [Lost] {
        slots[head...].enumerated().compactMap { offset, slot in
            guard slot.isOpen, slot.waiter != .none,
                case .sent(let sent, let payload) = slot.whereabouts, sent < term
            else { return nil }
            return Lost(sequence: firstSequence + UInt64(offset), payload: payload)
        }
    }

    /// Closes those whose deadline has passed.
    ///
    /// Deadlines rise with the sequence.
    mutating func expire(at now: Tick, _ body: (_ waiter: Waiter, _ wasSent: Bool) -> Void) {
        while head < slots.count, !slots[head].isOpen || slots[head].deadline <= now {
            if slots[head].isOpen {
                openCount -= 1
                body(slots[head].waiter, slots[head].wasSent)
                slots[head].whereabouts = .unknown
            }
            head += 1
            firstSequence += 1
        }
        compact()
    }

    private mutating func dropClosed() {
        while head < slots.count, !slots[head].isOpen {
            head += 1
            firstSequence += 1
        }
        compact()
    }

    /// Amortized: moves what is left only once as much was dropped.
    private mutating func compact() {
        guard head > 1024, head * 2 >= slots.count else { return }
        slots.removeFirst(head)
        head = 0
    }
}
