/// Names a call among all of a front, also when its place has another by now.
struct CallKey: Hashable {
    let number: UInt64

    init(number: UInt64) { self.number = number }

    init(serial: UInt32, place: Int) {
        number = UInt64(serial) << 32 | UInt64(UInt32(truncatingIfNeeded: place))
    }

    var place: Int { Int(UInt32(truncatingIfNeeded: number)) }
}

/// The calls of a connection, in places that are used again; no allocation once it has grown.
struct CallTable {
    private struct Slot {
        var key: CallKey
        var call: Call?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    var count: Int { slots.count - free.count }

    var places: Range<Int> { slots.indices }

    mutating func insert(_ call: Call, serial: UInt32) -> CallKey {
        guard let place = free.popLast() else {
            let key = CallKey(serial: serial, place: slots.count)
            slots.append(Slot(key: key, call: call))
            return key
        }
        let key = CallKey(serial: serial, place: place)
        slots[place] = Slot(key: key, call: call)
        return key
    }

    /// The call of that name; nil if it has ended.
    subscript(key: CallKey) -> Call? {
        get {
            guard key.place < slots.count, slots[key.place].key == key else { return nil }
            return slots[key.place].call
        }
        _modify {
            var nothing: Call?
            if key.place < slots.count, slots[key.place].key == key {
                yield &slots[key.place].call
            } else {
                yield &nothing
            }
        }
    }

    func key(at place: Int) -> CallKey? { slots[place].call == nil ? nil : slots[place].key }

    @discardableResult
    mutating func remove(_ key: CallKey) -> Call? {
        guard key.place < slots.count, slots[key.place].key == key,
            let call = slots[key.place].call
        else { return nil }
        slots[key.place].call = nil
        free.append(key.place)
        return call
    }
}
