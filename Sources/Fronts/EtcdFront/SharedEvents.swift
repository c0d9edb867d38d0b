internal import Bytes
internal import EtcdWire
internal import KeyspaceModel

/// The bytes of events that many watches hear, encoded once for all of them.
///
/// The hub gives all watches of one range the very same list, one after the other. The events are the
/// last field of a response, so their bytes can follow each watch's own header and number.
struct SharedEvents {
    private var events: [Event] = []
    private var encoded: ByteSlice?

    /// How many events were encoded, however many heard them.
    private(set) var encodedCount = 0

    /// The delivery is over; its events are not kept.
    mutating func forget() {
        events = []
        encoded = nil
    }

    /// The bytes of these events as a field of `WatchResponse`, if the watch before heard the same;
    /// nil otherwise: what a single watch hears is not worth an encoding apart.
    mutating func bytes(of events: [Event]) -> ByteSlice? {
        guard isSame(events) else {
            self.events = events
            encoded = nil
            encodedCount &+= events.count
            return nil
        }
        if let encoded { return encoded }
        let bytes = WatchResponse(events: events).encoded
        encoded = bytes
        encodedCount &+= events.count
        return bytes
    }

    /// Whether it is the same list in memory; to compare the events would cost what is to be saved.
    private func isSame(_ other: [Event]) -> Bool {
        guard !other.isEmpty, events.count == other.count else { return false }
        return events.withUnsafeBufferPointer { mine in
            other.withUnsafeBufferPointer { mine.baseAddress == $0.baseAddress }
        }
    }
}
