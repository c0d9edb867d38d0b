internal import Bytes
internal import KeyspaceModel

/// Finds transactions that write a key twice.
///
/// Within a list of operations, and in the nested transactions below it, no key may be put twice,
/// nor put and deleted. The two branches of one nested transaction exclude each other, so these may
/// both put it. As in etcd, a nested deletion only conflicts with puts of later nested transactions
/// and of the list itself, and a deletion to the end of all keys (`range_end` zero) with none.
///
/// All put keys are sorted once and then known by their rank; a deletion is the ranks that it
/// covers. What a list writes is then two sorted arrays of numbers, joined level by level.
struct WriteConflicts {
    /// Every key that is put somewhere, sorted, once.
    private let keys: [ByteSlice]

    /// Ranks put and ranges of ranks deleted, both sorted; the ranges do not touch.
    private struct Written {
        var puts: [Int] = []
        var deletions: [Range<Int>] = []
    }

    static func check(_ request: TxnRequest) throws(KeyspaceError) {
        guard
            request.success.count + request.failure.count > 1
                || hasNested(request.success) || hasNested(request.failure)
        else { return }
        var keys: [ByteSlice] = []
        collectKeys(of: request.success, into: &keys)
        collectKeys(of: request.failure, into: &keys)
        guard keys.count > 0 else { return }
        keys.sort()
        var unique: [ByteSlice] = []
        for key in keys where unique.last != key { unique.append(key) }
        let conflicts = WriteConflicts(keys: unique)
        _ = try conflicts.written(by: request.success)
        _ = try conflicts.written(by: request.failure)
    }

    private static func hasNested(_ operations: [RequestOp]) -> Bool {
        operations.contains { operation in
            if case .requestTxn? = operation.request { true } else { false }
        }
    }

    private static func collectKeys(of operations: [RequestOp], into keys: inout [ByteSlice]) {
        for operation in operations {
            if case .requestPut(let put)? = operation.request { keys.append(put.key) }
            if case .requestTxn(let nested)? = operation.request {
                collectKeys(of: nested.success, into: &keys)
                collectKeys(of: nested.failure, into: &keys)
            }
        }
    }

    private func written(by operations: [RequestOp]) throws(KeyspaceError) -> Written {
        var deletions: [Range<Int>] = []
        for operation in operations {
            if case .requestDeleteRange(let request)? = operation.request {
                let ranks = ranks(of: request)
                if !ranks.isEmpty { deletions.append(ranks) }
            }
        }
        var written = Written(deletions: Self.joined(deletions))
        for operation in operations {
            guard case .requestTxn(let nested)? = operation.request else { continue }
            let success = try self.written(by: nested.success)
            let failure = try self.written(by: nested.failure)
            let puts = Self.union(success.puts, failure.puts)
            try add(puts, to: &written)
            written.deletions = Self.joined(
                written.deletions + success.deletions + failure.deletions
            )
        }
        var puts: [Int] = []
        for operation in operations {
            if case .requestPut(let put)? = operation.request { puts.append(rank(of: put.key)) }
        }
        puts.sort()
        for index in puts.indices.dropFirst() where puts[index] == puts[index - 1] {
            throw .duplicateKey
        }
        try add(puts, to: &written)
        return written
    }

    /// Adds puts that must be new, and outside of what is deleted.
    private func add(_ puts: [Int], to written: inout Written) throws(KeyspaceError) {
        var range = 0
        for put in puts {
            while range < written.deletions.count, written.deletions[range].upperBound <= put {
                range += 1
            }
            guard range == written.deletions.count || written.deletions[range].lowerBound > put
            else { throw .duplicateKey }
        }
        let union = Self.union(written.puts, puts)
        guard union.count == written.puts.count + puts.count else { throw .duplicateKey }
        written.puts = union
    }

    private static func union(_ left: [Int], _ right: [Int]) -> [Int] {
        guard !left.isEmpty else { return right }
        guard !right.isEmpty else { return left }
        var union: [Int] = []
        union.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || (i < left.count && left[i] < right[j]) {
                union.append(left[i])
                i += 1
            } else {
                if i < left.count, left[i] == right[j] { i += 1 }
                union.append(right[j])
                j += 1
            }
        }
        return union
    }

    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                let end = max(last.upperBound, range.upperBound)
                joined[joined.count - 1] = last.lowerBound..<end
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    /// The ranks of the put keys that the request deletes.
    private func ranks(of request: DeleteRangeRequest) -> Range<Int> {
        let first = rank(of: request.key)
        guard request.rangeEnd.isEmpty else {
            return first..<max(first, rank(of: request.rangeEnd))
        }
        let isPut = first < keys.count && keys[first] == request.key
        return first..<(isPut ? first + 1 : first)
    }

    /// How many put keys are below `key`.
    private func rank(of key: ByteSlice) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
