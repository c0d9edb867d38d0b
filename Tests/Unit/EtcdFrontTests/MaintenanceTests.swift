import Bytes
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@Suite struct MaintenanceTests {
    @Test func aDowngradeIsRefusedInEtcdsWords() throws {
        let client = try TestClient(Node())
        for (version, message) in [
            ("3.5", "etcdserver: invalid downgrade target version"),
            ("3.5.0", "etcdserver: invalid downgrade target version"),
            ("3", "etcdserver: wrong downgrade target version format"),
            ("3..5", "etcdserver: wrong downgrade target version format"),
            ("", "etcdserver: wrong downgrade target version format"),
        ] {
            for action in [DowngradeRequest.DowngradeAction.validate, .enable] {
                let request = DowngradeRequest(action: action, version: version)
                let reply = try client.call(.downgrade, request)
                #expect(reply.status == .invalidArgument)
                #expect(reply.message == message)
            }
        }
        let reply = try client.call(.downgrade, DowngradeRequest(action: .cancel))
        #expect(reply.status == .failedPrecondition)
        #expect(reply.message == "etcdserver: no inflight downgrade job")
    }

    @Test func defragmentSucceedsAndChangesNothing() throws {
        let client = try TestClient(Node())
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let before: HashResponse = try client.call(.hash, HashRequest())
        let answer: DefragmentResponse = try client.call(.defragment, DefragmentRequest())
        #expect(answer.header?.revision == 2)
        let after: HashResponse = try client.call(.hash, HashRequest())
        #expect(after.hash == before.hash)
        #expect(after.header?.clusterID == 0xc1)
    }

    @Test func aStreamedRangeIsRefusedWhereItsOrderNeedsAllKeys() throws {
        let client = try TestClient(Node())
        for (request, code, message) in [
            (RangeRequest(), GRPCStatusCode.invalidArgument, "etcdserver: key is not provided"),
            (
                RangeRequest(key: "a", sortOrder: .unrecognized(9)), .invalidArgument,
                "etcdserver: invalid sort option"
            ),
            (
                RangeRequest(key: "a", sortOrder: .descend, minModRevision: 1), .unimplemented,
                "RangeStream does not support custom sort orders"
            ),
            (
                RangeRequest(key: "a", maxCreateRevision: 1), .unimplemented,
                "RangeStream does not support revision filters"
            ),
            (
                RangeRequest(key: "a", revision: 99), .outOfRange,
                "etcdserver: mvcc: required revision is a future revision"
            ),
        ] {
            let reply = try client.call(.rangeStream, request)
            #expect(reply.status == code)
            #expect(reply.message == message)
        }
    }
}
