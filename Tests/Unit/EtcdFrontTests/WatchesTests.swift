import Bytes
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Testing

@testable import EtcdFront

@Suite struct WatchesTests {
    private func watch(
        _ client: TestClient,
        _ request: WatchCreateRequest,
        on stream: StreamID
    ) throws -> [WatchResponse] {
        try client.say(WatchRequest(requestUnion: .createRequest(request)), on: stream)
        return try client.take(stream)
    }

    @Test func aWatchIsCreatedAndTold() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        let created = try watch(client, WatchCreateRequest(key: "a"), on: stream)
        #expect(created.count == 1)
        #expect(created.first?.created == true)
        #expect(created.first?.watchID == 0)
        #expect(created.first?.header?.revision == 1)
        #expect(created.first?.header?.clusterID == 0xc1)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let _: PutResponse = try client.call(.put, PutRequest(key: "b", value: "1"))
        let _: DeleteRangeResponse = try client.call(.deleteRange, DeleteRangeRequest(key: "a"))
        let events = try client.take(stream, as: WatchResponse.self).flatMap(\.events)
        #expect(events.map(\.type) == [.put, .delete])
        #expect(events.map { $0.kv?.modRevision } == [2, 4])
    }

    @Test func historyIsToldFromTheRevisionAskedFor() throws {
        let client = try TestClient(Node())
        for value in ["1", "2", "3"] {
            let _: PutResponse = try client.call(
                .put,
                PutRequest(key: "a", value: ByteSlice(value))
            )
        }
        let stream = client.open(.watch)
        let responses = try watch(
            client,
            WatchCreateRequest(key: "a", startRevision: 3, prevKv: true),
            on: stream
        )
        let events = responses.flatMap(\.events)
        #expect(events.map { $0.kv?.value } == ["2", "3"])
        #expect(events.map { $0.prevKv?.value } == ["1", "2"])
    }

    @Test func aWatchOfWhatIsCompactedIsCancelledWithTheRevision() throws {
        let client = try TestClient(Node())
        for _ in 0..<4 { let _: PutResponse = try client.call(.put, PutRequest(key: "a")) }
        let _: CompactionResponse = try client.call(.compact, CompactionRequest(revision: 4))
        let stream = client.open(.watch)
        let responses = try watch(
            client,
            WatchCreateRequest(key: "a", startRevision: 2),
            on: stream
        )
        #expect(responses.map(\.created) == [true, false])
        #expect(responses.map(\.canceled) == [false, true])
        #expect(responses.last?.compactRevision == 4)
        #expect(responses.last?.header?.revision == 0)
        #expect(responses.last?.cancelReason == "")
    }

    @Test func aWatchEndsWhenItIsCancelledAndSaysSoOnce() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        _ = try watch(client, WatchCreateRequest(key: "a", watchID: 7), on: stream)
        let cancel = WatchRequest(requestUnion: .cancelRequest(WatchCancelRequest(watchID: 7)))
        try client.say(cancel, on: stream)
        try client.say(cancel, on: stream)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a"))
        let responses = try client.take(stream, as: WatchResponse.self)
        #expect(responses.map(\.canceled) == [true])
        #expect(responses.map(\.watchID) == [7])
    }

    @Test func whoAsksForProgressIsTold() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        _ = try watch(client, WatchCreateRequest(key: "a"), on: stream)
        let _: PutResponse = try client.call(.put, PutRequest(key: "b"))
        try client.say(WatchRequest(requestUnion: .progressRequest(.init())), on: stream)
        let responses = try client.take(stream, as: WatchResponse.self)
        #expect(responses.map(\.watchID) == [-1])
        #expect(responses.map { $0.header?.revision } == [2])
    }

    @Test func whoWantsProgressIsToldNowAndThenButNotWhileThereAreEvents() throws {
        var settings = EtcdFrontSettings()
        settings.progressNanoseconds = 1_000_000_000
        let node = Node(settings: settings)
        let client = try TestClient(node)
        let stream = client.open(.watch)
        _ = try watch(client, WatchCreateRequest(key: "a", progressNotify: true), on: stream)
        _ = try watch(client, WatchCreateRequest(key: "b"), on: stream)
        node.pass(milliseconds: 1_200)
        let first = try client.take(stream, as: WatchResponse.self)
        #expect(first.map(\.watchID) == [0])
        #expect(first.allSatisfy { $0.events.isEmpty && !$0.created })
        let _: PutResponse = try client.call(.put, PutRequest(key: "a"))
        node.pass(milliseconds: 1_200)
        #expect(try client.take(stream, as: WatchResponse.self).map(\.events.count) == [1])
        node.pass(milliseconds: 1_200)
        #expect(try client.take(stream, as: WatchResponse.self).map(\.events.count) == [0])
    }

    @Test func aLargeResponseIsSplitIfTheClientAllows() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        let value = ByteSlice([UInt8](repeating: 1, count: 1_000_000))
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: value))
        let _: PutResponse = try client.call(.put, PutRequest(key: "b", value: value))
        let _: PutResponse = try client.call(.put, PutRequest(key: "c", value: value))
        _ = try watch(
            client,
            WatchCreateRequest(key: "a", rangeEnd: "z", prevKv: true, fragment: true),
            on: stream
        )
        // One revision, so that only splitting makes it several responses.
        let _: DeleteRangeResponse = try client.call(
            .deleteRange,
            DeleteRangeRequest(key: "a", rangeEnd: "z")
        )
        let parts = try client.take(stream, as: WatchResponse.self)
        #expect(parts.map(\.fragment) == [true, false])
        #expect(parts.map(\.events.count) == [2, 1])
        #expect(parts.allSatisfy { $0.header?.revision == 5 })
    }

    @Test func whatManyHearIsTheSameForEach() throws {
        let node = Node()
        let clients = try (0..<3).map { _ in try TestClient(node) }
        var streams: [StreamID] = []
        for client in clients {
            let stream = client.open(.watch)
            streams.append(stream)
            for id: Int64 in [5, 6] {
                let request = WatchCreateRequest(key: "a", rangeEnd: "c", watchID: id)
                _ = try watch(client, request, on: stream)
            }
        }
        let put = TxnRequest(success: [
            RequestOp(request: .requestPut(PutRequest(key: "a", value: "1"))),
            RequestOp(request: .requestPut(PutRequest(key: "b", value: "2"))),
        ])
        let before = node.front.sharedEvents.encodedCount
        let _: TxnResponse = try clients[0].call(.txn, put)
        // For the first watch, and once more for the other five.
        #expect(node.front.sharedEvents.encodedCount - before == 4)
        for (client, stream) in zip(clients, streams) {
            try client.exchange()
            let responses = try client.reply(stream).messages.map {
                try WatchResponse(decoding: $0)
            }.filter { !$0.events.isEmpty }
            #expect(responses.map(\.watchID).sorted() == [5, 6])
            for response in responses {
                #expect(response.events.map { $0.kv?.key } == ["a", "b"])
                #expect(response.events.map { $0.kv?.value } == ["1", "2"])
                #expect(response.header?.revision == 2)
            }
        }
    }

    @Test func aStreamGoesOnAfterTheClientsHalf() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        _ = try watch(client, WatchCreateRequest(key: "a"), on: stream)
        client.http.finishRequest(stream)
        try client.exchange()
        #expect(client.reply(stream).status == nil)
        #expect(client.node.watches?.watchCount == 1)
    }

    @Test func aConnectionThatIsLostTakesItsWatchesAlong() throws {
        let client = try TestClient(Node())
        let stream = client.open(.watch)
        _ = try watch(client, WatchCreateRequest(key: "a"), on: stream)
        #expect(client.node.front.connectionCount == 1)
        try client.close()
        #expect(client.node.watches?.streamCount == 0)
        #expect(client.node.front.connectionCount == 0)
    }

    @Test func aSlowClientGetsEverythingOnceItReads() throws {
        let node = Node()
        let reader = try TestClient(node)
        let writer = try TestClient(node)
        let stream = reader.open(.watch)
        _ = try watch(reader, WatchCreateRequest(key: "a"), on: stream)
        // The reader takes nothing: windows and queue fill, then the hub holds back.
        let value = ByteSlice([UInt8](repeating: 1, count: 100_000))
        for _ in 0..<60 {
            let _: PutResponse = try writer.call(.put, PutRequest(key: "a", value: value))
        }
        #expect(node.watches?.laggingCount == 1)
        let events = try reader.take(stream, as: WatchResponse.self).flatMap(\.events)
        #expect(events.map { $0.kv?.modRevision ?? 0 } == Array(2...61))
    }
}
