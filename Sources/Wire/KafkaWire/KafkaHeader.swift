public import Bytes

/// What a request begins with.
public struct KafkaRequestHeader: Sendable, Equatable {
    /// Perhaps the number of an API that we do not know.
    public var key: Int16

    /// Perhaps one that we do not know.
    public var version: Int16

    /// What the response repeats.
    public var correlationID: Int32

    /// What the client calls itself; nil also if the API is unknown, as the bytes behind the
    /// correlation number are then.
    public var clientID: ByteSlice?

    public init(
        api: KafkaAPI,
        version: Int16,
        correlationID: Int32,
        clientID: ByteSlice? = nil
    ) {
        key = api.rawValue
        self.version = version
        self.correlationID = correlationID
        self.clientID = clientID
    }

    public var api: KafkaAPI? { KafkaAPI(rawValue: key) }

    /// Leaves the reader at the message, of an API that we know.
    ///
    /// Versions 1 and 2 of the header; version 0, without the client's name, was only ever that of
    /// a request between brokers. The name is not compact in any version.
    public init(decoding reader: inout KafkaReader) throws(DecodeError) {
        reader.isFlexible = false
        key = try reader.int16()
        version = try reader.int16()
        correlationID = try reader.int32()
        guard let api else { return }
        clientID = try reader.optionalText()
        reader.isFlexible = api.isFlexible(version)
        try reader.skipTags()
    }

    public func encode(into writer: inout KafkaWriter) {
        writer.isFlexible = false
        writer.int16(key)
        writer.int16(version)
        writer.int32(correlationID)
        writer.optionalText(clientID)
        writer.isFlexible = api?.isFlexible(version) ?? false
        writer.noTags()
    }
}

extension KafkaAPI {
    public func isFlexible(_ version: Int16) -> Bool {
        firstFlexibleVersion.map { version >= $0 } ?? false
    }

    /// Whether a response's header ends in tags.
    ///
    /// That of ApiVersions never does: who asks does not know yet which versions the server has.
    func hasTagsInResponseHeader(_ version: Int16) -> Bool {
        self != .apiVersions && isFlexible(version)
    }
}

extension KafkaWriter {
    /// A whole frame with a request.
    public mutating func request<Message: KafkaMessage>(
        _ message: Message,
        _ header: KafkaRequestHeader
    ) {
        precondition(header.api == Message.api, "\(Message.self) under the key \(header.key)")
        let frame = beginFrame()
        header.encode(into: &self)
        message.encode(into: &self, version: header.version)
        end(frame)
    }

    /// A whole frame with a response, in the version that was asked for or another.
    public mutating func response<Message: KafkaMessage>(
        _ message: Message,
        correlationID: Int32,
        version: Int16
    ) {
        let frame = beginFrame()
        responseHeader(of: Message.api, version: version, correlationID: correlationID)
        message.encode(into: &self, version: version)
        end(frame)
    }

    public mutating func responseHeader(
        of api: KafkaAPI,
        version: Int16,
        correlationID: Int32
    ) {
        isFlexible = api.hasTagsInResponseHeader(version)
        int32(correlationID)
        noTags()
    }
}

extension KafkaReader {
    /// A response's header; leaves the reader at the message.
    public mutating func responseHeader(
        of api: KafkaAPI,
        version: Int16
    ) throws(DecodeError) -> Int32 {
        isFlexible = api.hasTagsInResponseHeader(version)
        let correlationID = try int32()
        try skipTags()
        return correlationID
    }
}
