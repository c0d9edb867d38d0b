internal import KeyspaceModel
internal import Model

/// How those who lag catch up, in turns.
///
/// The first in the queue decides which part of the history is read; whoever is next in line and
/// needs the same part rides along (after a restart of clients, all do). Then the first goes to the
/// end of the queue: a watch far behind delays nobody longer than one such pass.
extension WatchHub {
    mutating func lag(_ number: Int, from next: Revision) {
        guard let stream = watches.elements[number]?.stream else { return }
        lastTicket &+= 1
        watches.elements[number]?.state = .lagging(next: next, ticket: lastTicket)
        streams.elements[stream]?.laggingCount += 1
        enqueue(WatchTicket(watch: number, number: lastTicket), of: stream)
    }

    /// What the ticket's watch needs next; nil if the ticket is void.
    func next(of ticket: WatchTicket) -> Revision? {
        guard case .lagging(let next, ticket.number) = watches.elements[ticket.watch]?.state else {
            return nil
        }
        return next
    }

    private mutating func enqueue(_ ticket: WatchTicket, of stream: Int) {
        if streams.elements[stream]?.isWritable == true {
            queue.append(ticket)
        } else {
            streams.elements[stream]?.parked.append(ticket)
            dropVoidTickets(of: stream)
        }
    }

    /// Keeps a client that begins and cancels watches on a slow stream from filling the memory.
    private mutating func dropVoidTickets(of number: Int) {
        guard let stream = streams.elements[number],
            stream.parked.count > 2 * stream.laggingCount + 64
        else { return }
        let valid = stream.parked.filter { next(of: $0) != nil }
        streams.elements[number]?.parked = valid
    }

    mutating func catchUp(from keyspace: Keyspace, into deliveries: inout [WatchDelivery]) {
        var budget = WatchBudget()
        for _ in 0..<queue.count {
            guard !budget.isSpent, let ticket = queue.popFirst() else { return }
            guard let next = next(of: ticket), let stream = watches.elements[ticket.watch]?.stream
            else { continue }
            if isServable(stream) {
                serve(ticket, from: next, in: keyspace, &budget, into: &deliveries)
            }
            if self.next(of: ticket) != nil { enqueue(ticket, of: stream) }
        }
    }

    /// Whether the stream is writable, and its share of this collect is not used up.
    private func isServable(_ stream: Int) -> Bool {
        guard let stream = streams.elements[stream], stream.isWritable else { return false }
        return stream.servedIn != collectNumber
            || stream.servedBytes < WatchLimits.bytesPerStreamMax
    }

    private mutating func serve(
        _ ticket: WatchTicket,
        from next: Revision,
        in keyspace: Keyspace,
        _ budget: inout WatchBudget,
        into deliveries: inout [WatchDelivery]
    ) {
        guard
            let changes = try? keyspace.changes(
                from: next,
                limit: WatchLimits.eventsPerPassMax
            )
        else { return end(ticket, in: keyspace, into: &deliveries) }
        let pass = WatchPass(changes: changes, end: changes.last?.revision ?? position)
        advance(ticket, through: pass, in: keyspace, &budget, into: &deliveries)
        for rider in queue.prefix(WatchLimits.ridersPerPassMax) {
            guard !budget.isSpent else { return }
            guard let needed = self.next(of: rider), needed >= next, needed <= pass.end,
                let stream = watches.elements[rider.watch]?.stream, isServable(stream)
            else { continue }
            advance(rider, through: pass, in: keyspace, &budget, into: &deliveries)
        }
    }

    private mutating func end(
        _ ticket: WatchTicket,
        in keyspace: Keyspace,
        into deliveries: inout [WatchDelivery]
    ) {
        guard let watch = watches.elements[ticket.watch],
            let id = streams.elements[watch.stream]?.id
        else { return }
        remove(ticket.watch)
        deliveries.append(compacted(watch.watchID, on: id, in: keyspace))
    }

    /// Gives a watch its part of what was read, and lets it go live if nothing is left.
    private mutating func advance(
        _ ticket: WatchTicket,
        through pass: WatchPass,
        in keyspace: Keyspace,
        _ budget: inout WatchBudget,
        into deliveries: inout [WatchDelivery]
    ) {
        guard let watch = watches.elements[ticket.watch], let next = next(of: ticket),
            let id = streams.elements[watch.stream]?.id
        else { return }
        var found = pass.events(for: watch.audience, from: next, in: keyspace)
        spend(found, on: watch.stream, &budget)
        let isCaughtUp = found.end >= position
        #if MARTLET_MUTANTS
        if isCaughtUp, mutant == .skipsRevisionOnGoingLive {
            found.events.removeAll { $0.kv?.modRevision == position.number }
        }
        #endif
        if !found.events.isEmpty {
            watches.elements[ticket.watch]?.hadEvents = true
            let response = WatchResponse(
                header: ResponseHeader(revision: found.end.number),
                watchID: watch.watchID,
                events: found.events
            )
            deliveries.append(WatchDelivery(stream: id, response: response))
            found.events = []
        }
        guard isCaughtUp else {
            watches.elements[ticket.watch]?.state = .lagging(
                next: found.end.next,
                ticket: ticket.number
            )
            return
        }
        #if MARTLET_MUTANTS
        if mutant == .deliversTwiceOnGoingLive, next < position {
            watches.elements[ticket.watch]?.state = .lagging(
                next: position,
                ticket: ticket.number
            )
            return
        }
        #endif
        streams.elements[watch.stream]?.laggingCount -= 1
        goLive(ticket.watch)
    }

    private mutating func spend(
        _ found: WatchPass.Found,
        on stream: Int,
        _ budget: inout WatchBudget
    ) {
        budget.comparisons -= found.comparisons + 1
        budget.bytes -= found.bytes
        if streams.elements[stream]?.servedIn != collectNumber {
            streams.elements[stream]?.servedIn = collectNumber
            streams.elements[stream]?.servedBytes = 0
        }
        streams.elements[stream]?.servedBytes += found.bytes
    }
}

/// What one collect may still spend on those who lag.
struct WatchBudget: Sendable {
    var comparisons = WatchLimits.comparisonsPerCollectMax
    var bytes = WatchLimits.bytesPerCollectMax

    var isSpent: Bool { comparisons <= 0 || bytes <= 0 }
}

/// A part of the history, read once for all who need it.
struct WatchPass: Sendable {
    let changes: [Change]

    /// The last revision that it covers.
    let end: Revision

    /// What one watch gets of it.
    struct Found: Sendable {
        var events: [Event] = []
        var bytes = 0
        var comparisons = 0

        /// The last revision that the watch need not hear of again.
        var end: Revision
    }

    func events(
        for audience: WatchAudience.Key,
        from next: Revision,
        in keyspace: Keyspace
    ) -> Found {
        var found = Found(end: end)
        for change in changes[changes.firstPlace { $0.revision >= next }...] {
            for event in change.events {
                found.comparisons += 1
                guard let key = event.kv?.key, audience.options.lets(event.type),
                    audience.range.contains(key)
                else { continue }
                var event = event
                if audience.options.contains(.previousValues) {
                    event.prevKv = keyspace.valueBefore(event, at: change.revision)
                }
                found.events.append(event)
                found.bytes += event.watchedBytes
            }
            if found.bytes >= WatchLimits.bytesPerDeliveryMax {
                found.end = change.revision
                break
            }
        }
        return found
    }
}
