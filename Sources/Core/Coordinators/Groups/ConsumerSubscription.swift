public import Bytes

/// The topics in what a consumer says to its assignor: Kafka's `ConsumerProtocolSubscription`.
///
/// For us a member's metadata is opaque but in two questions: whether a topic is in use, and whether a
/// static member that comes back wants what it wanted before.
public enum ConsumerSubscription {
    /// Sorted; nil if the bytes are no subscription.
    ///
    /// Numbers are big-endian: a version, then names.
    public static func topics(in metadata: ByteSlice) -> [ByteSlice]? {
        var reader = ByteReader(metadata)
        do throws(DecodeError) {
            let version = Int16(bigEndian: try reader.integer())
            let count = Int32(bigEndian: try reader.integer())
            guard version >= 0, count >= 0, Int(count) <= reader.remaining / 2 else { return nil }
            var topics: [ByteSlice] = []
            for _ in 0..<count {
                topics.append(try reader.slice(Int(Int16(bigEndian: try reader.integer()))))
            }
            return topics.sorted()
        } catch {
            return nil
        }
    }

    /// Whether both want the same topics; if that cannot be known, whether they say the same.
    static func wantsTheSame(_ left: ByteSlice, _ right: ByteSlice) -> Bool {
        guard let former = topics(in: left), let latter = topics(in: right) else {
            return left == right
        }
        return former == latter
    }
}
