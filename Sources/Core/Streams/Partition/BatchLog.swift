internal import Bytes
internal import Model

/// The batches that a partition holds in memory, in the order of their offsets.
///
/// They lie in chunks: of a copy's chunks only the last is ever copied, when the original goes on.
/// Offsets rise from batch to batch, and may have gaps.
struct BatchLog: Sendable {
    /// Those before `firstChunk` are forgotten; only the last one takes batches.
    private(set) var chunks: [BatchChunk] = []
    private(set) var firstChunk = 0
    private(set) var byteCount = 0

    var isEmpty: Bool { firstChunk == chunks.count }

    var firstOffset: Offset? { isEmpty ? nil : chunks[firstChunk].firstOffset }

    mutating func append(_ batch: StoredBatch) {
        byteCount += batch.byteCount
        if isEmpty || chunks[chunks.count - 1].isFull {
            chunks.append(BatchChunk(batch))
        } else {
            chunks[chunks.count - 1].append(batch)
        }
    }

    /// Forgets the chunks all of whose batches end before `offset`.
    mutating func forget(before offset: Offset) {
        while !isEmpty, chunks[firstChunk].lastOffset < offset {
            byteCount -= chunks[firstChunk].byteCount
            chunks[firstChunk] = .forgotten
            firstChunk += 1
        }
        guard firstChunk >= Limits.chunksForgottenMin, firstChunk * 2 >= chunks.count else {
            return
        }
        chunks.removeFirst(firstChunk)
        firstChunk = 0
    }

    /// Where the batch lies that holds `offset`, or the first one behind it.
    func place(of offset: Offset) -> BatchPlace {
        var low = firstChunk
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
        }
        guard low < chunks.count else { return BatchPlace(chunk: low, index: 0) }
        return BatchPlace(chunk: low, index: chunks[low].index(of: offset))
    }

    /// The batch there, and the place of the next; nil at the end.
    func batch(at place: inout BatchPlace) -> StoredBatch? {
        guard place.chunk < chunks.count else { return nil }
        let batches = chunks[place.chunk].batches
        let batch = batches[place.index]
        place.index += 1
        if place.index == batches.count { place = BatchPlace(chunk: place.chunk + 1, index: 0) }
        return batch
    }
}

/// A batch's place in the chunks of a log, good until the log changes.
struct BatchPlace: Sendable, Equatable {
    var chunk: Int
    var index: Int
}

/// Batches one behind the other, never changed once there are more behind them.
struct BatchChunk: Sendable {
    private(set) var batches: [StoredBatch]
    private(set) var byteCount: Int
    private(set) var maxTimestamp: Int64
    private(set) var lastOffset: Offset

    static let forgotten = BatchChunk()

    private init() {
        batches = []
        byteCount = 0
        maxTimestamp = .min
        lastOffset = Offset(-1)
    }

    init(_ batch: StoredBatch) {
        self.init()
        append(batch)
    }

    var firstOffset: Offset { batches.first?.baseOffset ?? .zero }

    var isFull: Bool {
        batches.count >= Limits.batchesPerChunkMax || byteCount >= Limits.chunkBytesWanted
    }

    mutating func append(_ batch: StoredBatch) {
        batches.append(batch)
        byteCount += batch.byteCount
        maxTimestamp = max(maxTimestamp, batch.maxTimestamp)
        lastOffset = batch.lastOffset
    }

    /// The first batch that does not end before `offset`; there is one.
    func index(of offset: Offset) -> Int {
        var low = 0
        var high = batches.count - 1
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
