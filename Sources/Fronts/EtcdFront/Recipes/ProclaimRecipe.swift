internal import Bytes
internal import KeyspaceModel

/// One call of Proclaim: a new value for the key of one who leads.
///
/// The key is bound to the lease that the call names; to one of a session of its own if it names
/// none, as in etcd.
struct ProclaimRecipe {
    private enum State: Equatable {
        case idle
        case granting
        case proclaiming
        case done
    }

    private let leader: LeaderKey
    private let value: ByteSlice
    private var state = State.idle

    init(_ leader: LeaderKey, value: ByteSlice) {
        self.leader = leader
        self.value = value
    }

    var isDone: Bool { state == .done }

    mutating func start() -> [RecipeEffect] {
        guard leader.lease == 0 else { return proclaim(leader.lease) }
        state = .granting
        return [.grant(seconds: Limits.sessionSeconds)]
    }

    mutating func step(_ input: RecipeInput) -> [RecipeEffect] {
        switch input {
        case .granted(let lease): state == .granting ? proclaim(lease) : []
        case .applied(let response):
            if state == .proclaiming { end(outcome(response)) } else { [] }
        case .rejected(let status), .refused(let status): end(.fail(status))
        case .cancelled: end(nil)
        case .readable, .queue, .first, .queueTooLong, .happened, .watchEnded, .watchRefused,
            .retry:
            []
        }
    }

    private mutating func proclaim(_ lease: Int64) -> [RecipeEffect] {
        state = .proclaiming
        return [
            .propose(
                .proclaim(leader.key, createRevision: leader.rev, value: value, lease: lease)
            )
        ]
    }

    private func outcome(_ response: TxnResponse) -> RecipeEffect {
        response.succeeded
            ? .answer(.proclaim(revision: response.header?.revision ?? 0)) : .fail(.notLeader)
    }

    private mutating func end(_ effect: RecipeEffect?) -> [RecipeEffect] {
        guard state != .done else { return [] }
        state = .done
        return effect.map { [$0] } ?? []
    }
}
