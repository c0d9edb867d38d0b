import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct RequestCheckTests {
    private func error(then: [RequestOp] = [], else: [RequestOp] = []) -> KeyspaceError? {
        do throws(KeyspaceError) {
            try Keyspace.check(TxnRequest(success: then, failure: `else`))
            return nil
        } catch {
            return error
        }
    }

    private func puts(_ count: Int, _ prefix: String = "k") -> [RequestOp] {
        (0..<count).map { .put(ByteSlice("\(prefix)\($0)")) }
    }

    @Test func aListMayHave128Operations() {
        #expect(error(then: puts(128), else: puts(128)) == nil)
        #expect(error(then: puts(129)) == .tooManyOperations)
        #expect(error(else: puts(129)) == .tooManyOperations)
        let compares = [Compare](repeating: Compare(key: "a"), count: 129)
        #expect(throws: KeyspaceError.tooManyOperations) {
            try Keyspace.check(TxnRequest(compare: compares))
        }
    }

    @Test func nestedListsMayHaveWhatTheOuterLeave() {
        #expect(error(then: [.txn(then: puts(127))]) == nil)
        #expect(error(then: [.txn(then: puts(128))]) == .tooManyOperations)
        #expect(error(then: puts(64) + [.txn(then: puts(64, "n"))]) == .tooManyOperations)
        #expect(error(then: puts(63) + [.txn(then: puts(64, "n"))]) == nil)
    }

    @Test func aTreeOfNestedTransactionsIsLimitedAsAWhole() {
        var operations = puts(25)
        for _ in 0..<4 { operations = (0..<25).map { _ in .txn(then: operations) } }
        #expect(error(then: operations) == .tooManyOperations)
    }

    @Test func everythingInsideIsChecked() {
        #expect(error(then: [.put("")]) == .keyNotProvided)
        #expect(error(else: [.range("")]) == .keyNotProvided)
        #expect(error(then: [.txn(else: [.delete("")])]) == .keyNotProvided)
        #expect(error(then: [RequestOp()]) == .keyNotFound)
        #expect(error(then: [.txn(if: [Compare()])]) == .keyNotProvided)
        let sorted = RangeRequest(key: "a", sortOrder: .unrecognized(3))
        #expect(error(then: [RequestOp(request: .requestRange(sorted))]) == .invalidSortOption)
    }

    @Test func aKeyIsWrittenOnceInABranch() {
        #expect(error(then: [.put("a"), .put("a")]) == .duplicateKey)
        #expect(error(else: [.put("a"), .put("b"), .put("a")]) == .duplicateKey)
        #expect(error(then: [.put("a")], else: [.put("a")]) == nil)
        #expect(error(then: [.delete("a"), .put("a")]) == .duplicateKey)
        #expect(error(then: [.put("b"), .delete("a", to: "c")]) == .duplicateKey)
        #expect(error(then: [.put("c"), .delete("a", to: "c")]) == nil)
        #expect(error(then: [.delete("a"), .delete("a"), .delete("a", to: "z")]) == nil)
        #expect(error(then: [.put("a"), .range("a"), .range("a", to: "z")]) == nil)
    }

    @Test func nestingDoesNotHideADuplicate() {
        #expect(error(then: [.put("a"), .txn(then: [.put("a")])]) == .duplicateKey)
        #expect(error(then: [.txn(else: [.put("a")]), .put("a")]) == .duplicateKey)
        #expect(
            error(then: [.txn(then: [.put("a")]), .txn(else: [.put("a")])]) == .duplicateKey
        )
        #expect(error(then: [.txn(then: [.put("a")], else: [.put("a")])]) == nil)
        #expect(
            error(then: [.txn(then: [.put("a")], else: [.put("a")]), .put("a")])
                == .duplicateKey
        )
        #expect(
            error(then: [.txn(then: [.txn(else: [.put("a")])]), .delete("a")]) == .duplicateKey
        )
        #expect(error(then: [.txn(then: [.delete("a", to: "b")]), .put("aa")]) == .duplicateKey)
    }

    @Test func aNestedDeletionOnlyConflictsWithLaterNestedPuts() {
        let put = RequestOp.txn(then: [.put("a")])
        let delete = RequestOp.txn(then: [.delete("a")])
        #expect(error(then: [delete, put]) == .duplicateKey)
        #expect(error(then: [put, delete]) == nil)
        #expect(error(then: [.txn(then: [.delete("a")], else: [.put("a")])]) == nil)
    }

    /// Against the definition: every pair of operations, by where their ways part.
    @Test(arguments: [UInt64(1), 2, 3])
    func conflictsAreFoundAsByComparingAllPairs(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var found = 0
        for _ in 0..<1_500 {
            let operations = Self.operations(depth: 0, &random)
            let expected = Self.written(operations) == nil
            #expect((error(then: operations) == .duplicateKey) == expected)
            found += expected ? 1 : 0
        }
        #expect((100...1_400).contains(found))
    }

    private static func operations(
        depth: Int,
        _ random: inout SeededGenerator
    ) -> [RequestOp] {
        (0..<Int(random.next() % 4)).map { _ in
            let key = ByteSlice(String(random.next() % 12, radix: 12))
            switch random.next() % 6 {
            case 0...2: return .put(key)
            case 3:
                let end = random.next() % 3 == 0 ? "" : String(random.next() % 12, radix: 12)
                return .delete(key, to: ByteSlice(end))
            default:
                guard depth < 3 else { return .range(key) }
                return .txn(
                    then: operations(depth: depth + 1, &random),
                    else: operations(depth: depth + 1, &random)
                )
            }
        }
    }

    /// What a list puts and deletes; nil if it contradicts itself.
    private static func written(
        _ operations: [RequestOp]
    ) -> (puts: Set<ByteSlice>, deletions: [DeleteRangeRequest])? {
        var puts = Set<ByteSlice>()
        var deletions: [DeleteRangeRequest] = []
        for case .requestDeleteRange(let request)? in operations.map(\.request) {
            deletions.append(request)
        }
        func isDeleted(_ key: ByteSlice) -> Bool {
            deletions.contains { NaiveKeyspace.covers($0.key, $0.rangeEnd, key) }
        }
        for case .requestTxn(let nested)? in operations.map(\.request) {
            guard let success = written(nested.success), let failure = written(nested.failure)
            else { return nil }
            let both = success.puts.union(failure.puts)
            if !both.isDisjoint(with: puts) || both.contains(where: isDeleted) { return nil }
            puts.formUnion(both)
            deletions += success.deletions + failure.deletions
        }
        for case .requestPut(let request)? in operations.map(\.request)
        where !puts.insert(request.key).inserted || isDeleted(request.key) {
            return nil
        }
        return (puts, deletions)
    }
}
