internal import Bytes
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// The bytes of a keyspace's snapshot values.
///
///     header   revision · compact revision · time · leases
///     leases   count, then (ID · TTL · deadline)
///     alarms   count, then (member · type)
///     record   flags (1: tombstone) · revision · sub · key, and unless it is a tombstone
///              value · create revision · version · lease
///
/// Numbers of the header, of leases and of alarms are eight bytes, little-endian; those of a record varints, as
/// they are many and small.
enum KeyspaceCodec {
    static func encode(
        _ header: KeyspaceSnapshotHeader,
        _ leases: ArraySlice<LeaseRecord>,
        into writer: inout ByteWriter
    ) {
        writer.integer(header.revision.number)
        writer.integer(header.compactRevision.number)
        writer.integer(header.time.number)
        encode(leases, into: &writer)
    }

    static func encode(_ leases: ArraySlice<LeaseRecord>, into writer: inout ByteWriter) {
        writer.integer(UInt64(leases.count))
        for lease in leases {
            writer.integer(lease.id.number)
            writer.integer(lease.timeToLive)
            writer.integer(lease.deadline.number)
        }
    }

    static func keyspace(from reader: inout ByteReader) throws(DecodeError) -> Keyspace {
        let header = KeyspaceSnapshotHeader(
            revision: Revision(try reader.integer()),
            compactRevision: Revision(try reader.integer()),
            time: GroupTime(try reader.integer())
        )
        guard (0...Limits.groupTimeMax).contains(header.time.number) else {
            throw .malformed("a keyspace at time \(header.time)")
        }
        let leases = try leases(from: &reader)
        do throws(KeyspaceError) {
            return try Keyspace(header: header, leases: leases)
        } catch {
            throw .malformed("a keyspace's header: \(error)")
        }
    }

    static func leases(from reader: inout ByteReader) throws(DecodeError) -> [LeaseRecord] {
        let count = try reader.integer(UInt64.self)
        guard count <= UInt64(reader.remaining / 24) else { throw .truncated }
        var leases: [LeaseRecord] = []
        leases.reserveCapacity(Int(count))
        for _ in 0..<count {
            leases.append(
                LeaseRecord(
                    id: LeaseID(try reader.integer()),
                    timeToLive: try reader.integer(),
                    deadline: GroupTime(try reader.integer())
                )
            )
        }
        return leases
    }

    static func encode(_ alarms: [AlarmMember], into writer: inout ByteWriter) {
        writer.integer(UInt64(alarms.count))
        for alarm in alarms {
            writer.integer(alarm.memberID)
            writer.integer(Int64(alarm.alarm.number))
        }
    }

    static func alarms(from reader: inout ByteReader) throws(DecodeError) -> [AlarmMember] {
        let count = try reader.integer(UInt64.self)
        guard count == UInt64(reader.remaining / 16) else { throw .truncated }
        var alarms: [AlarmMember] = []
        for _ in 0..<count {
            let member = try reader.integer(UInt64.self)
            let type = Int32(truncatingIfNeeded: try reader.integer(Int64.self))
            alarms.append(AlarmMember(memberID: member, alarm: AlarmType(number: type)))
        }
        return alarms
    }

    static func encode(_ record: SnapshotRecord, into writer: inout ByteWriter) {
        writer.byte(record.isTombstone ? 1 : 0)
        writer.varint(UInt64(bitPattern: record.position.revision.number))
        writer.varint(UInt64(bitPattern: record.position.sub))
        writer.lengthPrefixed(record.key)
        guard !record.isTombstone else { return }
        writer.lengthPrefixed(record.value)
        writer.varint(UInt64(bitPattern: record.createRevision.number))
        writer.varint(UInt64(bitPattern: record.version))
        writer.varint(UInt64(bitPattern: record.lease.number))
    }

    static func record(from reader: inout ByteReader) throws(DecodeError) -> SnapshotRecord {
        let flags = try reader.byte()
        guard flags <= 1 else { throw .malformed("a record with flags \(flags)") }
        let revision = Revision(Int64(bitPattern: try reader.varint()))
        let position = ChangePosition(
            revision: revision,
            sub: Int64(bitPattern: try reader.varint())
        )
        let key = try reader.lengthPrefixed()
        guard flags == 0 else {
            return SnapshotRecord(position: position, key: key, isTombstone: true)
        }
        return SnapshotRecord(
            position: position,
            key: key,
            value: try reader.lengthPrefixed(),
            createRevision: Revision(Int64(bitPattern: try reader.varint())),
            version: Int64(bitPattern: try reader.varint()),
            lease: LeaseID(Int64(bitPattern: try reader.varint()))
        )
    }
}
