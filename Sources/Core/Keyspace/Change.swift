public import KeyspaceModel
public import Model

/// All that one revision changed, in order.
public struct Change: Sendable, Equatable {
    public var revision: Revision
    public var events: [Event]

    public init(revision: Revision, events: [Event]) {
        self.revision = revision
        self.events = events
    }
}
