import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct WatchProgressTests {
    private func progress(_ watchID: Int64, _ revision: Int64) -> WatchResponse {
        WatchResponse(header: ResponseHeader(revision: revision), watchID: watchID)
    }

    @Test func progressIsToldAtOnceWhenAllIsDelivered() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        let answer = bench.hub.requestProgress(on: bench.stream, in: bench.keyspace)
        #expect(answer?.response == progress(-1, 1))
    }

    @Test func progressWaitsForWhatIsNotYetDelivered() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.put("a")
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        let responses = bench.collect()
        #expect(responses.map(\.changes) == [["put a@2"], []])
        #expect(responses.last == progress(-1, 2))
        #expect(bench.collect().isEmpty)
    }

    @Test func progressWaitsForAllWatchesOfTheStream() {
        var bench = WatchBench()
        for _ in 0..<3_000 { bench.put("a") }
        bench.watch(WatchCreateRequest(key: "b"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2))
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        let responses = bench.collectAll()
        #expect(responses.last == progress(-1, 3_001))
        #expect(responses.dropLast().flatMap(\.events).count == 3_000)
    }

    @Test func progressWaitsForAFutureStart() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2))
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        #expect(bench.collectAll().isEmpty)
        bench.put("b")
        #expect(bench.collectAll() == [progress(-1, 2)])
    }

    @Test func progressIsDueWhenTheLastThatLaggedIsCancelled() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 100))
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        _ = bench.hub.cancel(1, on: bench.stream, in: bench.keyspace)
        #expect(bench.hub.hasBacklog)
        #expect(bench.collectAll() == [progress(-1, 1)])
    }

    @Test func aStreamWithoutWatchesGetsNoProgress() {
        var bench = WatchBench()
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        bench.watch(WatchCreateRequest(key: "b", rangeEnd: "a"))
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        #expect(bench.collectAll().isEmpty)
    }

    @Test func aSlowStreamHearsOfProgressOnceItCan() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a"))
        bench.hub.setWritable(bench.stream, false)
        #expect(bench.hub.requestProgress(on: bench.stream, in: bench.keyspace) == nil)
        #expect(bench.collectAll().isEmpty)
        bench.hub.setWritable(bench.stream, true)
        #expect(bench.collectAll() == [progress(-1, 1)])
    }

    @Test func theTimerTellsOnlyThoseWhoAskedAndHeardNothing() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", progressNotify: true))
        bench.watch(WatchCreateRequest(key: "b", progressNotify: true))
        bench.watch(WatchCreateRequest(key: "b"))
        bench.watch(WatchCreateRequest(key: "b", startRevision: 50, progressNotify: true))
        bench.put("a")
        _ = bench.collectAll()
        var deliveries: [WatchDelivery] = []
        bench.hub.notifyProgress(on: bench.stream, into: &deliveries)
        #expect(deliveries.map(\.response) == [progress(1, 2)])
        deliveries = []
        bench.hub.notifyProgress(on: bench.stream, into: &deliveries)
        #expect(deliveries.map(\.response) == [progress(0, 2), progress(1, 2)])
    }

    @Test func theTimerTellsNothingToThoseWhoLag() {
        var bench = WatchBench()
        bench.put("a")
        bench.put("a")
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2, progressNotify: true))
        var deliveries: [WatchDelivery] = []
        bench.hub.notifyProgress(on: bench.stream, into: &deliveries)
        #expect(deliveries.isEmpty)
    }
}
