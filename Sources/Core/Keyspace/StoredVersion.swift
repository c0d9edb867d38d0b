internal import Bytes
internal import Model

/// A version as etcd stores it: a revision's bytes, then protobuf.
enum StoredVersion {
    static func encode(_ version: KeyVersion, into writer: inout ByteWriter) {
        writer.integer(version.position.revision.number.bigEndian)
        writer.byte(UInt8(ascii: "_"))
        writer.integer(version.position.sub.bigEndian)
        if version.isTombstone { writer.byte(UInt8(ascii: "t")) }
        write(version.key, field: 1, into: &writer)
        // A tombstone's `KeyValue` has nothing but the key.
        guard !version.isTombstone else { return }
        write(version.createRevision.number, field: 2, into: &writer)
        write(version.position.revision.number, field: 3, into: &writer)
        write(version.version, field: 4, into: &writer)
        write(version.value, field: 5, into: &writer)
        write(version.lease.number, field: 6, into: &writer)
    }

    /// Bytes, length first; protobuf leaves out what is empty.
    private static func write(_ bytes: ByteSlice, field: UInt8, into writer: inout ByteWriter) {
        guard !bytes.isEmpty else { return }
        writer.byte(field << 3 | 2)
        writer.lengthPrefixed(bytes)
    }

    /// A number as varint; protobuf leaves out zero.
    private static func write(_ number: Int64, field: UInt8, into writer: inout ByteWriter) {
        guard number != 0 else { return }
        writer.byte(field << 3)
        writer.varint(UInt64(bitPattern: number))
    }
}
