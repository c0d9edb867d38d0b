internal import Bytes
internal import KeyspaceModel

/// What the generated code calls for a field; nothing is written for a default value.
extension ByteWriter {
    mutating func field(_ tag: UInt64, _ value: ByteSlice) {
        if !value.isEmpty { present(tag, value) }
    }

    mutating func field(_ tag: UInt64, _ value: String) {
        if !value.isEmpty { present(tag, value) }
    }

    mutating func field(_ tag: UInt64, _ value: Bool) {
        if value { scalar(tag, 1) }
    }

    mutating func field(_ tag: UInt64, _ value: Int32) { field(tag, Int64(value)) }

    mutating func field(_ tag: UInt64, _ value: Int64) {
        if value != 0 { scalar(tag, UInt64(bitPattern: value)) }
    }

    mutating func field(_ tag: UInt64, _ value: UInt64) {
        if value != 0 { scalar(tag, value) }
    }

    mutating func field(_ tag: UInt64, _ value: UInt32) {
        if value != 0 { scalar(tag, UInt64(value)) }
    }

    mutating func field<Value: WireEnumeration>(_ tag: UInt64, _ value: Value) {
        if value.varint != 0 { scalar(tag, value.varint) }
    }

    mutating func field<Message: WireMessage>(_ tag: UInt64, _ message: Message?) {
        if let message { present(tag, message) }
    }

    mutating func field<Message: WireMessage>(_ tag: UInt64, _ messages: [Message]) {
        for message in messages { present(tag, message) }
    }

    mutating func field(_ tag: UInt64, _ values: [ByteSlice]) {
        for value in values { present(tag, value) }
    }

    mutating func field(_ tag: UInt64, _ values: [String]) {
        for value in values { present(tag, value) }
    }

    mutating func field<Value: WireEnumeration>(_ tag: UInt64, _ values: [Value]) {
        guard !values.isEmpty else { return }
        varint(tag | 2)
        varint(UInt64(WireLength.packed(values)))
        for value in values { varint(value.varint) }
    }

    mutating func field(_ tag: UInt64, _ values: [Int32]) {
        guard !values.isEmpty else { return }
        varint(tag | 2)
        varint(UInt64(WireLength.packed(values)))
        for value in values { varint(UInt64(bitPattern: Int64(value))) }
    }

    // A oneof's field is written whatever its value is.

    mutating func present(_ tag: UInt64, _ value: ByteSlice) {
        varints(tag, UInt64(value.count))
        slice(value)
    }

    mutating func present(_ tag: UInt64, _ value: String) {
        varints(tag, UInt64(value.utf8.count))
        var value = value
        value.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    mutating func present(_ tag: UInt64, _ value: Int64) {
        scalar(tag, UInt64(bitPattern: value))
    }

    mutating func present<Message: WireMessage>(_ tag: UInt64, _ message: Message) {
        varints(tag, UInt64(message.encodedLength))
        message.encode(into: &self)
    }

    private mutating func scalar(_ tag: UInt64, _ value: UInt64) {
        varints(tag, value)
    }
}
