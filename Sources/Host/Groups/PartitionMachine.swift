internal import Bytes
internal import Model
internal import Streams

/// A partition's state on this node.
final class PartitionMachine {
    private(set) var partition: Partition

    /// Whether something was applied since those who wait for records were last told.
    var hasNews = false

    init(_ partition: Partition) { self.partition = partition }

    /// Applies a committed batch of records; its offsets follow from the log alone.
    func append(
        _ batch: ByteSlice,
        in term: Term,
        at time: GroupTime
    ) -> Result<PartitionResponse, PartitionRefusal> {
        hasNews = true
        return partition.append(batch, epoch: Self.epoch(of: term), at: time)
            .map { .appended($0) }
    }

    /// Applies anything else; nil if it does not decode, on every node alike.
    func apply(
        _ body: ByteSlice,
        in term: Term,
        at time: GroupTime
    ) -> Result<PartitionResponse, PartitionRefusal>? {
        guard let command = try? PartitionCommand(decoding: body) else { return nil }
        hasNews = true
        return partition.apply(command, epoch: Self.epoch(of: term), at: time)
    }

    /// Terms that the wire has no room for would take two thousand million elections.
    private static func epoch(of term: Term) -> LeaderEpoch {
        LeaderEpoch(term) ?? LeaderEpoch(.max)
    }

    func replace(_ partition: Partition) {
        self.partition = partition
        hasNews = true
    }
}
