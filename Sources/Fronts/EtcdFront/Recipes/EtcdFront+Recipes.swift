internal import Bytes
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// Carries out what recipes ask for.
extension EtcdFront {
    /// Takes a recipe in for a call; nil if there are too many.
    ///
    /// `startRecipe` lets it begin, once the call knows its number.
    func addRecipe(
        _ recipe: Recipe,
        for call: CallKey,
        of connection: UInt32,
        in group: GroupID
    ) -> UInt64? {
        recipes.insert(
            RunningRecipe(recipe: recipe, connection: connection, call: call, group: group)
        )
    }

    func startRecipe(_ number: UInt64) {
        carryOut(recipes[number]?.recipe.start() ?? [], of: number)
    }

    /// The call has ended.
    func cancelRecipe(_ number: UInt64) { step(number, .cancelled) }

    /// What became of a recipe's proposal or read.
    func completeRecipe(_ completion: Completion) {
        guard completion.waiter.client == RecipeTable.client else { return }
        if recipes[completion.waiter.request]?.isRaisingAlarm == true {
            recipes[completion.waiter.request]?.isRaisingAlarm = false
            return refuseGrowth(of: completion.waiter.request)
        }
        switch completion.result {
        case .readable: step(completion.waiter.request, .readable)
        case .applied(.success(.txn(let response))):
            step(completion.waiter.request, .applied(response))
        case .applied(.success(.leaseGrant(let response))):
            step(completion.waiter.request, .granted(lease: response.id))
        case .applied(.failure(let error)):
            step(completion.waiter.request, .rejected(.ofRecipe(ErrorMapping.status(of: error))))
        case .refused(let refusal):
            step(completion.waiter.request, .refused(.ofRecipe(ErrorMapping.status(of: refusal))))
        case .applied(.success), .metadataChanged, .leadershipTransferred, .streams: return
        }
    }

    /// What a recipe's watch tells.
    func deliverToRecipe(_ delivery: WatchDelivery) {
        guard delivery.stream.client == RecipeTable.client else { return }
        let response = delivery.response
        if !response.events.isEmpty { step(delivery.stream.request, .happened(response.events)) }
        if response.canceled {
            step(delivery.stream.request, response.created ? .watchRefused : .watchEnded)
        }
    }

    /// Lets those try again who were refused a while ago.
    func retryRecipes() {
        guard !recipes.resting.isEmpty, now >= recipes.retryAt else { return }
        for number in recipes.takeResting() { step(number, .retry) }
    }

    /// An observer's client is slow, or so no longer.
    func setWritable(recipe number: UInt64, _ isWritable: Bool) {
        guard let group = recipes[number]?.group, let machine = shard.keyspace(group) else {
            return
        }
        machine.watches.setWritable(Self.watchStream(of: number), isWritable)
        if isWritable { wakeWatches(machine, of: group) }
    }

    private func step(_ number: UInt64, _ input: RecipeInput) {
        guard let effects = recipes[number]?.recipe.step(input) else { return }
        carryOut(effects, of: number)
    }

    private func carryOut(_ effects: [RecipeEffect], of number: UInt64) {
        guard let running = recipes[number] else { return }
        if running.recipe.isDone { forget(number, running) }
        for effect in effects { carryOut(effect, of: number, running) }
    }

    private func forget(_ number: UInt64, _ running: RunningRecipe) {
        recipes.remove(number)
        guard running.isWatching else { return }
        shard.keyspace(running.group)?.watches.close(Self.watchStream(of: number))
    }

    private func carryOut(_ effect: RecipeEffect, of number: UInt64, _ running: RunningRecipe) {
        switch effect {
        case .grant(let seconds):
            let request = LeaseGrantRequest(ttl: seconds, id: chooseLeaseID())
            propose(
                .leaseGrant,
                request.encoded,
                growth: Keyspace.cost(of: request),
                for: number,
                in: running.group
            )
        case .propose(let request): propose(request, for: number, in: running.group)
        case .confirm:
            shard.read(running.group, for: Waiter(client: RecipeTable.client, request: number))
            requestTurn()
        case .lookForPredecessor(let look):
            let keyspace = shard.keyspace(running.group)?.keyspace
            step(number, keyspace?.view(of: look) ?? .queueTooLong)
        case .lookForFirst(let prefix):
            let keyspace = shard.keyspace(running.group)?.keyspace
            step(number, keyspace?.first(of: prefix) ?? .queueTooLong)
        case .watch(let request): watch(request, for: number, in: running.group)
        case .rest:
            if recipes.resting.isEmpty { recipes.retryAt = now + Limits.recipeRestNanoseconds }
            recipes.rest(number)
        case .tell, .answer, .fail:
            guard case .etcd(let connection) = connection(running.connection) else { return }
            connection.take(effect, of: running.call)
        }
    }

    private func propose(_ request: TxnRequest, for number: UInt64, in group: GroupID) {
        let body = request.encoded
        do throws(KeyspaceError) {
            try Keyspace.check(request)
            guard body.count <= Limits.requestBytesMax else { throw .requestTooLarge }
            let growth = Keyspace.cost(of: request)
            propose(.txn, body, growth: growth, for: number, in: group)
        } catch {
            step(number, .rejected(.ofRecipe(ErrorMapping.status(of: error))))
        }
    }

    /// Proposes, unless it would exceed the quota, as a client's own put might.
    private func propose(
        _ kind: CommandKind,
        _ body: ByteSlice,
        growth: Int,
        for number: UInt64,
        in group: GroupID
    ) {
        let waiter = Waiter(client: RecipeTable.client, request: number)
        if !isTooMuch(growth: growth, in: group) {
            shard.propose(kind, body: body, to: group, for: waiter)
        } else if shard.keyspace(group)?.keyspace.alarms.isShortOfSpace == true {
            return refuseGrowth(of: number)
        } else {
            recipes[number]?.isRaisingAlarm = true
            raiseNoSpace(in: group, for: waiter)
        }
        requestTurn()
    }

    private func refuseGrowth(of number: UInt64) {
        step(number, .rejected(.ofRecipe(ErrorMapping.status(of: .noSpace))))
    }

    private func watch(
        _ request: WatchCreateRequest,
        for number: UInt64,
        in group: GroupID
    ) {
        guard let machine = shard.keyspace(group) else { return }
        let stream = Self.watchStream(of: number)
        machine.watches.close(stream)
        recipes[number]?.isWatching = true
        let deliveries = machine.watches.create(request, on: stream, in: machine.keyspace)
        for delivery in deliveries { deliverToRecipe(delivery) }
        wakeWatches(machine, of: group)
    }

    /// History is told in the next turn.
    private func wakeWatches(_ machine: KeyspaceMachine, of group: GroupID) {
        guard machine.watches.hasBacklog else { return }
        shard.wakeWatches(of: group)
        requestTurn()
    }

    private static func watchStream(of number: UInt64) -> WatchStreamID {
        WatchStreamID(client: RecipeTable.client, request: number)
    }
}

extension Keyspace {
    /// Looks through a queue, which must not be longer than the loop can be held up for.
    fileprivate func view(of look: QueueLook) -> RecipeInput {
        var request = RangeRequest.queue(look.prefix, .descend)
        request.maxCreateRevision = look.createRevision - 1
        do throws(KeyspaceError) {
            guard try isShort(look.prefix) else { return .queueTooLong }
            let own = try range(RangeRequest(key: look.key)).kvs.first
            return .queue(
                QueueView(
                    revision: revision.number,
                    predecessor: try range(request).kvs.first?.key,
                    holdsPlace: own?.createRevision == look.createRevision
                )
            )
        } catch {
            return .queueTooLong
        }
    }

    /// The oldest key with the prefix.
    func first(of prefix: ByteSlice) -> RecipeInput {
        do throws(KeyspaceError) {
            guard try isShort(prefix) else { return .queueTooLong }
            let response = try range(.queue(prefix, .ascend))
            return .first(response.kvs.first, revision: revision.number)
        } catch {
            return .queueTooLong
        }
    }

    private func isShort(_ prefix: ByteSlice) throws(KeyspaceError) -> Bool {
        var counting = RangeRequest.queue(prefix, .none)
        counting.countOnly = true
        return try range(counting).count <= Int64(Limits.queueKeysMax)
    }
}

extension RangeRequest {
    /// The first key of a queue in an order of create revisions.
    fileprivate static func queue(_ prefix: ByteSlice, _ order: SortOrder) -> RangeRequest {
        RangeRequest(
            key: prefix,
            rangeEnd: RecipeKeys.end(of: prefix),
            limit: 1,
            sortOrder: order,
            sortTarget: .create
        )
    }
}

extension GRPCStatus {
    static let tooManyInQueue = ofRecipe(ErrorMapping.tooManyRequests)

    /// A failure of what a recipe is made of, with the code that etcd's recipes give it.
    ///
    /// What gRPC itself says, of bytes that are no message, stays as it is.
    static func ofRecipe(_ status: GRPCStatus) -> GRPCStatus {
        status.message.hasPrefix("etcdserver: ") ? GRPCStatus(.unknown, status.message) : status
    }
}
