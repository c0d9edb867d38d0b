import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct WatchHubTests {
    @Test func aWatchGetsWhatComesNext() {
        var bench = WatchBench()
        bench.put("a")
        let created = bench.watch(WatchCreateRequest(key: "a"))
        #expect(
            created == [WatchResponse(header: ResponseHeader(revision: 2), created: true)]
        )
        bench.put("a")
        bench.put("b")
        bench.delete("a")
        let responses = bench.collect()
        #expect(responses.count == 1)
        #expect(responses.first?.changes == ["put a@3", "delete a@5"])
        #expect(responses.first?.header?.revision == 5)
        #expect(bench.collect().isEmpty)
        #expect(!bench.hub.hasBacklog)
    }

    @Test func namesCountUpFromZeroAndPassOverTakenOnes() {
        var bench = WatchBench()
        let chosen = WatchCreateRequest(key: "a", watchID: 1)
        #expect(bench.watch(chosen).map(\.watchID) == [1])
        let ids = (0..<3).flatMap { _ in
            bench.watch(WatchCreateRequest(key: "a")).map(\.watchID)
        }
        #expect(ids == [0, 2, 3])
        #expect(bench.watch(chosen, on: bench.otherStream).first?.canceled == false)
    }

    @Test func aNameThatIsTakenIsRefused() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", watchID: 7))
        let refused = WatchResponse(
            header: ResponseHeader(revision: 1),
            watchID: -1,
            created: true,
            canceled: true,
            cancelReason: "mvcc: duplicate watch ID provided on the WatchStream"
        )
        #expect(bench.watch(WatchCreateRequest(key: "b", watchID: 7)) == [refused])
    }

    @Test func emptyRangesAreRefused() {
        var bench = WatchBench()
        for end: ByteSlice in ["b", "a"] {
            let response = bench.watch(WatchCreateRequest(key: "b", rangeEnd: end)).first
            #expect(response?.cancelReason == "mvcc: watcher range is empty")
            #expect(response?.watchID == -1)
            #expect(response?.canceled == true)
        }
    }

    @Test func aStartBeforeTheFirstRevisionIsRefused() {
        var bench = WatchBench()
        for start in [-1, Int64.min] {
            let response = bench.watch(WatchCreateRequest(key: "a", startRevision: start)).first
            #expect(response?.cancelReason == "mvcc: required revision has been compacted")
        }
    }

    @Test func anEmptyKeyIsTheSmallest() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest())
        bench.watch(WatchCreateRequest(rangeEnd: ByteSlice([0])))
        bench.put(ByteSlice([0]))
        bench.put("z")
        let responses = bench.collect()
        #expect(responses.map(\.watchID) == [0, 1])
        #expect(responses.map(\.events.count) == [1, 2])
    }

    @Test func rangesIncludeTheirStartAndExcludeTheirEnd() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "b", rangeEnd: "d"))
        for key: ByteSlice in ["a", "b", "bb", "c", "d"] { bench.put(key) }
        #expect(bench.collect().flatMap(\.changes) == ["put b@3", "put bb@4", "put c@5"])
    }

    @Test func historyIsDeliveredFromTheStartAskedFor() {
        var bench = WatchBench()
        for _ in 0..<5 { bench.put("a") }
        bench.watch(WatchCreateRequest(key: "a", startRevision: 4))
        #expect(bench.hub.hasBacklog)
        bench.put("a")
        let changes = bench.collectAll().flatMap(\.changes)
        #expect(changes == ["put a@4", "put a@5", "put a@6", "put a@7"])
    }

    @Test func aRevisionIsNeverSplit() {
        var bench = WatchBench()
        let keys = (0..<100).map { ByteSlice("key\($0)") }
        for _ in 0..<30 { bench.putTogether(keys) }
        bench.watch(WatchCreateRequest(rangeEnd: ByteSlice([0]), startRevision: 2))
        let responses = bench.collectAll()
        #expect(responses.count > 1)
        #expect(responses.flatMap(\.events).count == 3_000)
        #expect(responses.allSatisfy { $0.events.count.isMultiple(of: 100) })
    }

    @Test func largeEventsAreDeliveredInParts() {
        var bench = WatchBench()
        let half = ByteSlice([UInt8](repeating: 7, count: 600_000))
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2))
        for _ in 0..<6 { bench.put("a", half) }
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2))
        for watchID in [Int64(0), 1, 2] {
            var copy = bench
            let own = copy.collectAll().filter { $0.watchID == watchID }
            #expect(own.map(\.events.count) == [2, 2, 2])
            #expect(own.map { $0.header?.revision } == [3, 5, 7])
        }
    }

    @Test func filtersLeaveOutWhatTheyName() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", filters: [.noPut]))
        bench.watch(WatchCreateRequest(key: "a", filters: [.noDelete]))
        bench.watch(WatchCreateRequest(key: "a", filters: [.noPut, .noDelete]))
        bench.watch(WatchCreateRequest(key: "a", filters: [.unrecognized(9)]))
        bench.put("a")
        bench.delete("a")
        let responses = bench.collect()
        #expect(responses.map(\.watchID).sorted() == [0, 1, 3])
        for response in responses {
            switch response.watchID {
            case 0: #expect(response.changes == ["delete a@3"])
            case 1: #expect(response.changes == ["put a@2"])
            default: #expect(response.changes == ["put a@2", "delete a@3"])
            }
        }
    }

    @Test func previousValuesAreThoseOfTheRevisionBefore() {
        var bench = WatchBench()
        bench.put("a", "1")
        bench.watch(WatchCreateRequest(key: "a", prevKv: true))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2, prevKv: true))
        bench.put("a", "2")
        bench.delete("a")
        bench.put("a", "4")
        for response in bench.collectAll() {
            let previous = response.events.map { $0.prevKv?.value.text }
            #expect(previous.suffix(3) == ["1", "2", nil])
        }
    }

    @Test func aCancelledWatchIsSilentAndItsNameFree() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", watchID: 3))
        bench.put("a")
        let answer = bench.hub.cancel(3, on: bench.stream, in: bench.keyspace)
        let expected = WatchResponse(
            header: ResponseHeader(revision: 2),
            watchID: 3,
            canceled: true
        )
        #expect(answer?.response == expected)
        #expect(bench.collect().isEmpty)
        #expect(bench.hub.cancel(3, on: bench.stream, in: bench.keyspace) == nil)
        #expect(bench.watch(WatchCreateRequest(key: "a", watchID: 3)).map(\.canceled) == [false])
    }

    @Test func aClosedStreamLeavesNothingBehind() {
        var bench = WatchBench()
        bench.put("a")
        bench.put("a")
        bench.watch(WatchCreateRequest(key: "a"))
        bench.watch(WatchCreateRequest(key: "a", startRevision: 2))
        bench.watch(WatchCreateRequest(key: "a", rangeEnd: "b", startRevision: 100))
        bench.hub.close(bench.stream)
        #expect(bench.hub.watchCount == 0)
        #expect(bench.hub.streamCount == 0)
        bench.put("a")
        #expect(bench.collectAll().isEmpty)
    }

    @Test func aWatchFromTheFutureGetsNothingOlder() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", startRevision: 5))
        for _ in 0..<2 { bench.put("a") }
        #expect(bench.collectAll().isEmpty)
        for _ in 0..<4 { bench.put("a") }
        #expect(bench.collectAll().flatMap(\.changes) == ["put a@5", "put a@6", "put a@7"])
    }

    @Test func aStartAtTheEndOfNumbersDoesNotTrap() {
        var bench = WatchBench()
        bench.watch(WatchCreateRequest(key: "a", startRevision: .max))
        bench.put("a")
        #expect(bench.collectAll().isEmpty)
    }
}
