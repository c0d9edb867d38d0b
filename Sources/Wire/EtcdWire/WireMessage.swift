// EtcdWire: etcd's messages between bytes and values.
//
// Each message of KeyspaceModel gets `init(decoding:)`, `encode(into:)` and `encodedLength` in
// Generated, one line a field; what such a line calls is written by hand in WireReader,
// WireLength and ByteWriter+Fields. There is no intermediate form and no reflection: a request is
// decoded in one pass over its bytes, and its keys and values are slices of them, not copies.
//
// The rules are proto3's: a field with its default value is not written; unknown fields are
// skipped; of a scalar that comes twice the last counts, a message that comes twice is merged, a
// list grows; a list of numbers may be packed or not. Bytes that end too early, varints of more
// than ten bytes, field number zero, groups that do not end and strings that are not UTF-8 are
// refused with a `DecodeError`, and so is what exceeds `Limits`: nothing a client sends traps.

public import Bytes

/// A message of etcd's API that can be written and read.
public protocol WireMessage: Sendable, Equatable {
    /// Reads all of `bytes`; fields of type bytes share its storage.
    init(decoding bytes: ByteSlice) throws(DecodeError)

    /// Exactly what `encode` appends.
    var encodedLength: Int { get }

    func encode(into writer: inout ByteWriter)
}

extension WireMessage {
    public var encoded: ByteSlice {
        var writer = ByteWriter(capacity: encodedLength + ByteWriter.varintSlack)
        encode(into: &writer)
        return writer.slice
    }
}

/// What the generated code offers to its reader.
protocol MergingMessage {
    /// With every field at its default.
    static var blank: Self { get }

    /// Reads fields up to the reader's end into what is there already.
    mutating func merge(from reader: inout WireReader) throws(DecodeError)
}
