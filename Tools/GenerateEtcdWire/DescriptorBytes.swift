/// A message of protobuf's `descriptor.proto` in the making.
struct DescriptorBytes {
    private(set) var bytes: [UInt8] = []

    mutating func text(_ number: Int, _ text: String) { field(number, Array(text.utf8)) }

    mutating func message(_ number: Int, _ body: (inout DescriptorBytes) -> Void) {
        var inner = DescriptorBytes()
        body(&inner)
        field(number, inner.bytes)
    }

    mutating func number(_ number: Int, _ value: Int) {
        varint(number << 3)
        varint(value)
    }

    private mutating func field(_ number: Int, _ content: [UInt8]) {
        varint(number << 3 | 2)
        varint(content.count)
        bytes += content
    }

    private mutating func varint(_ value: Int) {
        var rest = UInt64(bitPattern: Int64(value))
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
