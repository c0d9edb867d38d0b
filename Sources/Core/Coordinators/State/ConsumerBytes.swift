internal import Bytes

// How groups of the consumer protocol look in commands and snapshots.
extension ByteWriter {
    mutating func consumers(_ change: ConsumerGroupChange) {
        byte(change.isWhole ? 1 : 0)
        integer(change.epoch)
        integer(change.assignmentEpoch)
        list(change.topics) { $0.topic($1) }
        list(change.removed) { $0.lengthPrefixed($1) }
        list(change.changed) { $0.consumer($1) }
    }

    private mutating func topic(_ topic: CatalogTopic) {
        lengthPrefixed(topic.name)
        lengthPrefixed(topic.id)
        integer(topic.partitionCount)
    }

    private mutating func consumer(_ member: ConsumerMember) {
        lengthPrefixed(member.id)
        optional(member.instance)
        optional(member.rack)
        lengthPrefixed(member.clientID)
        lengthPrefixed(member.clientHost)
        integer(member.rebalanceTimeout)
        list(member.subscription) { $0.lengthPrefixed($1) }
        optional(member.assignor)
        integer(member.epoch)
        integer(member.formerEpoch)
        list(member.assigned) { $0.place($1) }
        list(member.revoked) { $0.place($1) }
        list(member.target) { $0.place($1) }
    }
}

extension ByteReader {
    mutating func consumers() throws(DecodeError) -> ConsumerGroupChange {
        let change = ConsumerGroupChange(
            isWhole: try flag(),
            epoch: try integer(),
            assignmentEpoch: try integer(),
            topics: try list { (reader) throws(DecodeError) in try reader.topic() },
            changed: [],
            removed: try list { (reader) throws(DecodeError) in try reader.name() }
        )
        var whole = change
        whole.changed = try list { (reader) throws(DecodeError) in try reader.consumer() }
        guard change.epoch >= 0, change.assignmentEpoch >= 0 else {
            throw .malformed("an epoch below zero")
        }
        return whole
    }

    private mutating func topic() throws(DecodeError) -> CatalogTopic {
        CatalogTopic(name: try name(), id: try name(), partitionCount: try integer())
    }

    private mutating func consumer() throws(DecodeError) -> ConsumerMember {
        var member = ConsumerMember(id: try name())
        member.instance = try optionalName()
        member.rack = try optionalName()
        member.clientID = try name()
        member.clientHost = try name()
        member.rebalanceTimeout = try integer()
        member.subscription = try list { (reader) throws(DecodeError) in try reader.name() }
        member.assignor = try optionalName()
        member.epoch = try integer()
        member.formerEpoch = try integer()
        member.assigned = try places()
        member.revoked = try places()
        member.target = try places()
        return member
    }
}
