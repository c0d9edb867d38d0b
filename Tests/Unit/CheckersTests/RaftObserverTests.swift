import Checkers
import Model
import Testing

@Suite struct RaftObserverTests {
    private let group = GroupID(1)
    private let nodes = [NodeID(1), NodeID(2), NodeID(3)]

    private func entries(_ term: UInt64, _ payloads: UInt64...) -> [ObservedEntry] {
        payloads.map { ObservedEntry(term: Term(term), payloadHash: $0) }
    }

    /// Two disks have the votes for it.
    private func elect(_ node: NodeID, in term: UInt64, _ observer: inout RaftObserver) throws {
        for voter in [node, nodes.first { $0 != node } ?? node] {
            observer.syncedVote(node.number, in: Term(term), of: group, on: voter)
        }
        try observer.becameLeader(node, in: Term(term), of: group)
    }

    /// Three replicas; node 1 leads term 1, and two disks hold its two entries.
    private func observer() throws -> RaftObserver {
        var observer = RaftObserver(voters: 3)
        try elect(nodes[0], in: 1, &observer)
        for node in nodes.prefix(2) {
            try observer.wrote(entries(1, 10, 11), from: LogIndex(1), in: group, on: node)
            observer.synced(entries(1, 10, 11), from: LogIndex(1), in: group, on: node)
        }
        return observer
    }

    private func expect(_ invariant: Invariant, _ body: () throws -> Void) {
        let violation = #expect(throws: Violation.self) { try body() }
        #expect(violation?.invariant == invariant)
    }

    @Test func whatAMajorityHasOnDiskMayBeApplied() throws {
        var observer = try observer()
        for node in nodes.prefix(2) {
            try observer.applied(upTo: LogIndex(2), in: group, on: node, wroteAll: true)
        }
        #expect(observer.committedIndex(group) == LogIndex(2))
    }

    @Test func whatOnlyOneDiskHoldsMayNot() throws {
        var observer = try observer()
        try observer.wrote(entries(1, 12), from: LogIndex(3), in: group, on: nodes[0])
        try observer.wrote(entries(1, 12), from: LogIndex(3), in: group, on: nodes[1])
        observer.synced(entries(1, 12), from: LogIndex(3), in: group, on: nodes[0])
        expect(.quorumDurability) {
            try observer.applied(upTo: LogIndex(3), in: group, on: nodes[0], wroteAll: true)
        }
    }

    @Test func twoLeadersOfATermAreFound() throws {
        var observer = try observer()
        expect(.electionSafety) { try observer.becameLeader(nodes[1], in: Term(1), of: group) }
    }

    @Test func anAnswerToALeaderThatIsGoneMayComeAfterItsEntryWasReplaced() throws {
        var observer = try observer()
        observer.syncedVote(0, in: Term(2), of: group, on: nodes[1])
        try observer.wrote(entries(2, 12), from: LogIndex(2), in: group, on: nodes[1])
        observer.synced(entries(2, 12), from: LogIndex(2), in: group, on: nodes[1])
        try observer.acknowledges(LogIndex(2), in: Term(1), of: group, from: nodes[1])
    }

    @Test func anAnswerToALeaderThatIsGoneMayComeAfterItsEntryWasCutOff() throws {
        var observer = try observer()
        let three = LogIndex(3)
        observer.synced(entries(1, 12, 13), from: LogIndex(2), in: group, on: nodes[1])
        observer.synced(entries(2, 22), from: LogIndex(2), in: group, on: nodes[1])
        expect(.quorumDurability) {
            try observer.acknowledges(three, in: Term(1), of: group, from: nodes[1])
        }
        observer.syncedVote(0, in: Term(2), of: group, on: nodes[1])
        try observer.acknowledges(three, in: Term(1), of: group, from: nodes[1])
        expect(.quorumDurability) {
            try observer.acknowledges(LogIndex(4), in: Term(1), of: group, from: nodes[1])
        }
    }

    @Test func aSnapshotThatOnlyTheDiskKnowsOfEndsWhatDiffersFromIt() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
        observer.synced(entries(0, 9, 9, 9), from: LogIndex(1), in: group, on: nodes[2])
        try observer.recovered([], after: LogIndex(2), Term(1), in: group, on: nodes[2])
        observer.synced(entries(1, 13), from: LogIndex(3), in: group, on: nodes[2])
        expect(.recovery) {
            try observer.recovered([], after: LogIndex(2), Term(1), in: group, on: nodes[2])
        }
    }

    @Test func aReceivedSnapshotIsDurableBeforeTheJournalKnowsOfIt() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
        try observer.wrote(entries(0, 9, 9), from: LogIndex(1), in: group, on: nodes[2])
        observer.coveredDurably(LogIndex(2), Term(1), in: group, on: nodes[2])
        try observer.installed(LogIndex(2), in: group, on: nodes[2])
        try observer.countsOn(LogIndex(2), in: group, on: nodes[2])
    }

    @Test func aVoteThatSurvivedACrashUnsyncedCounts() throws {
        var observer = try observer()
        observer.syncedVote(2, in: Term(2), of: group, on: nodes[1])
        try observer.voted(2, in: Term(2), of: group, on: nodes[2])
        try observer.recoveredVote(2, in: Term(2), of: group, on: nodes[2])
        try observer.becameLeader(nodes[1], in: Term(2), of: group)
    }

    @Test func aLeaderWithoutAMajoritysVotesIsFound() throws {
        var observer = try observer()
        observer.syncedVote(2, in: Term(2), of: group, on: nodes[1])
        observer.syncedVote(3, in: Term(2), of: group, on: nodes[2])
        expect(.electionSafety) { try observer.becameLeader(nodes[1], in: Term(2), of: group) }
    }

    @Test func twoEntriesOfOneIndexAndTermAreFound() throws {
        var observer = try observer()
        expect(.logMatching) {
            try observer.wrote(entries(1, 99), from: LogIndex(1), in: group, on: nodes[2])
        }
    }

    @Test func whatOneBatchWritesAndReplacesContradictsNothing() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[1], wroteAll: true)
        let old = entries(0, 9, 9)
        expect(.stateMachineSafety) {
            try observer.wrote(old, from: LogIndex(1), in: group, on: nodes[1])
        }
        expect(.stateMachineSafety) {
            try observer.wrote(
                old,
                from: LogIndex(1),
                replacedFrom: LogIndex(2),
                in: group,
                on: nodes[1]
            )
        }
        try observer.wrote(
            old,
            from: LogIndex(1),
            replacedFrom: LogIndex(1),
            in: group,
            on: nodes[1]
        )
    }

    @Test func aLeaderWithoutACommittedEntryIsFound() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
        try observer.wrote(entries(1, 10), from: LogIndex(1), in: group, on: nodes[2])
        try elect(nodes[2], in: 2, &observer)
        expect(.leaderCompleteness) {
            try observer.wrote(entries(2, 20), from: LogIndex(2), in: group, on: nodes[2])
        }
    }

    @Test func aLeaderThatRewritesItsLogIsFound() throws {
        var observer = try observer()
        expect(.leaderAppendOnly) {
            try observer.wrote(entries(1, 11), from: LogIndex(2), in: group, on: nodes[0])
        }
    }

    @Test func anotherEntryThanTheCommittedOneIsFound() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
        try observer.wrote(entries(1, 10), from: LogIndex(1), in: group, on: nodes[2])
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[2], wroteAll: true)
        expect(.stateMachineSafety) {
            try observer.wrote(entries(3, 30), from: LogIndex(2), in: group, on: nodes[2])
        }
    }

    /// The disk has an entry of that index, but another's.
    @Test func anAcknowledgementOfWhatIsNotYetRewrittenIsFound() throws {
        var observer = try observer()
        observer.lostLeadership(nodes[0], of: group)
        try observer.recovered(entries(1, 10), after: .zero, .zero, in: group, on: nodes[2])
        try elect(nodes[2], in: 2, &observer)
        try observer.wrote(entries(2, 20), from: LogIndex(2), in: group, on: nodes[2])
        try observer.wrote(entries(2, 20), from: LogIndex(2), in: group, on: nodes[1])
        let two = LogIndex(2)
        expect(.quorumDurability) {
            try observer.acknowledges(two, in: Term(2), of: group, from: nodes[1])
        }
        expect(.quorumDurability) { try observer.countsOn(two, in: group, on: nodes[1]) }
        observer.synced(entries(2, 20), from: two, in: group, on: nodes[1])
        try observer.acknowledges(two, in: Term(2), of: group, from: nodes[1])
        try observer.countsOn(two, in: group, on: nodes[1])
    }

    @Test func aLogThatEndsElsewhereThanInItsJournalIsFound() throws {
        let observer = try observer()
        let three = LogIndex(3)
        try observer.remembers(upTo: three, in: group, on: nodes[0], wroteAll: false)
        expect(.logMatching) {
            try observer.remembers(upTo: three, in: group, on: nodes[0], wroteAll: true)
        }
        try observer.remembers(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
    }

    /// Power that goes may take back a deletion that was not synced: what was missing is there again.
    @Test func aDiskThatHasAllBackHasAVoiceAgainAndOneThatLacksSomethingHasNone() throws {
        for (held, isWhole) in [(entries(1, 10, 11), true), (entries(1, 10), false)] {
            var observer = try observer()
            observer.diskLost(group, on: nodes[1])
            try observer.recovered([], after: .zero, .zero, in: group, on: nodes[1])
            expect(.repair) { try observer.counts(group, from: nodes[1]) }
            try observer.recovered(held, after: .zero, .zero, in: group, on: nodes[1])
            observer.foundWhole(group, on: nodes[1])
            guard isWhole else {
                expect(.repair) { try observer.counts(group, from: nodes[1]) }
                continue
            }
            try observer.counts(group, from: nodes[1])
        }
    }

    @Test func aSecondVoteInATermIsFound() throws {
        var observer = try observer()
        try observer.voted(1, in: Term(4), of: group, on: nodes[2])
        try observer.voted(1, in: Term(4), of: group, on: nodes[2])
        expect(.durableVote) { try observer.voted(2, in: Term(4), of: group, on: nodes[2]) }
        expect(.durableVote) { try observer.voted(0, in: Term(3), of: group, on: nodes[2]) }
    }

    @Test func aSyncedVoteThatIsForgottenIsFound() throws {
        var observer = try observer()
        observer.syncedVote(1, in: Term(4), of: group, on: nodes[2])
        expect(.recovery) {
            try observer.recoveredVote(0, in: Term(4), of: group, on: nodes[2])
        }
        try observer.recoveredVote(1, in: Term(4), of: group, on: nodes[2])
    }

    @Test func aSyncedEntryThatIsForgottenIsFound() throws {
        var observer = try observer()
        expect(.recovery) {
            try observer.recovered(
                entries(1, 10),
                after: .zero,
                .zero,
                in: group,
                on: nodes[0]
            )
        }
    }

    @Test func anUnsyncedTailMaySurviveACrashOrNot() throws {
        var observer = try observer()
        try observer.wrote(entries(2, 21), from: LogIndex(2), in: group, on: nodes[1])
        var other = observer
        try observer.recovered(
            entries(1, 10) + entries(2, 21),
            after: .zero,
            .zero,
            in: group,
            on: nodes[1]
        )
        try other.recovered(entries(1, 10, 11), after: .zero, .zero, in: group, on: nodes[1])
    }

    @Test func aSnapshotStandsForWhatItCovers() throws {
        var observer = try observer()
        try observer.applied(upTo: LogIndex(2), in: group, on: nodes[0], wroteAll: true)
        observer.covered(LogIndex(2), Term(1), in: group, on: nodes[2])
        observer.coveredDurably(LogIndex(2), Term(1), in: group, on: nodes[2])
        try observer.installed(LogIndex(2), in: group, on: nodes[2])
        for node in [nodes[0], nodes[2]] {
            try observer.wrote(entries(1, 12), from: LogIndex(3), in: group, on: node)
            observer.synced(entries(1, 12), from: LogIndex(3), in: group, on: node)
        }
        try observer.applied(upTo: LogIndex(3), in: group, on: nodes[2], wroteAll: true)
    }
}
