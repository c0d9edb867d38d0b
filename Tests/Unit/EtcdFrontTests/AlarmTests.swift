import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Model
import Testing

@Suite struct AlarmTests {
    private static let noSpace = "etcdserver: mvcc: database space exceeded"
    private static let big = ByteSlice([UInt8](repeating: 1, count: 4_000))

    private static func raised(_ client: TestClient) throws -> [AlarmMember] {
        try client.call(.alarm, AlarmRequest(), as: AlarmResponse.self).alarms
    }

    private static func get(_ path: String, _ node: Node) throws -> String {
        let client = try TestClient(node)
        try client.send(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        node.turn()
        return try client.takeText()
    }

    @Test func whatWouldExceedTheQuotaIsRefusedAndRaisesTheAlarm() throws {
        let client = try TestClient(Node(quotaBytes: 3_000))
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let reply = try client.call(.put, PutRequest(key: "b", value: Self.big))
        #expect(reply.status == .resourceExhausted)
        #expect(reply.message == Self.noSpace)
        let alarm = AlarmMember(memberID: 0x5eed, alarm: .noSpace)
        #expect(try Self.raised(client) == [alarm])
        let range: RangeResponse = try client.call(.range, RangeRequest(key: "b"))
        #expect(range.count == 0)
        // What is small is refused as well, until somebody disarms.
        let small = try client.call(.put, PutRequest(key: "a"))
        #expect(small.message == Self.noSpace)
        let grant = try client.call(.leaseGrant, LeaseGrantRequest(ttl: 60))
        #expect(grant.message == Self.noSpace)
        let _: DeleteRangeResponse = try client.call(.deleteRange, DeleteRangeRequest(key: "a"))
        let disarm = AlarmRequest(action: .deactivate, memberID: 0x5eed, alarm: .noSpace)
        let disarmed: AlarmResponse = try client.call(.alarm, disarm)
        #expect(disarmed.alarms == [alarm])
        #expect(disarmed.header?.clusterID == 0xc1)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a"))
    }

    @Test func aTransactionAndALeaseRaiseItToo() throws {
        let txn = TxnRequest(success: [
            RequestOp(request: .requestPut(PutRequest(key: "b", value: Self.big)))
        ])
        let first = try TestClient(Node(quotaBytes: 3_000))
        #expect(try first.call(.txn, txn).message == Self.noSpace)
        #expect(try Self.raised(first).count == 1)
        let second = try TestClient(Node(quotaBytes: 10))
        #expect(try second.call(.leaseGrant, LeaseGrantRequest(ttl: 60)).message == Self.noSpace)
        #expect(try Self.raised(second).count == 1)
    }

    @Test func locksAndCampaignsAreCheckedBeforeTheLog() throws {
        let first = try TestClient(Node(quotaBytes: 10))
        let index = first.node.lastIndex
        let lock = try first.call(.lock, LockRequest(name: "a"))
        #expect(lock.status == .unknown)
        #expect(lock.message == Self.noSpace)
        #expect(try Self.raised(first).count == 1)
        // The alarm is all that the log has more.
        #expect(first.node.lastIndex?.number == (index?.number ?? 0) + 1)
        #expect(try first.call(.lock, LockRequest(name: "a")).message == Self.noSpace)
        let second = try TestClient(Node(quotaBytes: 3_000))
        let _: LeaseGrantResponse = try second.call(.leaseGrant, LeaseGrantRequest(ttl: 60, id: 7))
        let campaign = CampaignRequest(name: "a", lease: 7, value: Self.big)
        #expect(try second.call(.campaign, campaign).message == Self.noSpace)
        let range: RangeResponse = try second.call(
            .range,
            RangeRequest(key: "\0", rangeEnd: "\0")
        )
        #expect(range.count == 0)
    }

    @Test func aClientThatWasRefusedWithoutALeaderIsToldAllTheSame() throws {
        let node = Node(isAlone: false, quotaBytes: 10)
        let client = try TestClient(node)
        let stream = client.open(.put)
        client.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try client.exchange()
        #expect(client.reply(stream).status == nil)
        node.pass(milliseconds: 8_000)
        try client.exchange()
        #expect(client.reply(stream).message == Self.noSpace)
    }

    @Test func statusAndProbesShowAlarms() throws {
        let node = Node(quotaBytes: 1 << 20)
        let client = try TestClient(node)
        let status: StatusResponse = try client.call(.status, StatusRequest())
        #expect(status.errors == [])
        #expect(status.dbSizeQuota == 1 << 20)
        for (type, name) in [(AlarmType.noSpace, "NOSPACE"), (.corrupt, "CORRUPT")] {
            var request = AlarmRequest(action: .activate, memberID: 7, alarm: type)
            let _: AlarmResponse = try client.call(.alarm, request)
            let status: StatusResponse = try client.call(.status, StatusRequest())
            #expect(status.errors == ["memberID:7 alarm:\(name) "])
            let health = try Self.get("/health", node)
            #expect(health.hasPrefix("HTTP/1.1 503"))
            #expect(health.hasSuffix("{\"health\":\"false\",\"reason\":\"ALARM \(name)\"}"))
            #expect(try Self.get("/health?exclude=\(name)", node).hasPrefix("HTTP/1.1 200"))
            #expect(try Self.get("/health?exclude=X", node).hasPrefix("HTTP/1.1 503"))
            let ready = try Self.get("/readyz", node)
            if type == .corrupt {
                #expect(ready.contains("[-]data_corruption failed: alarm activated: CORRUPT\n"))
            } else {
                #expect(ready.hasPrefix("HTTP/1.1 200"))
            }
            request.action = .deactivate
            let _: AlarmResponse = try client.call(.alarm, request)
        }
    }

    @Test func aCorruptClusterIsReadAndNotChanged() throws {
        let client = try TestClient(Node())
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let request = AlarmRequest(action: .activate, memberID: 7, alarm: .corrupt)
        let _: AlarmResponse = try client.call(.alarm, request)
        let reply = try client.call(.put, PutRequest(key: "a"))
        #expect(reply.status == .dataLoss)
        #expect(reply.message == "etcdserver: corrupt cluster")
        let range: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(range.count == 1)
    }
}
