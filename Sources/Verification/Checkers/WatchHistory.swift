public import Bytes
public import KeyspaceModel

/// All that one watcher asked and heard, over its resumptions.
public struct WatchHistory: Sendable {
    public var name: String
    public var key: ByteSlice
    public var rangeEnd: ByteSlice
    public var wantsPuts: Bool
    public var wantsDeletes: Bool
    public var wantsPrevious: Bool
    public var sessions: [WatchSession]

    public init(
        name: String,
        key: ByteSlice,
        rangeEnd: ByteSlice,
        wantsPuts: Bool = true,
        wantsDeletes: Bool = true,
        wantsPrevious: Bool = false,
        sessions: [WatchSession] = []
    ) {
        self.name = name
        self.key = key
        self.rangeEnd = rangeEnd
        self.wantsPuts = wantsPuts
        self.wantsDeletes = wantsDeletes
        self.wantsPrevious = wantsPrevious
        self.sessions = sessions
    }
}

/// One watch on one node, from its creation to its end.
public struct WatchSession: Sendable {
    /// As it was asked for; 0 means "from now on".
    public var startRevision: Int64
    public var responses: [WatchResponse]

    public init(startRevision: Int64, responses: [WatchResponse] = []) {
        self.startRevision = startRevision
        self.responses = responses
    }
}
