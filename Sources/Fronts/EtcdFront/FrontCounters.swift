internal import EtcdWire
internal import HTTP2Wire

/// What a front has counted since its start: plain numbers, an addition each.
struct FrontCounters {
    /// gRPC's codes are 0 to 16.
    static let codeCount = 17

    var receivedBytes: UInt64 = 0
    var sentBytes: UInt64 = 0
    var events: UInt64 = 0
    var healthSuccesses: UInt64 = 0
    var healthFailures: UInt64 = 0

    private(set) var started = Self.oneEach
    private(set) var messagesReceived = Self.oneEach
    private(set) var messagesSent = Self.oneEach

    /// By method, and in each by code.
    private var ended = [UInt64](
        repeating: 0,
        count: EtcdMethod.allCases.count * FrontCounters.codeCount
    )

    private static var oneEach: [UInt64] {
        [UInt64](repeating: 0, count: EtcdMethod.allCases.count)
    }

    mutating func noteStart(_ method: EtcdMethod) { started[Int(method.rawValue)] &+= 1 }

    mutating func noteReceived(_ method: EtcdMethod) {
        messagesReceived[Int(method.rawValue)] &+= 1
    }

    mutating func noteSent(_ method: EtcdMethod) { messagesSent[Int(method.rawValue)] &+= 1 }

    mutating func noteEnd(_ method: EtcdMethod, _ code: GRPCStatusCode) {
        ended[place(method, code)] &+= 1
    }

    func ended(_ method: EtcdMethod, _ code: GRPCStatusCode) -> UInt64 {
        ended[place(method, code)]
    }

    private func place(_ method: EtcdMethod, _ code: GRPCStatusCode) -> Int {
        let known = code.rawValue >= 0 && code.rawValue < Self.codeCount ? code : .unknown
        return Int(method.rawValue) * Self.codeCount + Int(known.rawValue)
    }
}
