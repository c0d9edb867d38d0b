internal import Bytes
internal import Model

/// The parts of a partition's snapshot as bytes, little-endian.
enum PartitionCodec {
    static func encode(_ header: PartitionSnapshotHeader, into writer: inout ByteWriter) {
        writer.integer(header.logStartOffset.number)
        writer.integer(header.highWatermark.number)
        writer.integer(header.batchesFrom.number)
        writer.integer(header.time.number)
        writer.integer(header.nextProducerSweep.number)
        writer.integer(header.configuration.producerExpirationMilliseconds)
    }

    static func header(
        from reader: inout ByteReader
    ) throws(DecodeError) -> PartitionSnapshotHeader {
        let header = PartitionSnapshotHeader(
            logStartOffset: try offset(from: &reader),
            highWatermark: try offset(from: &reader),
            batchesFrom: try offset(from: &reader),
            time: try time(from: &reader),
            nextProducerSweep: try time(from: &reader),
            configuration: try PartitionConfiguration(&reader)
        )
        guard header.logStartOffset <= header.highWatermark,
            header.batchesFrom <= header.highWatermark
        else { throw .malformed("a log that starts behind its end") }
        return header
    }

    static func encode(_ state: ProducerState, into writer: inout ByteWriter) {
        writer.integer(state.id.number)
        writer.integer(state.epoch.number)
        writer.integer(state.lastUsed.number)
        writer.integer(state.lastTimestamp)
        writer.integer(state.coordinatorEpoch)
        writer.integer(state.transactionStart?.number ?? -1)
        writer.integer(state.lastMarker?.offset.number ?? -1)
        writer.integer(state.lastMarker?.epoch.number ?? -1)
        writer.byte(UInt8(state.kept.count))
        for batch in state.kept {
            writer.integer(batch.baseSequence)
            writer.integer(batch.lastOffsetDelta)
            writer.integer(batch.baseOffset.number)
            writer.integer(batch.maxTimestamp)
        }
    }

    static func producer(from reader: inout ByteReader) throws(DecodeError) -> ProducerState {
        let id = ProducerID(try reader.integer())
        let epoch = ProducerEpoch(try reader.integer())
        guard id.number >= 0, epoch.number >= 0 else { throw .malformed("a producer \(id)") }
        var state = ProducerState(id: id, epoch: epoch, lastUsed: try time(from: &reader))
        state.lastTimestamp = try reader.integer()
        state.coordinatorEpoch = try reader.integer()
        state.transactionStart = try optionalOffset(from: &reader)
        let marker = try optionalOffset(from: &reader)
        let markerEpoch = ProducerEpoch(try reader.integer())
        state.lastMarker = marker.map { LastMarker(offset: $0, epoch: markerEpoch) }
        let count = try reader.byte()
        guard count <= Limits.batchesKeptPerProducer else {
            throw .malformed("\(count) batches of a producer")
        }
        for _ in 0..<count { state.keep(try keptBatch(from: &reader)) }
        return state
    }

    private static func keptBatch(from reader: inout ByteReader) throws(DecodeError) -> KeptBatch {
        let batch = KeptBatch(
            baseSequence: try reader.integer(),
            lastOffsetDelta: try reader.integer(),
            baseOffset: try offset(from: &reader),
            maxTimestamp: try reader.integer()
        )
        guard batch.baseSequence >= 0, batch.lastOffsetDelta >= 0 else {
            throw .malformed("a batch without a sequence")
        }
        return batch
    }

    static func encode(_ start: LeaderEpochs.Start, into writer: inout ByteWriter) {
        writer.integer(start.epoch.number)
        writer.integer(start.offset.number)
    }

    static func epochStart(
        from reader: inout ByteReader
    ) throws(DecodeError) -> LeaderEpochs.Start {
        LeaderEpochs.Start(
            epoch: LeaderEpoch(try reader.integer()),
            offset: try offset(from: &reader)
        )
    }

    static func encode(_ aborted: AbortedTransaction, into writer: inout ByteWriter) {
        writer.integer(aborted.producerID.number)
        writer.integer(aborted.firstOffset.number)
        writer.integer(aborted.lastOffset.number)
        writer.integer(aborted.lastStableOffset.number)
    }

    static func abortedTransaction(
        from reader: inout ByteReader
    ) throws(DecodeError) -> AbortedTransaction {
        let aborted = AbortedTransaction(
            producerID: ProducerID(try reader.integer()),
            firstOffset: try offset(from: &reader),
            lastOffset: try offset(from: &reader),
            lastStableOffset: try offset(from: &reader)
        )
        guard aborted.firstOffset < aborted.lastOffset else {
            throw .malformed("a transaction that ends before it begins")
        }
        return aborted
    }

    static func encode(_ batch: StoredBatch, into writer: inout ByteWriter) {
        writer.reserve(batch.byteCount)
        batch.encodeStamp(into: &writer)
        writer.slice(batch.unstamped)
    }

    static func batch(from reader: inout ByteReader) throws(DecodeError) -> StoredBatch {
        let rest = reader.bytes[reader.position..<reader.bytes.count]
        guard let byteCount = RecordBatch.byteCount(atStartOf: rest) else {
            throw .malformed("no record batch")
        }
        let bytes = try reader.slice(byteCount)
        do throws(BatchError) {
            let batch = try StoredBatch(stamped: bytes)
            guard (0...Limits.offsetMax).contains(batch.baseOffset.number) else {
                throw BatchError.corrupt
            }
            return batch
        } catch {
            throw .malformed("\(error)")
        }
    }

    private static func offset(from reader: inout ByteReader) throws(DecodeError) -> Offset {
        let number = try reader.integer(Int64.self)
        guard (0...Limits.offsetMax).contains(number) else {
            throw .malformed("an offset \(number)")
        }
        return Offset(number)
    }

    private static func optionalOffset(
        from reader: inout ByteReader
    ) throws(DecodeError) -> Offset? {
        let number = try reader.integer(Int64.self)
        guard (-1...Limits.offsetMax).contains(number) else {
            throw .malformed("an offset \(number)")
        }
        return number < 0 ? nil : Offset(number)
    }

    private static func time(from reader: inout ByteReader) throws(DecodeError) -> GroupTime {
        let number = try reader.integer(Int64.self)
        guard (0...2 * Limits.groupTimeMax).contains(number) else {
            throw .malformed("a group time of \(number)")
        }
        return GroupTime(number)
    }
}
