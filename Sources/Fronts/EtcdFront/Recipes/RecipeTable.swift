internal import Keyspace
internal import Model

/// A recipe under way, and the call that waits for it.
struct RunningRecipe {
    var recipe: Recipe

    /// The connection's number, and its name for the call; by then both may be another's, which the
    /// name's serial shows.
    let connection: UInt32
    let call: CallKey

    /// Of the keyspace that the call is about.
    let group: GroupID

    var isWatching = false

    /// Its command would exceed the quota: it is refused once the alarm is raised.
    var isRaisingAlarm = false
}

/// The recipes under way on a front, also those whose callers have gone and that take back what
/// they did.
struct RecipeTable {
    /// The client number of the recipes' own proposals, reads and watches; no connection has it.
    static let client = UInt32.max - 1

    private var running: [UInt64: RunningRecipe] = [:]
    private var lastNumber: UInt64 = 0

    /// Those that try again at the next opportunity, in order.
    private(set) var resting: [UInt64] = []

    /// When that is.
    var retryAt = Instant.zero

    var count: Int { running.count }

    /// Nil if there are too many.
    mutating func insert(_ recipe: RunningRecipe) -> UInt64? {
        guard running.count < Limits.recipesMax else { return nil }
        lastNumber += 1
        running[lastNumber] = recipe
        return lastNumber
    }

    subscript(number: UInt64) -> RunningRecipe? {
        get { running[number] }
        _modify { yield &running[number] }
    }

    mutating func remove(_ number: UInt64) { running[number] = nil }

    mutating func rest(_ number: UInt64) { resting.append(number) }

    mutating func takeResting() -> [UInt64] {
        defer { resting = [] }
        return resting
    }
}
