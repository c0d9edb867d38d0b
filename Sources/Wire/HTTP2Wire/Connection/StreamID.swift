/// A stream's number in its connection: odd if the client opened it.
public struct StreamID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    public static func < (left: StreamID, right: StreamID) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { "stream \(rawValue)" }
}
