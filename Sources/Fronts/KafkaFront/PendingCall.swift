internal import Bytes
internal import Groups
internal import KafkaWire
internal import Model

/// One request of one connection.
struct CallKey: Hashable {
    let connection: UInt32
    let request: UInt64
}

/// What is known of a request while it is served.
struct Call {
    let key: CallKey
    let api: KafkaAPI
    let version: Int16
    let correlation: Int32
    let clientID: ByteSlice?
}

/// A request that waits for outcomes; its parts are numbered.
enum PendingCall {
    case produce(Call, PendingProduce)
    case fetch(Call, PendingFetch)

    /// One change of the metadata a part.
    case topics(Call, PendingTopics)
    case records(Call, PendingDeletions)
}

/// The name under which the shard knows one part of a call.
struct PartKey {
    let call: CallKey
    let part: Int

    init(_ call: CallKey, part: Int) {
        self.call = call
        self.part = part
    }

    init(_ waiter: Waiter) {
        call = CallKey(connection: waiter.connection, request: waiter.request >> Self.partBits)
        part = Int(waiter.request & ((1 << Self.partBits) - 1))
    }

    var waiter: Waiter {
        .ofStreams(call.connection, request: call.request << Self.partBits | UInt64(part))
    }

    /// More parts than a message can have, and 2^43 requests of all connections of one number.
    private static let partBits: UInt64 = 21
}
