internal import Bytes

/// The keys that a request names by `key` and `range_end`.
struct KeyRange: Sendable {
    let lower: ByteSlice
    let upper: Upper

    enum Upper: Sendable {
        /// Only the lower key itself.
        case single

        /// All keys below.
        case below(ByteSlice)

        /// All keys to the end.
        case none
    }

    /// An empty end means one key, a zero byte all keys from `key` on.
    init(key: ByteSlice, rangeEnd: ByteSlice) {
        lower = key
        if rangeEnd.isEmpty {
            upper = .single
        } else if rangeEnd.count == 1 && rangeEnd[0] == 0 {
            upper = .none
        } else {
            upper = .below(rangeEnd)
        }
    }
}

extension OrderedTree where Key == ByteSlice {
    func visit(_ range: KeyRange, _ body: (Value) -> Bool) {
        switch range.upper {
        case .single:
            if let value = value(of: range.lower) { _ = body(value) }
        case .below(let upper): visit(from: range.lower, to: upper) { body($1) }
        case .none: visit(from: range.lower, to: nil) { body($1) }
        }
    }

    func liveCount(in range: KeyRange) -> Int {
        switch range.upper {
        case .single: value(of: range.lower)?.isLive == true ? 1 : 0
        case .below(let upper): liveCount(from: range.lower, to: upper)
        case .none: liveCount(from: range.lower, to: nil)
        }
    }
}
