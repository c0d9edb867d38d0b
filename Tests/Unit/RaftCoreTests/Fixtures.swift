import Bytes
import Model
import RaftCore

let one = ReplicaID(1)
let two = ReplicaID(2)
let three = ReplicaID(3)
let four = ReplicaID(4)
let five = ReplicaID(5)

func entry(_ index: UInt64, term: UInt64, _ payload: String = "") -> Entry {
    Entry(
        index: LogIndex(index),
        term: Term(term),
        kind: payload.isEmpty ? .empty : .command,
        payload: ByteSlice(payload)
    )
}

/// A log whose entries have these terms, from index 1 on.
func log(_ terms: UInt64...) -> [Entry] {
    terms.enumerated().map { entry(UInt64($0.offset + 1), term: $0.element) }
}

func replica(
    _ replica: ReplicaID = one,
    of voters: [ReplicaID] = [one, two, three],
    learners: [ReplicaID] = [],
    term: UInt64? = nil,
    votedFor: ReplicaID? = nil,
    log entries: [Entry] = [],
    settings: RaftSettings = RaftSettings()
) -> Raft {
    var restored = RestoredReplica(
        bootstrap: GroupConfiguration(voters: voters, learners: learners)
    )
    restored.hardState = HardState(
        term: Term(term ?? entries.last?.term.number ?? 0),
        votedFor: votedFor,
        commitIndex: .zero
    )
    restored.entries = entries
    return Raft(replica: replica, restored: restored, settings: settings, seed: 7)
}

/// A replica that the others have elected, and what it said since is gone.
func leader(
    _ id: ReplicaID = one,
    of voters: [ReplicaID] = [one, two, three],
    learners: [ReplicaID] = [],
    log entries: [Entry] = [],
    term: UInt64? = nil,
    settings: RaftSettings = RaftSettings()
) -> Raft {
    var raft = replica(
        id,
        of: voters,
        learners: learners,
        term: term.map { $0 - 1 },
        log: entries,
        settings: settings
    )
    raft.tickUntilCampaign()
    _ = raft.settle()
    for voter in voters where voter != id {
        raft.hear(.vote(isPreVote: true), from: voter, term: raft.term.number + 1)
    }
    _ = raft.settle()
    for voter in voters where voter != id { raft.hear(.vote(), from: voter) }
    return raft
}

extension Raft {
    /// Ticks until this replica asks for election, at most two election timeouts.
    mutating func tickUntilCampaign() {
        for _ in 0..<20 where role == .follower { tick() }
    }

    mutating func tick(_ count: Int) {
        for _ in 0..<count { tick() }
    }

    /// A message of the replica's own term, unless another is given.
    mutating func hear(_ body: Message.Body, from source: ReplicaID, term: UInt64? = nil) {
        step(
            Message(
                source: source,
                target: replica,
                term: term.map { Term($0) } ?? self.term,
                body: body
            )
        )
    }

    /// Carries out what is to be done, syncing at once; returns everything that was sent.
    mutating func settle() -> [Message] {
        var sent: [Message] = []
        while hasReady {
            let ready = takeReady()
            if ready.isEmpty { break }
            sent += ready.messages
            if let persist = ready.persist {
                sent += persist.messages
                persisted(persist.receipt)
            }
            if let last = ready.committed.last { applied(upTo: last.index) }
        }
        return sent
    }

    /// The terms of the log from its first entry on.
    var terms: [UInt64] {
        var terms: [UInt64] = []
        var index = firstIndex
        while let term = term(at: index) {
            terms.append(term.number)
            index = index.next
        }
        return terms
    }
}

extension Message.Body {
    static func vote(isPreVote: Bool = false, isGranted: Bool = true) -> Self {
        .voteReply(VoteReply(isPreVote: isPreVote, isGranted: isGranted))
    }

    static func candidacy(
        isPreVote: Bool = false,
        lastIndex: UInt64 = 0,
        lastTerm: UInt64 = 0
    ) -> Self {
        .requestVote(
            RequestVote(
                isPreVote: isPreVote,
                lastIndex: LogIndex(lastIndex),
                lastTerm: Term(lastTerm)
            )
        )
    }

    static func entries(
        _ entries: [Entry] = [],
        after previousIndex: UInt64 = 0,
        of previousTerm: UInt64 = 0,
        commit: UInt64 = 0
    ) -> Self {
        .append(
            AppendEntries(
                previousIndex: LogIndex(previousIndex),
                previousTerm: Term(previousTerm),
                entries: entries,
                commitIndex: LogIndex(commit)
            )
        )
    }

    static func accepted(_ matchIndex: UInt64) -> Self {
        .appendReply(.accepted(matchIndex: LogIndex(matchIndex)))
    }

    static func rejected(_ previous: UInt64, hint: UInt64, term: UInt64) -> Self {
        .appendReply(
            .rejected(
                previousIndex: LogIndex(previous),
                hintIndex: LogIndex(hint),
                hintTerm: Term(term)
            )
        )
    }

    static func beat(commit: UInt64 = 0, round: UInt64? = nil) -> Self {
        .heartbeat(
            Heartbeat(commitIndex: LogIndex(commit), round: round.map { ReadRound($0) })
        )
    }

    static func beatReply(round: UInt64? = nil) -> Self {
        .heartbeatReply(HeartbeatReply(round: round.map { ReadRound($0) }))
    }
}

extension [Message] {
    func to(_ target: ReplicaID) -> [Message.Body] { filter { $0.target == target }.map(\.body) }

    var appends: [AppendEntries] {
        compactMap { if case .append(let append) = $0.body { append } else { nil } }
    }
}
