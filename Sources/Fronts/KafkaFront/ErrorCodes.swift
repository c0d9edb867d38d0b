internal import Controller
internal import Groups
internal import KafkaWire
internal import Streams

// What Martlet's modules refuse, in Kafka's words.

extension KafkaUUID {
    var topicID: TopicID { TopicID(high: high, low: low) }

    init(_ id: TopicID) { self.init(high: id.high, low: id.low) }
}

extension Refusal {
    /// Nothing was done but where it says so; clients of Kafka try most of them again.
    var code: KafkaErrorCode {
        switch self {
        case .noLeader, .unknownGroup, .notLeader, .notTransferred: .notLeaderOrFollower
        case .groupDamaged, .storageFull: .kafkaStorageError
        case .timedOut: .requestTimedOut
        case .tooManyRequests: .throttlingQuotaExceeded
        case .malformedCommand: .corruptMessage
        case .notVoter, .learnerNotReady: .invalidRequest
        }
    }
}

extension BatchError {
    var code: KafkaErrorCode {
        switch self {
        case .corrupt: .corruptMessage
        case .tooLarge: .messageTooLarge
        case .magicUnsupported: .unsupportedForMessageFormat
        case .notOneBatch, .invalid, .recordInvalid: .invalidRecord
        case .codecUnsupported: .unsupportedCompressionType
        case .timestampInvalid: .invalidTimestamp
        }
    }
}

extension PartitionRefusal {
    var code: KafkaErrorCode {
        switch self {
        case .malformed(let error): error.code
        case .producerFenced: .invalidProducerEpoch
        case .outOfOrderSequence: .outOfOrderSequenceNumber
        case .duplicateSequence: .duplicateSequenceNumber
        case .transactionExpected, .transactionEnded: .invalidTxnState
        case .coordinatorFenced: .transactionCoordinatorFenced
        case .tooManyProducers, .tooManyTransactions: .throttlingQuotaExceeded
        case .offsetOutOfRange: .offsetOutOfRange
        case .offsetsExhausted: .kafkaStorageError
        }
    }
}

/// A refusal of the controller's: Kafka's code, and a sentence that says what to do.
struct TopicRefusal: Error {
    let code: KafkaErrorCode
    let message: String

    init(_ code: KafkaErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ refusal: MetadataRefusal) {
        switch refusal {
        case .topicNameMalformed(let name):
            self.init(
                .invalidTopicException,
                "'\(name)' is no topic's name: 1 to 249 of a-z A-Z 0-9 . _ -, and not . or .. alone"
            )
        case .topicExists(let name):
            self.init(.topicAlreadyExists, "topic '\(name)' already exists")
        case .topicNotFound(let name):
            self.init(.unknownTopicOrPartition, "there is no topic '\(name)'")
        case .tooManyTopics(let limit):
            self.init(.policyViolation, "the cluster has \(limit) topics, its limit: delete some")
        case .tooManyTopicSettings(let limit):
            self.init(.invalidConfig, "a topic has at most \(limit) settings")
        case .partitionCountOutOfRange(let limit):
            self.init(.invalidPartitions, "a topic has 1 to \(limit) partitions")
        case .tooManyPartitions(let limit):
            self.init(
                .invalidPartitions,
                "the cluster would have more than \(limit) partitions, its limit"
            )
        case .partitionsNotMore(let count):
            self.init(
                .invalidPartitions,
                "the topic has \(count) partitions, and they can only become more"
            )
        case .tooFewMembers(let count, let wanted):
            self.init(
                .invalidReplicationFactor,
                "\(wanted) replicas are wanted, and 1 to \(count) are possible, the voting members"
            )
        case .notFounded:
            self.init(.notController, "the cluster has just begun: try again")
        default: self.init(.unknownServerError, "\(refusal)")
        }
    }
}

extension MetadataDelta {
    /// Why nothing was changed; nil if something was, or need not be.
    var topicRefusal: TopicRefusal? {
        if case .refused(let refusal) = self { TopicRefusal(refusal) } else { nil }
    }
}
