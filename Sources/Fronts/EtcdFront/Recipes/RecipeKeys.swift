internal import Bytes
internal import HTTP2Wire
internal import KeyspaceModel

/// The keys of locks and elections, which clients' own recipes share: `name/` and the lease in hex.
enum RecipeKeys {
    static func prefix(of name: ByteSlice) -> ByteSlice { appending("/", to: name) }

    static func key(of name: ByteSlice, lease: Int64) -> ByteSlice {
        appending("/" + String(lease, radix: 16), to: name)
    }

    /// The end of the range of all keys with the prefix, which ends with a slash.
    static func end(of prefix: ByteSlice) -> ByteSlice {
        appending("0", to: prefix[0..<prefix.count - 1])
    }

    private static func appending(_ text: String, to bytes: ByteSlice) -> ByteSlice {
        var writer = ByteWriter(capacity: bytes.count + text.utf8.count)
        writer.slice(bytes)
        for byte in text.utf8 { writer.byte(byte) }
        return writer.slice
    }
}

/// The transactions of the recipes.
extension TxnRequest {
    /// Enters a queue; a lease that is in it already keeps its place.
    static func enter(_ key: ByteSlice, value: ByteSlice, lease: Int64) -> TxnRequest {
        TxnRequest(
            compare: [exists(key, createRevision: 0)],
            success: [put(key, value, lease)],
            failure: [RequestOp(request: .requestRange(RangeRequest(key: key)))]
        )
    }

    /// Changes the value of a place in a queue, if it is still the same place.
    static func proclaim(
        _ key: ByteSlice,
        createRevision: Int64,
        value: ByteSlice,
        lease: Int64
    ) -> TxnRequest {
        TxnRequest(
            compare: [exists(key, createRevision: createRevision)],
            success: [put(key, value, lease)]
        )
    }

    /// Gives a place in a queue back, if it is still the same place.
    static func leave(_ key: ByteSlice, createRevision: Int64) -> TxnRequest {
        let delete = RequestOp(request: .requestDeleteRange(DeleteRangeRequest(key: key)))
        return TxnRequest(
            compare: [exists(key, createRevision: createRevision)],
            success: [delete]
        )
    }

    private static func put(_ key: ByteSlice, _ value: ByteSlice, _ lease: Int64) -> RequestOp {
        RequestOp(request: .requestPut(PutRequest(key: key, value: value, lease: lease)))
    }

    private static func exists(_ key: ByteSlice, createRevision: Int64) -> Compare {
        Compare(
            result: .equal,
            target: .create,
            key: key,
            targetUnion: .createRevision(createRevision)
        )
    }
}

/// What the recipes say when they fail, as etcd words it; all with the code Unknown, which etcd's
/// server gives whatever its own client reports.
extension GRPCStatus {
    static let lockSessionExpired = GRPCStatus(.unknown, "mutex: session is expired")
    static let notLeader = GRPCStatus(.unknown, "election: not leader")
    static let noElectedLeader = GRPCStatus(.unknown, "election: no leader")
    static let leaderKeyMissing = GRPCStatus(.unknown, "\"leader\" field must be provided")
}
