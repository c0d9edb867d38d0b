public import Model

/// A transaction that was aborted: whoever reads only what is committed drops the producer's
/// batches from the first offset up to the marker.
public struct AbortedTransaction: Sendable, Equatable {
    public let producerID: ProducerID
    public let firstOffset: Offset

    /// That of the marker.
    public let lastOffset: Offset

    /// The last stable offset once it was over: what is aborted later begins there or behind it.
    let lastStableOffset: Offset
}

/// The transactions that were aborted, in the order of their markers.
struct AbortedTransactions: Sendable {
    private(set) var list: [AbortedTransaction] = []

    mutating func append(_ transaction: AbortedTransaction) { list.append(transaction) }

    /// Those with offsets in the range.
    func overlapping(_ range: Range<Offset>) -> [AbortedTransaction] {
        var found: [AbortedTransaction] = []
        for transaction in list[index(endingAtOrBehind: range.lowerBound)...] {
            if transaction.firstOffset < range.upperBound { found.append(transaction) }
            if transaction.lastStableOffset >= range.upperBound { break }
        }
        return found
    }

    /// Forgets those that end before `offset`.
    mutating func forget(before offset: Offset) {
        let gone = index(endingAtOrBehind: offset)
        // What goes is to pay for moving the rest.
        if gone > 0, gone * 2 >= list.count { list.removeFirst(gone) }
    }

    private func index(endingAtOrBehind offset: Offset) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
