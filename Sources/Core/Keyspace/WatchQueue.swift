/// Lagging watches in the order in which they are served.
struct WatchQueue: Sendable {
    private var tickets: [WatchTicket] = []
    private var head = 0

    var count: Int { tickets.count - head }

    var isEmpty: Bool { head == tickets.count }

    mutating func append(_ ticket: WatchTicket) { tickets.append(ticket) }

    mutating func popFirst() -> WatchTicket? {
        guard head < tickets.count else { return nil }
        defer {
            head += 1
            if head > 64, head * 2 > tickets.count {
                tickets.removeFirst(head)
                head = 0
            }
        }
        return tickets[head]
    }

    /// Those that are served next; a copy, so that they can be served while the queue changes.
    func prefix(_ count: Int) -> [WatchTicket] { Array(tickets[head...].prefix(count)) }
}
