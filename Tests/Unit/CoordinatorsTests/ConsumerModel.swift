import Bytes
import Model
import Testing

@testable import Coordinators

/// Members of one group of the consumer protocol that come, go, are slow and die; chance decides.
struct ConsumerModel {
    let test: TestCoordinator
    var random: SplitMix
    var members: [Member] = []
    var violations: [String] = []
    var handovers = 0

    /// Commands of unknown fate that will be applied before any that follows.
    private var late: [CoordinatorCommand] = []
    private var lastMember = 0
    private var partitionCount: Int32 = 8
    private var version: UInt64 = 1

    struct Member {
        let id: ByteSlice
        var epoch: Int32 = 0

        /// What it consumes; it lets go before it says so.
        var owned: Set<TopicPartition> = []
        var waiter: CoordinatorWaiter?

        /// What it holds has changed since it last said so.
        var hasNews = true
    }

    init(seed: UInt64, _ change: (inout GroupSettings) -> Void = { _ in }) {
        random = SplitMix(seed: seed)
        test = TestCoordinator(delay: 0, change)
    }

    private mutating func chance(_ one: UInt64) -> Bool { random.next() % one == 0 }

    mutating func rage(steps: Int) {
        for _ in 0..<steps where violations.isEmpty {
            switch random.next() % 40 {
            case 0..<24 where !members.isEmpty: act(Int(random.next() % UInt64(members.count)))
            case 24..<34: settle(isRefusing: chance(40))
            case 34: test.passWithoutCommit(Int64(random.next() % 3_000))
            case 35 where members.count < 6: join()
            case 36 where chance(3): die()
            case 37 where chance(10): grow()
            case 38 where chance(6): changeLeader()
            default: continue
            }
            observe()
        }
    }

    /// Everybody lives until the group has come to rest.
    mutating func calm() {
        if members.isEmpty { join() }
        for _ in 0..<200 where violations.isEmpty {
            for place in members.indices { act(place) }
            while !test.proposals.isEmpty { settle(isRefusing: false) }
            observe()
            test.passWithoutCommit(1_000)
        }
        let all = members.flatMap(\.owned)
        expect(all.count == Int(partitionCount), "\(all.count) partitions have an owner")
        let counts = members.map(\.owned.count)
        expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "uneven: \(counts)")
        for waiter in 1...test.lastWaiter where test.answers[CoordinatorWaiter(waiter)] == nil {
            violations.append("\(waiter) was never answered")
        }
        expect(test.state.group("g")?.consumers?.members.count == members.count, "ghosts")
    }

    private mutating func observe() {
        var owners: [TopicPartition: ByteSlice] = [:]
        for member in members {
            for partition in member.owned {
                let other = owners.updateValue(member.id, forKey: partition)
                expect(other == nil, "\(partition.partition) is with two members")
            }
        }
    }

    private mutating func expect(_ holds: Bool, _ text: String) {
        if !holds { violations.append(text) }
    }
}

extension ConsumerModel {
    private mutating func join() {
        lastMember += 1
        members.append(Member(id: ByteSlice("m\(lastMember)")))
    }

    /// It is not heard any more; that it let go is known only when its session ends, as it is then.
    private mutating func die() {
        guard !members.isEmpty else { return }
        let member = members.remove(at: Int(random.next() % UInt64(members.count)))
        guard chance(2), member.epoch > 0 else { return }
        _ = test.ask(.consumerHeartbeat(request(member, epoch: ConsumerEpoch.leaving)))
    }

    private mutating func grow() {
        guard partitionCount < 16 else { return }
        partitionCount += 1
        version += 1
    }

    private func request(_ member: Member, epoch: Int32) -> ConsumerHeartbeatRequest {
        let isJoining = epoch == ConsumerEpoch.joining
        return ConsumerHeartbeatRequest(
            group: "g",
            member: member.id,
            epoch: epoch,
            rebalanceTimeout: isJoining ? 1_000_000 : -1,
            subscription: isJoining ? ["t"] : nil,
            owned: isJoining ? [] : member.hasNews ? member.owned.sorted() : nil,
            catalog: TopicCatalog(
                version: version,
                [CatalogTopic(name: "t", id: "T", partitionCount: partitionCount)]
            )
        )
    }

    private mutating func act(_ place: Int) {
        guard let waiter = members[place].waiter else {
            let member = members[place]
            members[place].waiter = test.ask(
                .consumerHeartbeat(request(member, epoch: member.epoch))
            )
            members[place].hasNews = false
            return
        }
        guard case .consumerHeartbeat(let answer) = test.answers[waiter] else { return }
        members[place].waiter = nil
        if let error = answer.error { return follow(error, place) }
        members[place].epoch = answer.epoch
        guard let assignment = answer.assignment else { return }
        let next = Set(assignment)
        if next != members[place].owned { handovers += 1 }
        members[place].owned = next
        members[place].hasNews = true
    }

    /// What clients do about errors.
    private mutating func follow(_ error: CoordinatorError, _ place: Int) {
        members[place].hasNews = true
        switch error {
        case .coordinatorNotAvailable, .notCoordinator: return
        default:
            members[place].owned = []
            members[place].epoch = ConsumerEpoch.joining
        }
    }

    private mutating func applyLate() {
        for command in late { test.apply(command) }
        late = []
    }

    private mutating func settle(isRefusing: Bool) {
        applyLate()
        guard !test.proposals.isEmpty else { return }
        let (command, ticket) = test.proposals.removeFirst()
        guard isRefusing else {
            test.apply(command)
            return test.take(test.coordinator.committed(ticket, now: test.now))
        }
        test.take(test.coordinator.refused(ticket, now: test.now))
        // Nobody knows: it may be in the log all the same, before whatever else is proposed.
        if chance(2) { late.append(command) }
    }

    private mutating func changeLeader() {
        applyLate()
        for _ in 0..<(random.next() % 3) where !test.proposals.isEmpty {
            test.apply(test.proposals.removeFirst().command)
        }
        test.changeLeader()
    }
}
