internal import Checkers
internal import KeyspaceModel

/// The leases of one client.
///
/// Some clients live by short leases and renew each at the last moment. They are told when that is:
/// else they would seldom meet the one at which a leader proposes that a lease ends, though its
/// renewal is in the log already.
struct Lessee {
    let usesLeases: Bool
    private let isDaring: Bool
    private let place: Int
    private var random: SeededGenerator
    private var leases: [Int64] = []
    private var leaseCount: Int64 = 0

    /// The leases to keep alive at the last moment.
    private var brinks: [Brink] = []

    private struct Brink {
        var lease: Int64

        /// The end that was promised, or else the moment that was aimed at.
        var time: UInt64
        var isAimedAt = false
    }

    /// The lease that was just renewed, so that it must be there.
    private var renewed: Int64?

    enum Request {
        case grant(LeaseGrantRequest)
        case revoke(LeaseRevokeRequest)
        case keepAlive(LeaseKeepAliveRequest)

        /// A put with this lease.
        case put(Int64)
    }

    init(place: Int, options: SimulationOptions) {
        self.place = place
        var random = SeededGenerator(seed: options.seed, subsystem: "lessee", number: place)
        usesLeases = options.has(.leases)
        isDaring = usesLeases && random.happens(permille: 500)
        self.random = random
    }

    /// Aims at the moments at which leases really end; they may be some time after the promised ones.
    mutating func aim(at now: UInt64, _ moment: (_ lease: Int64) -> UInt64) {
        for place in brinks.indices where brinks[place].time <= now && !brinks[place].isAimedAt {
            brinks[place].time = moment(brinks[place].lease)
            brinks[place].isAimedAt = true
        }
    }

    /// What cannot wait.
    mutating func pressing(at now: UInt64) -> LeaseKeepAliveRequest? {
        guard let place = brinks.firstIndex(where: { now >= $0.time }) else { return nil }
        return LeaseKeepAliveRequest(id: brinks.remove(at: place).lease)
    }

    /// When the next renewal is due.
    var nextBrink: UInt64? { brinks.map(\.time).min() }

    /// The lease that was granted last; zero if there is none.
    var newest: Int64 { leases.last ?? 0 }

    mutating func takeRenewed() -> Int64? {
        defer { renewed = nil }
        return renewed
    }

    /// Whoever lives by leases sees to it that there are some.
    mutating func neededGrant() -> LeaseGrantRequest? {
        isDaring && leases.count < 6 ? grant() : nil
    }

    private mutating func grant() -> LeaseGrantRequest {
        leaseCount += 1
        return LeaseGrantRequest(
            ttl: Int64(random.between(1...(isDaring ? 2 : 8))),
            id: Int64(place + 1) * 1_000_000 + leaseCount
        )
    }

    mutating func anyOperation() -> Request {
        let choice = random.below(16)
        guard let lease = leases.last, choice >= 3 else { return .grant(grant()) }
        if isDaring { return .put(random.pick(leases)) }
        if choice >= 14 { return .revoke(LeaseRevokeRequest(id: lease)) }
        if choice >= 10 { return .keepAlive(LeaseKeepAliveRequest(id: lease)) }
        return .put(random.pick(leases))
    }

    mutating func learn(
        _ request: OperationRequest,
        _ outcome: OperationOutcome,
        invoked: UInt64
    ) {
        switch (request, outcome) {
        case (.leaseGrant(let request), .succeeded(.leaseGrant(let response), _)):
            leases.append(request.id)
            noteBrink(request.id, response.ttl, from: invoked)
        case (.leaseKeepAlive(let request), .succeeded(.leaseKeepAlive(let response), _)):
            if response.ttl > 0 { renewed = request.id } else { forget(request.id) }
            noteBrink(request.id, response.ttl, from: invoked)
        case (.leaseRevoke(let request), _): forget(request.id)
        case (.put(let request), .rejected(.leaseNotFound, _)):
            forget(request.lease)
        case (.txn(let request), .rejected(.leaseNotFound, _)):
            for operation in request.success {
                if case .requestPut(let put)? = operation.request { forget(put.lease) }
            }
        default: return
        }
    }

    private mutating func forget(_ lease: Int64) {
        leases.removeAll { $0 == lease }
        brinks.removeAll { $0.lease == lease }
    }

    /// The lease ends so many seconds after somebody took the call.
    private mutating func noteBrink(_ lease: Int64, _ seconds: Int64, from invoked: UInt64) {
        guard seconds > 0, isDaring || random.happens(permille: 500) else { return }
        brinks.removeAll { $0.lease == lease }
        brinks.append(
            Brink(lease: lease, time: invoked + UInt64(seconds) * 1_000_000_000 * 9 / 10)
        )
    }
}
