internal import Bytes
internal import Model

/// A lease, and the keys that go with it.
struct Lease: TreeValue {
    /// Granted time to live in seconds.
    let timeToLive: Int64

    /// The group's time at which it may be revoked.
    var deadline: GroupTime

    var keys = OrderedTree<ByteSlice, Membership>()

    init(timeToLive: Int64, deadline: GroupTime) {
        self.timeToLive = timeToLive
        self.deadline = deadline
    }
}
