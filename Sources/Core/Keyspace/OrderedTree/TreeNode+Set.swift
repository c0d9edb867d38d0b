/// Setting a key, and the splitting that comes of it.
extension TreeNode {
    /// What a `set` did to a node.
    struct Change {
        /// The value that the key has, and the one that it had.
        var value: Value
        var replaced: Value?

        /// The upper part, if the node had to be split.
        var sibling: TreeNode?
    }

    /// Sets what `make` makes of the value so far.
    mutating func set(_ key: Key, isRightmost: Bool, _ make: (Value?) -> Value) -> Change {
        guard isLeaf else { return setInChild(key, isRightmost: isRightmost, make) }
        let (index, isFound) = slot(of: key)
        guard isFound else {
            let value = make(nil)
            let sibling = insert(key, value, at: index, isRightmost: isRightmost)
            return Change(value: value, replaced: nil, sibling: sibling)
        }
        let replaced = values[index]
        let value = make(replaced)
        // The key too: the old one would keep the storage of a request long forgotten.
        keys[index] = key
        values[index] = value
        setLive(value.isLive, at: index)
        return Change(value: value, replaced: replaced, sibling: nil)
    }

    private mutating func setInChild(
        _ key: Key,
        isRightmost: Bool,
        _ make: (Value?) -> Value
    ) -> Change {
        let slot = slot(of: key)
        let index = slot.isFound || slot.index == 0 ? slot.index : slot.index - 1
        if slot.index == 0 && !slot.isFound { lowerFirstKey(to: key.separator) }
        let isLast = isRightmost && index == children.count - 1
        var change = children[index].set(key, isRightmost: isLast, make)
        liveCount += (change.value.isLive ? 1 : 0) - (change.replaced?.isLive ?? false ? 1 : 0)
        guard let added = change.sibling else { return change }
        // The child's upper part has left it, and comes back as a child of its own.
        liveCount -= added.liveCount
        change.sibling = insert(child: added, at: index + 1, isLast: isLast)
        return change
    }

    private mutating func lowerFirstKey(to key: Key) {
        keys[0] = key
        refreshFingerprints()
    }

    private mutating func insert(child: TreeNode, at index: Int, isLast: Bool) -> TreeNode? {
        if count < Limits.treeSlotsMax {
            insert(child: child, at: index)
            return nil
        }
        if isLast { return TreeNode(only: child) }
        var upper = split(at: count / 2)
        if index <= count {
            insert(child: child, at: index)
        } else {
            upper.insert(child: child, at: index - count)
        }
        return upper
    }

    private mutating func insert(
        _ key: Key,
        _ value: Value,
        at index: Int,
        isRightmost: Bool
    ) -> TreeNode? {
        if count < Limits.treeSlotsMax {
            insertSlot(key, value, at: index)
            return nil
        }
        // A tree that grows at its end, as the log of changes does, fills its leaves wholly.
        let isAppending = isRightmost && index == count
        var upper = isAppending ? TreeNode() : split(at: count / 2)
        if index <= count && !isAppending {
            insertSlot(key, value, at: index)
        } else {
            upper.insertSlot(key, value, at: index - count)
        }
        return upper
    }

    mutating func insertSlot(_ key: Key, _ value: Value, at index: Int) {
        insertKey(key, at: index)
        values.insert(value, at: index)
        let below: UInt64 = (1 << UInt64(index)) - 1
        liveMask = (liveMask & below) | ((liveMask & ~below) << 1)
        setLive(value.isLive, at: index)
    }

    private mutating func setLive(_ isLive: Bool, at index: Int) {
        let bit: UInt64 = 1 << UInt64(index)
        if isLive { liveMask |= bit } else { liveMask &= ~bit }
        liveCount = liveMask.nonzeroBitCount
    }

    mutating func insert(child: TreeNode, at index: Int) {
        guard let key = child.keys.first else { return }
        insertKey(key.separator, at: index)
        children.insert(child, at: index)
        liveCount += child.liveCount
    }

    private mutating func insertKey(_ key: Key, at index: Int) {
        let shared = key.sharedPrefix(with: keys.first ?? key)
        keys.insert(key, at: index)
        if keys.count == 1 || shared < sharedPrefix {
            refreshFingerprints(sharing: shared)
        } else {
            fingerprints.insert(key.fingerprint(after: sharedPrefix), at: index)
        }
    }

    private mutating func refreshFingerprints(sharing shared: Int) {
        sharedPrefix = shared
        fingerprints.removeAll(keepingCapacity: true)
        for key in keys { fingerprints.append(key.fingerprint(after: shared)) }
    }

    /// Shares as much prefix as first and last key do; what lies between shares it too.
    mutating func refreshFingerprints() {
        guard let first = keys.first, let last = keys.last else { return }
        refreshFingerprints(sharing: first.sharedPrefix(with: last))
    }

    init(only child: TreeNode) {
        self.init()
        insert(child: child, at: 0)
    }

    /// A root that was split becomes the first child of a new one.
    mutating func grow(beside sibling: TreeNode) {
        var root = TreeNode(only: self)
        root.insert(child: sibling, at: 1)
        self = root
    }

    /// Cuts off the slots from `index` on.
    mutating func split(at index: Int) -> TreeNode {
        var upper = TreeNode()
        upper.keys = Array(keys[index...])
        keys.removeSubrange(index...)
        if isLeaf {
            upper.values = Array(values[index...])
            values.removeSubrange(index...)
            upper.liveMask = liveMask >> UInt64(index)
            liveMask &= (1 << UInt64(index)) - 1
            upper.liveCount = upper.liveMask.nonzeroBitCount
        } else {
            upper.children = Array(children[index...])
            children.removeSubrange(index...)
            upper.liveCount = upper.children.reduce(0) { $0 + $1.liveCount }
        }
        liveCount -= upper.liveCount
        refreshFingerprints()
        upper.refreshFingerprints()
        return upper
    }

    mutating func modify(_ key: Key, _ body: (inout Value) -> Void) {
        guard isLeaf else { return children[child(for: key)].modify(key, body) }
        let (index, isFound) = slot(of: key)
        if isFound { body(&values[index]) }
    }
}
