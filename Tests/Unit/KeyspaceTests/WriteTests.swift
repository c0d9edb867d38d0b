import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct WriteTests {
    @Test func everyPutCountsRevisionAndVersionOn() {
        var keyspace = Keyspace()
        #expect(keyspace.put("a", "1").put?.header?.revision == 2)
        #expect(keyspace.put("a", "2").put?.header?.revision == 3)
        #expect(
            keyspace.keyValue("a")
                == KeyValue(key: "a", createRevision: 2, modRevision: 3, version: 2, value: "2")
        )
    }

    @Test func aDeletionStartsAKeyAnew() {
        var keyspace = Keyspace()
        keyspace.put("a")
        keyspace.put("a")
        keyspace.delete("a")
        keyspace.put("a")
        #expect(
            keyspace.keyValue("a")
                == KeyValue(key: "a", createRevision: 5, modRevision: 5, version: 1)
        )
    }

    @Test func thePreviousValueIsReturnedOnRequest() {
        var keyspace = Keyspace()
        let request = PutRequest(key: "a", value: "2", prevKv: true)
        #expect(keyspace.apply(.put(request), at: .zero).put?.prevKv == nil)
        let response = keyspace.apply(.put(request), at: .zero).put
        #expect(response?.prevKv?.version == 1)
        #expect(keyspace.put("a").put?.prevKv == nil)
        keyspace.delete("a")
        #expect(keyspace.apply(.put(request), at: .zero).put?.prevKv == nil)
    }

    @Test func ignoredValuesAndLeasesAreKept() {
        var keyspace = Keyspace()
        keyspace.grant(7, ttl: 10)
        keyspace.grant(8, ttl: 10)
        keyspace.put("a", "1", lease: 7)
        _ = keyspace.apply(.put(PutRequest(key: "a", lease: 8, ignoreValue: true)), at: .zero)
        #expect(keyspace.keyValue("a")?.value == "1" && keyspace.keyValue("a")?.lease == 8)
        _ = keyspace.apply(.put(PutRequest(key: "a", value: "2", ignoreLease: true)), at: .zero)
        #expect(keyspace.keyValue("a")?.value == "2" && keyspace.keyValue("a")?.lease == 8)
    }

    @Test func ignoringNeedsAKeyThatIsThere() {
        var keyspace = Keyspace()
        let request = PutRequest(key: "a", ignoreValue: true)
        #expect(keyspace.apply(.put(request), at: .zero).error == .keyNotFound)
        keyspace.put("a")
        keyspace.delete("a")
        #expect(keyspace.apply(.put(request), at: .zero).error == .keyNotFound)
        #expect(keyspace.revision == Revision(3))
    }

    @Test func aPutThatSaysTwoThingsIsRefused() {
        var keyspace = Keyspace()
        keyspace.put("a")
        let value = PutRequest(key: "a", value: "1", ignoreValue: true)
        #expect(keyspace.apply(.put(value), at: .zero).error == .valueProvided)
        let lease = PutRequest(key: "a", lease: 1, ignoreLease: true)
        #expect(keyspace.apply(.put(lease), at: .zero).error == .leaseProvided)
        #expect(keyspace.put("").error == .keyNotProvided)
        #expect(keyspace.delete("").error == .keyNotProvided)
        #expect(keyspace.put("a", lease: 99).error == .leaseNotFound)
    }

    @Test func deletingNothingLeavesTheRevision() {
        var keyspace = Keyspace()
        keyspace.put("b")
        let response = keyspace.delete("c", to: "a").deleteRange
        #expect(response?.deleted == 0 && response?.header?.revision == 2)
        #expect(keyspace.revision == Revision(2))
    }

    @Test func aRangeIsDeletedInOneRevision() {
        var keyspace = Keyspace()
        for key in ["a", "b", "c"] { keyspace.put(ByteSlice(key)) }
        let request = DeleteRangeRequest(key: "a", rangeEnd: "c", prevKv: true)
        let response = keyspace.apply(.deleteRange(request), at: .zero).deleteRange
        #expect(response?.deleted == 2 && response?.header?.revision == 5)
        #expect(response?.prevKvs.map(\.key) == ["a", "b"])
        #expect(keyspace.texts() == ["c="])
        #expect(keyspace.keyCount == 1)
    }

    @Test func aCopyOfTheKeyspaceNeverChanges() throws {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        for number in 0..<300 { keyspace.put(ByteSlice("key\(number)"), "x", lease: 1) }
        let copy = keyspace
        let texts = copy.texts()
        let hash = try copy.hash(at: .zero)
        for number in 0..<300 { keyspace.put(ByteSlice("key\(number % 7)"), "y") }
        keyspace.delete("key1", to: "key5")
        keyspace.compact(500)
        keyspace.sweepAll()
        _ = keyspace.apply(.leaseRevoke(LeaseRevokeRequest(id: 1)), at: .zero)
        #expect(copy.texts() == texts)
        #expect(try copy.hash(at: .zero) == hash)
        #expect(copy.leases == [LeaseID(1)] && copy.keyCount == 300)
        #expect(copy.timeToLive(of: LeaseID(1), at: .zero, keys: true).keys.count == 300)
    }
}
