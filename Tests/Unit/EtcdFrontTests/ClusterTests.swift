import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@Suite struct ClusterTests {
    @Test(arguments: [true, false])
    func membersAreListed(_ isLinearizable: Bool) throws {
        let client = try TestClient(Node())
        let list: MemberListResponse = try client.call(
            .memberList,
            MemberListRequest(linearizable: isLinearizable)
        )
        #expect(list.members.map(\.id) == [0x5eed])
        #expect(list.members.first?.clientURLs == ["http://127.0.0.1:2379"])
        #expect(list.header?.memberID == 0x5eed)
    }

    @Test func theStatusTellsWhoLeadsAndHowFarTheLogIs() throws {
        let client = try TestClient(Node())
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let status: StatusResponse = try client.call(.status, StatusRequest())
        #expect(status.version == ServerVersion.etcd)
        #expect(status.leader == 0x5eed)
        #expect(status.raftIndex == status.raftAppliedIndex)
        #expect(status.raftIndex > 0)
        #expect(status.dbSize > 0)
        #expect(status.errors.isEmpty)
    }

    @Test func theHashIsEtcdsOwn() throws {
        let client = try TestClient(Node())
        let empty: HashKVResponse = try client.call(.hashKV, HashKVRequest())
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let hash: HashKVResponse = try client.call(.hashKV, HashKVRequest())
        #expect(hash.hash != empty.hash)
        #expect(hash.hashRevision == 2)
        let again: HashKVResponse = try client.call(.hashKV, HashKVRequest(revision: 2))
        #expect(again.hash == hash.hash)
        let future = try client.call(.hashKV, HashKVRequest(revision: 9))
        #expect(future.message == "etcdserver: mvcc: required revision is a future revision")
    }

    @Test func thereIsNoAlarm() throws {
        let client = try TestClient(Node())
        let alarms: AlarmResponse = try client.call(.alarm, AlarmRequest())
        #expect(alarms.alarms.isEmpty)
    }

    @Test func leadershipIsMovedToVotersOnly() throws {
        let client = try TestClient(Node())
        let moved: MoveLeaderResponse = try client.call(
            .moveLeader,
            MoveLeaderRequest(targetID: 0x5eed)
        )
        #expect(moved.header?.memberID == 0x5eed)
        let refused = try client.call(.moveLeader, MoveLeaderRequest(targetID: 9))
        #expect(refused.status == .failedPrecondition)
        #expect(refused.message == "etcdserver: bad leader transferee")
    }

    @Test func theServerIsServing() throws {
        let client = try TestClient(Node())
        let check: HealthCheckResponse = try client.call(.healthCheck, HealthCheckRequest())
        #expect(check.status == .serving)
        let named = try client.call(.healthCheck, HealthCheckRequest(service: "other"))
        #expect(named.status == .notFound)
        #expect(named.message == "unknown service")
        let stream = client.open(.healthWatch)
        client.http.finishRequest(stream, HealthCheckRequest().encoded)
        #expect(
            try client.take(stream, as: HealthCheckResponse.self).map(\.status) == [.serving]
        )
        #expect(client.reply(stream).status == nil)
    }
}
