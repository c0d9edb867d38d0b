/// Adding behind all other entries: nothing is searched or moved, and the leaves fill wholly.
extension TreeNode {
    /// The part that found no room, if the node was full.
    mutating func append(_ key: Key, _ value: Value) -> TreeNode? {
        guard isLeaf else { return appendInChild(key, value) }
        precondition(keys.last.map { $0.order(against: key) < 0 } ?? true, "a key out of order")
        guard count < Limits.treeSlotsMax else {
            var sibling = TreeNode()
            sibling.reserve(Limits.treeSlotsMax)
            sibling.insertSlot(key, value, at: 0)
            return sibling
        }
        appendSlot(key, value)
        return nil
    }

    /// What `insertSlot` does, at the end.
    private mutating func appendSlot(_ key: Key, _ value: Value) {
        guard let first = keys.first, key.sharedPrefix(with: first) >= sharedPrefix else {
            return insertSlot(key, value, at: count)
        }
        if value.isLive {
            liveMask |= 1 << UInt64(count)
            liveCount += 1
        }
        keys.append(key)
        fingerprints.append(key.fingerprint(after: sharedPrefix))
        values.append(value)
    }

    private mutating func appendInChild(_ key: Key, _ value: Value) -> TreeNode? {
        guard let added = children[children.count - 1].append(key, value) else {
            if value.isLive { liveCount += 1 }
            return nil
        }
        guard count < Limits.treeSlotsMax else { return TreeNode(only: added) }
        insert(child: added, at: count)
        return nil
    }

    /// Takes the memory of a leaf that is going to be full at once.
    private mutating func reserve(_ slots: Int) {
        keys.reserveCapacity(slots)
        fingerprints.reserveCapacity(slots)
        values.reserveCapacity(slots)
    }
}
