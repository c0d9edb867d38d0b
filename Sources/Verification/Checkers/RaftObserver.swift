public import Model

/// Sees all replicas at once and throws when Raft's safety is broken (thesis §3.6.3, figure 3.2).
///
/// It keeps, for each group, the committed prefix as whoever applied first saw it, and for each
/// replica the terms of its log as written and as synced. Every check costs O(1) an entry. What a
/// replica applies is named by its index alone: a leader may apply what a majority of others has on
/// disk before it has handed the entry to its own journal, so the entry is then taken from theirs.
public struct RaftObserver: Sendable {
    struct GroupRecord: Sendable {
        var id: GroupID

        /// Committed entries from index 1 on.
        var committed: [ObservedEntry] = []

        /// Who led, by term, in order of election, and where the term's first entry was to stand.
        var leaders: [(term: Term, node: NodeID, firstIndex: LogIndex)] = []

        /// Whose disks have a vote for a candidate; looked up only.
        var votes: [VoteName: [NodeID]] = [:]

        /// The terms in which somebody voted.
        var votedTerms: Set<Term> = []

        /// Where each term's first entry stands, in order of terms.
        var termStarts: [(term: Term, index: LogIndex)] = []

        /// What entries say of who votes, in order of their indexes.
        var configurations: [ConfigurationRecord] = []

        /// Of every entry ever written its payload and the term before it; looked up only.
        var written: [EntryName: WrittenEntry] = [:]
    }

    struct EntryName: Hashable, Sendable {
        var index: LogIndex
        var term: Term
    }

    struct VoteName: Hashable, Sendable {
        var term: Term
        var candidate: UInt64
    }

    struct WrittenEntry: Sendable {
        var payloadHash: UInt64

        /// Nil where the log began behind a snapshot.
        var previousTerm: Term?

        func agrees(with other: WrittenEntry) -> Bool {
            guard payloadHash == other.payloadHash else { return false }
            guard let previousTerm, let others = other.previousTerm else { return true }
            return previousTerm == others
        }
    }

    struct ReplicaRecord: Sendable {
        var group: GroupID
        var node: NodeID
        var log = ObservedLog()
        var durable = ObservedLog()

        /// The highest index that was on the disk since the node started, replaced or not.
        var durableMax = LogIndex.zero
        var applied = LogIndex.zero

        /// What was on the disk before it lost something, until that is made up for: it may have
        /// been acknowledged, and the acknowledgement still be on its way.
        var lost: [ObservedLog] = []

        /// The last snapshot that came from a leader.
        var received = LogIndex.zero
        var vote: (term: Term, candidate: UInt64) = (.zero, 0)
        var durableVote: (term: Term, candidate: UInt64) = (.zero, 0)
        var leads: Term?

        /// Whether a snapshot is on its disk that it has not heard of: until it has, the entries that
        /// the snapshot is to replace are there all the same.
        var hasUnheardSnapshot: Bool {
            durable.snapshotIndex > max(log.snapshotIndex, received)
        }

        /// How far it was known to have committed since it leads; nil if it was not looked at yet.
        var commitIndexAsLeader: LogIndex?
    }

    /// Who votes until an entry says otherwise.
    let founders: ObservedConfiguration
    var groups: [GroupRecord] = []
    var replicas: [ReplicaRecord] = []

    public internal(set) var entriesCommitted = 0

    /// How often a replica replaced entries that differed, or lost them to a snapshot.
    public internal(set) var suffixesCut = 0
    public internal(set) var suffixesLostToSnapshots = 0

    /// How often entries behind a received snapshot stayed.
    public internal(set) var suffixesKeptBehindSnapshots = 0

    /// How often somebody was elected while another still took himself for the leader.
    public internal(set) var leadersOverlapped = 0

    /// Terms with votes but without a leader.
    public var electionsUndecided: Int {
        groups.reduce(0) { count, group in
            count + group.votedTerms.subtracting(group.leaders.map(\.term)).count
        }
    }

    /// The nodes 1 to `voters` vote first.
    public init(voters: Int) {
        founders = ObservedConfiguration(voters: (1...UInt64(voters)).map { NodeID($0) })
    }

    /// The last index that anybody applied.
    public func committedIndex(_ group: GroupID) -> LogIndex {
        LogIndex(UInt64(groups.first { $0.id == group }?.committed.count ?? 0))
    }

    mutating func place(_ group: GroupID) -> Int {
        if let place = groups.firstIndex(where: { $0.id == group }) { return place }
        groups.append(GroupRecord(id: group))
        return groups.count - 1
    }

    mutating func place(_ group: GroupID, _ node: NodeID) -> Int {
        if let place = replicas.firstIndex(where: { $0.group == group && $0.node == node }) {
            return place
        }
        replicas.append(ReplicaRecord(group: group, node: node))
        return replicas.count - 1
    }
}

/// What identifies an entry of a log: its place is its index.
public struct ObservedEntry: Sendable, Equatable {
    public var term: Term
    public var payloadHash: UInt64

    public init(term: Term, payloadHash: UInt64) {
        self.term = term
        self.payloadHash = payloadHash
    }
}
