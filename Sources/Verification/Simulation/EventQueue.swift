/// What is to happen, by virtual time, and at one time in the order of scheduling.
///
/// A binary heap of numbers; the events themselves are large and stay where they are put.
struct EventQueue<Event> {
    private struct Slot {
        var time: UInt64
        var sequence: UInt64

        /// In `events`.
        var place: Int

        func precedes(_ other: Slot) -> Bool {
            (time, sequence) < (other.time, other.sequence)
        }
    }

    private var slots: [Slot] = []
    private var events: [Event?] = []
    private var freePlaces: [Int] = []
    private var nextSequence: UInt64 = 0

    mutating func schedule(_ event: Event, at time: UInt64) {
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        slots.append(Slot(time: time, sequence: nextSequence, place: place))
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
        freePlaces.append(first.place)
        guard let event = events[first.place].take() else { return nil }
        return (first.time, event)
    }

    private mutating func rise(_ start: Int) {
        var place = start
        let rising = slots[start]
        while place > 0 {
            let parent = (place - 1) / 2
            guard rising.precedes(slots[parent]) else { break }
            slots[place] = slots[parent]
            place = parent
        }
        slots[place] = rising
    }

    private mutating func sink(_ start: Int) {
        var place = start
        let sinking = slots[start]
        while true {
            let left = 2 * place + 1
            guard left < slots.count else { break }
            let right = left + 1
            let isRightFirst = right < slots.count && slots[right].precedes(slots[left])
            let child = isRightFirst ? right : left
            guard slots[child].precedes(sinking) else { break }
            slots[place] = slots[child]
            place = child
        }
        slots[place] = sinking
    }
}
