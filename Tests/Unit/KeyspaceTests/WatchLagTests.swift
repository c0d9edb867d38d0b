import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct WatchLagTests {
    @Test func aSlowStreamCatchesUpWithoutLossOrRepetition() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a"), on: bench.otherStream)
        bench.put("a")
        #expect(bench.collectAll().count == 2)
        bench.hub.setWritable(bench.stream, false)
        for _ in 0..<3 { bench.put("a") }
        let others = bench.collectAll()
        #expect(others.map(\.events.count) == [3])
        #expect(bench.hub.laggingCount == 1)
        #expect(!bench.hub.hasBacklog)
        bench.hub.setWritable(bench.stream, true)
        #expect(bench.hub.hasBacklog)
        #expect(bench.collectAll().flatMap(\.changes) == ["put a@3", "put a@4", "put a@5"])
        #expect(bench.hub.laggingCount == 0)
    }

    @Test func aSlowStreamWithoutEventsDoesNotLag() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.hub.setWritable(bench.stream, false)
        bench.put("b")
        #expect(bench.collectAll().isEmpty)
        #expect(bench.hub.laggingCount == 0)
    }

    @Test func compactionEndsAWatchThatNeedsWhatIsForgotten() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.hub.setWritable(bench.stream, false)
        for _ in 0..<5 { bench.put("a") }
        #expect(bench.collectAll().isEmpty)
        bench.compact(4)
        bench.hub.setWritable(bench.stream, true)
        let ended = WatchResponse(
            header: ResponseHeader(),
            canceled: true,
            compactRevision: 4
        )
        #expect(bench.collectAll() == [ended])
        #expect(bench.hub.watchCount == 0)
        #expect(bench.hub.cancel(0, on: bench.stream, in: bench.keyspace) == nil)
    }

    @Test func aStartThatIsCompactedIsAnsweredAndEnded() {
        var bench = WatchBench()
        for _ in 0..<5 { bench.put("a") }
        bench.compact(4)
        let responses = bench.watch(WatchCreateRequest(key: "a", startRevision: 3))
        #expect(responses.map(\.created) == [true, false])
        #expect(responses.last?.canceled == true)
        #expect(responses.last?.compactRevision == 4)
        #expect(responses.last?.header?.revision == 0)
        #expect(responses.last?.cancelReason == "")
        #expect(bench.hub.watchCount == 0)
    }

    @Test func aStartAtTheCompactRevisionIsServed() {
        var bench = WatchBench()
        for _ in 0..<3 { bench.put("a") }
        bench.delete("a")
        bench.put("a")
        bench.compact(5)
        bench.watch(WatchCreateRequest(key: "a", startRevision: 5))
        #expect(bench.collectAll().flatMap(\.changes) == ["delete a@5", "put a@6"])
    }

    @Test func whatIsWrittenAndCompactedBetweenTwoCollectsEndsTheWatch() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        for _ in 0..<5 { bench.put("a") }
        bench.compact(6)
        #expect(bench.collectAll().map(\.compactRevision) == [6])
    }

    @Test func aRestoredSnapshotLeavesNoGap() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 4))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 9))
        bench.put("a")
        #expect(bench.collectAll().count == 1)
        for _ in 0..<3 { bench.put("a") }
        bench.hub.reset(to: bench.keyspace)
        let responses = bench.collectAll()
        let first = responses.filter { $0.watchID == 0 }.flatMap(\.changes)
        let second = responses.filter { $0.watchID == 1 }.flatMap(\.changes)
        #expect(first == ["put a@3", "put a@4", "put a@5"])
        #expect(second == ["put a@4", "put a@5"])
        #expect(responses.allSatisfy { $0.watchID != 2 })
    }

    @Test func aWatchFarBehindDelaysNobodyLong() {
        var bench = WatchBench()
        for _ in 0..<20_000 { bench.put("a") }
        bench.watch(WatchCreateRequest(key: "b", startRevision: 2))
        bench.put("b")
        bench.watch(WatchCreateRequest(key: "b", startRevision: 20_002), on: bench.otherStream)
        let first = bench.collect()
        #expect(first.map(\.changes) == [["put b@20002"]])
        #expect(bench.hub.hasBacklog)
        #expect(bench.collectAll().map(\.changes) == [["put b@20002"]])
    }

    @Test func aStreamGetsItsShareOfACollectOnly() {
        var bench = WatchBench()
        let large = ByteSlice([UInt8](repeating: 1, count: 1 << 20))
        for _ in 0..<8 { bench.put("a", large) }
        for _ in 0..<4 { bench.watch(WatchCreateRequest(key: "a", startRevision: 2)) }
        let first = bench.collect()
        #expect(first.count == 1)
        #expect((first + bench.collectAll()).flatMap(\.events).count == 32)
    }
}
