import Bytes
import Model
import Testing

@testable import Coordinators

/// A coordinator with its state and a log, in one place; what is proposed waits until it is applied.
final class TestCoordinator {
    var state = CoordinatorState()
    var coordinator: GroupCoordinator
    var now = GroupTime(1_000)
    var answers: [CoordinatorWaiter: GroupAnswer] = [:]
    var proposals: [(command: CoordinatorCommand, ticket: CoordinatorTicket)] = []
    var log: [(bytes: ByteSlice, time: GroupTime)] = []
    var news: [(CoordinatorWaiter, GroupAnswer)] = []
    var lastWaiter: UInt64 = 0
    var lastMember = 0
    var term = Term(1)
    let settings: GroupSettings

    /// Groups begin at once unless a test is about their delay.
    init(delay: Int64 = 0, _ change: (inout GroupSettings) -> Void = { _ in }) {
        var settings = GroupSettings()
        settings.initialRebalanceDelay = delay
        change(&settings)
        self.settings = settings
        coordinator = GroupCoordinator(settings: settings, term: term, state: state, now: now)
    }

    @discardableResult
    func ask(_ request: GroupRequest) -> CoordinatorWaiter {
        lastWaiter += 1
        let waiter = CoordinatorWaiter(lastWaiter)
        take(coordinator.receive(request, from: waiter, state: state, now: now))
        return waiter
    }

    func take(_ effects: [CoordinatorEffect]) {
        for effect in effects {
            switch effect {
            case .answer(let waiter, let answer):
                #expect(answers[waiter] == nil, "\(waiter) is answered twice")
                answers[waiter] = answer
                news.append((waiter, answer))
            case .propose(let command, let ticket): proposals.append((command, ticket))
            }
        }
    }

    /// Commits all that was proposed, and what follows from it.
    func commit() {
        while !proposals.isEmpty {
            let (command, ticket) = proposals.removeFirst()
            apply(command)
            take(coordinator.committed(ticket, now: now))
        }
    }

    func apply(_ command: CoordinatorCommand) {
        let bytes = command.bytes
        log.append((bytes, now))
        do {
            let decoded = try CoordinatorCommand(decoding: bytes)
            #expect(decoded == command)
            state.apply(decoded, at: now)
        } catch {
            Issue.record("\(command) does not decode: \(error)")
        }
    }

    func refuse() {
        while !proposals.isEmpty {
            take(coordinator.refused(proposals.removeFirst().ticket, now: now))
        }
    }

    /// Time passes, in steps of what the coordinator asks for.
    func pass(_ milliseconds: Int64) {
        let end = now + milliseconds
        var steps = 0
        while steps < 100_000, coordinator.nextDeadline <= end {
            steps += 1
            now = max(now, coordinator.nextDeadline)
            take(coordinator.passTime(state: state, now: now))
            commit()
        }
        #expect(steps < 100_000, "it wants to be woken again and again")
        now = end
    }

    /// Another node leads: what was not committed is lost, and nobody waits any more.
    func changeLeader() {
        take(coordinator.resign())
        proposals = []
        term = term.next
        coordinator = GroupCoordinator(settings: settings, term: term, state: state, now: now)
    }
}

// What clients say, briefly.
extension TestCoordinator {
    static let group: ByteSlice = "g"

    func joinRequest(
        _ member: ByteSlice = .empty,
        instance: ByteSlice? = nil,
        protocols: [String] = ["range"],
        topics: [String] = ["t"],
        isSimple: Bool = true
    ) -> JoinRequest {
        lastMember += 1
        return JoinRequest(
            group: Self.group,
            member: member,
            newMember: ByteSlice("m\(lastMember)"),
            instance: instance,
            clientID: "client",
            clientHost: "/127.0.0.1",
            sessionTimeout: 10_000,
            rebalanceTimeout: 60_000,
            protocolType: "consumer",
            protocols: protocols.map {
                JoinProtocol(name: ByteSlice($0), metadata: Self.subscription(topics))
            },
            mustKnowItsID: !isSimple
        )
    }

    static func subscription(_ topics: [String], owned: String = "") -> ByteSlice {
        var writer = ByteWriter()
        writer.integer(Int16(1).bigEndian)
        writer.integer(Int32(topics.count).bigEndian)
        for topic in topics {
            writer.integer(Int16(topic.utf8.count).bigEndian)
            writer.slice(ByteSlice(topic))
        }
        writer.slice(ByteSlice(owned))
        return writer.slice
    }

    /// Joins without the second step, as old clients do; the answer may still have to come.
    func join(
        _ member: ByteSlice = .empty,
        instance: ByteSlice? = nil,
        protocols: [String] = ["range"],
        topics: [String] = ["t"]
    ) -> CoordinatorWaiter {
        let request = joinRequest(member, instance: instance, protocols: protocols, topics: topics)
        return ask(.join(request))
    }

    func joined(
        _ waiter: CoordinatorWaiter,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> JoinAnswer {
        let answer = try #require(answers[waiter], sourceLocation: sourceLocation)
        guard case .join(let joined) = answer else { throw Mismatch(answer: answer) }
        return joined
    }

    struct Mismatch: Error {
        let answer: GroupAnswer
    }

    static func identity(
        _ member: ByteSlice,
        _ generation: Int32,
        instance: ByteSlice? = nil
    ) -> MemberIdentity {
        MemberIdentity(
            group: group,
            member: member,
            instance: instance,
            generation: GroupGeneration(generation)
        )
    }

    func sync(
        _ member: ByteSlice,
        _ generation: Int32,
        _ assignments: [ByteSlice: ByteSlice] = [:]
    ) -> CoordinatorWaiter {
        let given = assignments.sorted { $0.key < $1.key }
        return ask(
            .sync(
                SyncRequest(
                    identity: Self.identity(member, generation),
                    protocolType: "consumer",
                    assignments: given.map {
                        MemberAssignment(member: $0.key, assignment: $0.value)
                    }
                )
            )
        )
    }

    func synced(
        _ waiter: CoordinatorWaiter,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> SyncAnswer {
        let answer = try #require(answers[waiter], sourceLocation: sourceLocation)
        guard case .sync(let synced) = answer else { throw Mismatch(answer: answer) }
        return synced
    }

    /// Nil is good.
    func heartbeat(_ member: ByteSlice, _ generation: Int32) -> CoordinatorError? {
        let waiter = ask(.heartbeat(Self.identity(member, generation)))
        guard case .heartbeat(let error) = answers[waiter] else {
            Issue.record("a heartbeat without an answer")
            return nil
        }
        return error
    }

    func commitOffset(
        _ offset: Int64,
        by member: ByteSlice = .empty,
        _ generation: Int32 = -1,
        partition: Int32 = 0,
        metadata: ByteSlice = "note"
    ) -> CoordinatorWaiter {
        let commit = OffsetCommit(
            place: TopicPartition(topic: "t", partition: partition),
            offset: Offset(offset),
            leaderEpoch: LeaderEpoch(7),
            metadata: metadata
        )
        return ask(
            .commitOffsets(
                CommitOffsetsRequest(
                    identity: Self.identity(member, generation),
                    commits: [commit]
                )
            )
        )
    }

    /// The error of a commit of one partition; nil is good.
    func committed(
        _ waiter: CoordinatorWaiter,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CoordinatorError? {
        let answer = try #require(answers[waiter], sourceLocation: sourceLocation)
        guard case .commitOffsets(let results) = answer else { throw Mismatch(answer: answer) }
        return try #require(results.first).error
    }

    func fetchOffset(_ partition: Int32 = 0) throws -> FetchedOffset {
        let place = TopicPartition(topic: "t", partition: partition)
        let waiter = ask(.fetchOffsets(FetchOffsetsRequest(group: Self.group, places: [place])))
        guard case .fetchOffsets(nil, let offsets) = answers[waiter] else {
            throw Mismatch(answer: try #require(answers[waiter]))
        }
        return try #require(offsets.first)
    }

    func describe(_ group: ByteSlice = group) throws -> GroupDescription {
        let waiter = ask(.describe(group: group))
        guard case .describe(let description) = answers[waiter] else {
            throw Mismatch(answer: try #require(answers[waiter]))
        }
        return description
    }

    /// A group with these members, stable; each has its own ID as its assignment.
    func stableGroup(_ count: Int) throws -> [ByteSlice] {
        var members: [ByteSlice] = []
        let first = join()
        members.append(try joined(first).member)
        for _ in 1..<count {
            let newcomer = join()
            let others = members.map { join($0) }
            for waiter in others { _ = try joined(waiter) }
            members.append(try joined(newcomer).member)
        }
        let generation = Int32(count)
        var waiters: [CoordinatorWaiter] = []
        let assignments = Dictionary(uniqueKeysWithValues: members.map { ($0, $0) })
        for member in members {
            waiters.append(sync(member, generation, member == members[0] ? assignments : [:]))
        }
        commit()
        for (member, waiter) in zip(members, waiters) {
            #expect(try synced(waiter).assignment == member)
        }
        return members
    }
}
