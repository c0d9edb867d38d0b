internal import Bytes
internal import KeyspaceModel

/// One call of Observe: who leads, whatever it proclaims, and who leads after it.
///
///     confirming → looking ─→ following (a leader's key)
///                     │ ↖───────┘ it is gone
///                     └→ awaiting (the first key) → following
struct ObserveRecipe {
    private enum State: Equatable {
        case idle
        case confirming
        case looking
        case awaiting
        case following
        case done
    }

    private let prefix: ByteSlice
    private var state = State.idle

    /// What was told last; not to be told twice when a watch had to begin anew.
    private var told: KeyValue?

    init(_ request: LeaderRequest) { prefix = RecipeKeys.prefix(of: request.name) }

    var isDone: Bool { state == .done }

    mutating func start() -> [RecipeEffect] {
        state = .confirming
        return [.confirm]
    }

    mutating func step(_ input: RecipeInput) -> [RecipeEffect] {
        switch input {
        case .readable: state == .confirming ? look() : []
        case .first(let leader, let revision):
            state == .looking ? found(leader, at: revision) : []
        case .happened(let events): take(events)
        case .watchEnded: state == .awaiting || state == .following ? look() : []
        case .refused(let status), .rejected(let status): end(.fail(status))
        case .queueTooLong, .watchRefused: end(.fail(.tooManyInQueue))
        case .cancelled: end(nil)
        case .granted, .applied, .queue, .retry: []
        }
    }

    private mutating func look() -> [RecipeEffect] {
        state = .looking
        return [.lookForFirst(prefix: prefix)]
    }

    private mutating func found(_ leader: KeyValue?, at revision: Int64) -> [RecipeEffect] {
        guard let leader else {
            state = .awaiting
            return [
                .watch(
                    WatchCreateRequest(
                        key: prefix,
                        rangeEnd: RecipeKeys.end(of: prefix),
                        startRevision: revision + 1,
                        filters: [.noDelete]
                    )
                )
            ]
        }
        return tell(leader, at: revision) + follow(leader.key, from: revision + 1)
    }

    private mutating func take(_ events: [Event]) -> [RecipeEffect] {
        switch state {
        case .awaiting:
            guard let leader = events.first(where: { $0.type == .put })?.kv else { return [] }
            // What came after it comes again with the watch of its key.
            let revision = leader.modRevision
            return tell(leader, at: revision) + follow(leader.key, from: revision + 1)
        case .following:
            var effects: [RecipeEffect] = []
            for event in events {
                guard event.type == .put, let leader = event.kv else { return effects + look() }
                effects += tell(leader, at: leader.modRevision)
            }
            return effects
        case .idle, .confirming, .looking, .done: return []
        }
    }

    private mutating func follow(_ key: ByteSlice, from revision: Int64) -> [RecipeEffect] {
        state = .following
        return [.watch(WatchCreateRequest(key: key, startRevision: revision))]
    }

    private mutating func tell(_ leader: KeyValue, at revision: Int64) -> [RecipeEffect] {
        guard told != leader else { return [] }
        told = leader
        return [.tell(leader, revision: revision)]
    }

    private mutating func end(_ effect: RecipeEffect?) -> [RecipeEffect] {
        guard state != .done else { return [] }
        state = .done
        return effect.map { [$0] } ?? []
    }
}
