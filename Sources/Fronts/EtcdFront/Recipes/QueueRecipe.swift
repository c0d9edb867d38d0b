internal import Bytes
internal import KeyspaceModel

/// One call of Lock or Campaign: from entering a queue of keys to being its first.
///
///     granting → entering ─→ (proclaiming) → looking ⇄ waiting
///                                              │ nobody is before me, and …
///                      … I did not wait: answer ┴ I waited: confirming → looking → answer
///
/// Who gives up, or whose caller does, leaves the queue again, however often that must be tried: a
/// key that nobody waits behind would keep the others out.
struct QueueRecipe {
    private enum Purpose: Equatable {
        case lock
        case campaign(value: ByteSlice)
    }

    /// A place in the queue.
    private struct Place: Equatable {
        var key: ByteSlice
        var lease: Int64
        var createRevision: Int64

        /// The keyspace's when it entered.
        var enteredRevision: Int64
    }

    private enum Stage: Equatable {
        case entered
        case waited
        case confirmed
    }

    private enum State: Equatable {
        case idle(lease: Int64)
        case granting
        case entering(lease: Int64, isWanted: Bool)
        case proclaiming(Place, isWanted: Bool)
        case looking(Place, Stage)
        case waiting(Place)
        case confirming(Place)
        case restingToConfirm(Place)

        /// The status is for a caller who still waits.
        case leaving(Place, GRPCStatus?)
        case restingToLeave(Place, GRPCStatus?)
        case done
    }

    private let name: ByteSlice
    private let purpose: Purpose
    private var state: State

    init(_ request: LockRequest) {
        name = request.name
        purpose = .lock
        state = .idle(lease: request.lease)
    }

    init(_ request: CampaignRequest) {
        name = request.name
        purpose = .campaign(value: request.value)
        state = .idle(lease: request.lease)
    }

    var isDone: Bool { state == .done }

    mutating func start() -> [RecipeEffect] {
        guard case .idle(let lease) = state else { return [] }
        if lease != 0 { return enter(lease) }
        state = .granting
        return [.grant(seconds: Limits.sessionSeconds)]
    }

    mutating func step(_ input: RecipeInput) -> [RecipeEffect] {
        switch input {
        case .granted(let lease): state == .granting ? enter(lease) : []
        case .applied(let response): apply(response)
        case .rejected(let status), .refused(let status): take(status)
        case .readable: becomeConfirmed()
        case .queue(let view): look(at: view)
        case .queueTooLong: giveUp(.tooManyInQueue)
        case .happened(let events):
            events.contains { $0.type == .delete } ? lookAgain() : []
        case .watchEnded: lookAgain()
        case .watchRefused: giveUp(.tooManyInQueue)
        case .retry: retry()
        case .cancelled: cancel()
        case .first: []
        }
    }

    private mutating func enter(_ lease: Int64) -> [RecipeEffect] {
        state = .entering(lease: lease, isWanted: true)
        let key = RecipeKeys.key(of: name, lease: lease)
        return [.propose(.enter(key, value: value, lease: lease))]
    }

    /// A lock's key has no value.
    private var value: ByteSlice {
        switch purpose {
        case .lock: .empty
        case .campaign(let value): value
        }
    }

    private mutating func apply(_ response: TxnResponse) -> [RecipeEffect] {
        switch state {
        case .entering(let lease, let isWanted): return entered(lease, isWanted, response)
        case .proclaiming(let place, isWanted: false): return leave(place, nil)
        case .proclaiming(let place, isWanted: true):
            guard response.succeeded else { return end(.fail(.notLeader)) }
            return look(from: place, .entered)
        case .leaving(_, let status):
            state = .done
            return status.map { [.fail($0)] } ?? []
        case .idle, .granting, .looking, .waiting, .confirming, .restingToConfirm,
            .restingToLeave, .done:
            return []
        }
    }

    private mutating func entered(
        _ lease: Int64,
        _ isWanted: Bool,
        _ response: TxnResponse
    ) -> [RecipeEffect] {
        let revision = response.header?.revision ?? 0
        let earlier = response.succeeded ? nil : response.firstKeyValue
        let place = Place(
            key: RecipeKeys.key(of: name, lease: lease),
            lease: lease,
            createRevision: earlier?.createRevision ?? revision,
            enteredRevision: revision
        )
        guard isWanted else { return leave(place, nil) }
        guard case .campaign(let value) = purpose, let earlier, earlier.value != value else {
            return look(from: place, .entered)
        }
        state = .proclaiming(place, isWanted: true)
        return [
            .propose(
                .proclaim(
                    place.key,
                    createRevision: place.createRevision,
                    value: value,
                    lease: lease
                )
            )
        ]
    }

    private mutating func look(from place: Place, _ stage: Stage) -> [RecipeEffect] {
        state = .looking(place, stage)
        return [
            .lookForPredecessor(
                QueueLook(
                    prefix: RecipeKeys.prefix(of: name),
                    key: place.key,
                    createRevision: place.createRevision
                )
            )
        ]
    }

    private mutating func look(at view: QueueView) -> [RecipeEffect] {
        guard case .looking(let place, let stage) = state else { return [] }
        if let predecessor = view.predecessor {
            state = .waiting(place)
            return [
                .watch(
                    WatchCreateRequest(
                        key: predecessor,
                        startRevision: view.revision + 1,
                        filters: [.noPut]
                    )
                )
            ]
        }
        switch stage {
        case .entered: return end(.answer(answer(place, at: place.enteredRevision)))
        case .waited:
            state = .confirming(place)
            return [.confirm]
        case .confirmed:
            guard view.holdsPlace else { return end(.fail(lost)) }
            return end(.answer(answer(place, at: view.revision)))
        }
    }

    private mutating func lookAgain() -> [RecipeEffect] {
        guard case .waiting(let place) = state else { return [] }
        return look(from: place, .waited)
    }

    private mutating func becomeConfirmed() -> [RecipeEffect] {
        guard case .confirming(let place) = state else { return [] }
        return look(from: place, .confirmed)
    }

    /// A campaign's answer says when it began, as in etcd.
    private func answer(_ place: Place, at revision: Int64) -> RecipeAnswer {
        switch purpose {
        case .lock: .lock(key: place.key, revision: revision)
        case .campaign:
            .campaign(
                LeaderKey(
                    name: name,
                    key: place.key,
                    rev: place.createRevision,
                    lease: place.lease
                ),
                revision: place.enteredRevision
            )
        }
    }

    /// The key went with its lease, or was deleted, while it waited.
    private var lost: GRPCStatus { purpose == .lock ? .lockSessionExpired : .notLeader }

    /// A command or read failed.
    private mutating func take(_ status: GRPCStatus) -> [RecipeEffect] {
        switch state {
        case .granting, .entering(_, isWanted: true): return end(.fail(status))
        case .entering(_, isWanted: false):
            state = .done
            return []
        case .proclaiming(let place, let isWanted): return leave(place, isWanted ? status : nil)
        case .confirming(let place):
            state = .restingToConfirm(place)
            return [.rest]
        case .leaving(let place, let status):
            state = .restingToLeave(place, status)
            return [.rest]
        case .idle, .looking, .waiting, .restingToConfirm, .restingToLeave, .done: return []
        }
    }

    private mutating func retry() -> [RecipeEffect] {
        switch state {
        case .restingToConfirm(let place):
            state = .confirming(place)
            return [.confirm]
        case .restingToLeave(let place, let status): return leave(place, status)
        case .idle, .granting, .entering, .proclaiming, .looking, .waiting, .confirming, .leaving,
            .done:
            return []
        }
    }

    private mutating func giveUp(_ status: GRPCStatus) -> [RecipeEffect] {
        switch state {
        case .looking(let place, _), .waiting(let place): return leave(place, status)
        case .idle, .granting, .entering, .proclaiming, .confirming, .restingToConfirm, .leaving,
            .restingToLeave, .done:
            return []
        }
    }

    /// What is under way is waited for: only then is it known what is to be taken back.
    private mutating func cancel() -> [RecipeEffect] {
        switch state {
        case .idle, .granting:
            state = .done
            return []
        case .entering(let lease, _):
            state = .entering(lease: lease, isWanted: false)
            return []
        case .proclaiming(let place, _):
            state = .proclaiming(place, isWanted: false)
            return []
        case .looking(let place, _), .waiting(let place), .confirming(let place),
            .restingToConfirm(let place):
            return leave(place, nil)
        case .leaving(let place, _):
            state = .leaving(place, nil)
            return []
        case .restingToLeave(let place, _):
            state = .restingToLeave(place, nil)
            return []
        case .done: return []
        }
    }

    private mutating func leave(_ place: Place, _ status: GRPCStatus?) -> [RecipeEffect] {
        state = .leaving(place, status)
        return [.propose(.leave(place.key, createRevision: place.createRevision))]
    }

    private mutating func end(_ effect: RecipeEffect) -> [RecipeEffect] {
        state = .done
        return [effect]
    }
}

extension TxnResponse {
    /// What the first operation, a range, has read.
    fileprivate var firstKeyValue: KeyValue? {
        guard case .responseRange(let range)? = responses.first?.response else { return nil }
        return range.kvs.first
    }
}
