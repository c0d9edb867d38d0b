internal import Bytes
internal import KeyspaceModel

/// Locks as etcd's recipe has them, and what they guard: no stale holder's write is accepted.
///
/// A lock is a directory of keys, one a contender, each bound to its lease; the oldest holds. Whoever
/// writes a guarded key says by which contender's key, and by which creation of it: the value is
/// `KEY@CREATE_REVISION`, and more after a space. So the check needs nothing but the changes, and a
/// write whose answer was lost is judged like any other.
public struct LockChecker {
    private let history: History
    private let guarded: KeyInterval

    /// `guarded` are the keys that may be written under a lock only.
    public init(_ history: History, guarded: KeyInterval) {
        self.history = history
        self.guarded = guarded
    }

    /// How many guarded writes there were.
    @discardableResult
    public func check() throws(Violation) -> Int {
        var model = ReferenceKeyspace()
        var writes = 0
        for change in history.changes {
            for event in change.events where event.type == .put {
                guard let keyValue = event.kv, guarded.contains(keyValue.key) else { continue }
                try checkHolder(keyValue, model)
                writes += 1
            }
            model.apply(change)
        }
        return writes
    }

    private func checkHolder(
        _ written: KeyValue,
        _ before: ReferenceKeyspace
    ) throws(Violation) {
        guard let token = Token(written.value) else {
            throw Violation(
                .lockFencing,
                "\(written.key) was written without a token at revision \(written.modRevision)"
            )
        }
        let contenders = before.keyValues(in: KeyInterval(prefix: token.directory))
        let holder = contenders.min { $0.createRevision < $1.createRevision }
        guard let holder, holder.key == token.key, holder.createRevision == token.createRevision
        else {
            let other = holder.map { "\($0.key)@\($0.createRevision) holds it" } ?? "nobody does"
            throw Violation(
                .lockFencing,
                "revision \(written.modRevision) wrote \(written.key) by the lock "
                    + "\(token.key)@\(token.createRevision), but \(other)"
            )
        }
    }

    /// What a guarded value begins with.
    private struct Token {
        var key: ByteSlice
        var createRevision: Int64

        /// The key up to its last slash.
        var directory: ByteSlice

        init?(_ value: ByteSlice) {
            let word = value.array.prefix { $0 != UInt8(ascii: " ") }
            guard let at = word.lastIndex(of: UInt8(ascii: "@")),
                let slash = word[..<at].lastIndex(of: UInt8(ascii: "/")),
                let revision = Int64(String(decoding: word[(at + 1)...], as: UTF8.self))
            else { return nil }
            key = value[0..<at]
            createRevision = revision
            directory = value[0..<slash + 1]
        }
    }
}
