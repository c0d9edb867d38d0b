public import Bytes
public import Model

/// One entry of a group's log, as the journal keeps it.
public struct JournalEntry: Sendable, Equatable {
    public var group: GroupID
    public var index: LogIndex
    public var term: Term

    /// The owner's number, opaque here.
    public var kind: UInt8

    public var payload: ByteSlice

    public init(group: GroupID, index: LogIndex, term: Term, kind: UInt8, payload: ByteSlice) {
        self.group = group
        self.index = index
        self.term = term
        self.kind = kind
        self.payload = payload
    }
}
