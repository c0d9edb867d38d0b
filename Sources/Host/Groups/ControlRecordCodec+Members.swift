internal import Bytes
internal import Controller
internal import Model

// The bytes of members: ID (8) · learner (1) · a list of URLs.
extension ControlRecordCodec {
    static func encode(_ members: [MemberRecord], into writer: inout ByteWriter) {
        writer.varint(UInt64(members.count))
        for member in members { encode(member, into: &writer) }
    }

    static func encode(_ member: MemberRecord, into writer: inout ByteWriter) {
        writer.integer(member.id.number)
        writer.byte(member.isLearner ? 1 : 0)
        encode(member.peerURLs, into: &writer)
    }

    static func encode(_ urls: [String], into writer: inout ByteWriter) {
        writer.varint(UInt64(urls.count))
        for url in urls { writer.lengthPrefixed(ByteSlice(url)) }
    }

    static func members(
        from reader: inout ByteReader
    ) throws(DecodeError) -> [MemberRecord] {
        var members: [MemberRecord] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.nodesMax)) {
            members.append(try member(from: &reader))
        }
        return members
    }

    static func member(from reader: inout ByteReader) throws(DecodeError) -> MemberRecord {
        let id = NodeID(try reader.integer())
        let isLearner = try reader.byte() == 1
        return MemberRecord(id: id, peerURLs: try urls(from: &reader), isLearner: isLearner)
    }

    static func urls(from reader: inout ByteReader) throws(DecodeError) -> [String] {
        var urls: [String] = []
        for _ in 0..<(try count(from: &reader, limit: Limits.urlsPerNodeMax)) {
            urls.append(try reader.lengthPrefixed().text)
        }
        return urls
    }
}
