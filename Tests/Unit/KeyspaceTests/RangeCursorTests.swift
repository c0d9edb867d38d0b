import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct RangeCursorTests {
    /// A range's answer put together from a cursor's parts, each of so many keys.
    private func answer(
        _ request: RangeRequest,
        in keyspace: Keyspace,
        keysAtOnce: Int
    ) throws(KeyspaceError) -> RangeResponse {
        var cursor = try RangeCursor(request, in: keyspace)
        let summary = cursor.summary { $0.value.count + 1 }
        var response = RangeResponse(header: ResponseHeader(revision: keyspace.revision.number))
        var mayHaveMore = true
        while mayHaveMore {
            var part: [KeyValue] = []
            mayHaveMore = cursor.next { value in
                part.append(value)
                return part.count < keysAtOnce
            }
            #expect(part.count <= keysAtOnce)
            response.kvs += part
        }
        #expect(summary.measure == response.kvs.reduce(0) { $0 + $1.value.count + 1 })
        response.count = summary.count
        response.more = summary.more
        return response
    }

    @Test(arguments: 0..<30)
    func itGivesWhatARangeGives(seed: Int) {
        var generator = CommandGenerator(seed: UInt64(seed))
        var keyspace = Keyspace()
        for _ in 0..<400 {
            let command = generator.command(near: keyspace.revision.number)
            _ = keyspace.apply(command, at: GroupTime(generator.time))
            let request = generator.range(near: keyspace.revision.number)
            let keysAtOnce = generator.number(1...4)
            let expected = Result { () throws(KeyspaceError) in try keyspace.range(request) }
            let given = Result { () throws(KeyspaceError) in
                try answer(request, in: keyspace, keysAtOnce: keysAtOnce)
            }
            #expect(given == expected, "\(request)")
        }
    }

    @Test(arguments: [
        (RangeRequest.SortOrder.none, RangeRequest.SortTarget.value, true),
        (.ascend, .key, true), (.ascend, .mod, false), (.descend, .key, false),
    ])
    func theOrderOfKeysIsTheOnlyOneThatIsStreamed(
        order: RangeRequest.SortOrder,
        target: RangeRequest.SortTarget,
        isStreamed: Bool
    ) {
        let request = RangeRequest(key: "a", sortOrder: order, sortTarget: target)
        #expect(request.isOrderStreamed == isStreamed)
    }

    @Test func whoHasTakenTheLastKeyKnowsIt() throws {
        var keyspace = Keyspace()
        for key: ByteSlice in ["a", "b", "c"] { keyspace.put(key, "1") }
        keyspace.delete("c")
        var cursor = try RangeCursor(RangeRequest(key: "a", rangeEnd: "z"), in: keyspace)
        #expect(cursor.next { $0.key != "a" })
        #expect(!cursor.next { $0.key != "b" })
    }

    @Test func itReadsTheKeyspaceAsItWas() throws {
        var keyspace = Keyspace()
        for number in 10..<40 { keyspace.put(ByteSlice("k\(number)"), "old") }
        var cursor = try RangeCursor(RangeRequest(key: "k", rangeEnd: "l"), in: keyspace)
        var keys: [String] = []
        var mayHaveMore = true
        while mayHaveMore {
            mayHaveMore = cursor.next { value in
                keys.append(value.key.text)
                #expect(value.value == "old")
                return keys.count % 7 != 0
            }
            keyspace.delete("k", to: "l")
            keyspace.put("k25", "new")
            keyspace.compact(keyspace.revision.number)
            keyspace.sweepAll()
        }
        #expect(keys == (10..<40).map { "k\($0)" })
    }

    @Test func whatWouldTakeTooManyStepsIsNotRead() throws {
        var keyspace = Keyspace()
        for number in 10..<40 { keyspace.put(ByteSlice("k\(number)")) }
        let all = RangeRequest(key: "k", rangeEnd: "l")
        #expect(try keyspace.range(all, stepsMax: 29) == nil)
        #expect(try keyspace.range(all, stepsMax: 30)?.count == 30)
        let page = RangeRequest(key: "k", rangeEnd: "l", limit: 4)
        #expect(try keyspace.range(page, stepsMax: 5)?.kvs.count == 4)
        // What was deleted is passed over, and not for nothing.
        keyspace.delete("k", to: "k35")
        #expect(try keyspace.range(page, stepsMax: 5) == nil)
        let old = RangeRequest(key: "k", rangeEnd: "l", revision: 3, countOnly: true)
        #expect(try keyspace.range(old, stepsMax: 29) == nil)
        #expect(try keyspace.range(old, stepsMax: 30)?.count == 2)
        #expect(throws: KeyspaceError.futureRevision) {
            try keyspace.range(RangeRequest(key: "k", rangeEnd: "l", revision: 99), stepsMax: 0)
        }
    }
}
