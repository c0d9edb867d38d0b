import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@Suite struct LeasesTests {
    @Test func theServerChoosesAPositiveNumber() throws {
        let client = try TestClient(Node())
        let chosen: LeaseGrantResponse = try client.call(.leaseGrant, LeaseGrantRequest(ttl: 60))
        #expect(chosen.id > 0)
        #expect(chosen.ttl == 60)
        let given: LeaseGrantResponse = try client.call(
            .leaseGrant,
            LeaseGrantRequest(ttl: 60, id: 77)
        )
        #expect(given.id == 77)
        let twice = try client.call(.leaseGrant, LeaseGrantRequest(ttl: 60, id: 77))
        #expect(twice.status == .failedPrecondition)
        #expect(twice.message == "etcdserver: lease already exists")
        let leases: LeaseLeasesResponse = try client.call(.leaseLeases, LeaseLeasesRequest())
        #expect(Set(leases.leases.map(\.id)) == [77, chosen.id])
    }

    @Test func aRevokedLeaseTakesItsKeysAlong() throws {
        let client = try TestClient(Node())
        let _: LeaseGrantResponse = try client.call(
            .leaseGrant,
            LeaseGrantRequest(ttl: 60, id: 77)
        )
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", lease: 77))
        let alive: LeaseTimeToLiveResponse = try client.call(
            .leaseTimeToLive,
            LeaseTimeToLiveRequest(id: 77, keys: true)
        )
        #expect(alive.keys == ["a"])
        #expect(alive.grantedTTL == 60)
        #expect(alive.ttl > 50)
        let _: LeaseRevokeResponse = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 77))
        let range: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(range.count == 0)
        let gone: LeaseTimeToLiveResponse = try client.call(
            .leaseTimeToLive,
            LeaseTimeToLiveRequest(id: 77)
        )
        #expect(gone.ttl == -1)
        let again = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 77))
        #expect(again.status == .notFound)
        #expect(again.message == "etcdserver: requested lease not found")
    }

    @Test func aStreamOfRenewalsAnswersEachInOrderAndEndsWithTheClient() throws {
        let client = try TestClient(Node())
        let _: LeaseGrantResponse = try client.call(
            .leaseGrant,
            LeaseGrantRequest(ttl: 60, id: 77)
        )
        let stream = client.open(.leaseKeepAlive)
        for id: Int64 in [77, 99, 77] {
            client.http.sendMessage(stream, LeaseKeepAliveRequest(id: id).encoded)
        }
        client.http.finishRequest(stream)
        let renewals = try client.take(stream, as: LeaseKeepAliveResponse.self)
        #expect(renewals.map(\.id) == [77, 99, 77])
        // A lease that does not exist has no time to live, and is no error.
        #expect(renewals.map(\.ttl) == [60, 0, 60])
        #expect(renewals.allSatisfy { $0.header?.clusterID == 0xc1 })
        #expect(client.reply(stream).status == .ok)
    }

    @Test func thousandsOfRenewalsAtOnceAreAllAnsweredInOrder() throws {
        let client = try TestClient(Node())
        let stream = client.open(.leaseKeepAlive)
        for id: Int64 in 1...3_000 {
            client.http.sendMessage(stream, LeaseKeepAliveRequest(id: id).encoded)
        }
        client.http.finishRequest(stream)
        let renewals = try client.take(stream, as: LeaseKeepAliveResponse.self)
        #expect(renewals.map(\.id) == Array(1...3_000))
        #expect(client.reply(stream).status == .ok)
    }

    @Test func aLeaseRunsOutUnlessItIsRenewed() throws {
        let node = Node()
        let client = try TestClient(node)
        let _: LeaseGrantResponse = try client.call(.leaseGrant, LeaseGrantRequest(ttl: 5, id: 77))
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", lease: 77))
        let stream = client.open(.leaseKeepAlive)
        for _ in 0..<4 {
            node.pass(milliseconds: 3_000)
            try client.say(LeaseKeepAliveRequest(id: 77), on: stream)
        }
        let alive: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(alive.count == 1)
        node.pass(milliseconds: 7_000)
        let dead: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(dead.count == 0)
    }

    /// Long lists are made by workers, of the state at the time they were asked for.
    @Test func manyLeasesAreListedElsewhereInTheOrderOfTheirEnds() throws {
        let node = Node()
        let client = try TestClient(node)
        let count = Int64(Limits.leasesReadOnLoopMax) + 1
        for id in 1...count {
            node.grant(LeaseGrantRequest(ttl: 1_000_000 - id, id: id))
        }
        node.turn()
        node.workers.pause()
        let stream = client.open(.leaseLeases)
        client.http.finishRequest(stream, LeaseLeasesRequest().encoded)
        try client.exchange()
        #expect(node.workers.waitingCount == 1)
        let _: LeaseRevokeResponse = try client.call(.leaseRevoke, LeaseRevokeRequest(id: 7))
        node.workers.resume()
        let lists = try client.take(stream, as: LeaseLeasesResponse.self)
        #expect(lists.first?.leases.map(\.id) == (1...count).reversed())
        #expect(client.reply(stream).status == .ok)
    }

    @Test func aLeasesManyKeysAreListedElsewhere() throws {
        let node = Node()
        let client = try TestClient(node)
        let _: LeaseGrantResponse = try client.call(
            .leaseGrant,
            LeaseGrantRequest(ttl: 60, id: 77)
        )
        let keys = (0...Limits.keysReadOnLoopMax).map { ByteSlice("k\(100_000 + $0)") }
        for key in keys { node.put(PutRequest(key: key, lease: 77)) }
        node.turn()
        node.workers.pause()
        let stream = client.open(.leaseTimeToLive)
        client.http.finishRequest(stream, LeaseTimeToLiveRequest(id: 77, keys: true).encoded)
        try client.exchange()
        #expect(node.workers.waitingCount == 1)
        node.workers.resume()
        let answers = try client.take(stream, as: LeaseTimeToLiveResponse.self)
        #expect(answers.first?.keys == keys)
        #expect(answers.first?.grantedTTL == 60)
    }
}
