public import Bytes
public import Model
internal import RaftCore

/// Gathers what one node has to say to another into a frame.
public struct PeerFrameWriter: Sendable {
    private var writer: ByteWriter
    private var context = PeerFrameContext()
    private let source: NodeID

    /// How large the last frame was; the next one's memory is taken at once.
    private var expectedBytes = 256

    public private(set) var itemCount = 0

    public init(source: NodeID) {
        self.source = source
        writer = ByteWriter(capacity: expectedBytes)
        begin()
    }

    public var isEmpty: Bool { itemCount == 0 }

    /// Bytes so far; the checksum is not among them.
    public var count: Int { writer.count }

    /// The frame is large enough to be sent: finish it before the next item.
    public var isFull: Bool { writer.count >= Limits.frameBytesGoal }

    /// The frame, whose bytes are handed over, not copied; the writer begins the next.
    public mutating func finish() -> ByteSlice {
        var checksum = CRC32C()
        checksum.add(writer.bytes)
        writer.integer(checksum.value)
        let frame = writer.slice
        expectedBytes = min(max(frame.count + 64, 256), Limits.frameBytesGoal)
        writer = ByteWriter(capacity: expectedBytes)
        context = PeerFrameContext()
        itemCount = 0
        begin()
        return frame
    }

    private mutating func append(_ greeting: PeerGreeting) {
        let flags = greeting.heard == nil ? 0 : PeerFrameFormat.first
        head(.greeting, GroupID(context.group), flags: flags)
        writer.varint(greeting.boots)
        writer.integer(greeting.start)
        append(greeting.life)
        guard let heard = greeting.heard else { return }
        writer.integer(heard.start)
        append(heard.life)
    }

    private mutating func append(_ life: NodeLife) {
        writer.integer(life.incarnation.number)
        writer.varint(life.batch)
    }

    public mutating func append(_ item: PeerItem) {
        itemCount += 1
        switch item {
        case .greeting(let greeting): append(greeting)
        case .promise(let life):
            head(.promise, GroupID(context.group))
            append(life)
        case .leads(let group, let term):
            head(.leads, group)
            writer.varint(term.number)
        case .raft(let group, let message):
            append(message, of: group)
        case .proposal(let group, let proposal):
            writer.reserve(proposal.payload.count + PeerFrameFormat.itemBytesMax)
            head(.proposal, group)
            writer.varint(proposal.term.number)
            writer.varint(proposal.sequence)
            writer.lengthPrefixed(proposal.payload)
        case .proposalRefused(let group, let sequence, let reason):
            head(.proposalRefused, group)
            writer.varint(sequence)
            writer.byte(reason.rawValue)
        case .proposalReturned(let group, let sequence, let payload):
            head(.proposalReturned, group)
            writer.varint(sequence)
            writer.lengthPrefixed(payload)
        case .read(let group, let sequence):
            head(.read, group)
            writer.varint(sequence)
        case .readReply(let group, let sequence, let index):
            head(.readReply, group, flags: index == nil ? 0 : PeerFrameFormat.first)
            writer.varint(sequence)
            if let index { writer.varint(index.number) }
        case .snapshotChunk(let group, let chunk):
            head(.snapshotChunk, group)
            append(chunk)
        case .snapshotProgress(let group, let progress):
            head(.snapshotProgress, group)
            writer.varint(progress.index.number)
            writer.varint(progress.received)
            writer.byte(progress.verdict.rawValue)
        }
    }

    private mutating func begin() {
        writer.byte(PeerFrameFormat.version)
        writer.integer(source.number)
    }

    private mutating func head(
        _ kind: PeerFrameFormat.Kind,
        _ group: GroupID,
        flags: UInt8 = 0
    ) {
        writer.byte(kind.rawValue | flags)
        writer.varint(PeerFrameFormat.zigzag(group.number &- context.group))
        context.group = group.number
    }

    /// What all messages between replicas begin with.
    private mutating func head(
        _ kind: PeerFrameFormat.Kind,
        _ group: GroupID,
        _ message: Message,
        flags: UInt8 = 0
    ) {
        let isSame = context.source == message.source && context.target == message.target
        head(kind, group, flags: flags | (isSame ? PeerFrameFormat.sameReplicas : 0))
        if !isSame {
            writer.varint(message.source.number)
            writer.varint(message.target.number)
            context.source = message.source
            context.target = message.target
        }
        writer.varint(message.term.number)
    }

    private mutating func append(_ message: Message, of group: GroupID) {
        switch message.body {
        case .requestVote(let request):
            let flags =
                (request.isPreVote ? PeerFrameFormat.first : 0)
                | (request.isTransfer ? PeerFrameFormat.second : 0)
            head(.requestVote, group, message, flags: flags)
            writer.varint(request.lastIndex.number)
            writer.varint(request.lastTerm.number)
        case .voteReply(let reply):
            let flags =
                (reply.isPreVote ? PeerFrameFormat.first : 0)
                | (reply.isGranted ? PeerFrameFormat.second : 0)
            head(.voteReply, group, message, flags: flags)
        case .append(let append):
            head(.append, group, message)
            self.append(append)
        case .appendReply(.accepted(let matchIndex)):
            head(.appendAccepted, group, message)
            writer.varint(matchIndex.number)
        case .appendReply(.rejected(let previousIndex, let hintIndex, let hintTerm)):
            head(.appendRejected, group, message)
            writer.varint(previousIndex.number)
            writer.varint(hintIndex.number)
            writer.varint(hintTerm.number)
        case .heartbeat(let heartbeat):
            let isLast = heartbeat.isLast ? PeerFrameFormat.second : 0
            head(.heartbeat, group, message, flags: flag(heartbeat.round) | isLast)
            writer.varint(heartbeat.commitIndex.number)
            if let round = heartbeat.round { writer.varint(round.number) }
        case .heartbeatReply(let reply):
            head(.heartbeatReply, group, message, flags: flag(reply.round))
            if let round = reply.round { writer.varint(round.number) }
        case .installSnapshot(let mark):
            head(.installSnapshot, group, message)
            append(mark)
        case .timeoutNow:
            head(.timeoutNow, group, message)
        case .repairing(let progress):
            head(.repairing, group, message)
            writer.varint(progress.repair.number)
            writer.varint(progress.heldIndex.number)
        case .repairPoint(let point):
            head(.repairPoint, group, message)
            writer.varint(point.repair.number)
            writer.varint(point.index.number)
        }
    }

    private func flag(_ round: ReadRound?) -> UInt8 { round == nil ? 0 : PeerFrameFormat.first }

    /// Writes no indexes, as entries follow each other; a leader's terms rarely change, so they are
    /// written as differences.
    ///
    /// Entries beyond the limit stay behind: a shorter append is as true, and the follower's reply
    /// says where to go on.
    private mutating func append(_ append: AppendEntries) {
        let entries = append.entries.prefix(Limits.entriesPerAppendMax)
        var expected = PeerFrameFormat.itemBytesMax
        for entry in entries { expected += entry.payload.count + PeerFrameFormat.entryBytes }
        writer.reserve(expected)
        writer.varint(append.previousIndex.number)
        writer.varint(append.previousTerm.number)
        writer.varint(append.commitIndex.number)
        writer.varint(UInt64(entries.count))
        var index = append.previousIndex.number
        var term = append.previousTerm.number
        for entry in entries {
            index &+= 1
            precondition(entry.index.number == index, "entry \(entry.index) is sent as \(index)")
            writer.byte(entry.kind.rawValue)
            writer.varints(
                PeerFrameFormat.zigzag(entry.term.number &- term),
                UInt64(entry.payload.count)
            )
            writer.slice(entry.payload)
            term = entry.term.number
        }
    }

    private mutating func append(_ chunk: SnapshotChunk) {
        append(chunk.mark)
        writer.varint(chunk.term.number)
        writer.varint(chunk.leader.number)
        writer.varint(chunk.offset)
        writer.varint(chunk.totalBytes)
        writer.lengthPrefixed(chunk.bytes)
    }

    private mutating func append(_ mark: SnapshotMark) {
        writer.varint(mark.index.number)
        writer.varint(mark.term.number)
        append(mark.configuration.voters)
        append(mark.configuration.outgoingVoters)
        append(mark.configuration.learners)
    }

    private mutating func append(_ replicas: [ReplicaID]) {
        precondition(replicas.count <= Limits.replicasPerListMax, "\(replicas.count) replicas")
        writer.varint(UInt64(replicas.count))
        for replica in replicas { writer.varint(replica.number) }
    }
}
