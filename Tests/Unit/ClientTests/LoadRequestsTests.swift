import Bytes
import EtcdWire
import KeyspaceModel
import Testing

@testable import Client

struct LoadRequestsTests {
    private static func plan(_ operation: LoadPlan.Operation) -> LoadPlan {
        var plan = LoadPlan(endpoints: [])
        plan.operation = operation
        plan.keySpace = 250
        plan.keyBytes = 16
        plan.valueBytes = 20
        plan.connections = 3
        return plan
    }

    @Test func connectionsShareTheKeysInOrder() throws {
        var keys: [String] = []
        for connection in 0..<3 {
            var requests = LoadRequests(Self.plan(.put), connection: connection)
            for _ in 0..<2 {
                let request = try PutRequest(decoding: requests.nextMessage())
                #expect(request.value == ByteSlice(String(repeating: "v", count: 20)))
                keys.append(request.key.text)
            }
        }
        let numbers = [0, 3, 1, 4, 2, 5].map { "bench/000000000\($0)" }
        #expect(keys == numbers)
    }

    @Test func everyKeyOfATransactionIsTheSame() throws {
        var requests = LoadRequests(Self.plan(.txn), connection: 2)
        _ = requests.nextMessage()
        let request = try TxnRequest(decoding: requests.nextMessage())
        let puts = (request.success + request.failure).compactMap { operation -> ByteSlice? in
            guard case .requestPut(let put)? = operation.request else { return nil }
            return put.key
        }
        #expect(request.compare.map(\.key) + puts == Array(repeating: "bench/0000000005", count: 3))
    }

    @Test func keysByChanceAreTheSameForASeedAndStayInTheirSpace() throws {
        var plan = Self.plan(.rangeSerializable)
        plan.isRandom = true
        var (first, second) = (LoadRequests(plan, connection: 1), LoadRequests(plan, connection: 1))
        var seen: Set<String> = []
        for _ in 0..<2_000 {
            let request = try RangeRequest(decoding: first.nextMessage())
            #expect(try request == RangeRequest(decoding: second.nextMessage()))
            #expect(request.serializable)
            seen.insert(request.key.text)
        }
        #expect(seen.count > 240 && seen.count <= 250)
    }
}

struct LoadSlotsTests {
    @Test func anOldStreamPushesANewOneAsideAndBothAreFound() {
        var slots = LoadSlots(limit: 3)
        slots.begin(1, at: 10)
        var stream: UInt32 = 3
        // Far enough that the first stream's place comes round several times.
        for time in 0..<200 as Range<UInt64> {
            slots.begin(stream, at: time)
            slots.receive(stream, 5)
            slots.receive(stream, 6)
            let slot = slots.end(stream)
            #expect(slot?.intendedAt == time && slot?.received == 11)
            #expect(slots.end(stream) == nil)
            stream += 2
        }
        #expect(slots.end(1)?.intendedAt == 10)
        #expect(slots.count == 0)
    }
}
