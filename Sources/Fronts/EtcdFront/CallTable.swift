internal import EtcdWire
internal import HTTP2Wire
internal import Model

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

        /// As in the call, which is large to copy.
        var stream: StreamID
        var method: EtcdMethod
        var group: GroupID

        var call: Call?

        init(_ key: CallKey, _ call: consuming Call) {
            self.key = key
            stream = call.stream
            method = call.method
            group = call.group
            self.call = call
        }
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    var count: Int { slots.count - free.count }

    var places: Range<Int> { slots.indices }

    mutating func insert(_ call: consuming Call, serial: UInt32) -> CallKey {
        guard let place = free.popLast() else {
            let key = CallKey(serial: serial, place: slots.count)
            slots.append(Slot(key, call))
            return key
        }
        let key = CallKey(serial: serial, place: place)
        slots[place] = Slot(key, call)
        return key
    }

    /// The call of that name; nil if it has ended.
    subscript(key: CallKey) -> Call? {
        get {
            holds(key) ? slots[key.place].call : nil
        }
        _modify {
            var nothing: Call?
            if holds(key) {
                yield &slots[key.place].call
            } else {
                yield &nothing
            }
        }
    }

    func key(at place: Int) -> CallKey? { slots[place].call == nil ? nil : slots[place].key }

    @discardableResult
    mutating func remove(_ key: CallKey) -> Call? {
        guard holds(key) else { return nil }
        var call: Call?
        swap(&call, &slots[key.place].call)
        if call != nil { free.append(key.place) }
        return call
    }

    private func holds(_ key: CallKey) -> Bool {
        key.place < slots.count && slots[key.place].key == key
    }
}

// What every request asks, without a copy of its call.
extension CallTable {
    /// The method of the call, if it is the stream's.
    func method(of key: CallKey, on stream: StreamID) -> EtcdMethod? {
        guard holds(key), slots[key.place].call != nil, slots[key.place].stream == stream else {
            return nil
        }
        return slots[key.place].method
    }

    /// The group that a call is about; the default keyspace's once it has ended.
    func group(of key: CallKey) -> GroupID {
        holds(key) ? slots[key.place].group : .defaultKeyspace
    }

    /// The call of a stream that the connection knows no longer.
    ///
    /// A client may reset thousands of streams at once, so no call is copied here.
    func key(of stream: StreamID) -> CallKey? {
        slots.first { $0.stream == stream && $0.call != nil }?.key
    }

    /// Whether the call puts a message together from parts.
    func isGathering(_ key: CallKey) -> Bool {
        holds(key) && slots[key.place].call?.reader != nil
    }

    /// The call has its message, and waits for the outcome; but not a stream of them.
    mutating func awaitOutcome(_ key: CallKey) {
        guard holds(key), case .receiving? = slots[key.place].call?.work else { return }
        slots[key.place].call?.work = .outcome
    }

    func awaitsOutcome(_ key: CallKey) -> Bool {
        guard holds(key), case .outcome? = slots[key.place].call?.work else { return false }
        return true
    }

    /// What the call was to read, handed over; nil if it does not wait to read.
    mutating func takePendingRead(_ key: CallKey) -> PendingRead? {
        guard holds(key), case .leave? = slots[key.place].call?.work,
            case .leave(let pending)? = slots[key.place].call?.takeWork()
        else { return nil }
        return pending
    }
}
