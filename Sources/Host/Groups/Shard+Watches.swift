public import Model

extension Shard {
    /// A front gave the group's watches something to do: history to send, or progress to tell.
    public func wakeWatches(of group: GroupID) {
        if let place = place(of: group) { touch(place) }
    }
}
