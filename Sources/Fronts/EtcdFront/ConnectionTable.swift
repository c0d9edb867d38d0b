/// The connections of a front by the number that their waiters carry.
struct ConnectionTable {
    enum Slot {
        case free
        case etcd(EtcdConnection)
        case plain(PlainHTTPConnection)
    }

    private(set) var slots: [Slot] = []
    private var free: [Int] = []

    var count: Int { slots.count - free.count }

    /// The number of a new connection; nil if there are too many.
    mutating func insert(_ slot: Slot) -> UInt32? {
        if let place = free.popLast() {
            slots[place] = slot
            return UInt32(place)
        }
        guard slots.count < Limits.connectionsMax else { return nil }
        slots.append(slot)
        return UInt32(slots.count - 1)
    }

    mutating func remove(_ number: UInt32) {
        slots[Int(number)] = .free
        free.append(Int(number))
    }

    subscript(number: UInt32) -> Slot {
        Int(number) < slots.count ? slots[Int(number)] : .free
    }
}
