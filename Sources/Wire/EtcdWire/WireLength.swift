internal import Bytes
internal import KeyspaceModel

/// How many bytes a field takes, its tag included; nothing for a field with its default value.
enum WireLength {
    static func field(_ tag: Int, _ value: ByteSlice) -> Int {
        value.isEmpty ? 0 : present(tag, value)
    }

    static func field(_ tag: Int, _ value: String) -> Int {
        value.isEmpty ? 0 : present(tag, value)
    }

    static func field(_ tag: Int, _ value: Bool) -> Int { value ? tag + 1 : 0 }

    /// A negative one takes ten bytes, as if it were of 64 bits.
    static func field(_ tag: Int, _ value: Int32) -> Int { field(tag, Int64(value)) }

    static func field(_ tag: Int, _ value: Int64) -> Int { value == 0 ? 0 : present(tag, value) }

    static func field(_ tag: Int, _ value: UInt64) -> Int {
        value == 0 ? 0 : tag + ByteWriter.varintLength(value)
    }

    static func field(_ tag: Int, _ value: UInt32) -> Int { field(tag, UInt64(value)) }

    static func field<Value: WireEnumeration>(_ tag: Int, _ value: Value) -> Int {
        field(tag, value.varint)
    }

    static func field<Message: WireMessage>(_ tag: Int, _ message: Message?) -> Int {
        message.map { present(tag, $0) } ?? 0
    }

    static func field<Message: WireMessage>(_ tag: Int, _ messages: [Message]) -> Int {
        var length = 0
        for message in messages { length += present(tag, message) }
        return length
    }

    static func field(_ tag: Int, _ values: [ByteSlice]) -> Int {
        var length = 0
        for value in values { length += present(tag, value) }
        return length
    }

    static func field(_ tag: Int, _ values: [String]) -> Int {
        var length = 0
        for value in values { length += present(tag, value) }
        return length
    }

    /// A list of numbers is written packed: one tag, the length, the numbers.
    static func field<Value: WireEnumeration>(_ tag: Int, _ values: [Value]) -> Int {
        values.isEmpty ? 0 : tag + delimited(packed(values))
    }

    static func packed<Value: WireEnumeration>(_ values: [Value]) -> Int {
        var length = 0
        for value in values { length += ByteWriter.varintLength(value.varint) }
        return length
    }

    static func field(_ tag: Int, _ values: [Int32]) -> Int {
        values.isEmpty ? 0 : tag + delimited(packed(values))
    }

    static func packed(_ values: [Int32]) -> Int {
        var length = 0
        for value in values { length += ByteWriter.varintLength(UInt64(bitPattern: Int64(value))) }
        return length
    }

    // A oneof's field is written whatever its value is.

    static func present(_ tag: Int, _ value: ByteSlice) -> Int { tag + delimited(value.count) }

    static func present(_ tag: Int, _ value: String) -> Int { tag + delimited(value.utf8.count) }

    static func present(_ tag: Int, _ value: Int64) -> Int {
        tag + ByteWriter.varintLength(UInt64(bitPattern: value))
    }

    static func present<Message: WireMessage>(_ tag: Int, _ message: Message) -> Int {
        tag + delimited(message.encodedLength)
    }

    /// A length and as many bytes.
    private static func delimited(_ count: Int) -> Int {
        ByteWriter.varintLength(UInt64(count)) + count
    }
}
