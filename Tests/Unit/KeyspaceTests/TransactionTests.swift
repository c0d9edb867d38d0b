import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct TransactionTests {
    private static func isMissing(_ key: ByteSlice) -> Compare {
        Compare(result: .equal, target: .create, key: key, targetUnion: .createRevision(0))
    }

    private func holds(_ keyspace: Keyspace, _ compare: Compare) throws -> Bool {
        try keyspace.read(TxnRequest(compare: [compare])).succeeded
    }

    @Test func anEmptyTransactionSucceedsAndWritesNothing() {
        var keyspace = Keyspace()
        #expect(
            keyspace.transact().txn
                == TxnResponse(header: ResponseHeader(revision: 1), succeeded: true)
        )
    }

    @Test func comparesChooseTheBranch() {
        var keyspace = Keyspace()
        let compares = [Self.isMissing("a")]
        let first = keyspace.transact(if: compares, then: [.put("a")], else: [.range("a")]).txn
        #expect(first?.succeeded == true && first?.header?.revision == 2)
        let second = keyspace.transact(if: compares, then: [.put("a")], else: [.range("a")]).txn
        #expect(second?.succeeded == false && second?.header?.revision == 2)
    }

    @Test func changesOfOneTransactionShareARevision() throws {
        var keyspace = Keyspace()
        keyspace.put("x")
        let response = keyspace.transact(then: [.put("b"), .put("a"), .delete("x")]).txn
        #expect(response?.header?.revision == 3)
        let changes = try keyspace.changes(from: Revision(3), limit: 10)
        #expect(changes.map(\.revision) == [Revision(3)])
        #expect(changes.first?.events.map(\.kv?.key) == ["b", "a", "x"])
        let records = keyspace.snapshotRecords(from: SnapshotCursor(), limit: 10).records
        #expect(records.map(\.position.sub) == [0, 0, 1, 2])
    }

    @Test func readsSeeEarlierWritesAndTheirRevision() {
        var keyspace = Keyspace()
        let response = keyspace.transact(
            then: [.range("a"), .delete("zz"), .put("a", "1"), .range("a"), .delete("zz")]
        ).txn
        let revisions = response?.responses.map { operation -> Int64? in
            switch operation.response {
            case .responseRange(let response): response.header?.revision
            case .responsePut(let response): response.header?.revision
            case .responseDeleteRange(let response): response.header?.revision
            case .responseTxn, nil: nil
            }
        }
        #expect(revisions == [1, 1, 2, 2, 2])
        guard case .responseRange(let range)? = response?.responses[3].response else {
            Issue.record("no range")
            return
        }
        #expect(range.kvs.map(\.value) == ["1"] && range.count == 1)
    }

    @Test func nestedComparesSeeTheStateBeforeTheTransaction() {
        var keyspace = Keyspace()
        let response = keyspace.transact(then: [
            .put("a", "1"),
            .txn(if: [Self.isMissing("a")], then: [.put("b", "was missing")], else: [.put("c")]),
        ]).txn
        #expect(keyspace.texts() == ["a=1", "b=was missing"])
        guard case .responseTxn(let nested)? = response?.responses[1].response else {
            Issue.record("no nested response")
            return
        }
        #expect(nested.succeeded && nested.header == ResponseHeader())
    }

    @Test func branchesOfNestedTransactionsAreNotMixedUp() {
        var keyspace = Keyspace()
        let no = Compare(result: .greater, target: .version, key: "none")
        keyspace.transact(then: [
            .txn(
                if: [no],
                then: [.txn(then: [.put("1")])],
                else: [.txn(if: [no], then: [.put("2")], else: [.put("3")])]
            ),
            .txn(then: [.txn(if: [no], else: [.put("4")]), .txn(then: [.put("5")])]),
        ])
        #expect(keyspace.texts() == ["3=", "4=", "5="])
    }

    @Test func aReadThatCannotBeServedFailsTheWholeTransaction() {
        var keyspace = Keyspace()
        for _ in 0..<5 { keyspace.put("a") }
        keyspace.compact(4)
        let before = keyspace.snapshotHeader()
        #expect(
            keyspace.transact(then: [.put("b"), .range("a", revision: 3)]).error == .compacted
        )
        #expect(
            keyspace.transact(then: [.put("b"), .range("a", revision: 7)]).error
                == .futureRevision
        )
        let nested = RequestOp.txn(then: [.range("a", revision: 3)])
        #expect(keyspace.transact(then: [.put("b"), nested]).error == .compacted)
        #expect(keyspace.snapshotHeader() == before && keyspace.texts() == ["a="])
        // The branch that is not taken is not checked.
        #expect(keyspace.transact(else: [.range("a", revision: 3)]).error == nil)
        #expect(keyspace.transact(then: [.put("b"), .range("a", revision: 4)]).error == nil)
    }

    @Test func aPutThatCannotBeFailsTheWholeTransaction() {
        var keyspace = Keyspace()
        let kept = RequestOp(request: .requestPut(PutRequest(key: "b", ignoreValue: true)))
        #expect(keyspace.transact(then: [.put("a"), kept]).error == .keyNotFound)
        let leased = RequestOp(request: .requestPut(PutRequest(key: "b", lease: 5)))
        #expect(keyspace.transact(then: [.put("a"), leased]).error == .leaseNotFound)
        #expect(keyspace.texts() == [] && keyspace.revision == .initial)
    }

    @Test func everyTargetComparesInEveryWay() throws {
        var keyspace = Keyspace()
        keyspace.grant(4, ttl: 10)
        keyspace.put("other")
        keyspace.put("a", "m")
        keyspace.put("a", "m", lease: 4)
        // Version 2, created at 3, modified at 4, lease 4, value m.
        let equal: [(Compare.CompareTarget, Compare.TargetUnion, Compare.TargetUnion)] = [
            (.version, .version(2), .version(3)),
            (.create, .createRevision(3), .createRevision(4)),
            (.mod, .modRevision(4), .modRevision(5)),
            (.lease, .lease(4), .lease(5)),
            (.value, .value("m"), .value("n")),
        ]
        for (target, same, greater) in equal {
            for (result, forSame, forGreater) in [
                (Compare.CompareResult.equal, true, false), (.notEqual, false, true),
                (.less, false, true), (.greater, false, false),
            ] {
                var compare = Compare(result: result, target: target, key: "a", targetUnion: same)
                #expect(try holds(keyspace, compare) == forSame)
                compare.targetUnion = greater
                #expect(try holds(keyspace, compare) == forGreater)
            }
        }
    }

    @Test func aMissingKeyComparesAsZeroButItsValueNever() throws {
        let keyspace = Keyspace()
        #expect(try holds(keyspace, Self.isMissing("a")))
        for target in [Compare.CompareTarget.version, .mod, .lease, .create] {
            #expect(try holds(keyspace, Compare(result: .equal, target: target, key: "a")))
            #expect(try !holds(keyspace, Compare(result: .notEqual, target: target, key: "a")))
        }
        for result in [Compare.CompareResult.equal, .notEqual, .less, .greater] {
            let compare = Compare(
                result: result,
                target: .value,
                key: "a",
                targetUnion: .value("")
            )
            #expect(try !holds(keyspace, compare))
        }
    }

    @Test func aRangeComparesOnlyIfAllItsKeysDo() throws {
        var keyspace = Keyspace()
        keyspace.put("k1", "x")
        keyspace.put("k2", "x")
        keyspace.put("k3", "y")
        var compare = Compare(
            result: .equal,
            target: .value,
            key: "k",
            targetUnion: .value("x"),
            rangeEnd: "k3"
        )
        #expect(try holds(keyspace, compare))
        compare.rangeEnd = "\0"
        #expect(try !holds(keyspace, compare))
        keyspace.delete("k3")
        #expect(try holds(keyspace, compare))
    }

    @Test func aReadingTransactionCanDoWithoutTheLog() {
        let reading = TxnRequest(success: [.range("a"), .txn(then: [.range("b")])])
        #expect(Keyspace.isReadOnly(reading))
        #expect(!Keyspace.isReadOnly(TxnRequest(failure: [.txn(else: [.put("b")])])))
        #expect(!Keyspace.isReadOnly(TxnRequest(success: [.delete("b")])))
    }

    @Test func aKeyMayBePutAndThenDeletedByLaterNestedTransactions() throws {
        var keyspace = Keyspace()
        keyspace.transact(then: [.txn(then: [.put("a")]), .txn(then: [.delete("a")])])
        #expect(keyspace.texts() == [] && keyspace.revision == Revision(2))
        #expect(keyspace.texts(at: 2) == [])
        keyspace.put("b")
        keyspace.compact(3)
        #expect(keyspace.texts() == ["b="])
        #expect(keyspace.snapshotRecords(from: SnapshotCursor(), limit: 9).records.count == 1)
    }

    @Test func aDeletionToTheEndMayBeFollowedByAPut() {
        // As etcd has it: such a deletion is no conflict. The key then begins anew.
        var keyspace = Keyspace()
        keyspace.put("a", "old")
        keyspace.put("a", "old")
        keyspace.transact(then: [.delete("a", to: "\0"), .put("a", "new")])
        #expect(
            keyspace.keyValue("a")
                == KeyValue(key: "a", createRevision: 4, modRevision: 4, version: 1, value: "new")
        )
        keyspace.compact(4)
        keyspace.sweepAll()
        #expect(keyspace.texts() == ["a=new"])
    }
}
