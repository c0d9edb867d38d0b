/// What a client may cost before it is told to stop.
public enum Limits {
    /// Connections of one shard; each costs a socket and some kilobytes.
    public static let connectionsMax = 20_000

    /// How long a connection may take to say whether it speaks HTTP/2 or HTTP/1: longer than any
    /// client and network need, and short beside what it takes to fill all places.
    public static let silenceNanosecondsMax: UInt64 = 30_000_000_000

    /// How long a connection of plain HTTP is kept between two requests, or within one that does not
    /// come to its end: Prometheus asks once a minute.
    public static let plainSilenceNanosecondsMax: UInt64 = 120_000_000_000

    /// Streams that one connection may have open: a client with more calls at once queues them.
    ///
    /// etcd allows as many as the client likes; a kube-apiserver keeps some hundred watches on one
    /// connection.
    public static let streamsPerConnectionMax = 4_096

    /// A request's bytes; etcd's `--max-request-bytes`.
    public static let requestBytesMax = 1_536 * 1024

    /// A gRPC message's bytes; etcd's limit above and its allowance for the rest, 512 KiB.
    public static let messageBytesMax = requestBytesMax + 512 * 1024

    /// Parts of messages that one connection's calls hold together, so that a client cannot fill
    /// the memory with requests that never end.
    public static let gatheredBytesMax = 64 << 20

    /// The same of all connections of a shard: so many hold parts of requests only together.
    public static let gatheredBytesOfAllMax = 1 << 30

    /// Answers of all connections of a shard that wait for clients who do not read.
    ///
    /// Above, an answer that its client does not take at once ends its stream. One connection may
    /// hold a quarter.
    public static let queuedBytesOfAllMax = 1 << 30

    /// A range that passes more keys, deleted ones too, is read by workers, so that it does not hold
    /// up the loop: to read, encode and send as many takes a fifth of a millisecond.
    ///
    /// Pages of a list have 500 keys or more, as kube-apiserver asks for them.
    public static let keysReadOnLoopMax = 400

    /// A range that passes no more keys is read in one, without being measured first.
    static let keysOfPageMax = 5_000

    /// And encoded in one if it has no more bytes: they wait for the client.
    static let pageBytesMax = 1 << 20

    /// A transaction that reads ranges goes to the workers where the keyspace has more keys.
    public static let keysInTransactionOnLoopMax = 5_000

    /// More leases than these are listed by workers: as many take about a millisecond.
    public static let leasesReadOnLoopMax = 5_000

    /// A keyspace of more bytes is hashed on another thread; as many take some milliseconds.
    public static let bytesHashedOnLoopMax = 4 << 20

    /// A watch response that may be split is, above this; as etcd does.
    public static let watchFragmentBytes = messageBytesMax

    /// Renewals of one stream in the log at once; the rest waits, so that one client's leases do not
    /// crowd out the others' writes.
    public static let keepAlivesInFlightMax = 1_024

    /// Renewals of one stream that wait behind those, eight bytes each.
    public static let keepAlivesWaitingMax = 100_000

    /// Calls of Lock and Election that one connection may have wait; each costs a watch.
    public static let recipesPerConnectionMax = 1_024

    /// The same of all connections, with those whose callers have gone and that leave their queues.
    public static let recipesMax = 50_000

    /// Keys under the prefix of a lock or an election: so many are looked through in about a
    /// millisecond, each time that one who waits moves up.
    public static let queueKeysMax = 5_000

    /// How long the lease lives that a lock or a campaign without one gets; etcd's for sessions.
    public static let sessionSeconds: Int64 = 60

    /// After a refusal, a recipe that must not give up tries again after this.
    public static let recipeRestNanoseconds: UInt64 = 500_000_000

    /// A stream's response bytes that wait for the client before no more are encoded for it.
    public static let streamBacklogBytes = 256 * 1024

    /// Bytes of a saved keyspace in one message: etcd's.
    public static let snapshotBlockBytes = 32 * 1024

    /// Keys of a streamed range's first message, so that it comes at once: etcd's.
    public static let streamedKeysAtFirst = 10

    /// Keys of any of its messages; those of usual size fill `requestBytesMax` long before.
    public static let streamedKeysMax = 65_536

    /// How much of a large response is encoded at once on the loop.
    public static let pieceBytes = 64 * 1024

    /// A call's body in JSON: a request of the largest size in base64, and its names.
    public static let gatewayBodyBytesMax = 4 << 20

    /// Requests of a stream in one body.
    public static let gatewayMessagesMax = 1_024

    /// An answer that is given in JSON, as protobuf: it is held twice while it is put into words.
    public static let gatewayAnswerBytesMax = 32 << 20

    /// How much of a long range a worker encodes at once: the way to it and back costs a tenth of
    /// that, and to send it holds the loop for less than a tenth of a millisecond.
    public static let workerPieceBytes = 64 * 1024

    /// The largest answer, as etcd's server sends none above: 2 GiB less a byte.
    public static let responseBytesMax = Int(Int32.max)

    /// The head of a plain HTTP request; browsers' cookies included.
    public static let plainHeadBytesMax = 16 * 1024

    /// The line before a chunk of a body, or one behind the last.
    static let chunkLineBytesMax = 4 * 1024

    /// Answers of plain HTTP that wait for the client before no more requests are looked at; with
    /// the last answer it may be more.
    public static let plainOutputBytesMax = 256 * 1024

    /// Plain HTTP requests that wait behind the one being answered, in bytes; with more waiting,
    /// nothing is read.
    public static let plainInputBytesMax = 64 * 1024

    /// Peer URLs of one member: each is dialled in turn.
    static let peerURLsMax = 16
}
