public import KeyspaceModel

/// All that clients did, and the revisions that came of it.
public struct History: Sendable {
    public var operations: [Operation]

    /// Every revision from the first write on, in order.
    public var changes: [HistoricChange]

    /// The keys that nobody but these operations writes, if others share the keyspace; nil: all.
    ///
    /// What changed elsewhere is taken as it is.
    public var owned: KeyInterval?

    public init(
        operations: [Operation] = [],
        changes: [HistoricChange] = [],
        owned: KeyInterval? = nil
    ) {
        self.operations = operations
        self.changes = changes
        self.owned = owned
    }

    /// Whether a change is none of these operations' work.
    func isForeign(_ change: HistoricChange) -> Bool {
        guard let owned else { return false }
        return !change.events.contains { event in event.kv.map { owned.contains($0.key) } ?? true }
    }

    /// The revision after all changes.
    public var lastRevision: Int64 { changes.last?.revision ?? ReferenceKeyspace.initialRevision }

    /// The highest revision that any client asked to compact.
    public var compactionRequestedMax: Int64 {
        var highest: Int64 = 0
        for operation in operations {
            guard case .compact(let request) = operation.request else { continue }
            highest = max(highest, request.revision)
        }
        return highest
    }
}

/// One revision: what it changed, and when it was first seen applied anywhere.
public struct HistoricChange: Sendable, Equatable {
    public var revision: Int64
    public var events: [Event]
    public var seenAt: UInt64

    public init(revision: Int64, events: [Event], seenAt: UInt64) {
        self.revision = revision
        self.events = events
        self.seenAt = seenAt
    }
}
