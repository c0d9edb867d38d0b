import Bytes
import EtcdWire
import Groups
import Keyspace
import KeyspaceModel
import Model
import RaftCore
import Testing
import Transport

@testable import Telemetry

@Suite struct ShardMetricsTests {
    private let own = NodeID(1)
    private let other = NodeID(0xab)

    /// The samples of a page by their names and labels.
    private func samples(_ metrics: ShardMetrics, _ shard: Shard) -> [Substring: Double] {
        var page = Exposition()
        page.write(metrics, of: shard) { $0 == other ? 9 : 0 }
        var found: [Substring: Double] = [:]
        for line in String(decoding: page.bytes, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            #expect(words.count == 2 && found[words[0]] == nil, "\(line)")
            found[words[0]] = Double(words[1])
        }
        return found
    }

    private func shard() -> Shard {
        let seed = GroupSeed(
            id: .defaultKeyspace,
            source: .keyspace(Keyspace()),
            configuration: GroupConfiguration(voters: [ReplicaID(own.number)])
        )
        return Shard(
            node: own,
            peers: [own],
            boots: 1,
            settings: ShardSettings(),
            recovered: [RecoveredReplica(new: seed)],
            seed: 1
        )
    }

    /// Takes turns with a disk that is at once done.
    private func run(_ shard: Shard, _ metrics: inout ShardMetrics) {
        var effects = ShardEffects()
        repeat {
            shard.turn(into: &effects)
            for fact in effects.facts { metrics.note(fact) }
            for case .append in effects.journalJobs { shard.completed(.appended(upTo: 0)) }
        } while shard.hasWork
    }

    private func leading(_ metrics: inout ShardMetrics) -> Shard {
        let shard = shard()
        var now = Instant(1)
        while shard.status(.defaultKeyspace)?.isLeader != true {
            now = now + shard.tickNanoseconds
            shard.advance(to: now)
            run(shard, &metrics)
        }
        return shard
    }

    @Test func aLeaderIsSeenOnceItIsThere() {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        #expect(samples(metrics, shard())["etcd_server_has_leader"] == 0)
        let shard = leading(&metrics)
        let page = samples(metrics, shard)
        #expect(page["etcd_server_has_leader"] == 1)
        #expect(page["etcd_server_is_leader"] == 1)
        #expect(page["etcd_server_leader_changes_seen_total"] == 1)
    }

    @Test func leadershipOfAnotherGroupIsNotTheKeyspaces() {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        metrics.note(Fact.becameLeader(.control, Term(1)))
        #expect(samples(metrics, shard())["etcd_server_leader_changes_seen_total"] == 0)
    }

    @Test func whatIsAppliedIsCounted() {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        let shard = leading(&metrics)
        let put = PutRequest(key: ByteSlice("key"), value: ByteSlice("value"))
        let delete = DeleteRangeRequest(key: ByteSlice("key"))
        let otherKey = DeleteRangeRequest(key: ByteSlice("other"))
        let both = TxnRequest(
            success: [
                RequestOp(request: .requestPut(put)),
                RequestOp(request: .requestDeleteRange(otherKey)),
            ]
        )
        let single = TxnRequest(success: [RequestOp(request: .requestPut(put))])
        let commands: [(CommandKind, ByteSlice)] = [
            (.put, put.encoded), (.txn, both.encoded), (.txn, single.encoded),
            (.deleteRange, delete.encoded),
            (.leaseGrant, LeaseGrantRequest(ttl: 3, id: 5).encoded),
            (.leaseKeepAlive, LeaseKeepAliveRequest(id: 5).encoded),
            (.leaseRevoke, LeaseRevokeRequest(id: 5).encoded),
            (.leaseRevoke, LeaseRevokeRequest(id: 6).encoded),
        ]
        for (kind, body) in commands {
            let waiter = Waiter(client: 1, request: 1)
            shard.propose(kind, body: body, to: .defaultKeyspace, for: waiter)
        }
        #expect(samples(metrics, shard)["etcd_server_proposals_pending"] == 8)
        run(shard, &metrics)
        let page = samples(metrics, shard)
        #expect(page["etcd_server_proposals_pending"] == 0)
        #expect(page["etcd_mvcc_put_total"] == 3)
        #expect(page["etcd_debugging_mvcc_total_put_size_in_bytes"] == 8)
        #expect(page["etcd_mvcc_delete_total"] == 2)
        #expect(page["etcd_mvcc_txn_total"] == 1)
        #expect(page["etcd_debugging_mvcc_current_revision"] == 5)
        #expect(page["etcd_debugging_mvcc_compact_revision"] == -1)
        #expect(page["etcd_debugging_lease_granted_total"] == 1)
        #expect(page["etcd_debugging_lease_renewed_total"] == 1)
        #expect(page["etcd_debugging_lease_revoked_total"] == 1)
        #expect(page["etcd_debugging_lease_ttl_total_bucket{le=\"2\"}"] == 0)
        #expect(page["etcd_debugging_lease_ttl_total_bucket{le=\"4\"}"] == 1)
        #expect(page["etcd_debugging_lease_ttl_total_sum"] == 3)
    }

    @Test func aLeaseThatNobodyRenewsHasExpiredOnce() throws {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        let shard = leading(&metrics)
        let keyspace = try #require(shard.keyspace(.defaultKeyspace))
        shard.propose(
            .leaseGrant,
            body: LeaseGrantRequest(ttl: 1, id: 5).encoded,
            to: .defaultKeyspace,
            for: Waiter(client: 1, request: 1)
        )
        run(shard, &metrics)
        #expect(keyspace.keyspace.leaseCount == 1)
        var now = Instant(1_000_000_000_000)
        for _ in 0..<2_000 where keyspace.keyspace.leaseCount > 0 {
            now = now + shard.tickNanoseconds
            shard.advance(to: now)
            run(shard, &metrics)
        }
        let page = samples(metrics, shard)
        #expect(page["etcd_debugging_server_lease_expired_total"] == 1)
        #expect(page["etcd_debugging_lease_revoked_total"] == 0)
    }

    @Test func whatIsNotAnsweredInTimeHasFailed() {
        let shard = shard()
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        let waiter = Waiter(client: 1, request: 1)
        // Without a turn nobody is elected, and nobody leads.
        shard.propose(.put, body: .empty, to: .defaultKeyspace, for: waiter)
        shard.read(.defaultKeyspace, for: waiter)
        var now = Instant(1)
        for _ in 0...ShardSettings().requestTimeoutTicks {
            now = now + shard.tickNanoseconds
            shard.advance(to: now)
        }
        let page = samples(metrics, shard)
        #expect(page["etcd_server_proposals_failed_total"] == 1)
        #expect(page["etcd_server_read_indexes_failed_total"] == 1)
        #expect(page["etcd_server_slow_read_indexes_total"] == 0)
        metrics.noteTurn(nanoseconds: Limits.slowTurnNanoseconds + 1)
        #expect(samples(metrics, shard)["etcd_server_slow_apply_total"] == 1)
    }

    @Test func trafficIsCountedByPeer() {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [other])
        metrics.noteSent(10, to: other)
        metrics.noteSent(5, to: other)
        metrics.noteReceived(7, from: other)
        metrics.noteReceived(100, from: NodeID(77))
        metrics.note(PeerFact.roundTrip(to: other, 100_000))
        let page = samples(metrics, shard())
        #expect(page["etcd_network_peer_sent_bytes_total{To=\"ab\"}"] == 15)
        #expect(page["etcd_network_peer_received_bytes_total{From=\"ab\"}"] == 7)
        #expect(page["etcd_network_peer_sent_failures_total{To=\"ab\"}"] == 9)
        let name = "etcd_network_peer_round_trip_time_seconds"
        #expect(page["\(name)_bucket{To=\"ab\",le=\"0.0001\"}"] == 1)
        #expect(page["\(name)_count{To=\"ab\"}"] == 1)
    }

    @Test func anAppendOfTheJournalCountsOnce() {
        var metrics = ShardMetrics(of: .defaultKeyspace, peers: [])
        for written in [100, 250] as [UInt64] {
            metrics.note(
                AppendTiming(
                    entryCount: 3,
                    writtenBytes: written,
                    writeNanoseconds: 5,
                    syncNanoseconds: 3_000_000
                )
            )
        }
        metrics.noteSnapshotSaved(nanoseconds: 1)
        let page = samples(metrics, shard())
        #expect(page["etcd_disk_wal_write_bytes_total"] == 250)
        #expect(page["etcd_disk_wal_fsync_duration_seconds_count"] == 2)
        #expect(page["etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.002\"}"] == 0)
        #expect(page["etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.004\"}"] == 2)
        #expect(page["martlet_journal_batch_entries_bucket{le=\"4\"}"] == 2)
        #expect(page["etcd_debugging_snap_save_total_duration_seconds_count"] == 1)
    }
}
