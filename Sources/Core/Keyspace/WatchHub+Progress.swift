internal import KeyspaceModel
internal import Model

/// How clients hear how far they are while nothing happens.
///
/// A progress notification at revision R promises that no event of R or before will follow, so it
/// is given only to who has everything (etcd's `progressIfSync`).
extension WatchHub {
    /// Answers with watch −1 once all watches of the stream have everything: here or in a
    /// `collect`.
    ///
    /// A stream without watches gets no answer, as in etcd. Requests that wait are answered
    /// together.
    public mutating func requestProgress(
        on stream: WatchStreamID,
        in keyspace: Keyspace
    ) -> WatchDelivery? {
        guard let number = streamNumbers[stream],
            streams.elements[number]?.watches.isEmpty == false
        else { return nil }
        if position == keyspace.revision, isSynced(number) { return progress(of: number) }
        if streams.elements[number]?.awaitsProgress == false {
            streams.elements[number]?.awaitsProgress = true
            progressWaiters.append(number)
        }
        return nil
    }

    /// For the front's timer: progress of each watch of the stream that asked for it when it was
    /// created, has everything, and got no event since the last call.
    public mutating func notifyProgress(
        on stream: WatchStreamID,
        into deliveries: inout [WatchDelivery]
    ) {
        guard let number = streamNumbers[stream], let entry = streams.elements[number] else {
            return
        }
        for place in entry.watches {
            guard let watch = watches.elements[place], watch.wantsProgress else { continue }
            watches.elements[place]?.hadEvents = false
            guard !watch.hadEvents, entry.isWritable, isSynced(watch) else { continue }
            let response = WatchResponse(
                header: ResponseHeader(revision: position.number),
                watchID: watch.watchID
            )
            deliveries.append(WatchDelivery(stream: stream, response: response))
        }
    }

    /// Tells those who waited and have everything by now.
    mutating func answerProgress(into deliveries: inout [WatchDelivery]) {
        isProgressDue = false
        guard !progressWaiters.isEmpty else { return }
        var waiting: [Int] = []
        for number in progressWaiters {
            if streams.elements[number]?.watches.isEmpty == true {
                streams.elements[number]?.awaitsProgress = false
            } else if isSynced(number), let delivery = progress(of: number) {
                streams.elements[number]?.awaitsProgress = false
                deliveries.append(delivery)
            } else {
                waiting.append(number)
            }
        }
        progressWaiters = waiting
    }

    /// Something changed by which the stream may have become due for an answer.
    mutating func expectProgress(of number: Int) {
        guard streams.elements[number]?.awaitsProgress == true, isSynced(number) else { return }
        isProgressDue = true
    }

    private func progress(of number: Int) -> WatchDelivery? {
        guard let id = streams.elements[number]?.id else { return nil }
        let header = ResponseHeader(revision: position.number)
        return WatchDelivery(stream: id, response: WatchResponse(header: header, watchID: -1))
    }

    /// Whether all watches of the stream have everything, and the stream takes an answer.
    private func isSynced(_ number: Int) -> Bool {
        guard let stream = streams.elements[number], stream.isWritable else { return false }
        #if MARTLET_MUTANTS
        if mutant == .progressBeforeSync { return true }
        #endif
        guard stream.laggingCount == 0 else { return false }
        return stream.watches.allSatisfy { watches.elements[$0].map(isSynced) ?? true }
    }

    /// A watch that starts in the future hears nothing of what is before (etcd #20221).
    private func isSynced(_ watch: Watch) -> Bool {
        #if MARTLET_MUTANTS
        if mutant == .futureHearsOfProgress, case .future = watch.state { return true }
        #endif
        return switch watch.state {
        case .live: watch.requestedStart <= position
        case .future: false
        case .lagging: false
        }
    }
}
