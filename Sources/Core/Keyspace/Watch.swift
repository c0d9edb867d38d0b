internal import Model

/// One watch of a stream.
struct Watch: Sendable {
    /// The stream's number in the hub, and the watch's place among the stream's watches.
    let stream: Int
    var placeInStream: Int

    /// As the client names it.
    let watchID: Int64

    let audience: WatchAudience.Key

    /// The revision that the client asked to start from; zero if it asked for what comes next.
    let requestedStart: Revision

    /// Whether it is to hear of progress now and then while nothing happens.
    let wantsProgress: Bool

    /// Whether it got events since it was last due for that.
    var hadEvents = false

    var state: WatchState
}

/// How far a watch is.
enum WatchState: Sendable {
    /// Has everything up to the hub's position; becomes `lagging` when its stream is slow.
    case live(audience: Int, place: Int)

    /// Starts at a revision that the hub has yet to reach; becomes `live` or `lagging` there.
    case future(start: Revision)

    /// Still needs the history from `next` on; becomes `live` when there is no more of it.
    ///
    /// `ticket` is that of its place in the queue, or among its stream's parked watches.
    case lagging(next: Revision, ticket: UInt64)
}

/// A lagging watch's place in a queue; void if the watch has another ticket by now.
struct WatchTicket: Sendable {
    let watch: Int
    let number: UInt64
}
