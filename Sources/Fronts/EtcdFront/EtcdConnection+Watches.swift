internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// The Watch service: a stream carries any number of watches, which the hub knows.
extension EtcdConnection {
    func serveWatch(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: WatchRequest = decode(key, message), let machine = machine(key),
            let stream = watchStream(key)
        else { return }
        switch request.requestUnion {
        case .createRequest(let create):
            let deliveries = machine.watches.create(create, on: stream, in: machine.keyspace)
            note(create, key, deliveries.first?.response)
            front.deliver(deliveries)
        case .cancelRequest(let cancel):
            let delivery = machine.watches.cancel(
                cancel.watchID,
                on: stream,
                in: machine.keyspace
            )
            if let delivery { front.deliver([delivery]) }
        case .progressRequest:
            let delivery = machine.watches.requestProgress(on: stream, in: machine.keyspace)
            if let delivery { front.deliver([delivery]) }
        case nil: return
        }
        wakeWatches(key, machine)
    }

    /// What the front keeps of a watch: whether to split its responses, and when to tell progress.
    private func note(_ request: WatchCreateRequest, _ key: CallKey, _ response: WatchResponse?) {
        guard let response, !response.canceled, case .watching(var call)? = calls[key]?.work else {
            return
        }
        if request.fragment { call.fragmenting.insert(response.watchID) }
        if request.progressNotify, call.progressAt == nil {
            let due = front.nextProgress()
            call.progressAt = due
            timerAt = min(timerAt ?? due, due)
        }
        calls[key]?.work = .watching(call)
    }

    /// History, and whoever waits for progress, is told in the next turn.
    private func wakeWatches(_ key: CallKey, _ machine: KeyspaceMachine) {
        guard machine.watches.hasBacklog else { return }
        front.shard.wakeWatches(of: calls.group(of: key))
        wantTurn()
    }

    func watchStream(_ key: CallKey) -> WatchStreamID? {
        number.map { WatchStreamID(client: $0, request: key.number) }
    }

    func deliver(_ response: WatchResponse, to key: CallKey) {
        guard case .watching(var call)? = calls[key]?.work, let stream = calls[key]?.stream else {
            return
        }
        var response = response
        // A watch that wanted what is compacted is told of no revision, as in etcd.
        let revision = response.header?.revision ?? 0
        response.header = header(key, revision)
        if call.fragmenting.contains(response.watchID) {
            sendFragments(key, response)
            if response.canceled {
                call.fragmenting.remove(response.watchID)
                calls[key]?.work = .watching(call)
            }
        } else {
            sendWhole(key, response)
        }
        if !http.isWritable(stream) { setWritable(key, false) }
    }

    /// A response in one message; events that other watches hear as well are not encoded again.
    private func sendWhole(_ key: CallKey, _ response: WatchResponse) {
        guard let events = front.sharedEvents.bytes(of: response.events) else {
            return send(key, response)
        }
        var head = response
        head.events = []
        send(key, head, then: events)
    }

    /// Tells the hub that a stream's client is slow, or so no longer.
    func setWritable(_ key: CallKey, _ isWritable: Bool) {
        guard case .watching(var call)? = calls[key]?.work, call.isWritable != isWritable,
            let machine = machine(key), let stream = watchStream(key)
        else { return }
        call.isWritable = isWritable
        calls[key]?.work = .watching(call)
        machine.watches.setWritable(stream, isWritable)
        if isWritable, machine.watches.hasBacklog {
            front.shard.wakeWatches(of: calls.group(of: key))
            front.requestTurn()
        }
    }

    /// Splits a response between events so that each part stays below the limit, as etcd does.
    private func sendFragments(_ key: CallKey, _ response: WatchResponse) {
        guard response.events.count > 1,
            response.encodedLength >= Limits.watchFragmentBytes
        else { return sendWhole(key, response) }
        var part = response
        part.events = []
        part.fragment = true
        let overhead = part.encodedLength
        var length = overhead
        for event in response.events {
            let size = event.encodedLength
            // One byte of tag, and at most five of length.
            if !part.events.isEmpty, length + size + 6 >= Limits.watchFragmentBytes {
                send(key, part)
                part.events = []
                length = overhead
            }
            part.events.append(event)
            length += size + 6
        }
        part.fragment = false
        send(key, part)
    }

    /// Tells a stream's watches how far they are, if it is time.
    func tellProgress(_ key: CallKey) {
        guard case .watching(var call)? = calls[key]?.work, let due = call.progressAt,
            let machine = machine(key), let stream = watchStream(key)
        else { return }
        guard front.now >= due else {
            timerAt = min(timerAt ?? due, due)
            return
        }
        let next = front.nextProgress()
        call.progressAt = next
        calls[key]?.work = .watching(call)
        timerAt = min(timerAt ?? next, next)
        var deliveries: [WatchDelivery] = []
        machine.watches.notifyProgress(on: stream, into: &deliveries)
        front.deliver(deliveries)
    }
}
