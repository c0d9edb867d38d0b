public import Model

/// A lease in a snapshot.
///
/// Which keys are attached to it follows from the records.
public struct LeaseRecord: Sendable, Equatable {
    public var id: LeaseID

    /// Seconds.
    public var timeToLive: Int64
    public var deadline: GroupTime

    public init(id: LeaseID, timeToLive: Int64, deadline: GroupTime) {
        self.id = id
        self.timeToLive = timeToLive
        self.deadline = deadline
    }
}
