import Bytes
import Keyspace
import KeyspaceModel
import Model

/// Random commands that meet each other: few keys, few leases, revisions near the present.
struct CommandGenerator {
    var random: SeededGenerator
    var time: Int64 = 0

    /// What was raised last; it does not stay long, or little else would be tried.
    private var raised: AlarmRequest?

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    mutating func key() -> ByteSlice {
        let letters = ["a", "b", "k/1", "k/10", "k/2", "k/2\0", "long/prefix/of/keys/"]
        let letter = letters[number(0...letters.count - 1)]
        return ByteSlice(letter + (chance(60) ? "\(number(0...5))" : ""))
    }

    mutating func end(after key: ByteSlice) -> ByteSlice {
        switch number(0...9) {
        case 0...4: ""
        case 5: "\0"
        case 6...7: ByteSlice(key.array + [0xff])
        default: self.key()
        }
    }

    mutating func leaseID() -> Int64 { Int64(number(1...5)) }

    mutating func revision(near current: Int64) -> Int64 {
        chance(40) ? 0 : current + Int64(number(-30...1))
    }

    mutating func put() -> PutRequest {
        var request = PutRequest(key: key(), value: ByteSlice("v\(number(0...99))"))
        if chance(25) { request.lease = leaseID() }
        request.prevKv = chance(30)
        if chance(8) {
            request.ignoreValue = true
            if chance(90) { request.value = "" }
        }
        if chance(8) {
            request.ignoreLease = true
            if chance(90) { request.lease = 0 }
        }
        return request
    }

    mutating func delete() -> DeleteRangeRequest {
        let key = key()
        return DeleteRangeRequest(key: key, rangeEnd: end(after: key), prevKv: chance(30))
    }

    mutating func range(near current: Int64) -> RangeRequest {
        let key = chance(30) ? "\0" : self.key()
        var request = RangeRequest(
            key: key,
            rangeEnd: chance(30) ? "\0" : end(after: key),
            revision: revision(near: current)
        )
        if chance(40) { request.limit = Int64(number(-1...6)) }
        if chance(40) { request.sortOrder = .init(number: Int32(number(0...2))) }
        if chance(40) { request.sortTarget = .init(number: Int32(number(0...4))) }
        if chance(10) { request.minModRevision = revision(near: current) }
        if chance(10) { request.maxModRevision = revision(near: current) }
        if chance(10) { request.minCreateRevision = revision(near: current) }
        if chance(10) { request.maxCreateRevision = revision(near: current) }
        request.keysOnly = chance(10)
        request.countOnly = chance(15)
        return request
    }

    mutating func compare(near current: Int64) -> Compare {
        let key = key()
        var compare = Compare(
            result: .init(number: Int32(number(0...3))),
            target: .init(number: Int32(number(0...4))),
            key: key,
            rangeEnd: chance(20) ? end(after: key) : ""
        )
        compare.targetUnion =
            switch compare.target {
            case .version: .version(Int64(number(0...3)))
            case .create: .createRevision(chance(50) ? 0 : revision(near: current))
            case .mod: .modRevision(chance(50) ? 0 : revision(near: current))
            case .value: .value(ByteSlice("v\(number(0...99))"))
            case .lease: .lease(Int64(number(0...5)))
            case .unrecognized: nil
            }
        return compare
    }

    mutating func txn(near current: Int64, depth: Int = 0) -> TxnRequest {
        var request = TxnRequest()
        for _ in 0..<number(0...2) { request.compare.append(compare(near: current)) }
        for _ in 0..<number(0...3) {
            request.success.append(operation(near: current, depth: depth))
        }
        for _ in 0..<number(0...3) {
            request.failure.append(operation(near: current, depth: depth))
        }
        return request
    }

    private mutating func operation(near current: Int64, depth: Int) -> RequestOp {
        switch number(0...9) {
        case 0...3: RequestOp(request: .requestPut(put()))
        case 4...5: RequestOp(request: .requestDeleteRange(delete()))
        case 6...7 where depth < 2:
            RequestOp(request: .requestTxn(txn(near: current, depth: depth + 1)))
        default: RequestOp(request: .requestRange(range(near: current)))
        }
    }

    mutating func alarm() -> AlarmRequest {
        let request = AlarmRequest(
            action: .init(number: Int32(number(0...3))),
            memberID: UInt64(number(1...2)),
            alarm: .init(number: Int32(number(0...3)))
        )
        guard request.action == .activate else { return request }
        raised = request
        raised?.action = .deactivate
        return request
    }

    mutating func command(near current: Int64) -> KeyspaceCommand {
        time += Int64(number(0...400))
        if let disarm = raised, chance(20) {
            if chance(90) { raised = nil }
            return .alarm(disarm)
        }
        return switch number(0...99) {
        case 0...34: .put(put())
        case 35...49: .deleteRange(delete())
        case 50...74: .txn(txn(near: current))
        case 75...79:
            .compact(CompactionRequest(revision: current - Int64(number(-1...25))))
        case 80...84:
            .leaseGrant(LeaseGrantRequest(ttl: Int64(number(-1...6)), id: leaseID()))
        case 85...86: .leaseRevoke(LeaseRevokeRequest(id: leaseID()))
        case 87...91: .leaseKeepAlive(LeaseKeepAliveRequest(id: leaseID()))
        case 92...96: .expireLeases((1...5).map { LeaseID(Int64($0)) })
        case 97: .alarm(alarm())
        default: .advanceTime
        }
    }
}
