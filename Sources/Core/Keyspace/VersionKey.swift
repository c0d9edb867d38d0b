internal import Bytes
internal import Model

/// A key's older versions stand side by side, in the order of their positions.
struct VersionKey: Sendable {
    let key: ByteSlice
    let position: ChangePosition

    init(_ key: ByteSlice, _ position: ChangePosition) {
        self.key = key
        self.position = position
    }

    init(of version: KeyVersion) { self.init(version.key, version.position) }
}

extension VersionKey: TreeKey {
    func order(against other: VersionKey) -> Int {
        let order = key.order(against: other.key)
        return order == 0 ? position.order(against: other.position) : order
    }

    func sharedPrefix(with other: VersionKey) -> Int { key.sharedPrefix(with: other.key) }

    func prefixOrder(_ count: Int, against other: VersionKey) -> Int {
        key.prefixOrder(count, against: other.key)
    }

    func fingerprint(after count: Int) -> UInt64 { key.fingerprint(after: count) }

    var separator: VersionKey { VersionKey(key.separator, position) }
}
