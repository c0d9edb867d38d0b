internal import Model

/// A client's stream with all its watches.
struct WatchStream: Sendable {
    let id: WatchStreamID

    /// Numbers of watches in the hub: by the client's name for them, and in a row.
    var byID: [Int64: Int] = [:]
    var watches: [Int] = []

    /// Where to look for a free name.
    var nextID: Int64 = 0

    /// False while the client takes less than it is sent.
    var isWritable = true

    /// Lagging watches, which wait for the stream to be writable.
    var parked: [WatchTicket] = []

    var laggingCount = 0

    /// Asked for progress that it could not be told yet.
    var awaitsProgress = false

    /// What its lagging watches got in the collect of that number.
    var servedIn: UInt64 = 0
    var servedBytes = 0

    init(id: WatchStreamID) { self.id = id }

    /// A name that no watch has; etcd's way to choose it.
    mutating func takeID() -> Int64 {
        while byID[nextID] != nil { nextID &+= 1 }
        defer { nextID &+= 1 }
        return nextID
    }
}
