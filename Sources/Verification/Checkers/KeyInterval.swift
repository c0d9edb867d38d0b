public import Bytes

/// The keys that a request names: one key, [key, end), or from a key on.
public struct KeyInterval: Sendable, Equatable {
    let first: ByteSlice
    private let end: End

    private enum End: Equatable {
        case single
        case before(ByteSlice)
        case open
    }

    /// As etcd's requests write it: no end means one key, an end of one zero byte means no end.
    public init(key: ByteSlice, rangeEnd: ByteSlice) {
        first = key
        if rangeEnd.isEmpty {
            end = .single
        } else if rangeEnd.count == 1, rangeEnd[0] == 0 {
            end = .open
        } else {
            end = .before(rangeEnd)
        }
    }

    /// The keys that begin with `prefix`; all if it is empty.
    public init(prefix: ByteSlice) {
        first = prefix
        var end = prefix.array
        while end.last == .max { end.removeLast() }
        if let last = end.popLast() {
            self.end = .before(ByteSlice(end + [last + 1]))
        } else {
            self.end = .open
        }
    }

    public func contains(_ key: ByteSlice) -> Bool {
        switch end {
        case .single: key == first
        case .before(let end): first <= key && key < end
        case .open: first <= key
        }
    }
}
