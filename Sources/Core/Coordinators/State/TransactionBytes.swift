internal import Bytes
internal import Model

// How transactions look in commands and snapshots.
extension ByteWriter {
    mutating func transaction(_ record: TransactionRecord) {
        integer(record.version)
        integer(record.producer.number)
        integer(record.epoch.number)
        integer(record.formerProducer.number)
        integer(record.formerEpoch.number)
        integer(record.nextProducer.number)
        integer(record.timeout)
        byte(record.phase.rawValue)
        byte(record.raisesEpoch ? 1 : 0)
        list(record.partitions) { $0.place($1) }
        list(record.groups) { $0.lengthPrefixed($1) }
        integer(record.startedAt)
        integer(record.startTime.number)
        integer(record.time.number)
    }

    mutating func offsetsInTransaction(_ pending: OffsetsInTransaction) {
        integer(pending.producer.number)
        integer(pending.epoch.number)
        list(pending.commits) { $0.commit($1) }
    }

    mutating func marker(_ marker: OffsetsMarker) {
        integer(marker.producer.number)
        integer(marker.epoch.number)
        byte(marker.isCommitted ? 1 : 0)
    }
}

extension ByteReader {
    mutating func transaction() throws(DecodeError) -> TransactionRecord {
        let version: UInt64 = try integer()
        guard version < 1 << 62 else { throw .malformed("a version of \(version)") }
        let (producer, epoch) = (ProducerID(try integer()), ProducerEpoch(try integer()))
        let (formerProducer, formerEpoch) = (
            ProducerID(try integer()), ProducerEpoch(try integer())
        )
        let nextProducer = ProducerID(try integer())
        var record = TransactionRecord(producer: producer, timeout: try integer())
        record.version = version
        record.epoch = epoch
        record.formerProducer = formerProducer
        record.formerEpoch = formerEpoch
        record.nextProducer = nextProducer
        let phase = try byte()
        guard let known = TransactionPhase(rawValue: phase) else {
            throw .malformed("a transaction in phase \(phase)")
        }
        record.phase = known
        record.raisesEpoch = try flag()
        record.partitions = try places()
        record.groups = try list { (reader) throws(DecodeError) in try reader.name() }
        record.startedAt = try integer()
        record.startTime = try time()
        record.time = try time()
        return record
    }

    mutating func offsetsInTransaction() throws(DecodeError) -> OffsetsInTransaction {
        OffsetsInTransaction(
            producer: ProducerID(try integer()),
            epoch: ProducerEpoch(try integer()),
            commits: try list { (reader) throws(DecodeError) in try reader.commit() }
        )
    }

    mutating func marker() throws(DecodeError) -> OffsetsMarker {
        OffsetsMarker(
            producer: ProducerID(try integer()),
            epoch: ProducerEpoch(try integer()),
            isCommitted: try flag()
        )
    }
}
