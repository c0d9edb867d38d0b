/// An error for people, in three lines: what failed, why it probably did, what to type next.
struct Complaint: Error, CustomStringConvertible {
    var failure: String
    var cause: String
    var fix: String

    var description: String {
        """
        error: \(failure)
        cause: \(cause)
        fix:   \(fix)
        """
    }
}
