internal import Model

/// The appends under way to one follower: bounded in number and in bytes, freed as they are answered.
struct InflightWindow: Sendable {
    private struct Flight {
        let lastIndex: LogIndex
        let weight: Int
    }

    /// A queue in an array: flights before `head` have landed, and are swept together.
    private var flights: [Flight] = []
    private var head = 0
    private var weight = 0
    private let countMax: Int
    private let weightMax: Int

    init(countMax: Int, weightMax: Int) {
        self.countMax = countMax
        self.weightMax = weightMax
    }

    var count: Int { flights.count - head }

    /// The last append may overshoot the bytes, so that one of any size can go.
    var isFull: Bool { count >= countMax || weight >= weightMax }

    mutating func add(upTo lastIndex: LogIndex, weight: Int) {
        flights.append(Flight(lastIndex: lastIndex, weight: weight))
        self.weight += weight
    }

    /// All appends up to `index` have arrived: an answer vouches for those before it, too.
    mutating func free(upTo index: LogIndex) {
        while head < flights.count, flights[head].lastIndex <= index {
            weight -= flights[head].weight
            head += 1
        }
        if head * 2 >= flights.count {
            flights.removeSubrange(..<head)
            head = 0
        }
    }

    mutating func clear() {
        flights.removeAll(keepingCapacity: true)
        head = 0
        weight = 0
    }
}
