public import Bytes
public import Model

/// What a command asks of its group's state machine; the numbers are on disk.
public enum CommandKind: UInt8, Sendable, CaseIterable {
    case put = 1
    case deleteRange = 2
    case txn = 3
    case compact = 4
    case leaseGrant = 5
    case leaseRevoke = 6
    case leaseKeepAlive = 7

    /// Proposed by the leader: revoke the leases whose deadline has passed.
    case expireLeases = 8

    /// Proposed by the leader: nothing but the time, so that deadlines survive a change of leader.
    case advanceTime = 9

    /// An alarm is raised, disarmed or asked for.
    case alarm = 10

    /// Control group only.
    case registerNode = 32

    /// Control group only.
    case createKeyspace = 33

    /// Control group only.
    case dropKeyspace = 34

    // Who belongs to the cluster: control group only.
    case foundMembers = 40
    case addMember = 41
    case promoteMember = 42
    case removeMember = 43
    case updateMember = 44

    // Topics and their partitions: control group only.
    case createTopic = 48
    case dropTopic = 49
    case addPartitions = 50
    case configureTopic = 51
    case foundCoordinators = 52

    /// Partitions only: a batch of records, as its producer sent it.
    case append = 64

    /// Partitions only: anything but a batch of records.
    case changePartition = 65

    /// Coordinators only.
    case coordinate = 72
}

/// The head of a command's payload; the request follows as its protocol wrote it.
///
/// Origin and sequence let the node that a client talks to find the client again when it applies
/// the entry, so that the answer is computed there, whichever node leads.
public struct CommandHeader: Sendable, Equatable {
    public var kind: CommandKind
    public var origin: NodeID

    /// The origin's count of commands for this group; its upper bits count the origin's starts.
    public var sequence: UInt64

    /// The leader's group time when it proposed the command.
    public var time: GroupTime

    public static let byteCount = 25

    public init(kind: CommandKind, origin: NodeID, sequence: UInt64, time: GroupTime) {
        self.kind = kind
        self.origin = origin
        self.sequence = sequence
        self.time = time
    }

    /// The payload of an entry: this header, then the request.
    public func payload(_ body: UnsafeRawBufferPointer) -> ByteSlice {
        ByteSlice(
            [UInt8](unsafeUninitializedCapacity: Self.byteCount + body.count) { buffer, count in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                bytes[0] = kind.rawValue
                bytes.storeBytes(of: origin.number.littleEndian, toByteOffset: 1, as: UInt64.self)
                bytes.storeBytes(of: sequence.littleEndian, toByteOffset: 9, as: UInt64.self)
                bytes.storeBytes(of: time.number.littleEndian, toByteOffset: 17, as: Int64.self)
                UnsafeMutableRawBufferPointer(rebasing: bytes[Self.byteCount...]).copyMemory(
                    from: body
                )
                count = Self.byteCount + body.count
            }
        )
    }

    public init(decoding payload: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(payload)
        let number = try reader.byte()
        guard let kind = CommandKind(rawValue: number) else {
            throw .malformed("command kind \(number)")
        }
        self.kind = kind
        origin = NodeID(try reader.integer())
        sequence = try reader.integer()
        time = GroupTime(try reader.integer())
        guard (0...Limits.groupTimeMax).contains(time.number) else {
            throw .malformed("a group time of \(time)")
        }
    }

    /// The request behind the header; shares the payload's storage.
    public static func body(of payload: ByteSlice) -> ByteSlice {
        payload[min(byteCount, payload.count)..<payload.count]
    }
}
