internal import Bytes
internal import EtcdWire
internal import KeyspaceModel

/// Makes one request after the other: encoded once, and only the key's digits are written anew.
struct LoadRequests {
    let method: EtcdMethod

    /// What an answer must have at least to be one.
    let answerBytesMin: Int

    private var message: [UInt8]

    /// Where the digits of the key's number end, each time it occurs.
    private var digitEnds: [Int] = []

    private let digits: Int
    private let keySpace: UInt64
    private var random: LoadRandom?
    private var next: UInt64

    /// Connections share a sequence: each takes every so many-th key.
    private let stride: UInt64

    static let keyPrefix = "bench/"

    init(_ plan: LoadPlan, connection: Int) {
        let key = Self.key(plan)
        let made = Self.make(plan, key)
        method = made.method
        message = made.message.array
        answerBytesMin = plan.operation == .put || plan.operation == .txn ? 2 : plan.valueBytes
        digits = plan.keyBytes - Self.keyPrefix.utf8.count
        keySpace = UInt64(max(1, plan.keySpace))
        next = UInt64(connection)
        stride = UInt64(max(1, plan.connections))
        if plan.isRandom { random = LoadRandom(seed: plan.seed &+ UInt64(connection)) }
        for start in message.indices where message[start...].starts(with: key) {
            digitEnds.append(start + key.count)
        }
    }

    /// The next request's message, valid until the one after is asked for.
    mutating func nextMessage() -> ByteSlice {
        let number: UInt64
        if var random {
            number = random.next() % keySpace
            self.random = random
        } else {
            number = next % keySpace
            next &+= stride
        }
        for end in digitEnds { write(number, endingAt: end) }
        return ByteSlice(message)
    }

    private mutating func write(_ number: UInt64, endingAt end: Int) {
        var rest = number
        for place in (end - digits..<end).reversed() {
            message[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// A key whose number no value and no other field looks like.
    private static func key(_ plan: LoadPlan) -> [UInt8] {
        let digits = max(1, plan.keyBytes - keyPrefix.utf8.count)
        return [UInt8](keyPrefix.utf8) + [UInt8](repeating: UInt8(ascii: "0"), count: digits)
    }

    private static func make(
        _ plan: LoadPlan,
        _ key: [UInt8]
    ) -> (method: EtcdMethod, message: ByteSlice) {
        let key = ByteSlice(key)
        let value = ByteSlice([UInt8](repeating: UInt8(ascii: "v"), count: plan.valueBytes))
        let put = PutRequest(key: key, value: value)
        switch plan.operation {
        case .put: return (.put, put.encoded)
        case .range: return (.range, RangeRequest(key: key).encoded)
        case .rangeSerializable: return (.range, RangeRequest(key: key, serializable: true).encoded)
        case .txn:
            let compare = Compare(
                result: .greater,
                target: .version,
                key: key,
                targetUnion: .version(0)
            )
            let operation = RequestOp(request: .requestPut(put))
            let txn = TxnRequest(compare: [compare], success: [operation], failure: [operation])
            return (.txn, txn.encoded)
        }
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): the same keys for the same seed.
struct LoadRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
