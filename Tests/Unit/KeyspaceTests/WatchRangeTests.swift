import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

/// Whether a change finds its watches among many, whatever ranges they have.
@Suite struct WatchRangeTests {
    private var random = SeededGenerator(seed: 11)

    private mutating func key() -> ByteSlice {
        let count = Int.random(in: 1...4, using: &random)
        return ByteSlice((0..<count).map { _ in UInt8.random(in: 97...100, using: &random) })
    }

    /// A single key, a prefix, any range, or everything from a key on.
    private mutating func request() -> WatchCreateRequest {
        let lower = key()
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: return WatchCreateRequest(key: lower)
        case 2, 3, 4:
            var end = lower.array
            end[end.count - 1] += 1
            return WatchCreateRequest(key: lower, rangeEnd: ByteSlice(end))
        case 5, 6:
            let upper = key()
            return WatchCreateRequest(key: min(lower, upper), rangeEnd: max(lower, upper))
        default: return WatchCreateRequest(key: lower, rangeEnd: ByteSlice([0]))
        }
    }

    private func holds(_ request: WatchCreateRequest, _ key: ByteSlice) -> Bool {
        if request.rangeEnd.isEmpty { return key == request.key }
        return key >= request.key
            && (request.rangeEnd == ByteSlice([0]) || key < request.rangeEnd)
    }

    @Test mutating func aChangeFindsAllItsWatchesAndNoOther() {
        var bench = WatchBench()
        var watches: [Int64: WatchCreateRequest] = [:]
        for round in 0..<600 {
            for _ in 0..<3 {
                let request = request()
                guard let created = bench.watch(request).first, !created.canceled else { continue }
                watches[created.watchID] = request
            }
            if round > 100 {
                for watchID in watches.keys.sorted().prefix(3 + round % 2) {
                    watches[watchID] = nil
                    #expect(bench.hub.cancel(watchID, on: bench.stream, in: bench.keyspace) != nil)
                }
            }
            let key = key()
            bench.put(key)
            let told = bench.collect().map(\.watchID).sorted()
            #expect(told == watches.filter { holds($0.value, key) }.keys.sorted())
        }
        #expect(bench.hub.watchCount == watches.count)
    }

    @Test mutating func watchesOfOneRangeHearTheSame() {
        var bench = WatchBench()
        for _ in 0..<1_000 { bench.watch(WatchCreateRequest(key: "a", rangeEnd: "b")) }
        bench.putTogether(["a1", "a2", "b"])
        let responses = bench.collect()
        #expect(responses.map(\.watchID) == (0..<1_000).map { Int64($0) })
        #expect(responses.allSatisfy { $0.changes == ["put a1@2", "put a2@2"] })
    }
}
