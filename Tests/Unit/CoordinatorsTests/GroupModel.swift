import Bytes
import Model
import Testing

@testable import Coordinators

/// Clients of one group that do what clients do, and die, come back, and are slow; chance decides.
struct GroupModel {
    let test: TestCoordinator
    var random: SplitMix
    var clients: [Client]
    var violations: [String] = []
    var counts = Counts()

    /// The highest generation that this leader began.
    private var begun: Int32 = 0

    /// Who was given a partition, by generation.
    private var owners: [Int32: [Int: String]] = [:]
    private var lastStored: Int32 = 0
    private var nextOffset: Int64 = 1
    private var commits: [CoordinatorWaiter: (partition: Int32, offset: Int64)] = [:]

    /// Another node, which follows the log, perhaps from a snapshot.
    private var follower = CoordinatorState()
    private var followed = 0

    static let partitionCount = 12

    struct Counts {
        var generations = 0
        var commits = 0
        var refusedCommits = 0
        var leaders = 0
        var returns = 0
    }

    struct Client {
        let name: String
        let instance: ByteSlice?
        var member = ByteSlice.empty
        var topics = ["t"]
        var state = State.idle

        enum State {
            case idle
            case joining(CoordinatorWaiter)
            case joined(Int32, members: [ByteSlice])
            case syncing(CoordinatorWaiter, Int32)
            case stable(Int32)
        }
    }

    init(seed: UInt64, clients count: Int, _ change: (inout GroupSettings) -> Void = { _ in }) {
        random = SplitMix(seed: seed)
        test = TestCoordinator(delay: seed % 3 == 0 ? 3_000 : 0, change)
        clients = (0..<count).map { number in
            Client(name: "c\(number)", instance: number % 3 == 1 ? ByteSlice("i\(number)") : nil)
        }
    }

    mutating func rage(steps: Int) {
        for _ in 0..<steps where violations.isEmpty { step() }
    }

    private mutating func step() {
        switch random.next() % 100 {
        case 0..<60: act(Int(random.next() % UInt64(clients.count)))
        case 60..<68: test.passWithoutCommit(Int64(random.next() % 1_500))
        case 68..<88: settleProposals(Int(random.next() % 4), refusing: random.next() % 20 == 0)
        case 88..<93: commitOffset(Int(random.next() % UInt64(clients.count)))
        case 93..<95: die(Int(random.next() % UInt64(clients.count)))
        case 95: leave(Int(random.next() % UInt64(clients.count)))
        case 96:
            clients[Int(random.next() % UInt64(clients.count))].topics =
                [
                    ["t"], ["t", "u"], ["u"],
                ][Int(random.next() % 3)]
        case 97: if random.next() % 4 == 0 { changeLeader() }
        case 98: if random.next() % 4 == 0 { replaceFollower() }
        default: follow()
        }
        observe()
    }

    /// Everybody lives and is heard until the group has come to rest.
    mutating func calm() {
        for _ in 0..<400 where violations.isEmpty {
            for place in clients.indices { act(place) }
            settleProposals(.max, refusing: false)
            observe()
            test.passWithoutCommit(500)
        }
        follow()
        expect(follower == test.state, "two nodes of one log differ")
        let generations = clients.map { client -> Int32 in
            guard case .stable(let generation) = client.state else { return -1 }
            return generation
        }
        expect(Set(generations).count == 1 && generations[0] > 0, "no rest: \(generations)")
        expect(owners[generations[0]]?.count == Self.partitionCount, "partitions without owner")
        for waiter in 1...test.lastWaiter
        where test.answers[CoordinatorWaiter(waiter)] == nil {
            violations.append("\(waiter) was never answered")
        }
        checkOffsets()
    }
}

// What clients do.
extension GroupModel {
    private mutating func act(_ place: Int) {
        let client = clients[place]
        switch client.state {
        case .idle:
            var request = test.joinRequest(
                client.member,
                instance: client.instance,
                topics: client.topics,
                isSimple: client.instance != nil
            )
            request.rebalanceTimeout = 12_000
            if client.member.isEmpty, client.instance != nil { counts.returns += 1 }
            clients[place].state = .joining(test.ask(.join(request)))
        case .joining(let waiter):
            guard case .join(let answer) = test.answers[waiter] else { return }
            hear(answer, place)
        case .joined(let generation, let members):
            clients[place].state = .syncing(
                test.sync(client.member, generation, Self.assign(to: members)),
                generation
            )
        case .syncing(let waiter, let generation):
            guard case .sync(let answer) = test.answers[waiter] else { return }
            hear(answer, generation, place)
        case .stable(let generation):
            let waiter = test.ask(
                .heartbeat(identity(of: client, generation))
            )
            guard case .heartbeat(let error) = test.answers[waiter] else {
                return violations.append("a heartbeat without an answer")
            }
            if let error { follow(error, place) }
        }
    }

    private func identity(of client: Client, _ generation: Int32) -> MemberIdentity {
        TestCoordinator.identity(client.member, generation, instance: client.instance)
    }

    private mutating func hear(_ answer: JoinAnswer, _ place: Int) {
        clients[place].state = .idle
        if let error = answer.error {
            if error == .memberIDRequired { clients[place].member = answer.member }
            return follow(error, place)
        }
        let generation = answer.generation.number
        clients[place].member = answer.member
        clients[place].state =
            answer.skipsAssignment
            ? .joined(generation, members: [])
            : .joined(generation, members: answer.members.map(\.member))
    }

    private mutating func hear(_ answer: SyncAnswer, _ generation: Int32, _ place: Int) {
        if let error = answer.error { return follow(error, place) }
        clients[place].state = .stable(generation)
        for partition in answer.assignment.array.map(Int.init) {
            let name = clients[place].name
            let owner = owners[generation, default: [:]].updateValue(name, forKey: partition)
            expect(
                owner == nil || owner == name,
                "\(partition) is \(owner ?? "")'s and \(name)'s in generation \(generation)"
            )
        }
    }

    /// What clients do about errors.
    private mutating func follow(_ error: CoordinatorError, _ place: Int) {
        clients[place].state = .idle
        if error == .unknownMemberID || error == .fencedInstanceID {
            clients[place].member = .empty
        }
    }

    private mutating func die(_ place: Int) {
        clients[place].state = .idle
        clients[place].member = .empty
    }

    private mutating func leave(_ place: Int) {
        guard case .stable = clients[place].state else { return }
        let leaving = LeavingMember(
            member: clients[place].member,
            instance: clients[place].instance
        )
        _ = test.ask(.leave(group: "g", [leaving]))
        die(place)
    }

    /// Some commit for a generation that is over: it must be refused.
    private mutating func commitOffset(_ place: Int) {
        var generation: Int32
        switch clients[place].state {
        case .stable(let current), .joined(let current, _): generation = current
        case .idle, .joining, .syncing: return
        }
        if random.next() % 4 == 0 { generation -= 1 }
        let partition = Int32(random.next() % 4)
        let commit = OffsetCommit(
            place: TopicPartition(topic: "t", partition: partition),
            offset: Offset(nextOffset)
        )
        let identity = identity(of: clients[place], generation)
        let waiter = test.ask(
            .commitOffsets(CommitOffsetsRequest(identity: identity, commits: [commit]))
        )
        commits[waiter] = (partition, nextOffset)
        nextOffset += 1
        if test.answers[waiter] == nil {
            counts.commits += 1
            expect(generation >= begun, "a commit of \(generation) is taken in \(begun)")
        } else {
            counts.refusedCommits += 1
        }
    }

    /// The test's assignor: everything, evenly.
    private static func assign(to members: [ByteSlice]) -> [ByteSlice: ByteSlice] {
        var given: [ByteSlice: [UInt8]] = [:]
        for partition in 0..<partitionCount where !members.isEmpty {
            given[members[partition % members.count], default: []].append(UInt8(partition))
        }
        return given.mapValues { ByteSlice($0) }
    }
}

// What happens to the log, and what must hold of it.
extension GroupModel {
    private mutating func settleProposals(_ count: Int, refusing: Bool) {
        for _ in 0..<min(count, 1_000) where !test.proposals.isEmpty {
            let (command, ticket) = test.proposals.removeFirst()
            if refusing {
                test.take(test.coordinator.refused(ticket, now: test.now))
                // Nobody knows: it may be in the log all the same.
                if random.next() % 2 == 0 { apply(command) }
            } else {
                apply(command)
                test.take(test.coordinator.committed(ticket, now: test.now))
            }
        }
    }

    private mutating func apply(_ command: CoordinatorCommand) {
        test.apply(command)
        let stored = test.state.group("g")?.record?.generation.number ?? lastStored
        expect(stored >= lastStored, "generation \(stored) after \(lastStored)")
        lastStored = stored
    }

    private mutating func changeLeader() {
        counts.leaders += 1
        let survivors = test.proposals.prefix(Int(random.next() % 3)).map(\.command)
        for command in survivors { apply(command) }
        test.changeLeader()
        begun = lastStored
    }

    private mutating func follow() {
        for (bytes, time) in test.log[followed...] {
            do {
                follower.apply(try CoordinatorCommand(decoding: bytes), at: time)
            } catch {
                violations.append("a command does not decode: \(error)")
            }
        }
        followed = test.log.count
    }

    private mutating func replaceFollower() {
        var assembler = CoordinatorAssembler()
        do {
            for chunk in CoordinatorStateTests.chunks(of: test.state) {
                try assembler.receive(chunk)
            }
        } catch {
            violations.append("a snapshot does not decode: \(error)")
        }
        expect(assembler.state == test.state, "a snapshot is not what it was made from")
        follower = assembler.state ?? follower
        followed = test.log.count
    }

    private mutating func observe() {
        for (_, answer) in test.takeNews() {
            guard case .join(let joined) = answer, joined.error == nil else { continue }
            let generation = joined.generation.number
            if generation > begun { counts.generations += 1 }
            expect(generation >= begun, "generation \(generation) begins after \(begun)")
            begun = max(begun, generation)
        }
    }

    /// What was acknowledged is there, or something that was committed later.
    private mutating func checkOffsets() {
        for waiter in commits.keys.sorted() {
            guard case .commitOffsets(let results) = test.answers[waiter],
                results.allSatisfy({ $0.error == nil }), let commit = commits[waiter]
            else { continue }
            let place = TopicPartition(topic: "t", partition: commit.partition)
            let stored = test.state.group("g")?.offsets.offset(of: place)?.offset.number ?? -1
            expect(stored >= commit.offset, "\(commit) was acknowledged, there is \(stored)")
        }
    }

    private mutating func expect(_ holds: Bool, _ text: String) {
        if !holds { violations.append(text) }
    }
}

extension TestCoordinator {
    /// Answers that came since this was last asked, in the order of their waiters.
    func takeNews() -> [(CoordinatorWaiter, GroupAnswer)] {
        let fresh = news
        news = []
        return fresh
    }

    func passWithoutCommit(_ milliseconds: Int64) {
        let end = now + milliseconds
        var steps = 0
        while steps < 10_000, coordinator.nextDeadline <= end {
            steps += 1
            now = max(now, coordinator.nextDeadline)
            take(coordinator.passTime(state: state, now: now))
        }
        #expect(steps < 10_000, "it wants to be woken again and again")
        now = end
    }
}
