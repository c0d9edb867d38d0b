public import Bytes
public import Model

/// How a transaction ended; the numbers are those of a marker's key.
public enum TransactionVerdict: Int16, Sendable, CaseIterable {
    case abort = 0
    case commit = 1
}

/// The one record of a control batch: a transaction's end in a partition.
public struct ControlRecord: Sendable, Equatable {
    public var verdict: TransactionVerdict

    /// The coordinator's own epoch: a marker of an earlier one is not taken.
    public var coordinatorEpoch: Int32

    public init(verdict: TransactionVerdict, coordinatorEpoch: Int32) {
        self.verdict = verdict
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Nil for markers that are none of ours, as other servers have: readers pass over them.
    public init?(_ record: Record) {
        guard let key = record.key, let value = record.value else { return nil }
        var keyReader = ByteReader(key)
        var valueReader = ByteReader(value)
        do throws(DecodeError) {
            let keyVersion = try keyReader.integer(Int16.self).byteSwapped
            let number = try keyReader.integer(Int16.self).byteSwapped
            let valueVersion = try valueReader.integer(Int16.self).byteSwapped
            let epoch = try valueReader.integer(Int32.self).byteSwapped
            guard keyVersion >= 0, valueVersion >= 0,
                let verdict = TransactionVerdict(rawValue: number)
            else { return nil }
            self.init(verdict: verdict, coordinatorEpoch: epoch)
        } catch {
            return nil
        }
    }

    /// The control batch of the producer whose transaction it ends; `timestamp` since 1970.
    public func batch(
        producerID: ProducerID,
        producerEpoch: ProducerEpoch,
        timestamp: Int64
    ) -> ByteSlice {
        var key = ByteWriter(capacity: 4)
        key.integer(Int16(0))
        key.integer(verdict.rawValue.byteSwapped)
        var value = ByteWriter(capacity: 6)
        value.integer(Int16(0))
        value.integer(coordinatorEpoch.byteSwapped)
        var builder = BatchBuilder(
            attributes: BatchAttributes(isTransactional: true, isControl: true),
            producerID: producerID,
            producerEpoch: producerEpoch
        )
        builder.add(key: key.slice, value: value.slice, timestamp: timestamp)
        return builder.batch
    }
}
