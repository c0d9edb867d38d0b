internal import Controller
internal import Groups
internal import HTTP2Wire
internal import Keyspace

/// etcd's errors, word for word: clients tell them apart by the message (etcd's rpctypes).
enum ErrorMapping {
    static func status(of error: KeyspaceError) -> GRPCStatus {
        switch error {
        case .keyNotProvided: invalid("key is not provided")
        case .keyNotFound: invalid("key not found")
        case .valueProvided: invalid("value is provided")
        case .leaseProvided: invalid("lease is provided")
        case .tooManyOperations: invalid("too many operations in txn request")
        case .duplicateKey: invalid("duplicate key given in txn request")
        case .invalidSortOption: invalid("invalid sort option")
        case .requestTooLarge: invalid("request is too large")
        case .compacted:
            outOfRange("mvcc: required revision has been compacted")
        case .futureRevision:
            outOfRange("mvcc: required revision is a future revision")
        case .leaseTTLTooLarge: outOfRange("too large lease TTL")
        case .leaseNotFound: GRPCStatus(.notFound, "etcdserver: requested lease not found")
        case .leaseExists: GRPCStatus(.failedPrecondition, "etcdserver: lease already exists")
        case .noSpace: noSpace
        case .corrupt: corrupt
        case .tooManyAlarms:
            GRPCStatus(.resourceExhausted, "etcdserver: too many alarms, disarm some")
        case .malformedSnapshot: corrupt
        }
    }

    static func status(of refusal: Refusal) -> GRPCStatus {
        switch refusal {
        case .noLeader: noLeader
        case .groupDamaged: damaged
        case .timedOut: GRPCStatus(.unavailable, "etcdserver: request timed out")
        case .tooManyRequests: tooManyRequests
        case .storageFull: noSpace
        case .malformedCommand:
            GRPCStatus(.internalError, "etcdserver: the command does not decode")
        case .unknownGroup: keyspaceGone
        case .notLeader: GRPCStatus(.failedPrecondition, "etcdserver: not leader")
        case .notVoter:
            GRPCStatus(.failedPrecondition, "etcdserver: bad leader transferee")
        case .notTransferred:
            GRPCStatus(
                .unavailable,
                "etcdserver: request timed out, leader transfer took too long"
            )
        case .learnerNotReady:
            failed("can only promote a learner member which is in sync with leader")
        }
    }

    static func status(of refusal: MetadataRefusal) -> GRPCStatus {
        switch refusal {
        case .memberNotFound: GRPCStatus(.notFound, "etcdserver: member not found")
        case .memberExists: failed("member ID already exist")
        case .peerURLTaken: failed("Peer URLs already exists")
        case .notLearner: failed("can only promote a learner member")
        case .tooManyLearners: failed("too many learner members in cluster")
        case .lastVoter: notEnoughStarted
        case .notFounded: unhealthy
        case .tooManyNodes(let limit):
            GRPCStatus(.resourceExhausted, "etcdserver: more than \(limit) members")
        case .nameTaken(let keyspace):
            GRPCStatus(
                .alreadyExists,
                "martlet: keyspace \(keyspace.name) exists; see martlet keyspace list"
            )
        case .nameMalformed(let name): malformed(name)
        case .keyspaceNotFound(let name): unknown(keyspace: name)
        case .defaultKeyspaceStays:
            GRPCStatus(.failedPrecondition, "martlet: the keyspace default cannot be dropped")
        case .tooManyKeyspaces(let limit):
            GRPCStatus(.resourceExhausted, "etcdserver: more than \(limit) keyspaces")
        case .topicNameMalformed, .topicExists, .topicNotFound, .tooManyTopics,
            .tooManyTopicSettings, .partitionCountOutOfRange, .tooManyPartitions,
            .partitionsNotMore, .tooFewMembers:
            // No call of etcd's is about topics.
            GRPCStatus(.failedPrecondition, "martlet: \(refusal)")
        }
    }

    /// A name that addresses nothing; to serve it from another keyspace would mix tenants up.
    static func unknown(keyspace name: String) -> GRPCStatus {
        GRPCStatus(
            .notFound,
            "martlet: no keyspace \(name); create it (martlet keyspace create \(name)), or see "
                + "those there are (martlet keyspace list)"
        )
    }

    static func malformed(_ name: String) -> GRPCStatus {
        GRPCStatus(
            .invalidArgument,
            "martlet: \"\(name)\" names no keyspace: a name has 1 to 63 of a-z, 0-9 and -, and "
                + "neither begins nor ends with -"
        )
    }

    static let keyspaceGone = GRPCStatus(
        .notFound,
        "martlet: the keyspace was dropped; see those there are (martlet keyspace list)"
    )

    static let badMemberURLs = invalid("given member URLs are invalid")

    /// Unknown, not FailedPrecondition: etcd's table maps it to an error without a code of its own.
    static let notEnoughStarted = GRPCStatus(
        .unknown,
        "etcdserver: re-configuration failed due to not enough started members"
    )

    static let unhealthy = GRPCStatus(.unavailable, "etcdserver: unhealthy cluster")

    static let learner = failed("rpc not supported for learner")

    static let noLeader = GRPCStatus(.unavailable, "etcdserver: no leader")

    /// Ours alone; unavailable, as the keyspace comes back when nodes without damage do.
    static let damaged = GRPCStatus(
        .unavailable,
        "etcdserver: the keyspace stands still: this node's copy of it is damaged, and there is no "
            + "leader to repair it; start the nodes whose copies are whole, or restore a snapshot "
            + "(docs/operations/damaged-data.md)"
    )

    private static let noSpace = GRPCStatus(
        .resourceExhausted,
        "etcdserver: mvcc: database space exceeded"
    )

    private static let corrupt = GRPCStatus(.dataLoss, "etcdserver: corrupt cluster")

    /// Ours alone: etcd would let the client's connection grow without end.
    static let clientTooSlow = GRPCStatus(
        .unavailable,
        "etcdserver: the client is too slow to read its stream"
    )

    /// No release is one that this cluster could go back to.
    static func downgrade(isVersion: Bool) -> GRPCStatus {
        isVersion
            ? invalid("invalid downgrade target version")
            : invalid("wrong downgrade target version format")
    }

    static let noDowngrade = GRPCStatus(
        .failedPrecondition,
        "etcdserver: no inflight downgrade job"
    )

    static let unknownAction = GRPCStatus(.unknown, "etcdserver: unknown method")

    static let customSort = GRPCStatus(
        .unimplemented,
        "RangeStream does not support custom sort orders"
    )

    static let filters = GRPCStatus(
        .unimplemented,
        "RangeStream does not support revision filters"
    )

    static let stopped = GRPCStatus(.unavailable, "etcdserver: server stopped")

    /// Unknown, not ResourceExhausted: etcd's table maps it to an error without a code of its own.
    static let tooManyRequests = GRPCStatus(.unknown, "etcdserver: too many requests")

    private static func invalid(_ text: String) -> GRPCStatus {
        GRPCStatus(.invalidArgument, "etcdserver: \(text)")
    }

    private static func failed(_ text: String) -> GRPCStatus {
        GRPCStatus(.failedPrecondition, "etcdserver: \(text)")
    }

    private static func outOfRange(_ text: String) -> GRPCStatus {
        GRPCStatus(.outOfRange, "etcdserver: \(text)")
    }
}
