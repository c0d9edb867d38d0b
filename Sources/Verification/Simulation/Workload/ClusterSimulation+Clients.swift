internal import Bytes
internal import Checkers
internal import EtcdWire
internal import Groups
internal import Keyspace
internal import KeyspaceModel
internal import Model

// Clients: each calls a node as a front would, through the request's bytes, and notes in the history
// what it knows of the outcome.
extension ClusterSimulation {
    func act(_ place: Int) throws(Violation) {
        guard clients[place].call == nil, clientsWork else { return }
        guard let node = node(for: place) else {
            return queue.schedule(.client(place), at: now + options.clientPause)
        }
        let number = clients[place].keyspace
        clients[place].lessee.aim(at: now) { lastMoment(of: $0, in: number) }
        try call(clients[place].nextOperation(at: now), place, node)
    }

    /// Shortly before the tick with which the leader finds the lease's end, so that the renewal is
    /// just being written; now, if nobody leads.
    private func lastMoment(of lease: Int64, in number: Int) -> UInt64 {
        let group = keyspaces[number].group
        guard let leader = leader(of: group),
            let shard = nodes[leader].running?.shard,
            let keyspace = shard.keyspace(group)?.keyspace
        else { return now }
        // Nobody tells a lease's deadline, but whether it has passed at a given time.
        var left = 0..<Int64(4_000)
        while left.count > 1 {
            let middle = left.lowerBound + Int64(left.count / 2)
            let time = shard.groupTime(group) + middle
            let hasEnded = keyspace.expiredLeases(at: time, limit: .max).contains(LeaseID(lease))
            left = hasEnded ? left.lowerBound..<middle : middle..<left.upperBound
        }
        let end = now + nodes[leader].clock.trueDuration(UInt64(left.lowerBound) * 1_000_000)
        let period = nodes[leader].clock.trueDuration(options.shard.tickNanoseconds)
        let ticks = (end - min(end, nodes[leader].tickedAt)) / period + 1
        let writing = options.network.typicalDelay + options.diskLatency
        let tick = nodes[leader].tickedAt + ticks * period
        return max(now, tick - min(tick, delayRandom.between(0...2 * writing)))
    }

    private var clientsWork: Bool {
        switch phase {
        case .faulty, .healing: true
        case .settling, .finished: false
        }
    }

    /// Where it must, where it was, or anywhere.
    private func node(for place: Int) -> Int? {
        if let stay = clients[place].stay {
            if now < stay.until, reachableNodes.contains(stay.node) { return stay.node }
            clients[place].stay = nil
        }
        let moves = clients[place].random.happens(permille: options.clientMovesPermille)
        if !moves, let home = clients[place].home, reachableNodes.contains(home) { return home }
        let running = reachableNodes
        guard !running.isEmpty else { return nil }
        clients[place].home = clients[place].random.pick(running)
        return clients[place].home
    }

    /// Those that clients and watchers turn to.
    var reachableNodes: [Int] {
        nodes.indices.filter { nodes[$0].running != nil && !nodes[$0].isLeftBroken }
    }

    private func call(
        _ request: OperationRequest,
        _ place: Int,
        _ node: Int
    ) throws(Violation) {
        guard let running = nodes[node].running else { return }
        let number = clients[place].keyspace
        let waiter = Waiter(client: UInt32(place), request: clients[place].nextRequest)
        clients[place].nextRequest += 1
        clients[place].call = SimulatedClient.Call(
            request: waiter.request,
            node: node,
            boot: running.boot,
            elections: elections.count,
            operation: keyspaces[number].history.operations.count
        )
        keyspaces[number].history.operations.append(
            Operation(client: UInt32(place), request: request, invoked: now)
        )
        trace.tell(now, "client \(place) on node \(nodes[node].id): \(request.line)")
        trace.mix(place)
        let deadline = now + patience(of: place, with: request)
        queue.schedule(.clientGivesUp(place, request: waiter.request), at: deadline)
        guard nodes[node].pausedUntil <= now else {
            let call = DelayedCall(waiter: waiter, request: request, boot: running.boot)
            return queue.schedule(.call(call, node), at: nodes[node].pausedUntil)
        }
        try deliver(request, waiter, to: node)
    }

    /// What a node finds when it wakes up; whoever called may have given up by then.
    func deliver(_ call: DelayedCall, to node: Int) throws(Violation) {
        guard running(node, call.boot) != nil else { return }
        try deliver(call.request, call.waiter, to: node)
    }

    private func deliver(
        _ request: OperationRequest,
        _ waiter: Waiter,
        to node: Int
    ) throws(Violation) {
        guard let running = nodes[node].running else { return }
        let place = Int(waiter.client)
        running.shard.advance(to: nodes[node].clock.reading(at: now))
        let group = keyspaces[clients[place].keyspace].group
        if case .range(let range) = request, range.serializable {
            guard clients[place].call?.request == waiter.request else { return }
            return try serve(range, place, running)
        }
        if let (kind, body) = Self.command(request) {
            running.shard.propose(kind, body: body, to: group, for: waiter)
        } else {
            if observer.leadsInVain(nodes[node].id, group) { mark(.readAskedOfOldLeader) }
            running.shard.read(group, for: waiter)
        }
        requestTurn(node)
    }

    private func patience(of place: Int, with request: OperationRequest) -> UInt64 {
        let timeout = options.shard.tickNanoseconds * UInt64(options.shard.requestTimeoutTicks)
        guard phase == .faulty else { return timeout * 2 }
        // Whoever lives by a lease wants to know.
        if case .leaseKeepAlive = request { return timeout / 2 + timeout }
        let isHeld = clients[place].stay != nil
        guard let typical = isHeld ? options.electionTime / 8 : options.clientPatience else {
            return timeout / 2 + timeout
        }
        return min(clients[place].random.heavyTailed(typical), timeout / 2 + timeout)
    }

    private static func command(
        _ request: OperationRequest
    ) -> (kind: CommandKind, body: ByteSlice)? {
        switch request {
        case .put(let request): (.put, request.encoded)
        case .deleteRange(let request): (.deleteRange, request.encoded)
        case .txn(let request): (.txn, request.encoded)
        case .compact(let request): (.compact, request.encoded)
        case .leaseGrant(let request): (.leaseGrant, request.encoded)
        case .leaseRevoke(let request): (.leaseRevoke, request.encoded)
        case .leaseKeepAlive(let request): (.leaseKeepAlive, request.encoded)
        case .range: nil
        }
    }

    private func serve(
        _ request: RangeRequest,
        _ place: Int,
        _ running: RunningNode
    ) throws(Violation) {
        guard let machine = running.shard.keyspace(keyspaces[clients[place].keyspace].group) else {
            return
        }
        let known = keyspaces[clients[place].keyspace].history.lastRevision
        if request.serializable, machine.keyspace.revision.number < known {
            mark(.staleSerializableRead)
        }
        try conclude(place, Self.outcome(of: request, machine.keyspace, at: now))
    }

    private static func outcome(
        of request: RangeRequest,
        _ keyspace: Keyspace,
        at now: UInt64
    ) -> OperationOutcome {
        do throws(KeyspaceError) {
            return .succeeded(.range(try keyspace.range(request)), at: now)
        } catch {
            return .rejected(Rejection(error), at: now)
        }
    }

    func take(_ completion: Completion, from node: Int) throws(Violation) {
        guard try !takeTransfer(completion, from: node), try !takePassing(completion, from: node)
        else { return }
        let place = Int(completion.waiter.client)
        guard clients.indices.contains(place), let call = clients[place].call,
            call.request == completion.waiter.request, call.node == node
        else { return }
        switch completion.result {
        case .applied(.success(let response)):
            guard let response = OperationResponse(response) else {
                throw Violation(.strictSerializability, "an answer to nothing: \(response)")
            }
            try conclude(place, .succeeded(response, at: now))
        case .applied(.failure(let error)):
            try conclude(place, .rejected(Rejection(error), at: now))
        case .readable:
            let request = keyspaces[clients[place].keyspace].history.operations[call.operation]
            guard case .range(let range) = request.request, let running = nodes[node].running else {
                throw Violation(.strictSerializability, "a write was answered as a read")
            }
            let isLeader = running.shard.status(keyspaces[clients[place].keyspace].group)?.isLeader
            mark(isLeader == true ? .readServedByLeader : .readServedByFollower)
            try serve(range, place, running)
        case .leadershipTransferred, .metadataChanged, .streams:
            throw Violation(.orderlyStop, "a client's call was answered as an operator's")
        case .refused(let refusal): try conclude(place, refusal)
        }
    }

    private func conclude(_ place: Int, _ refusal: Refusal) throws(Violation) {
        switch refusal {
        case .noLeader, .groupDamaged, .tooManyRequests, .storageFull:
            try conclude(place, .notApplied(at: now))
        case .timedOut: try conclude(place, .unknown)
        case .unknownGroup, .malformedCommand, .notLeader, .notVoter, .notTransferred,
            .learnerNotReady:
            throw Violation(.orderlyStop, "a sound request was refused: \(refusal)")
        }
    }

    private func conclude(_ place: Int, _ outcome: OperationOutcome) throws(Violation) {
        guard let call = clients[place].call else { return }
        clients[place].call = nil
        let number = clients[place].keyspace
        keyspaces[number].history.operations[call.operation].outcome = outcome
        let operation = keyspaces[number].history.operations[call.operation]
        clients[place].learn(operation.request, outcome, invoked: operation.invoked)
        trace.tell(now, "client \(place): \(outcome.line)")
        trace.mix(outcome.fingerprint)
        try count(outcome, place)
        probe(operation, call, in: number)
        let pause = clients[place].random.heavyTailed(options.clientPause)
        let brink = clients[place].lessee.nextBrink.map { max($0, now) } ?? .max
        queue.schedule(.client(place), at: min(now + pause, brink))
    }

    /// No answer came though the node was asked and lives; in the second phase that is an error.
    func giveUp(_ place: Int, _ request: UInt64) {
        guard let call = clients[place].call, call.request == request else { return }
        guard phase == .faulty else { return }
        abandonCall(place)
    }

    func disconnectClients(from node: Int) {
        for place in clients.indices where clients[place].call?.node == node { abandonCall(place) }
    }

    private func abandonCall(_ place: Int) {
        trace.tell(now, "client \(place) hears nothing")
        mark(.outcomeUnknown)
        clients[place].call = nil
        clients[place].home = nil
        queue.schedule(.client(place), at: now + options.clientPause)
    }
}

extension Rejection {
    fileprivate init(_ error: KeyspaceError) {
        switch error {
        case .compacted: self = .compacted
        case .futureRevision: self = .futureRevision
        case .leaseNotFound: self = .leaseNotFound
        case .leaseExists: self = .leaseExists
        case .noSpace: self = .noSpace
        case .corrupt: self = .corrupt
        default: self = .other("\(error)")
        }
    }
}

extension OperationResponse {
    fileprivate init?(_ response: KeyspaceResponse) {
        switch response {
        case .put(let response): self = .put(response)
        case .deleteRange(let response): self = .deleteRange(response)
        case .txn(let response): self = .txn(response)
        case .compaction(let response): self = .compact(response)
        case .leaseGrant(let response): self = .leaseGrant(response)
        case .leaseRevoke(let response): self = .leaseRevoke(response)
        case .leaseKeepAlive(let response): self = .leaseKeepAlive(response)
        case .alarm, .none: return nil
        }
    }
}
