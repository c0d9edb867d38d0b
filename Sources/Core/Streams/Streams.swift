// Streams: Kafka's topics as pure values.
//
// A partition is a log of record batches. Its commands come from a Raft group's log and are applied
// in its order, on every replica alike; it is then that a batch is given its offsets, so no replica
// ever has to take any back, and what is applied is what consumers may see: the high watermark is
// the end of the log.
//
// A batch is kept as it was received. Its base offset and its leader epoch lie outside its checksum;
// whoever sends or stores it writes these sixteen bytes and then the received ones from byte 16 on
// (`StoredBatch`). So a payload is copied once, from the socket, and shared by the journal, the
// peers' frames, the partition and every fetch.
//
//   Records/     record batch v2: checked, read, written
//   Partition/   the state machine: offsets, producers, transactions, epochs; read, trimmed, saved
//
// What is not here: compaction; compressed batches are looked into by whoever can decompress them.
//
// The semantics are Kafka's (its protocol guide and the KIPs named at the places).

/// What a consumer wants to see.
public enum Isolation: Sendable {
    /// Everything up to the high watermark.
    case readUncommitted

    /// Everything up to the last stable offset, with the list of what was aborted.
    case readCommitted
}
