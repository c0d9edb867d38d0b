public import Model

// Changes of who votes and who learns (thesis §4): by joint consensus (§4.3), one at a time. The leader
// appends the joint configuration, which is in force at once; when both majorities have it, it appends
// the new one. Nothing of it is kept but the log, so whoever leads next goes on from there.
extension Raft {
    /// Begins a change to these voters and learners.
    ///
    /// A change of voters takes two entries, one of learners alone a single one. A leader that is to be
    /// no voter leads on, counting the others only, until the change is committed; then it steps down.
    public mutating func changeMembers(
        voters: [ReplicaID],
        learners: [ReplicaID]
    ) -> ChangeOutcome {
        guard let leadership else { return .notLeader(leader) }
        guard Self.isGroup(voters: voters, learners: learners) else { return .notAGroup }
        // An earlier leader's uncommitted change could come back (the bug of single-server changes,
        // Ongaro's message to raft-dev of July 2015); so it must be known what is committed.
        guard commitIndex >= leadership.firstIndexOfTerm else { return .tooEarly }
        guard isSettled, successor == nil else { return .changeUnderWay }
        #if MARTLET_MUTANTS
        if settings.mutant == .jointChangeSkipped {
            let next = GroupConfiguration(voters: voters, learners: learners)
            return next == configuration ? .unchanged : .begun(appendConfiguration(next))
        }
        #endif
        let next = configuration.step(towards: voters, learners: learners)
        guard next != configuration else { return .unchanged }
        return .begun(appendConfiguration(next))
    }

    private static func isGroup(voters: [ReplicaID], learners: [ReplicaID]) -> Bool {
        let all = (voters + learners).sorted()
        return !voters.isEmpty && zip(all, all.dropFirst()).allSatisfy { $0 != $1 }
    }

    /// Whether the configuration is committed and not joint: no change is under way.
    public var isSettled: Bool {
        configurations.latest.index <= commitIndex && !configuration.isJoint
    }

    /// Where the log says what the configuration is.
    public var configurationIndex: LogIndex { configurations.latest.index }

    /// The configuration that was in force when the log was applied up to `index`; what a snapshot
    /// there is to say.
    public func configuration(at index: LogIndex) -> GroupConfiguration {
        configurations.configuration(at: index)
    }

    /// Whether a replica has nine tenths of what the leader has, etcd's measure for a learner that
    /// may vote; false if this replica does not lead, or has not heard of it lately.
    public func isCaughtUp(_ replica: ReplicaID) -> Bool {
        guard let leadership,
            let follower = leadership.followers.first(where: { $0.replica == replica }),
            follower.isRecentlyActive || follower.wasRecentlyActive,
            follower.matchIndex > .zero
        else { return false }
        let allowance = log.lastIndex.number / Limits.learnerLagShare
        return follower.matchIndex.number >= log.lastIndex.number - allowance
    }

    private mutating func appendConfiguration(_ configuration: GroupConfiguration) -> LogIndex {
        let index = appendOwn(.configuration, payload: configuration.encoded)
        adopt(configurationsOf: log.entries(from: index, through: index)[...])
        return index
    }

    /// Something was committed: a joint configuration among it is left, and a leader that is no voter
    /// any longer steps down.
    mutating func concludeChange() {
        guard leadership != nil, configurations.latest.index <= commitIndex || leavesTooEarly
        else { return }
        if configuration.isJoint {
            _ = appendConfiguration(configuration.settled)
        } else if !isVoter {
            resign()
        }
    }

    private var leavesTooEarly: Bool {
        #if MARTLET_MUTANTS
        return settings.mutant == .leavesJointBeforeCommit && configuration.isJoint
        #else
        return false
        #endif
    }

    /// Its own removal is committed.
    ///
    /// The voter that has all is told to take over, so that the group need not wait for a timeout.
    private mutating func resign() {
        if let successor = likelySuccessor {
            messages.append(
                Message(
                    source: replica,
                    target: successor,
                    term: state.term,
                    body: .timeoutNow
                )
            )
        }
        becomeFollower(of: nil)
    }
}

// What is in force.
extension Raft {
    /// Entries were appended: the latest configuration among them is in force (§4.1).
    mutating func adopt(configurationsOf entries: ArraySlice<Entry>) {
        let before = configurations.latest.index
        for entry in entries where entry.kind == .configuration { configurations.append(entry) }
        if configurations.latest.index != before { useLatestConfiguration() }
    }

    /// Entries from `index` on were cut off, and their configurations with them.
    mutating func rollBackConfigurations(from index: LogIndex) {
        guard configurations.latest.index >= index else { return }
        configurations.truncate(from: index)
        #if MARTLET_MUTANTS
        if settings.mutant == .truncationKeepsConfiguration { return }
        #endif
        useLatestConfiguration()
    }

    mutating func useLatestConfiguration() {
        #if MARTLET_MUTANTS
        if settings.mutant == .configurationAppliedAtCommit {
            return use(configurations.configuration(at: commitIndex))
        }
        #endif
        use(configurations.latest.configuration)
    }

    mutating func use(_ latest: GroupConfiguration) {
        configuration = latest
        quorum = JointQuorum(latest)
        #if MARTLET_MUTANTS
        if settings.mutant == .jointQuorumWrong { quorum = JointQuorum(latest.settled) }
        #endif
        if leadership != nil {
            followConfiguration()
        } else if campaign == nil, !isOnlyVoter, electionTimeoutTicks < settings.electionTicks {
            // It waited for nobody, as there was nobody; now there is.
            resetElectionTimer()
        }
    }

    /// A leader sends to all whom the configuration names.
    mutating func followConfiguration() {
        let nextIndex = log.lastIndex.next
        let settings = settings
        #if MARTLET_MUTANTS
        leadership?.keepsDeparted = settings.mutant == .removedNodeVotes
        #endif
        leadership?.follow(configuration.replicas.filter { $0 != replica }) {
            Progress(
                replica: $0,
                nextIndex: nextIndex,
                window: InflightWindow(
                    countMax: settings.inflightAppendsMax,
                    weightMax: settings.inflightBytesMax
                )
            )
        }
    }
}
