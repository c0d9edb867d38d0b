import Bytes
import Model
import Streams

/// A partition that keeps everything that ever happened in one array, and finds every answer by
/// looking at all of it.
struct NaivePartition {
    struct Event {
        var offset: Int64
        var count: Int64 = 1
        var leaderEpoch: Int32
        var bytes: ByteSlice = .empty
        var timestamps: [Int64] = []
        var producer: Int64 = -1
        var epoch: Int16 = -1
        var sequence: Int64 = -1
        var isTransactional = false
        var verdict: TransactionVerdict?

        /// Where the transaction began that this marker ends.
        var began: Int64?
        var coordinator: Int32 = -1
        var time: Int64

        var end: Int64 { offset + count }
        var lastSequence: Int64 { (sequence + count - 1) & 0x7fff_ffff }
    }

    var events: [Event] = []
    var logStart: Int64 = 0
    var time: Int64 = 0
    private var nextSweep: Int64 = 0

    /// What each producer did since it was last forgotten.
    private var histories: [Int64: [Event]] = [:]

    var highWatermark: Int64 { events.last?.end ?? 0 }

    private func history(of producer: Int64) -> [Event] { histories[producer] ?? [] }

    private mutating func note(_ event: Event) {
        events.append(event)
        if event.producer >= 0 { histories[event.producer, default: []].append(event) }
    }

    mutating func advance(to time: Int64) {
        self.time = max(self.time, time)
        guard self.time >= nextSweep else { return }
        nextSweep = self.time + 600_000
        for producer in Array(histories.keys) {
            guard let last = history(of: producer).last, last.time <= self.time - 86_400_000,
                transactionStart(of: producer) == nil
            else { continue }
            histories[producer] = nil
        }
    }

    func epoch(of producer: Int64) -> Int16? { history(of: producer).map(\.epoch).max() }

    func transactionStart(of producer: Int64) -> Int64? {
        let history = history(of: producer)
        let since = history.lastIndex { $0.verdict != nil }.map { $0 + 1 } ?? 0
        return history[since...].first { $0.isTransactional }?.offset
    }

    func lastSequence(of producer: Int64) -> Int64 {
        let epoch = epoch(of: producer)
        return history(of: producer).last { $0.verdict == nil && $0.epoch == epoch }?.lastSequence
            ?? -1
    }

    var knownProducers: [Int64] { histories.keys.sorted() }

    var openStarts: [Int64] { knownProducers.compactMap { transactionStart(of: $0) }.sorted() }

    var lastStable: Int64 { max(logStart, openStarts.first ?? highWatermark) }

    /// First offset and whether it was there before.
    mutating func append(
        _ event: Event,
        at time: Int64,
        guardedBy marker: Int64?? = nil
    ) -> Result<Int64, PartitionRefusal> {
        advance(to: time)
        var event = event
        event.offset = highWatermark
        event.time = self.time
        guard event.producer >= 0 else {
            note(event)
            return .success(event.offset)
        }
        let history = history(of: event.producer)
        if let epoch = epoch(of: event.producer) {
            guard event.epoch >= epoch else {
                return .failure(.producerFenced(current: ProducerEpoch(epoch)))
            }
            let batches = history.filter { $0.verdict == nil && $0.epoch == event.epoch }
            let kept = batches.suffix(5)
            if let same = kept.first(where: {
                $0.sequence == event.sequence && $0.count == event.count
            }) {
                return .success(same.offset)
            }
            let expected = batches.last.map { ($0.lastSequence + 1) & 0x7fff_ffff } ?? 0
            if event.sequence != expected {
                let behind = (expected - 1 - event.lastSequence) & 0x7fff_ffff
                let wasThere = !batches.isEmpty && behind < 0x3fff_ffff
                return .failure(
                    wasThere ? .duplicateSequence : .outOfOrderSequence(expected: Int32(expected))
                )
            }
        }
        let open = transactionStart(of: event.producer)
        guard open == nil || event.isTransactional else { return .failure(.transactionExpected) }
        if let marker, open == nil, history.last(where: { $0.verdict != nil })?.offset != marker {
            return .failure(.transactionEnded)
        }
        note(event)
        return .success(event.offset)
    }

    mutating func write(
        _ marker: TransactionMarker,
        leaderEpoch: Int32,
        at time: Int64
    ) -> Result<Int64, PartitionRefusal> {
        advance(to: time)
        let producer = marker.producerID.number
        let history = history(of: producer)
        let coordinator = history.map(\.coordinator).max() ?? -1
        guard marker.coordinatorEpoch >= coordinator else {
            return .failure(.coordinatorFenced(current: coordinator))
        }
        if let epoch = epoch(of: producer), marker.producerEpoch.number < epoch {
            return .failure(.producerFenced(current: ProducerEpoch(epoch)))
        }
        if let last = history.last(where: { $0.verdict != nil }),
            last.epoch == marker.producerEpoch.number,
            marker.isEpochOwn || transactionStart(of: producer) == nil
        {
            return .success(last.offset)
        }
        note(
            Event(
                offset: highWatermark,
                leaderEpoch: leaderEpoch,
                timestamps: [marker.timestamp],
                producer: producer,
                epoch: marker.producerEpoch.number,
                isTransactional: true,
                verdict: marker.verdict,
                began: transactionStart(of: producer),
                coordinator: marker.coordinatorEpoch,
                time: self.time
            )
        )
        return .success(highWatermark - 1)
    }

    mutating func deleteRecords(before offset: Int64, at time: Int64) -> Int64? {
        advance(to: time)
        let target = offset == -1 ? highWatermark : offset
        guard (0...highWatermark).contains(target) else { return nil }
        logStart = max(logStart, target)
        return logStart
    }

    func end(for isolation: Isolation) -> Int64 {
        isolation == .readCommitted ? lastStable : highWatermark
    }

    /// First offsets of what a reader gets.
    func read(
        from offset: Int64,
        bytesMax: Int,
        sizes: (Event) -> Int,
        _ isolation: Isolation
    ) -> [Event] {
        var found: [Event] = []
        var bytes = 0
        for event in events where event.end > offset && event.end <= end(for: isolation) {
            bytes += sizes(event)
            guard found.isEmpty || bytes <= bytesMax else { break }
            found.append(event)
        }
        return found
    }

    /// Producer, first and last offset of what was aborted in the range.
    func aborted(in range: Range<Int64>) -> [[Int64]] {
        events.compactMap { event in
            guard event.verdict == .abort, let began = event.began, began < range.upperBound,
                event.offset >= range.lowerBound
            else { return nil }
            return [event.producer, began, event.offset]
        }
    }

    /// Offsets and timestamps of all that may be seen.
    func records(for isolation: Isolation) -> [[Int64]] {
        let end = end(for: isolation)
        var records: [[Int64]] = []
        for event in events where event.end > logStart {
            for (index, timestamp) in event.timestamps.enumerated() {
                let offset = event.offset + Int64(index)
                if offset >= logStart && offset < end { records.append([offset, timestamp]) }
            }
        }
        return records
    }

    func offset(for query: OffsetQuery, in records: [[Int64]], _ isolation: Isolation) -> [Int64]? {
        switch query {
        case .earliest: return [logStart, -1]
        case .latest: return [end(for: isolation), -1]
        case .timestamp(let time): return records.first { $0[1] >= time }
        case .maxTimestamp:
            let latest = records.map { $0[1] }.max()
            return records.first { $0[1] == latest }
        }
    }

    func end(of epoch: Int32, current: Int32) -> [Int64]? {
        guard epoch <= current else { return nil }
        guard epoch < current else { return [Int64(epoch), highWatermark] }
        func end(of epoch: Int32) -> Int64? { events.first { $0.leaderEpoch > epoch }?.offset }
        let earlier = Set(events.map(\.leaderEpoch)).filter {
            $0 <= epoch && end(of: $0).map { $0 > logStart } ?? true
        }
        return [Int64(earlier.max() ?? epoch), max(logStart, end(of: epoch) ?? highWatermark)]
    }
}
