public import KeyspaceModel

/// A watch stream of a client, as its front knows it; it carries any number of watches.
public struct WatchStreamID: Sendable, Hashable {
    public var client: UInt32
    public var request: UInt64

    public init(client: UInt32, request: UInt64) {
        self.client = client
        self.request = request
    }
}

/// A response for a stream; the header says the revision, the front adds the rest of it.
public struct WatchDelivery: Sendable, Equatable {
    public var stream: WatchStreamID
    public var response: WatchResponse

    public init(stream: WatchStreamID, response: WatchResponse) {
        self.stream = stream
        self.response = response
    }
}
