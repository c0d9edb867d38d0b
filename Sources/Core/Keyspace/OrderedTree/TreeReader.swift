/// Reads a node, and those below, in its place.
///
/// A node is a struct of arrays. Called as a method of the node, every step down would copy the
/// struct and count four references, each in memory of its own that nothing else needs; that took
/// half of a read's time. So reading goes by pointers, which never outlive the tree they point to.
struct TreeReader<Key: TreeKey, Value: TreeValue> {
    private let node: UnsafePointer<TreeNode<Key, Value>>

    init(_ node: UnsafePointer<TreeNode<Key, Value>>) { self.node = node }

    private var isLeaf: Bool { node.pointee.children.isEmpty }

    private func withChild<Result>(
        _ index: Int,
        _ body: (TreeReader) -> Result
    ) -> Result {
        node.pointee.children.withUnsafeBufferPointer { children in
            withUnsafePointer(to: children[index]) { body(TreeReader($0)) }
        }
    }

    /// The first slot whose key is not below `key`, and whether it holds that very key.
    ///
    /// A key that is here is found by its fingerprint, and only its own bytes are touched. Whether
    /// the prefix is right is asked afterwards, of keys that are not here.
    func slot(of key: Key) -> (index: Int, isFound: Bool) {
        let prefix = node.pointee.sharedPrefix
        let fingerprint = key.fingerprint(after: prefix)
        var (low, high) = slots(like: fingerprint)
        return node.pointee.keys.withUnsafeBufferPointer { keys in
            while low < high {
                let middle = (low + high) / 2
                let order = keys[middle].order(against: key)
                if order == 0 { return (middle, true) }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            guard prefix > 0, !keys.isEmpty else { return (low, false) }
            let order = key.prefixOrder(prefix, against: keys[0])
            return (order == 0 ? low : order < 0 ? 0 : keys.count, false)
        }
    }

    /// The slots with a fingerprint; if there are none, the place where they would be.
    ///
    /// Counts those below, first among the first of each row, then in the row where it must be:
    /// so the processor guesses no branch wrong, and fetches all rows at once, where halving would
    /// wait for one after the other.
    private func slots(like fingerprint: UInt64) -> (low: Int, high: Int) {
        node.pointee.fingerprints.withUnsafeBufferPointer { numbers in
            var rows = 0
            var first = 0
            while first < numbers.count {
                rows &+= numbers[first] < fingerprint ? 1 : 0
                first &+= Limits.fingerprintsPerRow
            }
            var low = max(0, rows &- 1) &* Limits.fingerprintsPerRow
            let end = min(low &+ Limits.fingerprintsPerRow, numbers.count)
            for position in low..<end { low &+= numbers[position] < fingerprint ? 1 : 0 }
            var high = low
            while high < numbers.count, numbers[high] == fingerprint { high &+= 1 }
            return (low, high)
        }
    }

    /// The child in which `key` is, if it is anywhere.
    func child(for key: Key) -> Int {
        let (index, isFound) = slot(of: key)
        return isFound || index == 0 ? index : index - 1
    }

    func value(of key: Key) -> Value? {
        guard isLeaf else { return withChild(child(for: key)) { $0.value(of: key) } }
        let (index, isFound) = slot(of: key)
        return isFound ? node.pointee.values[index] : nil
    }

    func last(upTo key: Key) -> (key: Key, value: Value)? {
        guard isLeaf else {
            let index = child(for: key)
            if let found = withChild(index, { $0.last(upTo: key) }) { return found }
            return index > 0 ? withChild(index - 1) { $0.last } : nil
        }
        let (index, isFound) = slot(of: key)
        return isFound ? entry(at: index) : index > 0 ? entry(at: index - 1) : nil
    }

    var first: (key: Key, value: Value)? {
        guard isLeaf else { return withChild(0) { $0.first } }
        return node.pointee.keys.isEmpty ? nil : entry(at: 0)
    }

    var last: (key: Key, value: Value)? {
        guard isLeaf else { return withChild(node.pointee.children.count - 1) { $0.last } }
        return node.pointee.keys.isEmpty ? nil : entry(at: node.pointee.keys.count - 1)
    }

    private func entry(at index: Int) -> (key: Key, value: Value) {
        (node.pointee.keys[index], node.pointee.values[index])
    }

    /// Visits what lies in `lower ..< upper`; false as soon as `body` said so.
    @discardableResult
    func visit(from lower: Key?, to upper: Key?, _ body: (Key, Value) -> Bool) -> Bool {
        guard isLeaf else { return visitChildren(from: lower, to: upper, body) }
        let start = lower.map { slot(of: $0).index } ?? 0
        let end = upper.map { slot(of: $0).index } ?? node.pointee.keys.count
        return node.pointee.keys.withUnsafeBufferPointer { keys in
            node.pointee.values.withUnsafeBufferPointer { values in
                var index = start
                while index < end {
                    guard body(keys[index], values[index]) else { return false }
                    index += 1
                }
                return true
            }
        }
    }

    private func visitChildren(
        from lower: Key?,
        to upper: Key?,
        _ body: (Key, Value) -> Bool
    ) -> Bool {
        let start = lower.map { child(for: $0) } ?? 0
        let end = upper.map { child(for: $0) } ?? node.pointee.children.count - 1
        var index = start
        while index <= end {
            let isGoing = withChild(index) {
                $0.visit(
                    from: index == start ? lower : nil,
                    to: index == end ? upper : nil,
                    body
                )
            }
            guard isGoing else { return false }
            index += 1
        }
        return true
    }

    func liveCount(below key: Key) -> Int {
        guard isLeaf else {
            let index = child(for: key)
            let before = node.pointee.children.withUnsafeBufferPointer { children in
                var sum = 0
                for child in 0..<index { sum += children[child].liveCount }
                return sum
            }
            return before + withChild(index) { $0.liveCount(below: key) }
        }
        let index = slot(of: key).index
        guard index < UInt64.bitWidth else { return node.pointee.liveCount }
        return (node.pointee.liveMask & ((1 << UInt64(index)) - 1)).nonzeroBitCount
    }
}

extension TreeNode {
    func read<Result>(_ body: (TreeReader<Key, Value>) -> Result) -> Result {
        withUnsafePointer(to: self) { body(TreeReader($0)) }
    }

    mutating func slot(of key: Key) -> (index: Int, isFound: Bool) {
        withUnsafePointer(to: &self) { TreeReader($0).slot(of: key) }
    }

    mutating func child(for key: Key) -> Int {
        withUnsafePointer(to: &self) { TreeReader($0).child(for: key) }
    }
}
