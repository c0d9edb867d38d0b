internal import Bytes
internal import Controller
internal import Groups
internal import Model
internal import Streams

// What topics let go: each leader looks from time to time how old and how large its partitions are, and
// proposes a new start of the log. That is a command, so all replicas let go the same.
extension KafkaFront {
    func passTimeForRetention() {
        guard now >= nextRetention else { return }
        nextRetention = now + Limits.retentionCheckNanoseconds
        refreshIndexes()
        let wallTime = wallTime
        var held = 0
        for entry in topics.entries {
            for partition in entry.topic.partitions {
                held += retain(partition.group, entry.settings, wallTime)
            }
        }
        heldRecordBytes = held
    }

    /// What this node holds of a partition; a leader lets go what is too old or too much.
    private func retain(_ group: GroupID, _ settings: TopicSettings, _ wallTime: Int64) -> Int {
        guard let partition = shard.partition(group) else { return 0 }
        guard shard.servingTerm(group) != nil,
            let offset = partition.retentionOffset(
                oldest: settings.retentionMilliseconds.map { wallTime - $0 },
                bytesMax: settings.retentionBytes.map { Int(clamping: $0) }
            )
        else { return partition.byteCount }
        shard.propose(
            .changePartition,
            body: PartitionCommand.deleteRecords(before: offset).encoded,
            to: group,
            for: .ofStreams(Self.ownConnection, request: 0)
        )
        requestTurn()
        return partition.byteCount
    }

    /// Whether no more records are taken: those that are held are all in memory.
    var isRecordsFull: Bool { heldRecordBytes > Limits.recordBytesMax }
}
