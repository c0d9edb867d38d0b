import Bytes
import EtcdWire
import KeyspaceModel

/// A message of etcd's as the targets need it.
private struct Codec: Sendable {
    let sample: ByteSlice
    let attack: @Sendable (ByteSlice, FuzzRun) -> Void

    /// From a value, so that a corpus begins with something that has all its fields.
    init<Message: WireMessage>(_ sample: Message) {
        self.sample = sample.encoded
        attack = { bytes, run in Self.attack(Message.self, bytes, run) }
    }

    private static func attack<Message: WireMessage>(
        _: Message.Type,
        _ bytes: ByteSlice,
        _ run: FuzzRun
    ) {
        let message: Message
        do throws(DecodeError) {
            message = try run.decoding { () throws(DecodeError) in try Message(decoding: bytes) }
        } catch {
            return
        }
        let encoded = message.encoded
        run.expect(
            message.encodedLength == encoded.count,
            "\(Message.self): \(message.encodedLength) bytes promised, \(encoded.count) written"
        )
        do throws(DecodeError) {
            let again = try Message(decoding: encoded)
            run.expect(again == message, "\(Message.self) came back changed")
            run.expect(again.encoded == encoded, "\(Message.self) is encoded in two ways")
        } catch {
            run.expect(false, "\(Message.self): what we encoded is refused: \(error)")
        }
    }
}

/// Every message of etcd's API that comes from outside, to a server or to our own client.
///
/// The first byte says which message of its family the rest is. A message within a message takes
/// two bytes on the wire and some hundred in memory; `EtcdWire.Limits.operationsMax` and the
/// front's limit on a request bound what that may come to.
extension FuzzTarget {
    static let etcdTargets: [FuzzTarget] = [
        family("etcd-keys", keys), family("etcd-txn", transactions),
        family("etcd-watch", watches), family("etcd-leases", leases),
        family("etcd-cluster", cluster), family("etcd-maintenance", maintenance),
        family("etcd-recipes", recipes), family("etcd-services", services),
        FuzzTarget("json", bytesPerByte: 64, samples: { jsonSamples }, json),
    ]

    private static func family(_ name: String, _ codecs: [Codec]) -> FuzzTarget {
        FuzzTarget(name, bytesPerByte: 512) {
            codecs.enumerated().map { $1.sample.prefixed(UInt8($0)) }
        } _: { input, run in
            guard let choice = input.isEmpty ? nil : input[0] else { return }
            codecs[Int(choice) % codecs.count].attack(input.dropping(1), run)
        }
    }

    private static let header = ResponseHeader(
        clusterID: 0xcdf8_181e_3226_9ca6,
        memberID: 7,
        revision: 42,
        raftTerm: 2
    )
    private static let pair = KeyValue(
        key: "a",
        createRevision: 2,
        modRevision: 3,
        version: 2,
        value: "1",
        lease: 77
    )

    private static let keys: [Codec] = [
        Codec(RangeRequest(key: "a", rangeEnd: "b", limit: 10, revision: 3, keysOnly: true)),
        Codec(PutRequest(key: "a", value: "1", lease: 77, prevKv: true)),
        Codec(DeleteRangeRequest(key: "a", rangeEnd: "b", prevKv: true)),
        Codec(CompactionRequest(revision: 41, physical: true)),
        Codec(RangeResponse(header: header, kvs: [pair, pair], more: true, count: 12)),
        Codec(PutResponse(header: header, prevKv: pair)),
        Codec(DeleteRangeResponse(header: header, deleted: 2, prevKvs: [pair])),
        Codec(CompactionResponse(header: header)),
        Codec(RangeStreamResponse(rangeResponse: RangeResponse(header: header, kvs: [pair]))),
    ]

    private static let transaction = TxnRequest(
        compare: [
            Compare(result: .greater, target: .value, key: "a", targetUnion: .value("0")),
            Compare(result: .equal, target: .create, key: "b", targetUnion: .createRevision(0)),
        ],
        success: [RequestOp(request: .requestPut(PutRequest(key: "a", value: "2")))],
        failure: [RequestOp(request: .requestRange(RangeRequest(key: "a")))]
    )

    private static let transactions: [Codec] = [
        Codec(transaction),
        Codec(TxnRequest(success: [RequestOp(request: .requestTxn(transaction))])),
        Codec(
            TxnResponse(
                header: header,
                succeeded: true,
                responses: [ResponseOp(response: .responsePut(PutResponse(header: header)))]
            )
        ),
    ]

    private static let watches: [Codec] = [
        Codec(
            WatchRequest(
                requestUnion: .createRequest(
                    WatchCreateRequest(
                        key: "a",
                        rangeEnd: "b",
                        startRevision: 3,
                        filters: [.noPut, .noDelete]
                    )
                )
            )
        ),
        Codec(WatchRequest(requestUnion: .cancelRequest(WatchCancelRequest(watchID: 3)))),
        Codec(WatchRequest(requestUnion: .progressRequest(WatchProgressRequest()))),
        Codec(
            WatchResponse(
                header: header,
                watchID: 3,
                created: true,
                events: [Event(type: .delete, kv: pair, prevKv: pair)]
            )
        ),
    ]

    private static let leases: [Codec] = [
        Codec(LeaseGrantRequest(ttl: 60, id: 77)),
        Codec(LeaseRevokeRequest(id: 77)),
        Codec(LeaseKeepAliveRequest(id: 77)),
        Codec(LeaseTimeToLiveRequest(id: 77, keys: true)),
        Codec(LeaseLeasesRequest()),
        Codec(LeaseGrantResponse(header: header, id: 77, ttl: 60)),
        Codec(LeaseRevokeResponse(header: header)),
        Codec(LeaseKeepAliveResponse(header: header, id: 77, ttl: 60)),
        Codec(
            LeaseTimeToLiveResponse(header: header, id: 77, ttl: 59, grantedTTL: 60, keys: ["a"])
        ),
        Codec(LeaseLeasesResponse(header: header, leases: [LeaseStatus(id: 77)])),
        Codec(LeaseCheckpointRequest(checkpoints: [LeaseCheckpoint(id: 77, remainingTTL: 5)])),
        Codec(LeaseCheckpointResponse(header: header)),
    ]
}

extension FuzzTarget {
    private static let member = Member(
        id: 7,
        name: "n1",
        peerURLs: ["http://127.0.0.1:2380"],
        clientURLs: ["http://127.0.0.1:2379"]
    )

    private static let cluster: [Codec] = [
        Codec(MemberAddRequest(peerURLs: ["http://127.0.0.1:2380"], isLearner: true)),
        Codec(MemberRemoveRequest(id: 7)),
        Codec(MemberUpdateRequest(id: 7, peerURLs: ["http://127.0.0.1:2380"])),
        Codec(MemberListRequest(linearizable: true)),
        Codec(MemberPromoteRequest(id: 7)),
        Codec(MemberAddResponse(header: header, member: member, members: [member])),
        Codec(MemberRemoveResponse(header: header, members: [member])),
        Codec(MemberUpdateResponse(header: header, members: [member])),
        Codec(MemberListResponse(header: header, members: [member])),
        Codec(MemberPromoteResponse(header: header, members: [member])),
    ]

    private static let maintenance: [Codec] = [
        Codec(AlarmRequest(action: .activate, memberID: 7, alarm: .noSpace)),
        Codec(StatusRequest()), Codec(DefragmentRequest()), Codec(HashRequest()),
        Codec(HashKVRequest(revision: 41)), Codec(SnapshotRequest()),
        Codec(MoveLeaderRequest(targetID: 7)),
        Codec(DowngradeRequest(action: .validate, version: "3.5")),
        Codec(AlarmResponse(header: header, alarms: [AlarmMember(memberID: 7, alarm: .corrupt)])),
        Codec(
            StatusResponse(
                header: header,
                version: "3.5.1",
                dbSize: 4_096,
                leader: 7,
                errors: ["a"]
            )
        ),
        Codec(DefragmentResponse(header: header)), Codec(HashResponse(header: header, hash: 1)),
        Codec(HashKVResponse(header: header, hash: 1, compactRevision: 40)),
        Codec(SnapshotResponse(header: header, remainingBytes: 10, blob: "bytes")),
        Codec(MoveLeaderResponse(header: header)),
        Codec(DowngradeResponse(header: header, version: "3.5")),
        Codec(DowngradeVersionTestRequest(ver: "3.5")),
    ]

    private static let place = LeaderKey(name: "e", key: "e/4d", rev: 9, lease: 77)

    private static let recipes: [Codec] = [
        Codec(LockRequest(name: "l", lease: 77)), Codec(UnlockRequest(key: "l/4d")),
        Codec(CampaignRequest(name: "e", lease: 77, value: "1")),
        Codec(ProclaimRequest(leader: place, value: "2")), Codec(LeaderRequest(name: "e")),
        Codec(ResignRequest(leader: place)), Codec(LockResponse(header: header, key: "l/4d")),
        Codec(UnlockResponse(header: header)),
        Codec(CampaignResponse(header: header, leader: place)),
        Codec(ProclaimResponse(header: header)), Codec(LeaderResponse(header: header, kv: pair)),
        Codec(ResignResponse(header: header)),
    ]

    private static let services: [Codec] = [
        Codec(HealthCheckRequest(service: "etcdserverpb.KV")),
        Codec(HealthCheckResponse(status: .serving)),
        Codec(
            ServerReflectionRequest(
                host: "h",
                messageRequest: .fileContainingSymbol("etcdserverpb.KV")
            )
        ),
        Codec(
            ServerReflectionResponse(
                validHost: "h",
                messageResponse: .fileDescriptorResponse(
                    FileDescriptorResponse(fileDescriptorProto: ["bytes"])
                )
            )
        ),
    ]
}

extension FuzzTarget {
    private static let requests: [EtcdMethod: Codec] = [
        .range: keys[0], .put: keys[1], .deleteRange: keys[2], .compact: keys[3],
        .txn: transactions[0], .watch: watches[0], .leaseGrant: leases[0],
        .leaseTimeToLive: leases[3], .memberAdd: cluster[0], .memberList: cluster[3],
        .alarm: maintenance[0], .downgrade: maintenance[7], .lock: recipes[0],
        .campaign: recipes[2], .proclaim: recipes[3], .healthCheck: services[0],
    ]

    private static let jsonSamples: [ByteSlice] = [
        ByteSlice("{\"key\":\"YQ==\",\"limit\":\"10\",\"sort_order\":\"DESCEND\"}").prefixed(0),
        ByteSlice("{\"key\":\"YQ==\",\"value\":\"MQ==\",\"lease\":77}").prefixed(2),
        ByteSlice(
            "{\"compare\":[{\"key\":\"YQ==\",\"result\":\"EQUAL\",\"target\":\"CREATE\","
                + "\"createRevision\":\"0\"}],\"success\":[{\"requestPut\":{\"key\":\"YQ==\"}}]}"
        ).prefixed(4),
        ByteSlice("{\"create_request\":{\"key\":\"Zm9v\",\"filters\":[\"NOPUT\",1]}} {}").prefixed(
            6
        ),
        ByteSlice("{\"TTL\":1e1,\"x\":[null,true,\"\\ud83d\\ude00\\n\"]}").prefixed(7),
    ]

    /// The first byte is the method; the rest the body of a call to the gateway.
    private static func json(_ input: ByteSlice, _ run: FuzzRun) {
        guard let choice = input.isEmpty ? nil : input[0],
            let method = EtcdMethod(rawValue: choice % UInt8(EtcdMethod.allCases.count))
        else { return }
        let text = input.dropping(1).array
        let messages: [ByteSlice]
        do throws(DecodeError) {
            messages = try run.decoding { () throws(DecodeError) in
                try ProtoJSON.requests(of: method, in: text, max: 4)
            }
        } catch {
            return
        }
        // What a text becomes goes the way of any client's bytes.
        for message in messages { requests[method]?.attack(message, run) }
    }
}
