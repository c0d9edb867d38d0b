/// Bytes from outside that are not what they should be.
public enum DecodeError: Error, Equatable, Sendable {
    /// The bytes end before the value does.
    case truncated

    /// The bytes say something that the format does not allow.
    case malformed(String)

    /// A length or a count exceeds the named limit.
    case tooLarge(String)
}
