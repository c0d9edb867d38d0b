internal import Bytes
public import KeyspaceModel
internal import Model

/// What clients ask for.
extension WatchHub {
    /// Begins a watch: the answer, and, if the start is compacted already, its end.
    ///
    /// Deliveries that a call returns are to go out in order with those of `collect`.
    public mutating func create(
        _ request: WatchCreateRequest,
        on stream: WatchStreamID,
        in keyspace: Keyspace
    ) -> [WatchDelivery] {
        if watches.count == 0 { position = keyspace.revision }
        let number = open(stream)
        let range = WatchRange(key: request.key, rangeEnd: request.rangeEnd)
        let header = ResponseHeader(revision: keyspace.revision.number)
        if let reason = refusal(of: request, range, on: number) {
            // etcd names a watch that never was −1.
            let response = WatchResponse(
                header: header,
                watchID: -1,
                created: true,
                canceled: true,
                cancelReason: reason
            )
            return [WatchDelivery(stream: stream, response: response)]
        }
        let watchID =
            request.watchID == 0
            ? streams.elements[number]?.takeID() ?? 0 : request.watchID
        let created = WatchResponse(header: header, watchID: watchID, created: true)
        var deliveries = [WatchDelivery(stream: stream, response: created)]
        let start = Revision(request.startRevision)
        if start != .zero, start < keyspace.compactRevision {
            deliveries.append(compacted(watchID, on: stream, in: keyspace))
            return deliveries
        }
        let watch = Watch(
            stream: number,
            placeInStream: 0,
            watchID: watchID,
            audience: WatchAudience.Key(range: range, options: WatchOptions(request)),
            requestedStart: start,
            wantsProgress: request.progressNotify,
            state: .future(start: .zero)
        )
        insert(watch, from: start == .zero ? keyspace.revision.next : start)
        return deliveries
    }

    /// Ends a watch; nil if there is none of that name, which etcd does not answer.
    public mutating func cancel(
        _ watchID: Int64,
        on stream: WatchStreamID,
        in keyspace: Keyspace
    ) -> WatchDelivery? {
        guard let number = streamNumbers[stream],
            let watch = streams.elements[number]?.byID[watchID]
        else { return nil }
        remove(watch)
        expectProgress(of: number)
        let header = ResponseHeader(revision: keyspace.revision.number)
        let response = WatchResponse(header: header, watchID: watchID, canceled: true)
        return WatchDelivery(stream: stream, response: response)
    }

    /// Forgets a stream and all its watches.
    public mutating func close(_ stream: WatchStreamID) {
        guard let number = streamNumbers.removeValue(forKey: stream) else { return }
        for watch in (streams.elements[number]?.watches ?? []).reversed() { remove(watch) }
        progressWaiters.removeAll { $0 == number }
        streams.remove(number)
    }

    private mutating func open(_ stream: WatchStreamID) -> Int {
        if let number = streamNumbers[stream] { return number }
        let number = streams.insert(WatchStream(id: stream))
        streamNumbers[stream] = number
        return number
    }

    /// Why a watch cannot begin, in etcd's words.
    private func refusal(
        of request: WatchCreateRequest,
        _ range: WatchRange,
        on stream: Int
    ) -> String? {
        if range.isEmpty { return "mvcc: watcher range is empty" }
        // Revisions begin at 1; etcd has refused negative ones since 3.6.6.
        if request.startRevision < 0 { return "mvcc: required revision has been compacted" }
        if request.watchID != 0, streams.elements[stream]?.byID[request.watchID] != nil {
            return "mvcc: duplicate watch ID provided on the WatchStream"
        }
        let count = streams.elements[stream]?.watches.count ?? 0
        guard count < WatchLimits.watchesPerStreamMax, watches.count < WatchLimits.watchesMax else {
            return "etcdserver: too many requests"
        }
        return nil
    }

    private mutating func insert(_ watch: Watch, from start: Revision) {
        var watch = watch
        watch.placeInStream = streams.elements[watch.stream]?.watches.count ?? 0
        let number = watches.insert(watch)
        streams.elements[watch.stream]?.byID[watch.watchID] = number
        streams.elements[watch.stream]?.watches.append(number)
        place(number, from: start)
    }

    /// Takes a watch out of all that knows it.
    mutating func remove(_ number: Int) {
        guard let watch = watches.elements[number] else { return }
        switch watch.state {
        case .live(let audience, let place):
            leave(audience, place)
        case .future(let start):
            let future = WatchFuture(start: start, watch: number)
            let place = futures.firstPlace { !(future < $0) }
            if place < futures.count, futures[place] == future { futures.remove(at: place) }
        case .lagging:
            streams.elements[watch.stream]?.laggingCount -= 1
        }
        watches.remove(number)
        streams.elements[watch.stream]?.byID[watch.watchID] = nil
        let last = (streams.elements[watch.stream]?.watches.count ?? 1) - 1
        streams.elements[watch.stream]?.watches.swapAt(watch.placeInStream, last)
        streams.elements[watch.stream]?.watches.removeLast()
        if watch.placeInStream < last,
            let moved = streams.elements[watch.stream]?
                .watches[watch.placeInStream]
        {
            watches.elements[moved]?.placeInStream = watch.placeInStream
        }
    }

    /// The end of a watch that needs what is forgotten; etcd says no revision then.
    func compacted(
        _ watchID: Int64,
        on stream: WatchStreamID,
        in keyspace: Keyspace
    ) -> WatchDelivery {
        let response = WatchResponse(
            header: ResponseHeader(),
            watchID: watchID,
            canceled: true,
            compactRevision: keyspace.compactRevision.number
        )
        return WatchDelivery(stream: stream, response: response)
    }
}
