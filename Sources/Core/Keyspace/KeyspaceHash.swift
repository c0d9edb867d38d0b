public import Model

/// A digest of a keyspace's history.
public struct KeyspaceHash: Sendable, Equatable {
    public var hash: UInt32

    /// The compact revision it was computed under; hashes under different ones differ.
    public var compactRevision: Revision

    /// The revision up to which it goes.
    public var revision: Revision

    public init(hash: UInt32, compactRevision: Revision, revision: Revision) {
        self.hash = hash
        self.compactRevision = compactRevision
        self.revision = revision
    }
}
