/// An error for people, in three lines: what failed, why it probably did, what to type next.
struct Complaint: Error, CustomStringConvertible {
    var failure: String
    var cause: String
    var fix: String

    /// What a command may want to answer with a fix of its own.
    var kind = Kind.other

    enum Kind: Sendable {
        case addressInUse
        case other
    }

    var description: String {
        """
        error: \(failure)
        cause: \(cause)
        fix:   \(fix)
        """
    }
}

/// A number with its noun.
enum Count {
    static func of(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
