/// Where stored bytes are not what was written.
public struct DamageReport: Sendable, Equatable, CustomStringConvertible {
    public var file: String
    public var offset: Int
    public var reason: String

    public init(file: String, offset: Int, reason: String) {
        self.file = file
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "\(file) is damaged at byte \(offset): \(reason)" }
}
