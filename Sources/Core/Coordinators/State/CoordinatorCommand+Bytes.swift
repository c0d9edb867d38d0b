public import Bytes
internal import Model

/// The first byte of a command; the numbers are on disk.
enum CommandNumber: UInt8 {
    case commitOffsets = 1
    case storeGroup = 2
    case deleteGroups = 3
    case deleteOffsets = 4
    case expireOffsets = 5
    case advanceTime = 6
    case pendOffsets = 7
    case endOffsets = 8
    case takeProducers = 9
    case storeTransaction = 10
    case forgetTransaction = 11
    case forgetProducers = 12
    case changeConsumers = 13
}

extension CoordinatorCommand {
    public var bytes: ByteSlice {
        var writer = ByteWriter(capacity: 64)
        switch self {
        case .commitOffsets(let group, let commits):
            writer.head(.commitOffsets, group)
            writer.list(commits) { $0.commit($1) }
        case .storeGroup(let id, let record):
            writer.head(.storeGroup, id)
            writer.group(record)
        case .deleteGroups(let ids):
            writer.head(.deleteGroups)
            writer.list(ids) { $0.lengthPrefixed($1) }
        case .deleteOffsets(let group, let places):
            writer.head(.deleteOffsets, group)
            writer.list(places) { $0.place($1) }
        case .expireOffsets(let group, let places, let retention):
            writer.head(.expireOffsets, group)
            writer.list(places) { $0.place($1) }
            writer.integer(retention)
        case .pendOffsets(let group, let pending):
            writer.head(.pendOffsets, group)
            writer.offsetsInTransaction(pending)
        case .endOffsets(let group, let marker):
            writer.head(.endOffsets, group)
            writer.marker(marker)
        case .changeConsumers(let group, let change):
            writer.head(.changeConsumers, group)
            writer.consumers(change)
        case .takeProducers(let count):
            writer.head(.takeProducers)
            writer.integer(count)
        case .storeTransaction(let id, let record):
            writer.head(.storeTransaction, id)
            writer.transaction(record)
        case .forgetTransaction(let id, let retention):
            writer.head(.forgetTransaction, id)
            writer.integer(retention)
        case .forgetProducers(let producers, let retention):
            writer.head(.forgetProducers)
            writer.list(producers) { $0.integer($1.number) }
            writer.integer(retention)
        case .advanceTime: writer.head(.advanceTime)
        }
        return writer.slice
    }

    public init(decoding bytes: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(bytes)
        let number = try reader.byte()
        guard let kind = CommandNumber(rawValue: number) else {
            throw .malformed("a coordinator's command of kind \(number)")
        }
        switch kind {
        case .commitOffsets:
            self = .commitOffsets(
                group: try reader.name(),
                try reader.list { (reader) throws(DecodeError) in try reader.commit() }
            )
        case .storeGroup: self = .storeGroup(try reader.name(), try reader.group())
        case .deleteGroups:
            self = .deleteGroups(
                try reader.list { (reader) throws(DecodeError) in try reader.name() }
            )
        case .deleteOffsets:
            self = .deleteOffsets(group: try reader.name(), try reader.places())
        case .expireOffsets:
            let (group, places) = (try reader.name(), try reader.places())
            self = .expireOffsets(group: group, places, retention: try reader.milliseconds())
        case .advanceTime: self = .advanceTime
        case .changeConsumers:
            self = .changeConsumers(group: try reader.name(), try reader.consumers())
        case .pendOffsets:
            self = .pendOffsets(group: try reader.name(), try reader.offsetsInTransaction())
        case .endOffsets: self = .endOffsets(group: try reader.name(), try reader.marker())
        case .takeProducers: self = .takeProducers(count: try reader.milliseconds())
        case .storeTransaction:
            self = .storeTransaction(try reader.name(), try reader.transaction())
        case .forgetTransaction:
            self = .forgetTransaction(try reader.name(), retention: try reader.milliseconds())
        case .forgetProducers:
            let producers = try reader.list { (reader) throws(DecodeError) in
                ProducerID(try reader.integer())
            }
            self = .forgetProducers(producers, retention: try reader.milliseconds())
        }
        guard reader.isAtEnd else { throw .malformed("more behind a coordinator's command") }
    }
}

extension ByteWriter {
    mutating func head(_ number: CommandNumber, _ name: ByteSlice? = nil) {
        byte(number.rawValue)
        if let name { lengthPrefixed(name) }
    }
}
