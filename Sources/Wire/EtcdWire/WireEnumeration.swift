/// An enum of the messages: any number may come, also one that a later version defines.
protocol WireEnumeration {
    init(number: Int32)

    var number: Int32 { get }
}

extension WireEnumeration {
    /// Negative numbers take ten bytes, as protobuf wants it.
    var varint: UInt64 { UInt64(bitPattern: Int64(number)) }
}
