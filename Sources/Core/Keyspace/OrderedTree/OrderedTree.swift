/// An ordered map that is copied in constant time: a B+ tree of values, not of references.
///
/// A node is a struct whose arrays hold its keys and its children, and Swift's arrays are
/// copy-on-write: a change after a copy copies the arrays on the path from the root to one leaf,
/// and everything else stays shared; a change without a copy moves nothing but the slots after it.
/// Every node counts its live values, so that a range is counted along two paths.
struct OrderedTree<Key: TreeKey, Value: TreeValue>: Sendable {
    /// The root, alone in an array: so a copy of the tree counts one reference, not those of all the
    /// root's arrays.
    private var root = [TreeNode<Key, Value>()]

    /// How many keys it holds, live or not.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var liveCount: Int { root[0].liveCount }

    private func read<Result>(_ body: (TreeReader<Key, Value>) -> Result) -> Result {
        root.withUnsafeBufferPointer { root in
            withUnsafePointer(to: root[0]) { body(TreeReader($0)) }
        }
    }

    func value(of key: Key) -> Value? { read { $0.value(of: key) } }

    func contains(_ key: Key) -> Bool { value(of: key) != nil }

    var first: (key: Key, value: Value)? { read { $0.first } }

    var last: (key: Key, value: Value)? { read { $0.last } }

    /// The entry with the greatest key that is not above `key`.
    func last(upTo key: Key) -> (key: Key, value: Value)? { read { $0.last(upTo: key) } }

    /// The entry with the least key that is not below `key`.
    func first(from key: Key) -> (key: Key, value: Value)? {
        var found: (key: Key, value: Value)?
        visit(from: key, to: nil) { key, value in
            found = (key, value)
            return false
        }
        return found
    }

    /// Visits the entries of `lower ..< upper` in order until `body` returns false.
    func visit(from lower: Key?, to upper: Key?, _ body: (Key, Value) -> Bool) {
        if let lower, let upper, lower.order(against: upper) >= 0 { return }
        _ = read { $0.visit(from: lower, to: upper, body) }
    }

    /// How many live values lie in `lower ..< upper`.
    func liveCount(from lower: Key?, to upper: Key?) -> Int {
        let below = lower.map { key in read { $0.liveCount(below: key) } } ?? 0
        let all = upper.map { key in read { $0.liveCount(below: key) } } ?? liveCount
        return max(0, all - below)
    }

    /// Sets the value of `key`, and its stored key; answers with the value so far.
    @discardableResult
    mutating func set(_ key: Key, to value: Value) -> Value? { set(key) { _ in value }.replaced }

    /// Sets what `make` makes of the value so far, in one search; answers with both.
    mutating func set(_ key: Key, _ make: (Value?) -> Value) -> (value: Value, replaced: Value?) {
        let change = root[0].set(key, isRightmost: true, make)
        if change.replaced == nil { count += 1 }
        if let sibling = change.sibling { root[0].grow(beside: sibling) }
        return (change.value, change.replaced)
    }

    /// Adds an entry whose key is above all others: as it is where numbers count up.
    mutating func append(_ key: Key, _ value: Value) {
        if let sibling = root[0].append(key, value) { root[0].grow(beside: sibling) }
        count += 1
    }

    /// Changes a value in its place; must not change whether it is live.
    mutating func modify(_ key: Key, _ body: (inout Value) -> Void) { root[0].modify(key, body) }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let removed = root[0].remove(key) else { return nil }
        count -= 1
        root[0].shrink()
        return removed
    }

    /// Whether every node keeps the rules of the tree; for tests.
    var isWellFormed: Bool { root[0].isWellFormed && root[0].entryCount == count }
}
