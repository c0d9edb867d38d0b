// KafkaWire: Kafka's messages, straight between bytes and values.
//
// Generated has a file an API, with its request and its response in all versions that Martlet
// serves; Tools/GenerateKafkaWire writes them from Protocols/kafka. What a version does not have
// takes its default when it is read, and is left out when it is written: a caller that must not lose
// it looks at the version first. Names and texts that are only compared, stored and sent back are
// `ByteSlice`s of the frame they came in; what people read, or we, is `String`. No sockets, no
// sessions: what a request means is the front's affair, and what is in records that of Streams.

public import Bytes

/// A part of a message.
public protocol KafkaStructure: Sendable, Equatable {
    /// The fewest bytes that a value takes in any version, so that counts can be judged.
    static var leastBytes: Int { get }

    /// Whether the version has compact lengths and tags is the reader's to know.
    init(decoding reader: inout KafkaReader, version: Int16) throws(DecodeError)

    func encode(into writer: inout KafkaWriter, version: Int16)
}

/// A request or a response.
public protocol KafkaMessage: KafkaStructure {
    static var api: KafkaAPI { get }
}

extension KafkaMessage {
    /// A message that is all of the bytes.
    public init(decoding bytes: ByteSlice, version: Int16) throws(DecodeError) {
        var reader = KafkaReader(bytes)
        try self.init(decoding: &reader, version: version)
        try reader.finish()
    }
}

/// What consumers tell each other through the server: behind its version, and the last version that
/// the reader knows if that is higher, as a newer one only adds fields at the end.
public protocol KafkaPayload: KafkaStructure {
    static var versions: ClosedRange<Int16> { get }
}

extension KafkaPayload {
    public init(decoding bytes: ByteSlice) throws(DecodeError) {
        var reader = KafkaReader(bytes)
        let version = try reader.int16()
        guard version >= Self.versions.lowerBound else {
            throw .malformed("version \(version) of \(Self.self)")
        }
        try self.init(decoding: &reader, version: min(version, Self.versions.upperBound))
    }

    public func encoded(version: Int16) -> ByteSlice {
        var writer = KafkaWriter()
        writer.int16(version)
        encode(into: &writer, version: version)
        return writer.joined()
    }
}
