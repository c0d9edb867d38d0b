/// How many entries of a tree a reader may still look at, seen or not.
///
/// A range may hold few keys and many that were deleted: what holds the loop is how many are passed.
struct StepBudget {
    private var left: Int

    /// Set once the reader had to stop early; what it has read is then a part.
    private(set) var isExceeded = false

    init(_ steps: Int) { left = steps }

    /// A reader that may go on as long as it likes.
    static var unlimited: StepBudget { StepBudget(.max) }

    /// False if there is nothing left to spend.
    mutating func spend() -> Bool {
        guard left > 0 else {
            isExceeded = true
            return false
        }
        left -= 1
        return true
    }
}
