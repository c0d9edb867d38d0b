internal import Bytes

/// The keys that a watch is for.
struct WatchRange: Sendable, Hashable {
    let lower: ByteSlice
    let upper: Upper

    enum Upper: Sendable, Hashable {
        /// Only the lower key itself.
        case single

        /// All keys below.
        case below(ByteSlice)

        /// All keys to the end.
        case none
    }

    /// As etcd reads it: an empty key is the smallest, `\0`; an end of `\0` has no bound.
    ///
    /// Copies the keys, as a watch outlives the request that they are part of.
    init(key: ByteSlice, rangeEnd: ByteSlice) {
        lower = key.isEmpty ? ByteSlice([0]) : key.compacted
        if rangeEnd.isEmpty {
            upper = .single
        } else if rangeEnd.count == 1 && rangeEnd[0] == 0 {
            upper = .none
        } else {
            upper = .below(rangeEnd.compacted)
        }
    }

    var isEmpty: Bool {
        switch upper {
        case .single, .none: false
        case .below(let upper): lower >= upper
        }
    }

    func contains(_ key: ByteSlice) -> Bool {
        switch upper {
        case .single: key == lower
        case .below(let upper): key >= lower && key < upper
        case .none: key >= lower
        }
    }
}
