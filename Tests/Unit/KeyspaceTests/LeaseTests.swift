import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct LeaseTests {
    private func keepAlive(_ keyspace: inout Keyspace, _ id: Int64, at time: Int64) -> Int64? {
        let command = KeyspaceCommand.leaseKeepAlive(LeaseKeepAliveRequest(id: id))
        guard
            case .success(.leaseKeepAlive(let response)) = keyspace.apply(
                command,
                at: GroupTime(time)
            )
        else { return nil }
        return response.ttl
    }

    private func ttl(_ keyspace: Keyspace, _ id: Int64, at time: Int64) -> Int64 {
        keyspace.timeToLive(of: LeaseID(id), at: GroupTime(time), keys: false).ttl
    }

    @Test func shortTimesToLiveAreRaisedToTheMinimum() {
        var keyspace = Keyspace()
        for (id, ttl) in [(Int64(1), Int64(-5)), (2, 0), (3, 1), (4, .min)] {
            #expect(
                keyspace.grant(id, ttl: ttl)
                    == .success(
                        .leaseGrant(
                            LeaseGrantResponse(
                                header: ResponseHeader(revision: 1),
                                id: id,
                                ttl: 2
                            )
                        )
                    )
            )
        }
        #expect(keyspace.grant(5, ttl: 9_000_000_000).error == nil)
        #expect(keyspace.grant(6, ttl: 9_000_000_001).error == .leaseTTLTooLarge)
    }

    @Test func aLeaseIsGrantedOnceAndByName() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 5)
        #expect(keyspace.grant(1, ttl: 5).error == .leaseExists)
        #expect(keyspace.grant(0, ttl: 5).error == .leaseNotFound)
        #expect(keyspace.revision == .initial)
    }

    @Test func leasesAreListedInOrder() {
        var keyspace = Keyspace()
        for id in [5, -3, 9, 1] { keyspace.grant(Int64(id), ttl: 5) }
        #expect(keyspace.leases.map(\.number) == [-3, 1, 5, 9])
    }

    @Test func timeComesFromTheLogAndNeverGoesBack() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10, at: 5_000)
        #expect(keyspace.time == GroupTime(5_000))
        keyspace.put("a", at: 4_000)
        #expect(keyspace.time == GroupTime(5_000))
        keyspace.grant(2, ttl: 10, at: 1_000)
        #expect(keyspace.nextExpiry == GroupTime(15_000))
        #expect(ttl(keyspace, 2, at: 5_000) == 10)
        #expect(ttl(keyspace, 1, at: 5_001) == 9)
        #expect(ttl(keyspace, 1, at: 99_000) == 0)
        #expect(ttl(keyspace, 3, at: 5_001) == -1)
    }

    @Test func aTimeAtTheEndOfAllTimeDoesNoHarm() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10, at: .max)
        #expect(keyspace.nextExpiry == GroupTime(.max))
        #expect(ttl(keyspace, 1, at: .min) > 0)
        #expect(keepAlive(&keyspace, 1, at: .max) == 10)
    }

    @Test func aRevokedLeaseTakesItsKeysInOrderAndInOneRevision() throws {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        for key in ["d", "b", "a", "c"] { keyspace.put(ByteSlice(key), lease: 1) }
        keyspace.put("x")
        let revoke = KeyspaceCommand.leaseRevoke(LeaseRevokeRequest(id: 1))
        #expect(
            keyspace.apply(revoke, at: .zero)
                == .success(
                    .leaseRevoke(LeaseRevokeResponse(header: ResponseHeader(revision: 7)))
                )
        )
        let events = try keyspace.changes(from: Revision(7), limit: 10).flatMap(\.events)
        #expect(events.map(\.kv?.key) == ["a", "b", "c", "d"])
        #expect(events.allSatisfy { $0.type == .delete && $0.kv?.modRevision == 7 })
        #expect(keyspace.texts() == ["x="] && keyspace.leases.isEmpty)
        #expect(keyspace.apply(revoke, at: .zero).error == .leaseNotFound)
    }

    @Test func revokingALeaseWithoutKeysLeavesTheRevision() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        #expect(
            keyspace.apply(.leaseRevoke(LeaseRevokeRequest(id: 1)), at: .zero).error == nil
        )
        #expect(keyspace.revision == .initial && keyspace.nextExpiry == nil)
    }

    @Test func aKeyBelongsToTheLeaseOfItsLastPut() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        keyspace.grant(2, ttl: 10)
        keyspace.put("a", lease: 1)
        keyspace.put("b", lease: 1)
        keyspace.put("c", lease: 1)
        keyspace.put("a", lease: 2)
        keyspace.put("b")
        keyspace.delete("c")
        keyspace.put("c")
        func keys(_ id: Int64) -> [ByteSlice] {
            keyspace.timeToLive(of: LeaseID(id), at: .zero, keys: true).keys
        }
        #expect(keys(1) == [] && keys(2) == ["a"])
        _ = keyspace.apply(.leaseRevoke(LeaseRevokeRequest(id: 1)), at: .zero)
        #expect(keyspace.texts() == ["a=", "b=", "c="])
    }

    @Test func onlyLeasesWhoseDeadlineHasPassedExpire() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 2)
        keyspace.grant(2, ttl: 3)
        keyspace.put("a", lease: 1)
        keyspace.put("b", lease: 2)
        let both = KeyspaceCommand.expireLeases([LeaseID(1), LeaseID(2), LeaseID(3)])
        #expect(keyspace.apply(both, at: GroupTime(1_999)) == .success(.none))
        #expect(keyspace.leases.count == 2)
        _ = keyspace.apply(both, at: GroupTime(2_000))
        #expect(keyspace.texts() == ["b="] && keyspace.revision == Revision(4))
    }

    @Test func aKeepAliveThatCommittedBeforeAnExpiryWins() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 2)
        keyspace.put("a", lease: 1)
        let expired = keyspace.expiredLeases(at: GroupTime(2_500), limit: 10)
        #expect(expired == [LeaseID(1)])
        #expect(keepAlive(&keyspace, 1, at: 2_500) == 2)
        _ = keyspace.apply(.expireLeases(expired), at: GroupTime(2_600))
        #expect(keyspace.texts() == ["a="] && keyspace.nextExpiry == GroupTime(4_500))
        _ = keyspace.apply(.expireLeases(expired), at: GroupTime(4_500))
        #expect(keyspace.texts() == [])
        #expect(keepAlive(&keyspace, 1, at: 4_600) == 0)
    }

    @Test func leasesExpireInTheOrderOfTheirDeadlines() {
        var keyspace = Keyspace()
        for (id, ttl) in [(1, 9), (2, 5), (3, 7), (4, 5), (5, 60)] {
            keyspace.grant(Int64(id), ttl: Int64(ttl))
        }
        let late = GroupTime(20_000)
        #expect(keyspace.expiredLeases(at: late, limit: 10).map(\.number) == [2, 4, 3, 1])
        #expect(keyspace.expiredLeases(at: late, limit: 2).map(\.number) == [2, 4])
        #expect(keyspace.expiredLeases(at: GroupTime(4_999), limit: 2) == [])
        #expect(keyspace.leasesByDeadline.map(\.number) == [2, 4, 3, 1, 5])
    }

    @Test func leasesThatExpireTogetherHaveFewKeysOrAreOne() {
        var keyspace = Keyspace()
        for id in 1...4 {
            keyspace.grant(Int64(id), ttl: 5)
            for number in 0..<(id == 3 ? 30 : 10) {
                keyspace.put(ByteSlice("\(id)/\(number)"), lease: Int64(id))
            }
        }
        #expect(keyspace.keyCount(attachedTo: LeaseID(3)) == 30)
        #expect(keyspace.keyCount(attachedTo: LeaseID(9)) == 0)
        let late = GroupTime(20_000)
        var rounds: [[Int64]] = []
        while case let expired = keyspace.expiredLeases(at: late, limit: 10, keysMax: 20),
            !expired.isEmpty
        {
            rounds.append(expired.map(\.number))
            _ = keyspace.apply(.expireLeases(expired), at: late)
        }
        #expect(rounds == [[1, 2], [3], [4]])
        #expect(keyspace.texts() == [])
    }
}
