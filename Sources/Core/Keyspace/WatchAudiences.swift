internal import Bytes
internal import KeyspaceModel
internal import Model

/// All audiences, and which of them a key concerns.
///
/// Watches of single keys are found by a dictionary, which is never iterated; ranges by a tree.
struct WatchAudiences: Sendable {
    var slots = WatchSlots<WatchAudience>()
    private var byKey: [WatchAudience.Key: Int] = [:]
    private var singles: [ByteSlice: [Int]] = [:]
    private var ranges = WatchRangeTree()

    /// Audiences with pending events, in the order of their first.
    private var touched: [Int] = []

    /// Whether an audience's pending events are enough for a delivery.
    private(set) var hasLargePending = false

    /// Memory for `gather`.
    private var found: [Int] = []

    var isEmpty: Bool { slots.count == 0 }

    /// The audience for the key, and the new member's place in it.
    mutating func join(_ key: WatchAudience.Key, _ member: Int) -> (audience: Int, place: Int) {
        let audience = byKey[key] ?? open(key)
        let place = slots.elements[audience]?.members.count ?? 0
        slots.elements[audience]?.members.append(member)
        return (audience, place)
    }

    /// Returns the member that took the leaver's place, if another had to move.
    mutating func leave(_ audience: Int, place: Int) -> Int? {
        guard let count = slots.elements[audience]?.members.count,
            let last = slots.elements[audience]?.members.popLast()
        else { return nil }
        if count == 1 { close(audience) }
        guard place < count - 1 else { return nil }
        slots.elements[audience]?.members[place] = last
        return last
    }

    /// Adds the change to what is pending for all whom it concerns.
    mutating func gather(_ change: Change, from keyspace: Keyspace) {
        for event in change.events {
            guard let key = event.kv?.key else { continue }
            found.removeAll(keepingCapacity: true)
            if let audiences = singles[key] { found += audiences }
            ranges.find(key, into: &found)
            var previous: KeyValue?
            var isPreviousKnown = false
            for audience in found {
                guard let options = slots.elements[audience]?.key.options,
                    options.lets(event.type)
                else { continue }
                guard options.contains(.previousValues) else {
                    append(event, at: change.revision, to: audience)
                    continue
                }
                if !isPreviousKnown {
                    previous = keyspace.valueBefore(event, at: change.revision)
                    isPreviousKnown = true
                }
                var full = event
                full.prevKv = previous
                append(full, at: change.revision, to: audience)
            }
        }
    }

    /// The audiences whose events are to be delivered, each with pending events; none is touched
    /// then.
    mutating func takeTouched() -> [Int] {
        hasLargePending = false
        defer { touched.removeAll(keepingCapacity: true) }
        return touched
    }

    /// Takes what is pending out of an audience.
    mutating func takePending(_ audience: Int) -> (events: [Event], from: Revision) {
        slots.elements[audience]?.takePending() ?? ([], .zero)
    }

    private mutating func append(_ event: Event, at revision: Revision, to audience: Int) {
        if slots.elements[audience]?.pending.isEmpty == true { touched.append(audience) }
        let bytes = slots.elements[audience]?.append(event, at: revision) ?? 0
        if bytes >= WatchLimits.bytesPerDeliveryMax { hasLargePending = true }
    }

    private mutating func open(_ key: WatchAudience.Key) -> Int {
        let audience = slots.insert(WatchAudience(key: key))
        byKey[key] = audience
        switch key.range.upper {
        case .single:
            singles[key.range.lower, default: []].append(audience)
        case .below(let upper):
            ranges.insert(audience, lower: key.range.lower, upper: upper)
        case .none:
            ranges.insert(audience, lower: key.range.lower, upper: nil)
        }
        return audience
    }

    private mutating func close(_ audience: Int) {
        guard let key = slots.elements[audience]?.key else { return }
        slots.remove(audience)
        byKey[key] = nil
        switch key.range.upper {
        case .single:
            singles[key.range.lower]?.removeAll { $0 == audience }
            if singles[key.range.lower]?.isEmpty == true { singles[key.range.lower] = nil }
        case .below(let upper):
            ranges.remove(audience, lower: key.range.lower, upper: upper)
        case .none:
            ranges.remove(audience, lower: key.range.lower, upper: nil)
        }
    }
}

extension Event {
    /// About how large the event is on the wire.
    var watchedBytes: Int {
        var count = 32
        if let kv { count += kv.key.count + kv.value.count }
        if let prevKv { count += prevKv.key.count + prevKv.value.count + 32 }
        return count
    }
}
