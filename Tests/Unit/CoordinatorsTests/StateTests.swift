import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct CoordinatorStateTests {
    static let place = TopicPartition(topic: "t", partition: 3)

    static let commands: [CoordinatorCommand] = [
        .commitOffsets(
            group: "g",
            [
                OffsetCommit(
                    place: place,
                    offset: Offset(1 << 40),
                    leaderEpoch: LeaderEpoch(4),
                    metadata: "note"
                ),
                OffsetCommit(
                    place: TopicPartition(topic: .empty, partition: -1),
                    offset: Offset(-1)
                ),
            ]
        ),
        .storeGroup("g", record(members: 3)),
        .storeGroup("h", record(members: 0)),
        .deleteOffsets(group: "g", [place]),
        .expireOffsets(group: "g", [place], retention: 7 * 86_400_000),
        .deleteGroups(["g", .empty]),
        .pendOffsets(
            group: "g",
            OffsetsInTransaction(
                producer: ProducerID(9),
                epoch: ProducerEpoch(2),
                commits: [OffsetCommit(place: place, offset: Offset(3), metadata: "pending")]
            )
        ),
        .endOffsets(
            group: "h",
            OffsetsMarker(producer: ProducerID(8), epoch: ProducerEpoch(1), isCommitted: true)
        ),
        .changeConsumers(group: "consumers", consumers), .takeProducers(count: 1_000),
        .storeTransaction("x", transaction),
        .forgetTransaction("x", retention: 5), .forgetProducers([ProducerID(8)], retention: 5),
        .advanceTime,
    ]

    static var consumers: ConsumerGroupChange {
        var member = ConsumerMember(id: "a")
        member.instance = "i"
        member.rack = "r"
        member.clientID = "client"
        member.rebalanceTimeout = 30_000
        member.subscription = ["t", "u"]
        member.assignor = "range"
        member.epoch = 4
        member.formerEpoch = 3
        member.assigned = [place]
        member.revoked = [place]
        member.target = [place, place]
        return ConsumerGroupChange(
            epoch: 5,
            assignmentEpoch: 4,
            topics: [CatalogTopic(name: "t", id: "T", partitionCount: 4)],
            changed: [member, ConsumerMember(id: "b")],
            removed: ["c"]
        )
    }

    static var transaction: TransactionRecord {
        var record = TransactionRecord(producer: ProducerID(9), timeout: 60_000)
        record.version = 1
        record.epoch = ProducerEpoch(2)
        record.formerProducer = ProducerID(7)
        record.formerEpoch = ProducerEpoch(1)
        record.nextProducer = ProducerID(10)
        record.phase = .prepareCommit
        record.raisesEpoch = true
        record.partitions = [place]
        record.groups = ["g"]
        record.startedAt = 1_700_000_000_000
        record.startTime = GroupTime(3)
        record.time = GroupTime(4)
        return record
    }

    static func record(members count: Int) -> GroupRecord {
        GroupRecord(
            protocolType: "consumer",
            generation: GroupGeneration(7),
            protocolName: count == 0 ? nil : "range",
            leader: count == 0 ? nil : "m0",
            members: (0..<count).map { number in
                GroupMemberRecord(
                    id: ByteSlice("m\(number)"),
                    instance: number == 1 ? "i1" : nil,
                    clientID: "client",
                    clientHost: "/127.0.0.1",
                    sessionTimeout: 45_000,
                    rebalanceTimeout: 300_000,
                    subscription: ByteSlice([UInt8](repeating: 7, count: 300)),
                    assignment: "a"
                )
            }
        )
    }

    @Test(arguments: commands)
    func aCommandComesBackFromItsBytes(_ command: CoordinatorCommand) throws {
        #expect(try CoordinatorCommand(decoding: command.bytes) == command)
    }

    @Test(arguments: commands)
    func aCommandThatIsCutShortIsRefused(_ command: CoordinatorCommand) {
        let bytes = command.bytes
        for count in 0..<bytes.count {
            #expect(throws: DecodeError.self) {
                try CoordinatorCommand(decoding: bytes[0..<count])
            }
        }
        var writer = ByteWriter()
        writer.slice(bytes)
        writer.byte(0)
        #expect(throws: DecodeError.self) { try CoordinatorCommand(decoding: writer.slice) }
    }

    /// Whatever the bytes say, they are a command or an error, and a command can be applied.
    @Test func garbageIsNoDanger() {
        var random = SplitMix(seed: 5)
        let filled = Self.filledState()
        var taken = 0
        for round in 0..<20_000 {
            var bytes = Self.commands[round % Self.commands.count].bytes.array
            for _ in 0...(round % 3) where !bytes.isEmpty {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 0xff)
            }
            guard let command = try? CoordinatorCommand(decoding: ByteSlice(bytes)) else {
                continue
            }
            taken += 1
            var state = filled
            state.apply(command, at: GroupTime(Int64(round)))
            _ = GroupCoordinator(term: Term(1), state: state, now: state.time)
            var transactions = TransactionCoordinator(term: Term(1), state: state, now: state.time)
            _ = transactions.passTime(state: state, now: state.time, wallTime: 0)
        }
        #expect(taken > 1_000)
    }

    @Test func aListThatPromisesMoreThanThereIsTakesNoMemory() {
        var writer = ByteWriter()
        writer.byte(3)
        writer.varint(1 << 60)
        #expect(throws: DecodeError.self) { try CoordinatorCommand(decoding: writer.slice) }
    }

    static func filledState() -> CoordinatorState {
        var state = CoordinatorState()
        for command in commands.prefix(3) { state.apply(command, at: GroupTime(5)) }
        for command in commands[6..<11] { state.apply(command, at: GroupTime(6)) }
        for partition in 0..<100 as Range<Int32> {
            let commit = OffsetCommit(
                place: TopicPartition(topic: ByteSlice("t\(partition % 7)"), partition: partition),
                offset: Offset(Int64(partition)),
                metadata: ByteSlice([UInt8](repeating: 1, count: 30_000 % 4_097))
            )
            state.apply(.commitOffsets(group: "many", [commit]), at: GroupTime(9))
        }
        return state
    }

    static func chunks(of state: CoordinatorState) -> [ByteSlice] {
        var chunks = CoordinatorChunks(state)
        var all: [ByteSlice] = []
        while let chunk = chunks.next() { all.append(chunk) }
        return all
    }

    @Test func aStateComesBackFromItsChunks() throws {
        let state = Self.filledState()
        var assembler = CoordinatorAssembler()
        #expect(assembler.state == nil)
        for chunk in Self.chunks(of: state) { try assembler.receive(chunk) }
        #expect(assembler.state == state)
        var empty = CoordinatorAssembler()
        for chunk in Self.chunks(of: CoordinatorState()) { try empty.receive(chunk) }
        #expect(empty.state == CoordinatorState())
    }

    @Test func aStateHasEverythingInItsChunks() {
        let state = Self.filledState()
        #expect(state.transactionCount == 1)
        #expect(state.producersTaken == 1_000)
        #expect(state.ended(ProducerID(8)) != nil)
        #expect(state.group("g")?.pendingProducers == [ProducerID(9)])
        #expect(state.groupCount == 4)
        #expect(Set(Self.chunks(of: state).map { $0[0] }) == [1, 2, 4, 5, 6, 7])
    }

    @Test func aLargeGroupIsCutIntoChunks() throws {
        var state = CoordinatorState()
        let note = ByteSlice([UInt8](repeating: 65, count: Limits.offsetMetadataBytesMax))
        for partition in 0..<1_000 as Range<Int32> {
            let place = TopicPartition(topic: "t", partition: partition)
            let commit = OffsetCommit(place: place, offset: Offset(1), metadata: note)
            state.apply(.commitOffsets(group: "g", [commit]), at: GroupTime(1))
        }
        let chunks = Self.chunks(of: state)
        #expect(chunks.count > 4)
        #expect(chunks.allSatisfy { $0.count < Limits.snapshotChunkBytesWanted + 8_192 })
        var assembler = CoordinatorAssembler()
        for chunk in chunks { try assembler.receive(chunk) }
        #expect(assembler.state == state)
    }

    @Test func chunksOutOfOrderAreRefused() throws {
        let chunks = Self.chunks(of: Self.filledState())
        var headless = CoordinatorAssembler()
        #expect(throws: DecodeError.self) { try headless.receive(chunks[1]) }
        var twice = CoordinatorAssembler()
        try twice.receive(chunks[0])
        #expect(throws: DecodeError.self) { try twice.receive(chunks[0]) }
        try twice.receive(chunks[3])
        #expect(throws: DecodeError.self) { try twice.receive(chunks[1]) }
    }

    @Test func chunksOfGarbageAreRefusedOrTaken() {
        var random = SplitMix(seed: 6)
        let chunks = Self.chunks(of: Self.filledState())
        for round in 0..<3_000 {
            var assembler = CoordinatorAssembler()
            for (place, chunk) in chunks.enumerated() {
                var bytes = chunk.array
                if place == round % chunks.count {
                    let at = Int(random.next() % UInt64(min(bytes.count, 200)))
                    bytes[at] = UInt8(random.next() & 0xff)
                }
                guard (try? assembler.receive(ByteSlice(bytes))) != nil else { break }
            }
            _ = assembler.state.map { GroupCoordinator(term: Term(1), state: $0, now: $0.time) }
        }
    }

    @Test func theTimeNeverGoesBack() {
        var state = CoordinatorState()
        state.apply(.advanceTime, at: GroupTime(7))
        state.apply(.advanceTime, at: GroupTime(5))
        #expect(state.time == GroupTime(7))
        #expect(state.applied == 2)
    }

    @Test func aCopyKeepsWhatItWas() {
        var state = Self.filledState()
        let copy = state
        state.apply(.deleteGroups(["g", "many"]), at: GroupTime(10))
        #expect(copy == Self.filledState())
        #expect(state.groupIDs == ["consumers", "h"])
    }

    @Test func deadlinesComeInOrder() {
        var queue = DeadlineQueue()
        var random = SplitMix(seed: 1)
        var times: [Int64] = []
        for _ in 0..<500 {
            let time = Int64(random.next() % 100)
            times.append(time)
            queue.insert(ByteSlice("g\(random.next() % 5)"), at: GroupTime(time))
        }
        #expect(queue.pop(at: GroupTime(-1)) == nil)
        var popped: [DeadlineQueue.Deadline] = []
        while let deadline = queue.pop(at: GroupTime(100)) { popped.append(deadline) }
        #expect(popped.map(\.time.number) == times.sorted())
        for (earlier, later) in zip(popped, popped.dropFirst()) {
            #expect(!later.isBefore(earlier))
        }
    }
}

/// SplitMix64: a test's chance, the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
