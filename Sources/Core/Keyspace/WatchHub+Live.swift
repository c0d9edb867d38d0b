internal import KeyspaceModel
internal import Model

/// What live watches hear.
extension WatchHub {
    /// Tells the live watches everything up to the keyspace's revision.
    mutating func follow(_ keyspace: Keyspace, into deliveries: inout [WatchDelivery]) {
        guard position < keyspace.revision else { return }
        if !audiences.isEmpty { tell(from: keyspace, into: &deliveries) }
        position = keyspace.revision
        reachFutures()
    }

    private mutating func tell(from keyspace: Keyspace, into deliveries: inout [WatchDelivery]) {
        while position < keyspace.revision {
            guard
                let changes = try? keyspace.changes(
                    from: position.next,
                    limit: WatchLimits.eventsPerPassMax
                )
            else {
                // A compaction overtook us; whoever lags learns of it when it is served.
                deliverPending(upTo: position, into: &deliveries)
                return lagAllLive(from: position.next)
            }
            guard let last = changes.last else { break }
            for change in changes {
                audiences.gather(change, from: keyspace)
                deliverLarge(upTo: change.revision, into: &deliveries)
            }
            position = last.revision
        }
        deliverPending(upTo: keyspace.revision, into: &deliveries)
    }

    /// Delivers what has become large enough, so that no response grows without bound.
    private mutating func deliverLarge(
        upTo revision: Revision,
        into deliveries: inout [WatchDelivery]
    ) {
        guard audiences.hasLargePending else { return }
        deliverPending(upTo: revision, into: &deliveries)
    }

    private mutating func deliverPending(
        upTo revision: Revision,
        into deliveries: inout [WatchDelivery]
    ) {
        for audience in audiences.takeTouched() {
            let (events, from) = audiences.takePending(audience)
            guard !events.isEmpty, let members = audiences.slots.elements[audience]?.members else {
                continue
            }
            var slow: [Int] = []
            for member in members
            where !deliver(events, upTo: revision, to: member, into: &deliveries) {
                slow.append(member)
            }
            #if MARTLET_MUTANTS
            if mutant == .slowStreamLosesEvents { continue }
            #endif
            for member in slow { stopLive(member, needing: from) }
        }
    }

    /// False if the watch's stream is not writable.
    private mutating func deliver(
        _ events: [Event],
        upTo revision: Revision,
        to number: Int,
        into deliveries: inout [WatchDelivery]
    ) -> Bool {
        guard let watch = watches.elements[number],
            let id = streams.elements[watch.stream]?.id,
            streams.elements[watch.stream]?.isWritable == true
        else { return false }
        watches.elements[number]?.hadEvents = true
        #if MARTLET_MUTANTS
        var events = events
        if mutant == .splitsRevision, events.count > 1 {
            let first = WatchResponse(
                header: ResponseHeader(revision: revision.number),
                watchID: watch.watchID,
                events: [events.removeFirst()]
            )
            deliveries.append(WatchDelivery(stream: id, response: first))
        }
        #endif
        let response = WatchResponse(
            header: ResponseHeader(revision: revision.number),
            watchID: watch.watchID,
            events: events
        )
        deliveries.append(WatchDelivery(stream: id, response: response))
        return true
    }

    private mutating func stopLive(_ number: Int, needing next: Revision) {
        guard case .live(let audience, let place) = watches.elements[number]?.state else { return }
        leave(audience, place)
        lag(number, from: next)
    }

    private mutating func lagAllLive(from next: Revision) {
        for number in watches.elements.indices { stopLive(number, needing: next) }
    }

    /// Those whose start the position has reached or passed.
    private mutating func reachFutures() {
        while let first = futures.last, first.start <= position.next {
            futures.removeLast()
            place(first.watch, from: first.start)
        }
    }
}
