internal import Bytes
internal import Model

/// Names in the order in which they want to be woken: a binary heap.
struct DeadlineQueue: Sendable {
    private var heap: [Deadline] = []

    struct Deadline: Sendable, Equatable {
        var time: GroupTime
        var name: ByteSlice

        func isBefore(_ other: Deadline) -> Bool {
            time == other.time ? name < other.name : time < other.time
        }
    }

    var first: Deadline? { heap.first }

    mutating func insert(_ name: ByteSlice, at time: GroupTime) {
        heap.append(Deadline(time: time, name: name))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first one, if its time has come.
    mutating func pop(at now: GroupTime) -> Deadline? {
        guard let first, first.time <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink()
        return first
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
