/// Why a batch is not taken; each case names Kafka's code.
///
/// None but `corrupt` is worth a second try with the same bytes.
public enum BatchError: Error, Equatable, Sendable {
    /// Shorter than it says, or its checksum does not hold: CORRUPT_MESSAGE (2).
    case corrupt

    /// More bytes than the topic allows: MESSAGE_TOO_LARGE (10).
    case tooLarge(byteCount: Int, limit: Int)

    /// Of a format that is no longer served: UNSUPPORTED_FOR_MESSAGE_FORMAT (43).
    case magicUnsupported(Int8)

    /// None, or more than one, where there must be one batch: INVALID_RECORD (87).
    case notOneBatch

    /// Its parts contradict each other, or it is not a client's to write: INVALID_RECORD (87).
    case invalid(BatchFault)

    /// A record contradicts its batch or its topic: INVALID_RECORD (87), with the record's place.
    case recordInvalid(index: Int32, RecordFault)

    /// A codec that there is not, or not for this client: UNSUPPORTED_COMPRESSION_TYPE (76).
    case codecUnsupported(number: Int16)

    /// Too far from now, or a timestamp that is not a client's to set: INVALID_TIMESTAMP (32).
    case timestampInvalid(Int64)
}

/// What is wrong with a batch as a whole.
public enum BatchFault: Error, Equatable, Sendable {
    /// Fewer than one record, or another number than its offsets say.
    case recordCount

    /// A client's batch begins at offset 0.
    case baseOffset

    /// Markers are written by coordinators.
    case control

    /// Only a compaction sets a delete horizon.
    case deleteHorizon

    /// A producer without an epoch or a sequence, or a number below −1.
    case producer

    /// A transaction without a producer.
    case transaction
}

/// What is wrong with one record of a batch.
public enum RecordFault: Error, Equatable, Sendable {
    /// It does not end where it says, or its parts do not fit.
    case malformed

    /// Offsets within a batch count from 0 without gaps.
    case offset

    /// Later than the batch's latest.
    case timestamp

    /// A compacted topic keeps the last value of each key.
    case keyMissing
}
