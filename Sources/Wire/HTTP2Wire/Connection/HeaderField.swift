public import Bytes

/// A header's name, in lower case, and its value.
public struct HeaderField: Sendable, Hashable {
    public var name: ByteSlice
    public var value: ByteSlice

    public init(_ name: ByteSlice, _ value: ByteSlice) {
        self.name = name
        self.value = value
    }
}
