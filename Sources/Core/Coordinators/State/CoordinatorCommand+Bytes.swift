public import Bytes
internal import Model

/// The first byte of a command; the numbers are on disk.
private enum CommandNumber: UInt8 {
    case commitOffsets = 1
    case storeGroup = 2
    case deleteGroups = 3
    case deleteOffsets = 4
    case expireOffsets = 5
    case advanceTime = 6
}

extension CoordinatorCommand {
    public var bytes: ByteSlice {
        var writer = ByteWriter(capacity: 64)
        switch self {
        case .commitOffsets(let group, let commits):
            writer.byte(CommandNumber.commitOffsets.rawValue)
            writer.lengthPrefixed(group)
            writer.list(commits) { $0.commit($1) }
        case .storeGroup(let id, let record):
            writer.byte(CommandNumber.storeGroup.rawValue)
            writer.lengthPrefixed(id)
            writer.group(record)
        case .deleteGroups(let ids):
            writer.byte(CommandNumber.deleteGroups.rawValue)
            writer.list(ids) { $0.lengthPrefixed($1) }
        case .deleteOffsets(let group, let places):
            writer.byte(CommandNumber.deleteOffsets.rawValue)
            writer.lengthPrefixed(group)
            writer.list(places) { $0.place($1) }
        case .expireOffsets(let group, let places, let retention):
            writer.byte(CommandNumber.expireOffsets.rawValue)
            writer.lengthPrefixed(group)
            writer.list(places) { $0.place($1) }
            writer.integer(retention)
        case .advanceTime: writer.byte(CommandNumber.advanceTime.rawValue)
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
        }
        guard reader.isAtEnd else { throw .malformed("more behind a coordinator's command") }
    }
}
