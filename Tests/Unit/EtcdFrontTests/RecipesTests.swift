import Bytes
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Model
import Testing

@testable import EtcdFront

/// The Lock and Election services, from the client's side.
@Suite struct RecipesTests {
    /// A node with the leases 7, 8 and 9, and its client.
    private func start() throws -> (Node, TestClient) {
        let node = Node()
        let client = try TestClient(node)
        for id: Int64 in [7, 8, 9] {
            let _: LeaseGrantResponse = try client.call(
                .leaseGrant,
                LeaseGrantRequest(ttl: 60, id: id)
            )
        }
        return (node, client)
    }

    @Test func aLockIsHadByOneAfterTheOtherInTheirOrder() throws {
        let (node, client) = try start()
        let first: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        #expect(first.key == "a/7")
        #expect(first.header?.revision == 2)
        let second = try client.begin(.lock, LockRequest(name: "a", lease: 8))
        let third = try client.begin(.lock, LockRequest(name: "a", lease: 9))
        #expect(try client.keys() == ["a/7", "a/8", "a/9"])
        let unlocked: UnlockResponse = try client.call(.unlock, UnlockRequest(key: "a/7"))
        #expect(unlocked.header?.revision == 5)
        let had = try client.take(second, as: LockResponse.self)
        #expect(had.map(\.key) == ["a/8"])
        #expect(had.first?.header?.revision == 5)
        #expect(client.reply(third).status == nil)
        let _: LeaseRevokeResponse = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 8))
        #expect(try client.take(third, as: LockResponse.self).map(\.key) == ["a/9"])
        #expect(node.watches?.watchCount == 0)
    }

    @Test func aLockWithoutALeaseLivesForASession() throws {
        let (node, client) = try start()
        let lock: LockResponse = try client.call(.lock, LockRequest(name: "a"))
        let range: RangeResponse = try client.call(.range, RangeRequest(key: lock.key))
        let lease = try #require(range.kvs.first?.lease)
        #expect(lock.key == ByteSlice("a/" + String(lease, radix: 16)))
        let alive: LeaseTimeToLiveResponse = try client.call(
            .leaseTimeToLive,
            LeaseTimeToLiveRequest(id: lease)
        )
        #expect(alive.grantedTTL == 60)
        node.pass(milliseconds: 62_000)
        #expect(try client.keys() == [])
    }

    @Test(arguments: [Int64(99), -5])
    func aLeaseThatIsNotThereIsRefusedAsInEtcd(_ lease: Int64) throws {
        let (_, client) = try start()
        let stream = try client.begin(.lock, LockRequest(name: "a", lease: lease))
        try client.expect(stream, fails: "etcdserver: requested lease not found")
        let campaign = try client.begin(.campaign, CampaignRequest(name: "a", lease: lease))
        try client.expect(campaign, fails: "etcdserver: requested lease not found")
    }

    @Test func whoCancelsOrRunsOutOfTimeLeavesTheQueue() throws {
        let (node, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        let cancelled = try client.begin(.lock, LockRequest(name: "a", lease: 8))
        let late = try client.begin(
            .campaign,
            CampaignRequest(name: "a", lease: 9),
            timeout: 200_000_000
        )
        #expect(try client.keys().count == 3)
        client.http.reset(cancelled, .cancel)
        try client.exchange()
        #expect(try client.keys() == ["a/7", "a/9"])
        node.pass(milliseconds: 300)
        try client.exchange()
        #expect(client.reply(late).status == .deadlineExceeded)
        #expect(try client.keys() == ["a/7"])
        #expect(node.watches?.streamCount == 0)
    }

    @Test func theKeysOfAConnectionThatIsGoneLeaveTheQueue() throws {
        let (node, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        let other = try TestClient(node)
        let stream = other.open(.lock)
        other.http.finishRequest(stream, LockRequest(name: "a", lease: 8).encoded)
        try other.exchange()
        #expect(try client.keys() == ["a/7", "a/8"])
        try other.close()
        node.turn()
        #expect(try client.keys() == ["a/7"])
    }

    @Test func whoCancelsBeforeTheKeyIsWrittenLeavesNoKey() throws {
        let (node, client) = try start()
        node.appendsLeft = 0
        let stream = try client.begin(.lock, LockRequest(name: "a", lease: 7))
        client.http.reset(stream, .cancel)
        try client.exchange()
        node.appendsLeft = .max
        node.finishAppend()
        node.pass(milliseconds: 100)
        #expect(node.keyspace?.revision.number == 3)
        #expect(try client.keys() == [])
    }

    @Test func aLeavingThatTimesOutIsTriedAgainUntilItIsApplied() throws {
        let (node, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        let waiting = try client.begin(.lock, LockRequest(name: "a", lease: 8))
        node.appendsLeft = 0
        client.http.reset(waiting, .cancel)
        try client.exchange()
        // 7 s without an outcome, half a second of rest, and the same again.
        node.pass(milliseconds: 16_000)
        #expect(node.front.recipes.count == 1)
        node.appendsLeft = .max
        node.finishAppend()
        node.pass(milliseconds: 8_000)
        #expect(try client.keys() == ["a/7"])
        #expect(node.front.recipes.count == 0)
    }

    @Test func whoseLeaseEndsWhileWaitingIsToldAtItsTurn() throws {
        let (_, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        let waiting = try client.begin(.lock, LockRequest(name: "a", lease: 8))
        let _: LeaseRevokeResponse = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 8))
        let _: UnlockResponse = try client.call(.unlock, UnlockRequest(key: "a/7"))
        try client.expect(waiting, fails: "mutex: session is expired")
    }

    @Test func anElectionFromCampaignToResignation() throws {
        let (_, client) = try start()
        let none = try client.begin(.leader, LeaderRequest(name: "e"))
        try client.expect(none, fails: "election: no leader")
        let won: CampaignResponse = try client.call(
            .campaign,
            CampaignRequest(name: "e", lease: 7, value: "v")
        )
        #expect(won.leader == LeaderKey(name: "e", key: "e/7", rev: 2, lease: 7))
        let candidate = try client.begin(
            .campaign,
            CampaignRequest(name: "e", lease: 8, value: "w")
        )
        let proclaimed: ProclaimResponse = try client.call(
            .proclaim,
            ProclaimRequest(leader: won.leader, value: "v2")
        )
        #expect(proclaimed.header?.revision == 4)
        let leader: LeaderResponse = try client.call(.leader, LeaderRequest(name: "e"))
        #expect(leader.kv?.value == "v2")
        #expect(leader.kv?.lease == 7)
        let _: ResignResponse = try client.call(.resign, ResignRequest(leader: won.leader))
        let next = try client.take(candidate, as: CampaignResponse.self)
        #expect(next.map(\.leader) == [LeaderKey(name: "e", key: "e/8", rev: 3, lease: 8)])
        #expect(next.first?.header?.revision == 3)
        let late = try client.begin(.proclaim, ProclaimRequest(leader: won.leader, value: "x"))
        try client.expect(late, fails: "election: not leader")
        // To resign twice is nothing bad.
        let _: ResignResponse = try client.call(.resign, ResignRequest(leader: won.leader))
    }

    @Test func whatLacksTheLeaderOrItsKeyIsRefusedAsInEtcd() throws {
        let (_, client) = try start()
        let missing = "\"leader\" field must be provided"
        try client.expect(try client.begin(.proclaim, ProclaimRequest(value: "x")), fails: missing)
        try client.expect(try client.begin(.resign, ResignRequest()), fails: missing)
        let empty = LeaderKey(name: "e", lease: 7)
        let noKey = "etcdserver: key is not provided"
        try client.expect(try client.begin(.proclaim, ProclaimRequest(leader: empty)), fails: noKey)
        try client.expect(try client.begin(.resign, ResignRequest(leader: empty)), fails: noKey)
        try client.expect(try client.begin(.unlock, UnlockRequest()), fails: noKey)
    }

    @Test func bytesThatAreNoRequestAreGRPCsOwnError() throws {
        let (_, client) = try start()
        let stream = client.open(.lock)
        client.http.finishRequest(stream, ByteSlice([10, 200]))
        try client.exchange()
        #expect(client.reply(stream).status == .internalError)
    }

    @Test func anObserverIsToldOfEachLeaderAndWhatItProclaims() throws {
        let (node, client) = try start()
        let observer = try client.begin(.observe, LeaderRequest(name: "e"))
        #expect(client.reply(observer).httpStatus == 200)
        let won: CampaignResponse = try client.call(
            .campaign,
            CampaignRequest(name: "e", lease: 7, value: "1")
        )
        let proclamation = ProclaimRequest(leader: won.leader, value: "2")
        let _: ProclaimResponse = try client.call(.proclaim, proclamation)
        let candidate = try client.begin(
            .campaign,
            CampaignRequest(name: "e", lease: 8, value: "3")
        )
        let _: ResignResponse = try client.call(.resign, ResignRequest(leader: won.leader))
        #expect(try client.take(candidate, as: CampaignResponse.self).count == 1)
        let _: LeaseRevokeResponse = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 8))
        let _: CampaignResponse = try client.call(
            .campaign,
            CampaignRequest(name: "e", lease: 9, value: "4")
        )
        let told = try client.take(observer, as: LeaderResponse.self)
        #expect(told.map { $0.kv?.value } == ["1", "2", "3", "4"])
        #expect(told.map { $0.kv?.key } == ["e/7", "e/7", "e/8", "e/9"])
        client.http.reset(observer, .cancel)
        try client.exchange()
        #expect(node.watches?.streamCount == 0)
    }

    @Test func aStoppedFrontEndsWaitsAndTakesTheirKeysBack() throws {
        let (node, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        let waiting = try client.begin(.lock, LockRequest(name: "a", lease: 8))
        node.front.stop()
        try client.exchange()
        #expect(client.reply(waiting).status == .unavailable)
        #expect(client.reply(waiting).message == "etcdserver: server stopped")
        let keyspace = try #require(node.keyspace)
        #expect(try keyspace.range(RangeRequest(key: "a/8")).count == 0)
    }

    @Test func aConnectionMayHaveOnlySoManyWait() throws {
        let (_, client) = try start()
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 7))
        var streams: [StreamID] = []
        for _ in 0..<Limits.recipesPerConnectionMax {
            let stream = client.open(.lock)
            client.http.finishRequest(stream, LockRequest(name: "a", lease: 8).encoded)
            streams.append(stream)
        }
        try client.exchange()
        let over = try client.begin(.lock, LockRequest(name: "a", lease: 9))
        try client.expect(over, fails: "etcdserver: too many requests")
        let _: UnlockResponse = try client.call(.unlock, UnlockRequest(key: "a/7"))
        #expect(streams.allSatisfy { client.reply($0).status == .ok })
        let _: UnlockResponse = try client.call(.unlock, UnlockRequest(key: "a/8"))
        let _: LockResponse = try client.call(.lock, LockRequest(name: "a", lease: 9))
    }

    @Test func aQueueTooLongToLookThroughIsRefused() throws {
        let (_, client) = try start()
        for number in 0...Limits.queueKeysMax {
            let stream = client.open(.put)
            client.http.finishRequest(
                stream,
                PutRequest(key: ByteSlice("a/x\(number)")).encoded
            )
            if number % 1_000 == 0 { try client.exchange() }
        }
        try client.exchange()
        let stream = try client.begin(.lock, LockRequest(name: "a", lease: 7))
        try client.expect(stream, fails: "etcdserver: too many requests")
        let own: RangeResponse = try client.call(.range, RangeRequest(key: "a/7"))
        #expect(own.count == 0)
        let leader = try client.begin(.leader, LeaderRequest(name: "a"))
        try client.expect(leader, fails: "etcdserver: too many requests")
    }
}

extension TestClient {
    /// A unary call that may wait.
    fileprivate func begin(
        _ method: EtcdMethod,
        _ request: some WireMessage,
        timeout: UInt64? = nil
    ) throws -> StreamID {
        let stream = open(method.path, timeout: timeout)
        http.finishRequest(stream, request.encoded)
        try exchange()
        return stream
    }

    fileprivate func keys() throws -> [ByteSlice] {
        let range: RangeResponse = try call(
            .range,
            RangeRequest(key: "\0", rangeEnd: "\0", keysOnly: true)
        )
        return range.kvs.map(\.key)
    }

    fileprivate func expect(_ stream: StreamID, fails message: String) throws {
        try exchange()
        #expect(reply(stream).status == .unknown)
        #expect(reply(stream).message == message)
    }
}
