internal import Bytes

/// Ranges of keys, and which of them hold a given key: an interval tree.
///
/// A treap (Seidel and Aragon, 1996) ordered by lower bound whose nodes know the highest upper
/// bound below them (Cormen et al., "Introduction to Algorithms", §14.3). With n ranges, of which k
/// hold the key, a look-up visits O(log n + k) nodes if ranges are prefixes, as such either contain
/// each other or are apart. The priorities come from a counter, so equal histories give equal
/// trees.
struct WatchRangeTree: Sendable {
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var root = none
    private var seed: UInt64 = 0

    private static let none = -1

    private struct Node {
        var lower: ByteSlice

        /// Nil: no bound.
        var upper: ByteSlice?

        /// The highest `upper` of this node and all below.
        var highest: ByteSlice?

        var priority: UInt64
        var left = none
        var right = none
        var audiences: [Int]
    }

    /// Appends the audiences of all ranges that hold `key`.
    func find(_ key: ByteSlice, into audiences: inout [Int]) {
        find(key, under: root, into: &audiences)
    }

    mutating func insert(_ audience: Int, lower: ByteSlice, upper: ByteSlice?) {
        if let node = node(lower, upper) {
            nodes[node].audiences.append(audience)
        } else {
            let node = makeNode(audience, lower, upper)
            root = insert(node, under: root)
        }
    }

    mutating func remove(_ audience: Int, lower: ByteSlice, upper: ByteSlice?) {
        guard let node = node(lower, upper) else { return }
        nodes[node].audiences.removeAll { $0 == audience }
        guard nodes[node].audiences.isEmpty else { return }
        root = remove(node, under: root)
        nodes[node] = Node(lower: .empty, upper: nil, highest: nil, priority: 0, audiences: [])
        free.append(node)
    }

    private func find(_ key: ByteSlice, under node: Int, into audiences: inout [Int]) {
        guard node != Self.none else { return }
        if let highest = nodes[node].highest, highest <= key { return }
        find(key, under: nodes[node].left, into: &audiences)
        guard nodes[node].lower <= key else { return }
        if Self.isBelow(key, nodes[node].upper) { audiences += nodes[node].audiences }
        find(key, under: nodes[node].right, into: &audiences)
    }

    private static func isBelow(_ key: ByteSlice, _ upper: ByteSlice?) -> Bool {
        guard let upper else { return true }
        return key < upper
    }

    private mutating func makeNode(
        _ audience: Int,
        _ lower: ByteSlice,
        _ upper: ByteSlice?
    ) -> Int {
        let node = Node(
            lower: lower,
            upper: upper,
            highest: upper,
            priority: nextPriority(),
            audiences: [audience]
        )
        if let number = free.popLast() {
            nodes[number] = node
            return number
        }
        nodes.append(node)
        return nodes.count - 1
    }

    /// SplitMix64's mix of a counter.
    private mutating func nextPriority() -> UInt64 {
        seed &+= 0x9e37_79b9_7f4a_7c15
        var mixed = seed
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private func node(_ lower: ByteSlice, _ upper: ByteSlice?) -> Int? {
        var node = root
        while node != Self.none {
            let order = order(lower, upper, against: node)
            if order == 0 { return node }
            node = order < 0 ? nodes[node].left : nodes[node].right
        }
        return nil
    }

    private func order(_ lower: ByteSlice, _ upper: ByteSlice?, against node: Int) -> Int {
        let order = lower.order(against: nodes[node].lower)
        guard order == 0 else { return order }
        switch (upper, nodes[node].upper) {
        case (nil, nil): return 0
        case (nil, .some): return 1
        case (.some, nil): return -1
        case (.some(let mine), .some(let theirs)): return mine.order(against: theirs)
        }
    }
}

/// How the tree keeps its shape.
extension WatchRangeTree {
    private mutating func insert(_ new: Int, under node: Int) -> Int {
        guard node != Self.none else { return new }
        if order(nodes[new].lower, nodes[new].upper, against: node) < 0 {
            let child = insert(new, under: nodes[node].left)
            nodes[node].left = child
            if nodes[child].priority > nodes[node].priority { return rotateRight(node) }
        } else {
            let child = insert(new, under: nodes[node].right)
            nodes[node].right = child
            if nodes[child].priority > nodes[node].priority { return rotateLeft(node) }
        }
        refresh(node)
        return node
    }

    private mutating func remove(_ old: Int, under node: Int) -> Int {
        guard node != Self.none else { return Self.none }
        if node == old { return join(nodes[node].left, nodes[node].right) }
        if order(nodes[old].lower, nodes[old].upper, against: node) < 0 {
            nodes[node].left = remove(old, under: nodes[node].left)
        } else {
            nodes[node].right = remove(old, under: nodes[node].right)
        }
        refresh(node)
        return node
    }

    /// One tree of two, all of `left` being before all of `right`.
    private mutating func join(_ left: Int, _ right: Int) -> Int {
        if left == Self.none { return right }
        if right == Self.none { return left }
        if nodes[left].priority > nodes[right].priority {
            nodes[left].right = join(nodes[left].right, right)
            refresh(left)
            return left
        }
        nodes[right].left = join(left, nodes[right].left)
        refresh(right)
        return right
    }

    private mutating func rotateRight(_ node: Int) -> Int {
        let child = nodes[node].left
        nodes[node].left = nodes[child].right
        nodes[child].right = node
        refresh(node)
        refresh(child)
        return child
    }

    private mutating func rotateLeft(_ node: Int) -> Int {
        let child = nodes[node].right
        nodes[node].right = nodes[child].left
        nodes[child].left = node
        refresh(node)
        refresh(child)
        return child
    }

    private mutating func refresh(_ node: Int) {
        var highest = nodes[node].upper
        for child in [nodes[node].left, nodes[node].right] where child != Self.none {
            guard let bound = highest else { break }
            guard let other = nodes[child].highest else {
                highest = nil
                break
            }
            highest = max(bound, other)
        }
        nodes[node].highest = highest
    }
}
