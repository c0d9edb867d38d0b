public import Bytes
public import Model

/// What a partition's log can tell it besides plain batches.
public enum PartitionCommand: Sendable, Equatable {
    /// A transaction's first batch, let in by the coordinator while the producer's last marker here
    /// was at that offset.
    ///
    /// If the transaction ends in between, by another marker, the batch comes too late, and would
    /// open a transaction that nobody ends (KIP-890).
    case appendGuarded(batch: ByteSlice, lastMarker: Offset?)

    case writeMarker(TransactionMarker)

    /// Whoever asks, or retention, moves the log start; −1 is the high watermark.
    case deleteRecords(before: Offset)

    case configure(PartitionConfiguration)
}

/// A transaction's end, as its coordinator has decided it.
public struct TransactionMarker: Sendable, Equatable {
    public var producerID: ProducerID
    public var producerEpoch: ProducerEpoch
    public var verdict: TransactionVerdict
    public var coordinatorEpoch: Int32

    /// Milliseconds since 1970, of the leader that proposed it.
    public var timestamp: Int64

    /// Whether each transaction has an epoch of its own (`transaction.version` 2): then a marker of
    /// an epoch that has one is repeated, whatever came behind it (KAFKA-17754).
    public var isEpochOwn: Bool

    public init(
        producerID: ProducerID,
        producerEpoch: ProducerEpoch,
        verdict: TransactionVerdict,
        coordinatorEpoch: Int32,
        timestamp: Int64,
        isEpochOwn: Bool
    ) {
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.verdict = verdict
        self.coordinatorEpoch = coordinatorEpoch
        self.timestamp = timestamp
        self.isEpochOwn = isEpochOwn
    }
}

extension PartitionCommand {
    /// The first byte; the numbers are on disk.
    private enum Kind: UInt8 {
        case appendGuarded = 1
        case writeMarker = 2
        case deleteRecords = 3
        case configure = 4
    }

    public var encoded: ByteSlice {
        var writer = ByteWriter()
        switch self {
        case .appendGuarded(let batch, let lastMarker):
            writer.reserve(9 + batch.count)
            writer.byte(Kind.appendGuarded.rawValue)
            writer.integer(lastMarker?.number ?? -1)
            writer.slice(batch)
        case .writeMarker(let marker):
            writer.byte(Kind.writeMarker.rawValue)
            marker.encode(into: &writer)
        case .deleteRecords(let offset):
            writer.byte(Kind.deleteRecords.rawValue)
            writer.integer(offset.number)
        case .configure(let configuration):
            writer.byte(Kind.configure.rawValue)
            writer.integer(configuration.producerExpirationMilliseconds)
        }
        return writer.slice
    }

    public init(decoding bytes: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(bytes)
        let number = try reader.byte()
        guard let kind = Kind(rawValue: number) else {
            throw .malformed("a partition's command of kind \(number)")
        }
        switch kind {
        case .appendGuarded:
            let marker = Offset(try reader.integer())
            let batch = try reader.slice(reader.remaining)
            self = .appendGuarded(batch: batch, lastMarker: marker < .zero ? nil : marker)
        case .writeMarker: self = .writeMarker(try TransactionMarker(&reader))
        case .deleteRecords: self = .deleteRecords(before: Offset(try reader.integer()))
        case .configure: self = .configure(try PartitionConfiguration(&reader))
        }
        guard reader.isAtEnd else { throw .malformed("more behind a partition's command") }
    }
}

extension TransactionMarker {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.integer(producerID.number)
        writer.integer(producerEpoch.number)
        writer.integer(verdict.rawValue)
        writer.integer(coordinatorEpoch)
        writer.integer(timestamp)
        writer.byte(isEpochOwn ? 1 : 0)
    }

    fileprivate init(_ reader: inout ByteReader) throws(DecodeError) {
        producerID = ProducerID(try reader.integer())
        producerEpoch = ProducerEpoch(try reader.integer())
        guard producerID.number >= 0, producerEpoch.number >= 0 else {
            throw .malformed("a marker of no producer")
        }
        let number = try reader.integer(Int16.self)
        guard let verdict = TransactionVerdict(rawValue: number) else {
            throw .malformed("a verdict \(number)")
        }
        self.verdict = verdict
        coordinatorEpoch = try reader.integer()
        timestamp = try reader.integer()
        let flag = try reader.byte()
        guard flag <= 1 else { throw .malformed("a flag \(flag)") }
        isEpochOwn = flag == 1
    }
}

extension PartitionConfiguration {
    init(_ reader: inout ByteReader) throws(DecodeError) {
        let expiration = try reader.integer(Int64.self)
        guard (1...Limits.groupTimeMax).contains(expiration) else {
            throw .malformed("producers that expire after \(expiration) ms")
        }
        producerExpirationMilliseconds = expiration
    }
}
