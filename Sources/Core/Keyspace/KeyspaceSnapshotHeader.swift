public import Model

/// What a snapshot says before its records.
public struct KeyspaceSnapshotHeader: Sendable, Equatable {
    public var revision: Revision
    public var compactRevision: Revision
    public var time: GroupTime

    public init(revision: Revision, compactRevision: Revision, time: GroupTime) {
        self.revision = revision
        self.compactRevision = compactRevision
        self.time = time
    }
}
