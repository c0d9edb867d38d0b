public import Model

/// A transaction that has written here and is not decided.
public struct OpenTransaction: Sendable, Equatable {
    public let firstOffset: Offset
    public let producerID: ProducerID
}

/// The open transactions, in the order of their first offsets.
struct OpenTransactions: Sendable {
    private(set) var list: [OpenTransaction] = []

    /// The one that holds back the last stable offset.
    var first: OpenTransaction? { list.first }

    /// Its first offset is behind all others': it is the log's end.
    mutating func append(_ transaction: OpenTransaction) { list.append(transaction) }

    mutating func remove(startingAt offset: Offset) {
        guard let index = list.firstIndex(where: { $0.firstOffset == offset }) else { return }
        list.remove(at: index)
    }
}
