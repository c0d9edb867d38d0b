internal import Bytes
internal import Model

// How the parts of commands and snapshots look: numbers little-endian, names behind their lengths.
extension ByteWriter {
    mutating func list<Element>(
        _ elements: [Element],
        _ write: (inout ByteWriter, Element) -> Void
    ) {
        varint(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }

    mutating func optional(_ name: ByteSlice?) {
        byte(name == nil ? 0 : 1)
        if let name { lengthPrefixed(name) }
    }

    mutating func place(_ place: TopicPartition) {
        lengthPrefixed(place.topic)
        integer(place.partition)
    }

    mutating func commit(_ commit: OffsetCommit) {
        place(commit.place)
        integer(commit.offset.number)
        integer(commit.leaderEpoch.number)
        lengthPrefixed(commit.metadata)
    }

    mutating func offset(_ place: TopicPartition, _ offset: CommittedOffset) {
        self.place(place)
        integer(offset.offset.number)
        integer(offset.leaderEpoch.number)
        lengthPrefixed(offset.metadata)
        integer(offset.time.number)
        integer(offset.order)
    }

    mutating func group(_ record: GroupRecord) {
        lengthPrefixed(record.protocolType)
        integer(record.generation.number)
        optional(record.protocolName)
        optional(record.leader)
        list(record.members) { $0.member($1) }
    }

    private mutating func member(_ member: GroupMemberRecord) {
        lengthPrefixed(member.id)
        optional(member.instance)
        lengthPrefixed(member.clientID)
        lengthPrefixed(member.clientHost)
        integer(member.sessionTimeout)
        integer(member.rebalanceTimeout)
        lengthPrefixed(member.subscription)
        lengthPrefixed(member.assignment)
    }
}

extension ByteReader {
    /// As many elements as are said; each takes a byte at least, so the bytes bound them.
    mutating func list<Element>(
        _ read: (inout ByteReader) throws(DecodeError) -> Element
    ) throws(DecodeError) -> [Element] {
        let count = try varint()
        guard count <= UInt64(remaining) else { throw .truncated }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    mutating func name() throws(DecodeError) -> ByteSlice {
        try lengthPrefixed(limit: Limits.nameBytesMax)
    }

    mutating func flag() throws(DecodeError) -> Bool {
        let number = try byte()
        guard number < 2 else { throw .malformed("a flag of \(number)") }
        return number == 1
    }

    mutating func optionalName() throws(DecodeError) -> ByteSlice? {
        try flag() ? try name() : nil
    }

    mutating func milliseconds() throws(DecodeError) -> Int64 {
        let number: Int64 = try integer()
        guard (0...Self.timeMax).contains(number) else { throw .malformed("\(number) ms") }
        return number
    }

    /// Sums of such times cannot overflow.
    private static var timeMax: Int64 { 1 << 53 }

    mutating func time() throws(DecodeError) -> GroupTime { GroupTime(try milliseconds()) }

    mutating func place() throws(DecodeError) -> TopicPartition {
        TopicPartition(topic: try name(), partition: try integer())
    }

    mutating func places() throws(DecodeError) -> [TopicPartition] {
        try list { (reader) throws(DecodeError) in try reader.place() }
    }

    mutating func commit() throws(DecodeError) -> OffsetCommit {
        OffsetCommit(
            place: try place(),
            offset: Offset(try integer()),
            leaderEpoch: LeaderEpoch(try integer()),
            metadata: try lengthPrefixed(limit: Limits.offsetMetadataBytesMax)
        )
    }

    mutating func offset() throws(DecodeError) -> (TopicPartition, CommittedOffset) {
        (
            try place(),
            CommittedOffset(
                offset: Offset(try integer()),
                leaderEpoch: LeaderEpoch(try integer()),
                metadata: try lengthPrefixed(limit: Limits.offsetMetadataBytesMax),
                time: try time(),
                order: try integer()
            )
        )
    }

    mutating func group() throws(DecodeError) -> GroupRecord {
        let record = GroupRecord(
            protocolType: try name(),
            generation: GroupGeneration(try integer()),
            protocolName: try optionalName(),
            leader: try optionalName(),
            members: try list { (reader) throws(DecodeError) in try reader.member() }
        )
        guard record.generation >= .zero else { throw .malformed("a generation below zero") }
        return record
    }

    private mutating func member() throws(DecodeError) -> GroupMemberRecord {
        GroupMemberRecord(
            id: try name(),
            instance: try optionalName(),
            clientID: try name(),
            clientHost: try name(),
            sessionTimeout: try integer(),
            rebalanceTimeout: try integer(),
            subscription: try lengthPrefixed(limit: Limits.memberBytesMax),
            assignment: try lengthPrefixed(limit: Limits.memberBytesMax)
        )
    }
}
