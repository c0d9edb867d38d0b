/// What a message may ask of its decoder, however the bytes are made.
public enum Limits {
    /// A request's frame without its length; Kafka's `socket.request.max.bytes` by default.
    public static let requestBytesMax = 100 << 20

    /// A name or a text; Kafka's own codecs refuse longer ones in every version.
    public static let textBytesMax = 32_767

    /// Structures in the lists of one message, all levels together.
    ///
    /// An empty one takes two bytes on the wire and some hundred in memory. Metadata of 200,000
    /// partitions has 200,000.
    public static let structuresMax = 1 << 20

    /// Records from here on are handed out as they came; what is shorter is cheaper to copy.
    static let sliceBytesMin = 512

    /// Memory that a writer takes at once for its next frames, if the last ones were as large.
    static let reservedBytesMax = 64 << 10
}
