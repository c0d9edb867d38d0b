public import Bytes
public import Model
internal import RaftCore

/// Reads a frame's items one by one.
///
/// Payloads of entries, which stay for long, are slices of the frame if they make up a good part of
/// it, else copies: see `Limits.sharedPayloadShare`. A forwarded command and a snapshot's chunk are
/// always slices: a leader stamps the one into bytes of its own, the other goes to the disk.
public struct PeerFrameReader: Sendable {
    /// Who wrote the frame, by its own words.
    public let source: NodeID

    var reader: ByteReader
    private var context = PeerFrameContext()
    private let frameBytes: Int

    /// Checks version and checksum.
    public init(_ frame: ByteSlice) throws(DecodeError) {
        guard frame.count <= Limits.frameBytesMax else {
            throw .tooLarge("a frame of \(frame.count) bytes")
        }
        let itemsEnd = frame.count - PeerFrameFormat.checksumBytes
        guard itemsEnd >= PeerFrameFormat.headBytes else { throw .truncated }
        // The version first: a newer format may keep its checksum elsewhere.
        guard frame[0] == PeerFrameFormat.version else {
            throw .malformed("a frame of format \(frame[0]); this node knows format 1")
        }
        var trailer = ByteReader(frame[itemsEnd..<frame.count])
        guard try trailer.integer(UInt32.self) == CRC32C.of(frame[0..<itemsEnd]) else {
            throw .malformed("a frame whose checksum is wrong")
        }
        frameBytes = frame.count
        reader = ByteReader(frame[0..<itemsEnd])
        try reader.skip(1)
        source = NodeID(try reader.integer())
    }

    /// The next item; nil behind the last.
    ///
    /// After an error the rest of the frame is to be dropped.
    public mutating func next() throws(DecodeError) -> PeerItem? {
        guard !reader.isAtEnd else { return nil }
        let head = try reader.byte()
        guard let kind = PeerFrameFormat.Kind(rawValue: head & PeerFrameFormat.kindMask) else {
            throw .malformed("an item of kind \(head & PeerFrameFormat.kindMask)")
        }
        context.group &+= PeerFrameFormat.unzigzag(try reader.varint())
        let group = GroupID(context.group)
        switch kind {
        case .greeting:
            return .greeting(try greeting(hasHeard: head & PeerFrameFormat.first != 0))
        case .promise: return .promise(try life())
        case .leads: return .leads(group, try term())
        case .proposal:
            return .proposal(group, try proposal())
        case .proposalRefused:
            return .proposalRefused(group, sequence: try reader.varint(), reason: try refusal())
        case .proposalReturned:
            return .proposalReturned(
                group,
                sequence: try reader.varint(),
                payload: try reader.lengthPrefixed()
            )
        case .read:
            return .read(group, sequence: try reader.varint())
        case .readReply:
            let sequence = try reader.varint()
            let index = head & PeerFrameFormat.first == 0 ? nil : try index()
            return .readReply(group, sequence: sequence, index: index)
        case .snapshotChunk:
            return .snapshotChunk(group, try chunk())
        case .snapshotProgress:
            return .snapshotProgress(group, try progress())
        case .requestVote, .voteReply, .append, .appendAccepted, .appendRejected, .heartbeat,
            .heartbeatReply, .installSnapshot, .timeoutNow, .repairing, .repairPoint:
            return .raft(group, try message(kind, head))
        }
    }

    private mutating func greeting(hasHeard: Bool) throws(DecodeError) -> PeerGreeting {
        var greeting = PeerGreeting(
            boots: try reader.varint(),
            start: try reader.integer(),
            life: try life()
        )
        if hasHeard {
            greeting.heard = HeardLife(start: try reader.integer(), life: try life())
        }
        return greeting
    }

    private mutating func life() throws(DecodeError) -> NodeLife {
        NodeLife(incarnation: Incarnation(try reader.integer()), batch: try reader.varint())
    }

    private mutating func message(
        _ kind: PeerFrameFormat.Kind,
        _ head: UInt8
    ) throws(DecodeError) -> Message {
        if head & PeerFrameFormat.sameReplicas == 0 {
            context.source = ReplicaID(try reader.varint())
            context.target = ReplicaID(try reader.varint())
        }
        guard let source = context.source, let target = context.target else {
            throw .malformed("a first message without replicas")
        }
        let term = try term()
        let body = try body(kind, head)
        return Message(source: source, target: target, term: term, body: body)
    }

    private mutating func body(
        _ kind: PeerFrameFormat.Kind,
        _ head: UInt8
    ) throws(DecodeError) -> Message.Body {
        let first = head & PeerFrameFormat.first != 0
        switch kind {
        case .requestVote:
            return .requestVote(
                RequestVote(
                    isPreVote: first,
                    isTransfer: head & PeerFrameFormat.second != 0,
                    lastIndex: try index(),
                    lastTerm: try term()
                )
            )
        case .voteReply:
            let isGranted = head & PeerFrameFormat.second != 0
            return .voteReply(VoteReply(isPreVote: first, isGranted: isGranted))
        case .append:
            return .append(try append())
        case .appendAccepted:
            return .appendReply(.accepted(matchIndex: try index()))
        case .appendRejected:
            return .appendReply(
                .rejected(
                    previousIndex: try index(),
                    hintIndex: try index(),
                    hintTerm: try term()
                )
            )
        case .heartbeat:
            return .heartbeat(
                Heartbeat(
                    commitIndex: try index(),
                    round: first ? try round() : nil,
                    isLast: head & PeerFrameFormat.second != 0
                )
            )
        case .heartbeatReply:
            return .heartbeatReply(HeartbeatReply(round: first ? try round() : nil))
        case .installSnapshot:
            return .installSnapshot(try mark())
        case .timeoutNow:
            return .timeoutNow
        case .repairing:
            let repair = RepairID(try reader.varint())
            return .repairing(RepairProgress(repair: repair, heldIndex: try index()))
        case .repairPoint:
            let repair = RepairID(try reader.varint())
            return .repairPoint(RepairPoint(repair: repair, index: try index()))
        case .greeting, .promise, .leads, .proposal, .proposalRefused, .proposalReturned, .read,
            .readReply,
            .snapshotChunk, .snapshotProgress:
            throw .malformed("an item that is no message")
        }
    }

    private mutating func append() throws(DecodeError) -> AppendEntries {
        let previousIndex = try index()
        let previousTerm = try term()
        let commitIndex = try index()
        let count = try reader.varint()
        guard count <= UInt64(Limits.entriesPerAppendMax) else {
            throw .tooLarge("an append of \(count) entries")
        }
        // Three bytes are an entry's least, so a count that lies takes no memory.
        guard count <= UInt64(reader.remaining / 3) else { throw .truncated }
        var entries: [Entry] = []
        entries.reserveCapacity(Int(count))
        var last = (index: previousIndex.number, term: previousTerm.number)
        for _ in 0..<count {
            last.index += 1
            let number = try reader.byte()
            guard let kind = Entry.Kind(rawValue: number) else {
                throw .malformed("an entry of kind \(number)")
            }
            last.term = try bounded(last.term &+ PeerFrameFormat.unzigzag(try reader.varint()))
            entries.append(
                Entry(
                    index: LogIndex(last.index),
                    term: Term(last.term),
                    kind: kind,
                    payload: try payload()
                )
            )
        }
        return AppendEntries(
            previousIndex: previousIndex,
            previousTerm: previousTerm,
            entries: entries,
            commitIndex: commitIndex
        )
    }
}

/// The parts of items.
extension PeerFrameReader {
    /// Bytes that will be kept for long.
    private mutating func payload() throws(DecodeError) -> ByteSlice {
        let slice = try reader.lengthPrefixed()
        return slice.count >= frameBytes / Limits.sharedPayloadShare ? slice : slice.compacted
    }

    private mutating func proposal() throws(DecodeError) -> ForwardedProposal {
        ForwardedProposal(
            term: try term(),
            sequence: try reader.varint(),
            payload: try reader.lengthPrefixed()
        )
    }

    private mutating func refusal() throws(DecodeError) -> ProposalRefusal {
        let number = try reader.byte()
        guard let refusal = ProposalRefusal(rawValue: number) else {
            throw .malformed("a refusal \(number)")
        }
        return refusal
    }

    private mutating func chunk() throws(DecodeError) -> SnapshotChunk {
        SnapshotChunk(
            mark: try mark(),
            term: try term(),
            leader: ReplicaID(try reader.varint()),
            offset: try bounded(try reader.varint()),
            totalBytes: try bounded(try reader.varint()),
            bytes: try reader.lengthPrefixed()
        )
    }

    private mutating func progress() throws(DecodeError) -> SnapshotProgress {
        let index = try index()
        let received = try bounded(try reader.varint())
        let number = try reader.byte()
        guard let verdict = SnapshotProgress.Verdict(rawValue: number) else {
            throw .malformed("a snapshot's verdict \(number)")
        }
        return SnapshotProgress(index: index, received: received, verdict: verdict)
    }

    private mutating func mark() throws(DecodeError) -> SnapshotMark {
        let index = try index()
        let term = try term()
        let configuration = GroupConfiguration(
            voters: try replicas(),
            outgoingVoters: try replicas(),
            learners: try replicas()
        )
        return SnapshotMark(index: index, term: term, configuration: configuration)
    }

    private mutating func replicas() throws(DecodeError) -> [ReplicaID] {
        let count = try reader.varint()
        guard count <= UInt64(Limits.replicasPerListMax) else {
            throw .tooLarge("a list of \(count) replicas")
        }
        var replicas: [ReplicaID] = []
        for _ in 0..<count { replicas.append(ReplicaID(try reader.varint())) }
        return replicas
    }

    private mutating func index() throws(DecodeError) -> LogIndex {
        LogIndex(try bounded(try reader.varint()))
    }

    private mutating func term() throws(DecodeError) -> Term {
        Term(try bounded(try reader.varint()))
    }

    private mutating func round() throws(DecodeError) -> ReadRound {
        ReadRound(try reader.varint())
    }

    private func bounded(_ number: UInt64) throws(DecodeError) -> UInt64 {
        guard number <= Limits.numberMax else { throw .tooLarge("the number \(number)") }
        return number
    }
}
