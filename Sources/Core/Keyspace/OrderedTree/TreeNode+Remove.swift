/// Removing a key, and the joining of neighbours that comes of it.
extension TreeNode {
    mutating func remove(_ key: Key) -> Value? {
        guard isLeaf else {
            let index = child(for: key)
            guard let removed = children[index].remove(key) else { return nil }
            if removed.isLive { liveCount -= 1 }
            mend(index)
            return removed
        }
        let (index, isFound) = slot(of: key)
        guard isFound else { return nil }
        keys.remove(at: index)
        fingerprints.remove(at: index)
        let below: UInt64 = (1 << UInt64(index)) - 1
        liveMask = (liveMask & below) | ((liveMask >> 1) & ~below)
        liveCount = liveMask.nonzeroBitCount
        return values.remove(at: index)
    }

    /// A root with one child gives way to it.
    mutating func shrink() {
        while children.count == 1 { self = children[0] }
    }

    /// Joins a child that has become small with a neighbour, or shares the slots of both evenly.
    private mutating func mend(_ index: Int) {
        guard children[index].count < Limits.treeSlotsMin else { return }
        if children[index].count == 0 {
            _ = removeChild(at: index)
            return
        }
        guard children.count > 1 else { return }
        let left = max(0, index - 1)
        var right = removeChild(at: left + 1)
        let wanted = (children[left].count + right.count) / 2
        let liveBefore = children[left].liveCount
        if wanted * 2 <= Limits.treeSlotsAfterJoinMax {
            children[left].append(right)
            liveCount += children[left].liveCount - liveBefore
        } else if children[left].count > wanted {
            var upper = children[left].split(at: wanted)
            liveCount += children[left].liveCount - liveBefore
            upper.append(right)
            insert(child: upper, at: left + 1)
        } else {
            let upper = right.split(at: wanted - children[left].count)
            children[left].append(right)
            liveCount += children[left].liveCount - liveBefore
            insert(child: upper, at: left + 1)
        }
    }

    private mutating func removeChild(at index: Int) -> TreeNode {
        keys.remove(at: index)
        fingerprints.remove(at: index)
        let child = children.remove(at: index)
        liveCount -= child.liveCount
        return child
    }

    /// Takes over all slots of the right neighbour; both have room in one node.
    private mutating func append(_ right: TreeNode) {
        liveMask |= right.liveMask << UInt64(count)
        liveCount += right.liveCount
        keys += right.keys
        values += right.values
        children += right.children
        refreshFingerprints()
    }

    /// Whether keys are in order, fingerprints and counts right, and no node is too full.
    var isWellFormed: Bool {
        guard count <= Limits.treeSlotsMax, fingerprints.count == count else { return false }
        for index in keys.indices {
            guard fingerprints[index] == keys[index].fingerprint(after: sharedPrefix) else {
                return false
            }
            if index > 0, keys[index - 1].order(against: keys[index]) >= 0 { return false }
        }
        guard !isLeaf else {
            return values.count == count && liveCount == values.count { $0.isLive }
                && liveMask.nonzeroBitCount == liveCount
        }
        return children.count == count && areChildrenWellFormed
    }

    private var areChildrenWellFormed: Bool {
        for index in children.indices {
            let child = children[index]
            guard child.isWellFormed, child.count > 0 else { return false }
            if let first = child.read({ $0.first })?.key, keys[index].order(against: first) > 0 {
                return false
            }
            if index + 1 < count, let last = child.read({ $0.last })?.key,
                last.order(against: keys[index + 1]) >= 0
            {
                return false
            }
        }
        return liveCount == children.reduce(0) { $0 + $1.liveCount }
    }

    var entryCount: Int { isLeaf ? count : children.reduce(0) { $0 + $1.entryCount } }
}
