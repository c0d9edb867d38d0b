internal import Bytes
internal import KeyspaceModel

/// What the generated code calls for a field, by the field's type.
extension WireReader {
    mutating func read(_ value: inout ByteSlice) throws(DecodeError) { value = try slice() }

    mutating func read(_ value: inout String) throws(DecodeError) { value = try string() }

    mutating func read(_ value: inout Bool) throws(DecodeError) { value = try varint() != 0 }

    mutating func read(_ value: inout Int32) throws(DecodeError) {
        value = Int32(truncatingIfNeeded: try varint())
    }

    mutating func read(_ value: inout Int64) throws(DecodeError) {
        value = Int64(bitPattern: try varint())
    }

    mutating func read(_ value: inout UInt64) throws(DecodeError) { value = try varint() }

    mutating func read(_ value: inout UInt32) throws(DecodeError) {
        value = UInt32(truncatingIfNeeded: try varint())
    }

    mutating func read<Value: WireEnumeration>(_ value: inout Value) throws(DecodeError) {
        value = Value(number: Int32(truncatingIfNeeded: try varint()))
    }

    mutating func read<Message: MergingMessage>(
        _ message: inout Message
    ) throws(DecodeError) {
        try nested(into: &message)
    }

    mutating func read<Message: MergingMessage>(
        _ message: inout Message?
    ) throws(DecodeError) {
        var merged = message ?? .blank
        // Else its lists were shared, and copied at every occurrence.
        message = nil
        try nested(into: &merged)
        message = merged
    }

    mutating func read<Message: MergingMessage>(
        _ messages: inout [Message]
    ) throws(DecodeError) {
        var message = Message.blank
        try nested(into: &message)
        messages.append(message)
    }

    mutating func read(_ values: inout [ByteSlice]) throws(DecodeError) {
        values.append(try slice())
    }

    mutating func read(_ values: inout [String]) throws(DecodeError) {
        values.append(try string())
    }

    mutating func read<Value: WireEnumeration>(_ values: inout [Value]) throws(DecodeError) {
        values.append(Value(number: Int32(truncatingIfNeeded: try varint())))
    }

    mutating func read(_ values: inout [Int32]) throws(DecodeError) {
        values.append(Int32(truncatingIfNeeded: try varint()))
    }

    mutating func readPacked(_ values: inout [Int32]) throws(DecodeError) {
        try packed { values.append(Int32(truncatingIfNeeded: $0)) }
    }

    mutating func readPacked<Value: WireEnumeration>(
        _ values: inout [Value]
    ) throws(DecodeError) {
        try packed { values.append(Value(number: Int32(truncatingIfNeeded: $0))) }
    }
}
