import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct RangePagesTests {
    private static func all(_ request: RangeRequest, of pages: RangePages, keys: Int) -> [KeyValue]
    {
        var pages = pages
        var found: [KeyValue] = []
        while !pages.isAtEnd {
            let page = pages.page(keys: keys, bytes: .max)
            #expect(page.count <= keys)
            found += page
        }
        return found
    }

    /// Whatever is written between the pages, they are the range as it was when it was asked for.
    @Test(arguments: 0..<20)
    func pagesAreTheRangeAsItWas(seed: UInt64) throws {
        var generator = CommandGenerator(seed: seed)
        var keyspace = Keyspace()
        for _ in 0..<300 {
            let command = generator.command(near: keyspace.revision.number)
            _ = keyspace.apply(command, at: GroupTime(generator.time))
            var request = generator.range(near: keyspace.revision.number)
            guard RangePages.isInOrder(request), !RangePages.isFiltered(request) else { continue }
            request.sortTarget = .key
            let expected = Result { () throws(KeyspaceError) in try keyspace.range(request) }
            let pages = Result { () throws(KeyspaceError) in
                try RangePages(request, of: keyspace)
            }
            guard case .success(let pages) = pages, case .success(let response) = expected else {
                #expect(pages.map { _ in 0 } == expected.map { _ in 0 })
                continue
            }
            keyspace.put("a", "later")
            keyspace.delete("k/", to: "k0")
            let found = Self.all(request, of: pages, keys: generator.number(1...4))
            #expect(found == response.kvs, "\(request)")
            #expect(pages.count() == response.count)
        }
    }

    @Test func aPageEndsWithTheKeyThatFillsIt() throws {
        var keyspace = Keyspace()
        for number in 0..<10 { keyspace.put(ByteSlice("k\(number)"), "12345678") }
        let request = RangeRequest(key: "\0", rangeEnd: "\0")
        var pages = try RangePages(request, of: keyspace)
        #expect(pages.page(keys: .max, bytes: 25).map(\.key) == ["k0", "k1", "k2"])
        #expect(pages.page(keys: .max, bytes: 1).map(\.key) == ["k3"])
        #expect(pages.page(keys: .max, bytes: .max).count == 6)
        #expect(pages.isAtEnd)
        #expect(pages.page(keys: .max, bytes: .max) == [])
    }

    @Test func anEmptyRangeHasOnePage() throws {
        var pages = try RangePages(RangeRequest(key: "a", rangeEnd: "b"), of: Keyspace())
        #expect(!pages.isAtEnd)
        #expect(pages.page(keys: 10, bytes: .max) == [])
        #expect(pages.isAtEnd)
    }

    @Test(arguments: [
        (RangeRequest.SortOrder.none, RangeRequest.SortTarget.value, true),
        (.ascend, .key, true), (.ascend, .mod, false), (.descend, .key, false),
    ])
    func theOrderOfKeysIsTheOnlyOne(
        order: RangeRequest.SortOrder,
        target: RangeRequest.SortTarget,
        isInOrder: Bool
    ) {
        let request = RangeRequest(key: "a", sortOrder: order, sortTarget: target)
        #expect(RangePages.isInOrder(request) == isInOrder)
    }
}
