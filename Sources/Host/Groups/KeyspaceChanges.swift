internal import Controller
internal import Model

/// What the control group's log says of keyspaces, until the shard has followed it.
struct KeyspaceChanges {
    enum Change {
        /// `mayBeLost` says that the disk may have held its group, and have lost it.
        case created(KeyspaceRecord, mayBeLost: Bool)
        case dropped(KeyspaceRecord)
    }

    var held = HeldReplicas()

    /// The end of the control group's log when the node started: what it says up to here, the node
    /// may have followed before.
    var knownIndex = LogIndex.zero

    /// Whether the whole image is to be compared: after the start, and with a snapshot.
    var isImageNew = true

    private var changes: [Change] = []

    var areDue: Bool { isImageNew || !changes.isEmpty }

    mutating func note(_ delta: MetadataDelta?, at index: LogIndex) {
        switch delta {
        case .keyspace(let keyspace):
            changes.append(.created(keyspace, mayBeLost: mayBeLost(at: index)))
        case .keyspaceDropped(let keyspace): changes.append(.dropped(keyspace))
        case .unchanged, .node, .members, .refused, nil: return
        }
    }

    func mayBeLost(at index: LogIndex) -> Bool { held.isJournalDamaged && index <= knownIndex }

    mutating func takeAll() -> [Change] {
        defer { changes = [] }
        return changes
    }
}
