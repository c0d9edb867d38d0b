internal import KeyspaceModel

/// What a watch wants to hear of the changes in its range.
struct WatchOptions: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let noPut = WatchOptions(rawValue: 1)
    static let noDelete = WatchOptions(rawValue: 2)
    static let previousValues = WatchOptions(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Filters that we do not know filter nothing, as in etcd.
    init(_ request: WatchCreateRequest) {
        var options: WatchOptions = request.prevKv ? .previousValues : []
        for filter in request.filters {
            switch filter {
            case .noPut: options.insert(.noPut)
            case .noDelete: options.insert(.noDelete)
            case .unrecognized: break
            }
        }
        self = options
    }

    func lets(_ type: Event.EventType) -> Bool {
        switch type {
        case .put: !contains(.noPut)
        case .delete: !contains(.noDelete)
        case .unrecognized: true
        }
    }
}
