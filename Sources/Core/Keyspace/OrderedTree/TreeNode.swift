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
}
