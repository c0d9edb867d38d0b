public import Groups
internal import Keyspace
public import Model
public import Transport

// Telemetry: what a node tells people, as lines of a log and as metrics.
//
// Whatever happens is told as a value: the shard's `Fact`, the transport's `PeerFact`. This module
// turns them into log records (Log/) and counts (Metrics/); nothing below it has a logger. A number
// is a plain integer that belongs to whoever counts: the shard, the front, or `ShardMetrics` here,
// which the driver of a shard keeps beside it. All of them live on the shard's event loop, where a
// scrape is answered too, so there is no lock and no atomic, and a count costs an addition.
//
//   Log/       LogRecord: one event. LogLine: its bytes. Log: standard error.
//   Metrics/   Metric: the table of families. Histogram: a value. Exposition: a page of them.
//              ShardMetrics: what the driver counts. ProcessStatistics: /proc.
//
// Missing here: traces, and metrics of single keys or tenants.

/// What the driver of a shard counts for it.
public struct ShardMetrics {
    private let group: GroupID
    private var peers: [Peer]
    private var leaderChanges: UInt64 = 0
    private var turnCount: UInt64 = 0
    private var slowTurnCount: UInt64 = 0
    private var turnTimes = Histogram.loopTime
    private var syncTimes = Histogram.diskTime
    private var writeTimes = Histogram.diskTime
    private var batchSizes = Histogram.batchSize
    private var writtenBytes: UInt64 = 0
    private var saveTimes = Histogram.diskTime

    /// Traffic with one other node.
    private struct Peer {
        let node: NodeID

        /// Labels as a page shows them; each direction has its own name.
        let to: String
        let from: String
        var sentBytes: UInt64 = 0
        var receivedBytes: UInt64 = 0
        var roundTrips = Histogram.roundTripTime

        init(_ node: NodeID) {
            self.node = node
            let text = String(node.number, radix: 16)
            to = Exposition.labels([("To", text)])
            from = Exposition.labels([("From", text)])
        }
    }

    /// `group` is the keyspace that etcd's names speak of; `peers` are the other nodes.
    public init(of group: GroupID, peers: [NodeID]) {
        self.group = group
        self.peers = peers.map { Peer($0) }
    }

    /// The other nodes are these from now on; what is known of those that stay is kept.
    public mutating func follow(_ nodes: [NodeID]) {
        peers = nodes.map { node in peers.first { $0.node == node } ?? Peer(node) }
    }

    public mutating func note(_ fact: Fact) {
        switch fact {
        case .becameLeader(group, _), .followsLeader(group, _, _): leaderChanges += 1
        case .becameLeader, .followsLeader, .lostLeadership, .membersChanged, .snapshotTaken,
            .snapshotInstalled, .storageIsFull, .storageHasSpaceAgain, .malformedFrame,
            .snapshotFailed, .damaged, .rotFound, .halted, .repaired,
            .diskRefused, .storageFailed:
            return
        }
    }

    public mutating func note(_ fact: PeerFact) {
        guard case .roundTrip(let node, let nanoseconds) = fact,
            let place = place(of: node)
        else { return }
        peers[place].roundTrips.observe(nanoseconds)
    }

    public mutating func noteTurn(nanoseconds: UInt64) {
        turnCount += 1
        turnTimes.observe(nanoseconds)
        if nanoseconds > Limits.slowTurnNanoseconds { slowTurnCount += 1 }
    }

    public mutating func note(_ append: AppendTiming) {
        syncTimes.observe(append.syncNanoseconds)
        writeTimes.observe(append.writeNanoseconds)
        batchSizes.observe(UInt64(append.entryCount))
        writtenBytes = append.writtenBytes
    }

    public mutating func noteSnapshotSaved(nanoseconds: UInt64) {
        saveTimes.observe(nanoseconds)
    }

    public mutating func noteSent(_ byteCount: Int, to node: NodeID) {
        guard let place = place(of: node) else { return }
        peers[place].sentBytes += UInt64(byteCount)
    }

    public mutating func noteReceived(_ byteCount: Int, from node: NodeID) {
        guard let place = place(of: node) else { return }
        peers[place].receivedBytes += UInt64(byteCount)
    }

    /// Among so few, looking at each is faster than hashing.
    private func place(of node: NodeID) -> Int? { peers.firstIndex { $0.node == node } }
}

/// One append of the journal, as its thread measured it.
public struct AppendTiming: Sendable, Equatable {
    public var entryCount: Int

    /// All that the journal has written since it was opened.
    public var writtenBytes: UInt64
    public var writeNanoseconds: UInt64
    public var syncNanoseconds: UInt64

    public init(
        entryCount: Int,
        writtenBytes: UInt64,
        writeNanoseconds: UInt64,
        syncNanoseconds: UInt64
    ) {
        self.entryCount = entryCount
        self.writtenBytes = writtenBytes
        self.writeNanoseconds = writeNanoseconds
        self.syncNanoseconds = syncNanoseconds
    }
}

extension Exposition {
    /// What the shard and its driver know; `droppedFrames` is asked once a peer.
    public mutating func write(
        _ metrics: ShardMetrics,
        of shard: Shard,
        droppedFrames: (NodeID) -> UInt64
    ) {
        metrics.writeConsensus(of: shard, into: &self)
        metrics.writeStorage(of: shard, into: &self)
        if let machine = shard.keyspace(metrics.keyspaceGroup) { write(machine) }
        metrics.writePeers(droppedFrames, into: &self)
    }
}

extension ShardMetrics {
    fileprivate var keyspaceGroup: GroupID { group }

    fileprivate func writeConsensus(of shard: Shard, into page: inout Exposition) {
        let counters = shard.counters
        if let status = shard.status(group) {
            page.write(.hasLeader, isTrue: status.leader != nil)
            page.write(.isLeader, isTrue: status.isLeader)
            page.write(.proposalsCommitted, status.commitIndex.number)
            page.write(.proposalsApplied, status.appliedIndex.number)
        }
        page.write(.leaderChanges, leaderChanges)
        page.write(.proposalsPending, UInt64(shard.openProposalCount(group)))
        page.write(.proposalsFailed, counters.proposalsFailed)
        page.write(.readIndexesFailed, counters.readsFailed)
        page.write(.readIndexesSlow, counters.readsTimedOut)
        page.write(.slowApplies, slowTurnCount)
        page.write(.snapshotApplying, isTrue: shard.isReceivingSnapshot(group))
        page.write(.turns, turnCount)
        page.write(.turnTimes, turnTimes)
    }

    fileprivate func writeStorage(of shard: Shard, into page: inout Exposition) {
        page.write(.walSyncs, syncTimes)
        page.write(.walBytes, writtenBytes)
        page.write(.journalWrites, writeTimes)
        page.write(.journalBatches, batchSizes)
        page.write(.snapshotSaves, saveTimes)
        if let quota = shard.quotaBytes { page.write(.quota, UInt64(max(0, quota))) }
        page.write(.storageFull, isTrue: shard.isStorageFull)
        page.write(.groups, UInt64(shard.groupCount))
        page.write(.groupsAwake, UInt64(shard.awakeGroupCount))
        page.write(.groupsDamaged, UInt64(shard.damagedGroupCount))
        page.write(.groupsHalted, UInt64(shard.haltedGroupCount))
        page.write(.scrubbedBytes, shard.counters.scrubbedBytes)
        page.write(.scrubDamages, shard.counters.scrubDamages)
        page.write(.groupsRepaired, shard.counters.groupsRepaired)
    }

    fileprivate func writePeers(_ droppedFrames: (NodeID) -> UInt64, into page: inout Exposition) {
        guard !peers.isEmpty else { return }
        page.write(.peerSentBytes) { for peer in peers { $0.add(peer.to, peer.sentBytes) } }
        page.write(.peerReceivedBytes) {
            for peer in peers { $0.add(peer.from, peer.receivedBytes) }
        }
        page.write(.peerSendFailures) {
            for peer in peers { $0.add(peer.to, droppedFrames(peer.node)) }
        }
        page.write(.peerRoundTrips) { for peer in peers { $0.add(peer.to, peer.roundTrips) } }
    }
}

extension Exposition {
    fileprivate mutating func write(_ machine: KeyspaceMachine) {
        let keyspace = machine.keyspace
        let counters = machine.counters
        write(.keys, UInt64(keyspace.keyCount))
        write(.currentRevision, Double(keyspace.revision.number))
        write(.compactRevision, Double(keyspace.compactRevision.number))
        write(.size, UInt64(keyspace.byteCount))
        write(.sizeInUse, UInt64(keyspace.byteCount))
        write(.ranges, counters.ranges)
        write(.debuggingRanges, counters.ranges)
        write(.puts, counters.puts)
        write(.deletes, counters.deletes)
        write(.transactions, counters.transactions)
        write(.putBytes, counters.putBytes)
        write(.watches, UInt64(machine.watches.watchCount))
        write(.watchStreams, UInt64(machine.watches.streamCount))
        write(.slowWatches, UInt64(machine.watches.laggingCount))
        write(.leasesGranted, counters.leasesGranted)
        write(.leasesRevoked, counters.leasesRevoked)
        write(.leasesRenewed, counters.leasesRenewed)
        write(.leasesExpired, counters.leasesExpired)
        write(
            .leaseTTLs,
            Histogram(.one, counts: counters.leaseSeconds, sum: counters.leaseSecondsSum)
        )
    }
}
