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
        guard let node = anyRunningNode(&clients[place].random) else {
            return queue.schedule(.client(place), at: now + options.clientPause)
        }
        try call(clients[place].nextOperation(at: now), place, node)
    }

    private var clientsWork: Bool {
        switch phase {
        case .faulty, .healing: true
        case .settling, .finished: false
        }
    }

    private func anyRunningNode(_ random: inout SeededGenerator) -> Int? {
        let running = nodes.indices.filter { nodes[$0].running != nil }
        return running.isEmpty ? nil : random.pick(running)
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
            operation: keyspaces[number].history.operations.count
        )
        keyspaces[number].history.operations.append(
            Operation(client: UInt32(place), request: request, invoked: now)
        )
        trace.tell(now, "client \(place) on node \(nodes[node].id): \(request.line)")
        trace.mix(place)
        running.shard.advance(to: nodes[node].clock.reading(at: now))
        let group = keyspaces[number].group
        if case .range(let range) = request, range.serializable {
            return try serve(range, place, running)
        }
        if let (kind, body) = Self.command(request) {
            running.shard.propose(kind, body: body, to: group, for: waiter)
        } else {
            running.shard.read(group, for: waiter)
        }
        requestTurn(node)
        let patience = options.shard.tickNanoseconds * UInt64(options.shard.requestTimeoutTicks)
        let deadline = phase == .faulty ? patience / 2 + patience : patience * 2
        queue.schedule(.clientGivesUp(place, request: waiter.request), at: now + deadline)
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
            try serve(range, place, running)
        case .leadershipTransferred:
            throw Violation(.orderlyStop, "a client's call was answered as a change of leader")
        case .refused(let refusal): try conclude(place, refusal)
        }
    }

    private func conclude(_ place: Int, _ refusal: Refusal) throws(Violation) {
        switch refusal {
        case .noLeader, .tooManyRequests, .storageFull:
            try conclude(place, .notApplied(at: now))
        case .timedOut: try conclude(place, .unknown)
        case .unknownGroup, .malformedCommand, .notLeader, .notVoter, .notTransferred:
            throw Violation(.orderlyStop, "a sound request was refused: \(refusal)")
        }
    }

    private func conclude(_ place: Int, _ outcome: OperationOutcome) throws(Violation) {
        guard let call = clients[place].call else { return }
        clients[place].call = nil
        let number = clients[place].keyspace
        keyspaces[number].history.operations[call.operation].outcome = outcome
        let request = keyspaces[number].history.operations[call.operation].request
        clients[place].learn(request, outcome)
        trace.tell(now, "client \(place): \(outcome.line)")
        trace.mix(outcome.fingerprint)
        try count(outcome, place)
        let pause = clients[place].random.heavyTailed(options.clientPause)
        let brink = clients[place].brink.map { max($0.time, now) } ?? .max
        queue.schedule(.client(place), at: min(now + pause, brink))
    }

    private func count(_ outcome: OperationOutcome, _ place: Int) throws(Violation) {
        switch outcome {
        case .succeeded:
            mark(.operationSucceeded)
            clients[place].successesSinceHeal += 1
        case .rejected(.other(let reason), _):
            throw Violation(.strictSerializability, "a sound request was rejected: \(reason)")
        case .rejected(.compacted, _):
            mark(.compactedRead)
            mark(.rejected)
        case .rejected: mark(.rejected)
        case .notApplied: mark(.notApplied)
        case .unknown: mark(.outcomeUnknown)
        }
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
