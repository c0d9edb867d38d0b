/// One node of an `OrderedTree`: a leaf with values, or a branch with children.
///
/// In a branch, `keys[i]` separates: all of child `i` is at or above it, all of child `i - 1`
/// below it. It need not be a key of the child, and lives on when that is removed.
struct TreeNode<Key: TreeKey, Value: TreeValue>: Sendable {
    /// For each key, its fingerprint after the shared prefix.
    var fingerprints: [UInt64] = []
    var keys: [Key] = []
    var values: [Value] = []
    var children: [TreeNode] = []

    /// How many leading units all `keys` have in common; never too many, perhaps too few.
    var sharedPrefix = 0

    /// Live values in this node and below.
    var liveCount = 0

    /// In a leaf, a bit for each live value; a leaf has no more slots than bits.
    var liveMask: UInt64 = 0

    var count: Int { keys.count }

    var isLeaf: Bool { children.isEmpty }

    /// The first slot whose key is not below `key`, and whether it holds that very key.
    func slot(of key: Key) -> (index: Int, isFound: Bool) {
        guard let first = keys.first else { return (0, false) }
        if sharedPrefix > 0 {
            let order = key.prefixOrder(sharedPrefix, against: first)
            if order != 0 { return (order < 0 ? 0 : keys.count, false) }
        }
        let fingerprint = key.fingerprint(after: sharedPrefix)
        var low = lowerBound(fingerprint)
        guard low < fingerprints.count, fingerprints[low] == fingerprint else {
            return (low, false)
        }
        var high = low + 1
        if high < fingerprints.count, fingerprints[high] == fingerprint {
            high = fingerprint == .max ? keys.count : lowerBound(fingerprint + 1)
        }
        while low < high {
            let middle = (low + high) / 2
            let order = keys[middle].order(against: key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private func lowerBound(_ fingerprint: UInt64) -> Int {
        fingerprints.withUnsafeBufferPointer { numbers in
            var low = 0
            var high = numbers.count
            while low < high {
                let middle = (low + high) / 2
                if numbers[middle] < fingerprint { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// The child in which `key` is, if it is anywhere.
    func child(for key: Key) -> Int {
        let (index, isFound) = slot(of: key)
        return isFound || index == 0 ? index : index - 1
    }

    func value(of key: Key) -> Value? {
        guard isLeaf else { return children[child(for: key)].value(of: key) }
        let (index, isFound) = slot(of: key)
        return isFound ? values[index] : nil
    }

    var first: (key: Key, value: Value)? {
        if let child = children.first { return child.first }
        guard let key = keys.first, let value = values.first else { return nil }
        return (key, value)
    }

    var last: (key: Key, value: Value)? {
        if let child = children.last { return child.last }
        guard let key = keys.last, let value = values.last else { return nil }
        return (key, value)
    }

    func last(upTo key: Key) -> (key: Key, value: Value)? {
        guard isLeaf else {
            let index = child(for: key)
            if let found = children[index].last(upTo: key) { return found }
            return index > 0 ? children[index - 1].last : nil
        }
        let (index, isFound) = slot(of: key)
        if isFound { return (keys[index], values[index]) }
        return index > 0 ? (keys[index - 1], values[index - 1]) : nil
    }

    /// Visits what lies in `lower ..< upper`; false as soon as `body` said so.
    @discardableResult
    func visit(from lower: Key?, to upper: Key?, _ body: (Key, Value) -> Bool) -> Bool {
        guard isLeaf else { return visitChildren(from: lower, to: upper, body) }
        var index = lower.map { slot(of: $0).index } ?? 0
        let end = upper.map { slot(of: $0).index } ?? keys.count
        while index < end {
            guard body(keys[index], values[index]) else { return false }
            index += 1
        }
        return true
    }

    private func visitChildren(
        from lower: Key?,
        to upper: Key?,
        _ body: (Key, Value) -> Bool
    ) -> Bool {
        let start = lower.map { child(for: $0) } ?? 0
        let end = upper.map { child(for: $0) } ?? children.count - 1
        guard start <= end else { return true }
        for index in start...end {
            let isGoing = children[index].visit(
                from: index == start ? lower : nil,
                to: index == end ? upper : nil,
                body
            )
            guard isGoing else { return false }
        }
        return true
    }

    func liveCount(below key: Key) -> Int {
        guard isLeaf else {
            let index = child(for: key)
            let before = children[0..<index].reduce(0) { $0 + $1.liveCount }
            return before + children[index].liveCount(below: key)
        }
        let index = slot(of: key).index
        guard index < UInt64.bitWidth else { return liveCount }
        return (liveMask & (1 << UInt64(index) - 1)).nonzeroBitCount
    }
}
