/// What a keyspace may be called.
///
/// A name is a label of DNS (RFC 1123, in small letters), as clients may address a keyspace by the
/// first label of the host that they connect to.
public enum KeyspaceName {
    /// Of the keyspace that a cluster begins with, and that whoever names none is given.
    public static let ofDefault = "default"

    public static func isSound(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...Limits.keyspaceNameBytesMax).contains(bytes.count),
            bytes.first != UInt8(ascii: "-"),
            bytes.last != UInt8(ascii: "-")
        else { return false }
        return bytes.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
        }
    }
}
