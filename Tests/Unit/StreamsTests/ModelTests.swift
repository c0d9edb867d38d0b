import Bytes
import Model
import Streams
import Testing

/// The partition against the naive one, whatever is done to both.
struct ModelTests {
    @Test(arguments: 0..<24)
    func thePartitionAgreesWithAnArrayOfAllThatHappened(seed: Int) {
        var comparison = ModelComparison(seed: seed)
        #expect(comparison.firstDifference(steps: 300) == nil)
    }

    #if MARTLET_MUTANTS
    @Test(arguments: PartitionMutant.allCases)
    func everyPlantedBugIsFound(mutant: PartitionMutant) {
        let differences = (0..<24).lazy.compactMap { seed in
            var comparison = ModelComparison(seed: seed)
            comparison.partition.mutant = mutant
            return comparison.firstDifference(steps: 300)
        }
        #expect(differences.first != nil)
    }
    #endif
}

struct ModelComparison {
    var partition = Partition()
    private var naive = NaivePartition()
    private var random: SeededRandom
    private var time: Int64 = 0
    private var leaderEpoch: Int32 = 1

    /// What each producer believes of itself.
    private var clients = (0..<4 as Range<Int64>).map { Client(id: $0 + 10) }

    private struct Client {
        var id: Int64
        var epoch: Int16 = 0
        var next: Int64 = 0
        var coordinator: Int32 = 0
        var sent: [NaivePartition.Event] = []
    }

    init(seed: Int) {
        random = SeededRandom(seed: seed)
        // Some begin shortly before the end of the sequences.
        for index in clients.indices where chance(2) {
            clients[index].next = 0x7fff_ffff - pick(20)
        }
    }

    private mutating func pick(_ bound: Int64) -> Int64 {
        Int64.random(in: 0..<bound, using: &random)
    }
    private mutating func chance(_ one: Int64) -> Bool { pick(one) == 0 }

    mutating func firstDifference(steps: Int) -> String? {
        for step in 0..<steps {
            if chance(3) { time += pick(chance(20) ? 90_000_000 : 2_000) }
            if chance(40) { leaderEpoch += Int32(1 + pick(3)) }
            if let difference = stepDifference() ?? stateDifference() ?? readDifference() {
                return "step \(step): \(difference)"
            }
            if step % 60 == 59, let difference = reload() { return "step \(step): \(difference)" }
        }
        return nil
    }

    private mutating func stepDifference() -> String? {
        switch pick(20) {
        case 0..<3: return append(event(of: nil))
        case 3..<11: return append(nextOfProducer())
        case 11..<13: return sendAgain()
        case 13: return append(strange())
        case 14..<18: return endTransaction()
        case 18: return guarded()
        default: return chance(3) ? deleteRecords() : append(event(of: nil))
        }
    }

    // What is done

    private mutating func event(
        of client: Int?,
        isTransactional: Bool = false
    ) -> NaivePartition.Event {
        let count = 1 + pick(4)
        var event = NaivePartition.Event(
            offset: 0,
            count: count,
            leaderEpoch: leaderEpoch,
            time: time
        )
        event.timestamps = (0..<count).map { _ in pick(1_000) }
        event.isTransactional = isTransactional
        guard let client else { return event }
        event.producer = clients[client].id
        event.epoch = clients[client].epoch
        event.sequence = clients[client].next
        return event
    }

    private mutating func nextOfProducer() -> NaivePartition.Event {
        let client = Int(pick(Int64(clients.count)))
        if chance(15) {
            clients[client].epoch += 1
            clients[client].next = 0
        }
        // Producers 10 and 11 are transactional, and once in a while forget to say so.
        let event = event(of: client, isTransactional: client < 2 && !chance(10))
        clients[client].sent.append(event)
        clients[client].next = (event.lastSequence + 1) & 0x7fff_ffff
        return event
    }

    private mutating func sendAgain() -> String? {
        let client = Int(pick(Int64(clients.count)))
        guard let event = clients[client].sent.suffix(8).randomElement(using: &random) else {
            return nil
        }
        return append(event)
    }

    /// A gap, an overlap, or a batch of another epoch.
    private mutating func strange() -> NaivePartition.Event {
        let client = Int(pick(Int64(clients.count)))
        var event = event(of: client, isTransactional: client < 2)
        event.sequence = (event.sequence + pick(7) - 3) & 0x7fff_ffff
        if chance(2) { event.epoch = max(0, event.epoch + Int16(pick(3)) - 1) }
        return event
    }

    private mutating func append(
        _ event: NaivePartition.Event,
        guardedBy marker: Int64?? = nil
    ) -> String? {
        var event = event
        event.leaderEpoch = leaderEpoch
        event.bytes = bytes(of: event)
        let expected = naive.append(event, at: time, guardedBy: marker)
        let result: Result<Int64, PartitionRefusal>
        if let marker {
            let command = PartitionCommand.appendGuarded(
                batch: event.bytes,
                lastMarker: marker.map { Offset($0) }
            )
            result = partition.apply(command, epoch: LeaderEpoch(leaderEpoch), at: GroupTime(time))
                .map {
                    guard case .appended(let appended) = $0 else { return -1 }
                    return appended.baseOffset.number
                }
        } else {
            result = partition.append(
                event.bytes,
                epoch: LeaderEpoch(leaderEpoch),
                at: GroupTime(time)
            )
            .map(\.baseOffset.number)
        }
        resynchronize(event, result)
        return result == expected ? nil : "\(event): \(result), not \(expected)"
    }

    /// A producer that is refused begins a new life, as clients do.
    private mutating func resynchronize(
        _ event: NaivePartition.Event,
        _ result: Result<Int64, PartitionRefusal>
    ) {
        guard case .failure = result, chance(2),
            let client = clients.firstIndex(where: { $0.id == event.producer })
        else { return }
        clients[client].epoch = max(clients[client].epoch, naive.epoch(of: event.producer) ?? 0) + 1
        clients[client].next = 0
    }

    private func bytes(of event: NaivePartition.Event) -> ByteSlice {
        var builder = BatchBuilder(
            attributes: BatchAttributes(isTransactional: event.isTransactional),
            producerID: ProducerID(event.producer),
            producerEpoch: ProducerEpoch(event.epoch),
            baseSequence: Int32(event.sequence)
        )
        for timestamp in event.timestamps {
            builder.add(key: nil, value: "v", timestamp: timestamp)
        }
        return builder.batch
    }

    private mutating func endTransaction() -> String? {
        let client = Int(pick(2))
        if chance(8) { clients[client].coordinator += 1 }
        let isEpochOwn = chance(2)
        if isEpochOwn && !chance(4) {
            clients[client].epoch += 1
            clients[client].next = 0
        }
        let marker = TransactionMarker(
            producerID: ProducerID(clients[client].id),
            producerEpoch: ProducerEpoch(max(0, clients[client].epoch - (chance(10) ? 1 : 0))),
            verdict: chance(2) ? .commit : .abort,
            coordinatorEpoch: max(0, clients[client].coordinator - (chance(10) ? 1 : 0)),
            timestamp: pick(1_000),
            isEpochOwn: isEpochOwn
        )
        let expected = naive.write(marker, leaderEpoch: leaderEpoch, at: time)
        let result = partition.write(marker, epoch: LeaderEpoch(leaderEpoch), at: GroupTime(time))
            .map(\.offset.number)
        return result == expected ? nil : "\(marker): \(result), not \(expected)"
    }

    private mutating func guarded() -> String? {
        let client = Int(pick(2))
        let last = partition.producer(ProducerID(clients[client].id))?.lastMarker?.offset.number
        let event = event(of: client, isTransactional: true)
        return append(event, guardedBy: chance(2) ? .some(last) : .some(pick(50)))
    }

    private mutating func deleteRecords() -> String? {
        let offset = chance(20) ? -1 : naive.logStart + pick(40) - 5
        let expected = naive.deleteRecords(before: offset, at: time)
        let result = try? partition.deleteRecords(before: Offset(offset), at: GroupTime(time)).get()
        return result?.number == expected
            ? nil : "delete before \(offset): \(String(describing: result))"
    }

    private mutating func reload() -> String? {
        let chunks = SnapshotTests.chunks(of: partition)
        guard var back = try? SnapshotTests.assembled(chunks) else { return "no snapshot" }
        #if MARTLET_MUTANTS
        back.mutant = partition.mutant
        #endif
        swap(&partition, &back)
        back = partition
        return SnapshotTests.chunks(of: back) == chunks ? nil : "another snapshot"
    }

    // What is compared

    private func stateDifference() -> String? {
        let state = [partition.logStartOffset, partition.lastStableOffset, partition.highWatermark]
        let expected = [naive.logStart, naive.lastStable, naive.highWatermark]
        guard state.map(\.number) == expected else { return "\(state), not \(expected)" }
        let producers = partition.activeProducers.map {
            [
                $0.id.number, Int64($0.epoch.number), Int64($0.lastSequence),
                $0.transactionStart?.number ?? -1,
            ]
        }
        let known = naive.knownProducers.map {
            [
                $0, Int64(naive.epoch(of: $0) ?? -1), naive.lastSequence(of: $0),
                naive.transactionStart(of: $0) ?? -1,
            ]
        }
        guard producers == known else { return "producers \(producers), not \(known)" }
        let open = partition.openTransactions.map(\.firstOffset.number)
        return open == naive.openStarts ? nil : "open \(open), not \(naive.openStarts)"
    }

    private mutating func readDifference() -> String? {
        let isolation: Isolation = chance(2) ? .readCommitted : .readUncommitted
        let offset = naive.logStart + pick(naive.highWatermark - naive.logStart + 1)
        let bytesMax = Int(pick(2_000))
        guard
            let read = try? partition.read(
                from: Offset(offset),
                bytesMax: bytesMax,
                isolation: isolation
            )
        else { return "nothing read from \(offset)" }
        // A marker has 78 bytes.
        let size = { (event: NaivePartition.Event) in event.verdict == nil ? event.bytes.count : 78
        }
        let expected = naive.read(from: offset, bytesMax: bytesMax, sizes: size, isolation)
        guard read.batches.map(\.baseOffset.number) == expected.map(\.offset),
            read.batches.map(\.leaderEpoch.number) == expected.map(\.leaderEpoch),
            read.batches.map(\.byteCount) == expected.map(size)
        else { return "read \(read.batches.map(\.baseOffset)), not \(expected.map(\.offset))" }
        for (batch, event) in zip(read.batches, expected) where event.verdict == nil {
            guard batch.unstamped == event.bytes[16..<event.bytes.count] else {
                return "other bytes"
            }
        }
        if isolation == .readCommitted {
            let aborted = read.abortedTransactions.map {
                [$0.producerID.number, $0.firstOffset.number, $0.lastOffset.number]
            }
            let known = expected.last.map { naive.aborted(in: offset..<$0.end) } ?? []
            guard aborted == known else { return "aborted \(aborted), not \(known)" }
        }
        return offsetDifference(isolation) ?? epochDifference()
    }

    private mutating func offsetDifference(_ isolation: Isolation) -> String? {
        let records = naive.records(for: isolation)
        for query in [.earliest, .latest, .maxTimestamp, .timestamp(pick(1_100))] as [OffsetQuery] {
            let answer = partition.offset(for: query, isolation: isolation)
            var found: [Int64]?
            if case .found(let place) = answer { found = [place.offset.number, place.timestamp] }
            let expected = naive.offset(for: query, in: records, isolation)
            guard found == expected else {
                return "\(query): \(answer), not \(String(describing: expected))"
            }
        }
        return nil
    }

    private mutating func epochDifference() -> String? {
        let epoch = Int32(pick(Int64(leaderEpoch) + 3))
        let end = partition.end(of: LeaderEpoch(epoch), current: LeaderEpoch(leaderEpoch))
            .map { [Int64($0.epoch.number), $0.offset.number] }
        let expected = naive.end(of: epoch, current: leaderEpoch)
        return end == expected
            ? nil
            : "epoch \(epoch): \(String(describing: end)), not \(String(describing: expected))"
    }
}
