internal import Model

/// The revision that a command is about to write, and how many changes it has made.
struct Writes: Sendable {
    private let before: Revision
    private(set) var count: Int64 = 0

    /// Whether the written keys and values get bytes of their own.
    var isCopyingBytes = false

    init(after revision: Revision) { before = revision }

    /// What a read in the middle of a transaction sees and reports.
    var visibleRevision: Revision { count == 0 ? before : before.next }

    mutating func nextPosition() -> ChangePosition {
        defer { count += 1 }
        return ChangePosition(revision: before.next, sub: count)
    }
}
