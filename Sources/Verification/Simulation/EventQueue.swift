/// What is to happen, by virtual time, and at one time in the order of scheduling: a binary heap.
struct EventQueue<Event> {
    private struct Slot {
        var time: UInt64
        var sequence: UInt64
        var event: Event

        func precedes(_ other: Slot) -> Bool {
            (time, sequence) < (other.time, other.sequence)
        }
    }

    private var slots: [Slot] = []
    private var nextSequence: UInt64 = 0

    var count: Int { slots.count }

    mutating func schedule(_ event: Event, at time: UInt64) {
        slots.append(Slot(time: time, sequence: nextSequence, event: event))
        nextSequence += 1
        rise(slots.count - 1)
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard let first = slots.first else { return nil }
        let last = slots.removeLast()
        if !slots.isEmpty {
            slots[0] = last
            sink(0)
        }
        return (first.time, first.event)
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard slots[place].precedes(slots[parent]) else { return }
            slots.swapAt(place, parent)
            place = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            let left = 2 * place + 1
            guard left < slots.count else { return }
            let right = left + 1
            let isRightFirst = right < slots.count && slots[right].precedes(slots[left])
            let child = isRightFirst ? right : left
            guard slots[child].precedes(slots[place]) else { return }
            slots.swapAt(place, child)
            place = child
        }
    }
}
