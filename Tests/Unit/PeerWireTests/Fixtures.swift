import Bytes
import Model
import PeerWire
import RaftCore

/// SplitMix64: the same numbers from the same seed.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Random items, extreme numbers among them.
struct RandomItems {
    var numbers: SeededNumbers

    init(seed: UInt64) { numbers = SeededNumbers(state: seed) }

    mutating func life() -> NodeLife {
        NodeLife(incarnation: Incarnation(anyNumber()), batch: anyNumber())
    }

    mutating func greeting() -> PeerGreeting {
        let heard = Bool.random(using: &numbers) ? HeardLife(start: anyNumber(), life: life()) : nil
        return PeerGreeting(boots: anyNumber(), start: anyNumber(), life: life(), heard: heard)
    }

    mutating func item() -> PeerItem {
        let group = GroupID(anyNumber())
        switch Int.random(in: 0..<18, using: &numbers) {
        case 15: return .greeting(greeting())
        case 16: return .promise(life())
        case 17: return .leads(group, Term(bounded()))
        case 0: return .proposal(group, proposal())
        case 6: return .proposalReturned(group, sequence: anyNumber(), payload: bytes())
        case 1:
            let reason = ProposalRefusal.allCases.randomElement(using: &numbers) ?? .notLeader
            return .proposalRefused(group, sequence: anyNumber(), reason: reason)
        case 2: return .read(group, sequence: anyNumber())
        case 3:
            let index = Bool.random(using: &numbers) ? LogIndex(bounded()) : nil
            return .readReply(group, sequence: anyNumber(), index: index)
        case 4: return .snapshotChunk(group, chunk())
        case 5:
            let verdict = SnapshotProgress.Verdict.allCases.randomElement(using: &numbers) ?? .more
            return .snapshotProgress(
                group,
                SnapshotProgress(
                    index: LogIndex(bounded()),
                    received: bounded(),
                    verdict: verdict
                )
            )
        default: return .raft(group, message())
        }
    }

    mutating func message() -> Message {
        let few = [ReplicaID(1), ReplicaID(2), ReplicaID(.max)]
        return Message(
            source: few.randomElement(using: &numbers) ?? few[0],
            target: few.randomElement(using: &numbers) ?? few[0],
            term: Term(bounded()),
            body: body()
        )
    }

    private mutating func body() -> Message.Body {
        let flag = Bool.random(using: &numbers)
        let other = Bool.random(using: &numbers)
        let round = flag ? ReadRound(anyNumber()) : nil
        switch Int.random(in: 0..<11, using: &numbers) {
        case 0:
            return .requestVote(
                RequestVote(
                    isPreVote: flag,
                    isTransfer: other,
                    lastIndex: LogIndex(bounded()),
                    lastTerm: Term(bounded())
                )
            )
        case 1: return .voteReply(VoteReply(isPreVote: flag, isGranted: other))
        case 2: return .appendReply(.accepted(matchIndex: LogIndex(bounded())))
        case 3:
            return .appendReply(
                .rejected(
                    previousIndex: LogIndex(bounded()),
                    hintIndex: LogIndex(bounded()),
                    hintTerm: Term(bounded())
                )
            )
        case 4:
            return .heartbeat(
                Heartbeat(commitIndex: LogIndex(bounded()), round: round, isLast: other)
            )
        case 5: return .heartbeatReply(HeartbeatReply(round: round))
        case 6: return .installSnapshot(mark())
        case 7: return .timeoutNow
        case 8:
            let repair = RepairID(anyNumber())
            return .repairing(RepairProgress(repair: repair, heldIndex: LogIndex(bounded())))
        case 9:
            let repair = RepairID(anyNumber())
            return .repairPoint(RepairPoint(repair: repair, index: LogIndex(bounded())))
        default: return .append(append())
        }
    }

    private mutating func append() -> AppendEntries {
        let previous = LogIndex(bounded())
        var entries: [Entry] = []
        for offset in 0..<Int.random(in: 0..<6, using: &numbers) {
            let kinds = [Entry.Kind.empty, .command, .configuration]
            entries.append(
                Entry(
                    index: previous + (offset + 1),
                    term: Term(bounded()),
                    kind: kinds.randomElement(using: &numbers) ?? .empty,
                    payload: bytes()
                )
            )
        }
        return AppendEntries(
            previousIndex: previous,
            previousTerm: Term(bounded()),
            entries: entries,
            commitIndex: LogIndex(bounded())
        )
    }

    private mutating func proposal() -> ForwardedProposal {
        ForwardedProposal(term: Term(bounded()), sequence: anyNumber(), payload: bytes())
    }

    private mutating func chunk() -> SnapshotChunk {
        SnapshotChunk(
            mark: mark(),
            term: Term(bounded()),
            leader: ReplicaID(anyNumber()),
            offset: bounded(),
            totalBytes: bounded(),
            bytes: bytes()
        )
    }

    private mutating func mark() -> SnapshotMark {
        let configuration = GroupConfiguration(
            voters: replicas(),
            outgoingVoters: replicas(),
            learners: replicas()
        )
        return SnapshotMark(
            index: LogIndex(bounded()),
            term: Term(bounded()),
            configuration: configuration
        )
    }

    private mutating func replicas() -> [ReplicaID] {
        (0..<Int.random(in: 0..<4, using: &numbers)).map { _ in ReplicaID(anyNumber()) }
    }

    private mutating func bytes() -> ByteSlice {
        let count = Int.random(in: 0..<80, using: &numbers)
        return ByteSlice((0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) })
    }

    /// Of any magnitude, up to the largest.
    mutating func anyNumber() -> UInt64 {
        numbers.next() >> UInt64.random(in: 0..<64, using: &numbers)
    }

    /// Of any magnitude that a term or an index may have.
    mutating func bounded() -> UInt64 { min(anyNumber(), Limits.numberMax) }
}

/// All items of a frame.
func items(of frame: ByteSlice) throws(DecodeError) -> [PeerItem] {
    var reader = try PeerFrameReader(frame)
    var items: [PeerItem] = []
    while let item = try reader.next() { items.append(item) }
    return items
}

func frame(of items: [PeerItem], source: NodeID = NodeID(7)) -> ByteSlice {
    var writer = PeerFrameWriter(source: source)
    for item in items { writer.append(item) }
    return writer.finish()
}

/// The frame with a checksum that fits its changed bytes, so that the reader gets to see them.
func resealed(_ bytes: [UInt8]) -> ByteSlice {
    guard bytes.count >= 4 else { return ByteSlice(bytes) }
    var writer = ByteWriter(appendingTo: Array(bytes.dropLast(4)))
    writer.integer(CRC32C.of(writer.slice))
    return writer.slice
}
