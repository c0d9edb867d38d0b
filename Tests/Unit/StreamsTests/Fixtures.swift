import Bytes
import Model
import Streams
import Testing

/// A batch of records without keys, with values of `text` and their number.
func batch(
    _ count: Int = 1,
    text: String = "value",
    timestamp: Int64 = 1_000,
    producer: ProducerID = .none,
    epoch: ProducerEpoch = .none,
    sequence: Int32 = -1,
    isTransactional: Bool = false
) -> ByteSlice {
    var builder = BatchBuilder(
        attributes: BatchAttributes(isTransactional: isTransactional),
        producerID: producer,
        producerEpoch: epoch,
        baseSequence: sequence
    )
    for index in 0..<count {
        builder.add(key: nil, value: ByteSlice("\(text) \(index)"), timestamp: timestamp)
    }
    return builder.batch
}

/// A batch of producer 7's transaction, or just its next one.
func sequenced(
    _ sequence: Int32,
    count: Int = 1,
    producer: Int64 = 7,
    epoch: Int16 = 0,
    isTransactional: Bool = false
) -> ByteSlice {
    batch(
        count,
        producer: ProducerID(producer),
        epoch: ProducerEpoch(epoch),
        sequence: sequence,
        isTransactional: isTransactional
    )
}

func marker(
    _ verdict: TransactionVerdict,
    producer: Int64 = 7,
    epoch: Int16 = 0,
    coordinator: Int32 = 1,
    isEpochOwn: Bool = false
) -> TransactionMarker {
    TransactionMarker(
        producerID: ProducerID(producer),
        producerEpoch: ProducerEpoch(epoch),
        verdict: verdict,
        coordinatorEpoch: coordinator,
        timestamp: 2_000,
        isEpochOwn: isEpochOwn
    )
}

/// `bytes` with one byte changed and the checksum made right again if `resealed`.
func changed(_ bytes: ByteSlice, at position: Int, to byte: UInt8, resealed: Bool) -> ByteSlice {
    var array = bytes.array
    array[position] = byte
    guard resealed else { return ByteSlice(array) }
    let checksum = CRC32C.of(ByteSlice(Array(array[21...])))
    for index in 0..<4 {
        array[17 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * index))
    }
    return ByteSlice(array)
}

extension Partition {
    /// Appends what must be taken; its first offset.
    @discardableResult
    mutating func take(
        _ bytes: ByteSlice,
        epoch: Int32 = 1,
        at time: Int64 = 0
    ) throws -> Int64 {
        try append(bytes, epoch: LeaderEpoch(epoch), at: GroupTime(time)).get().baseOffset.number
    }

    /// What refuses it; nil if it is taken.
    mutating func refusal(of bytes: ByteSlice, at time: Int64 = 0) -> PartitionRefusal? {
        switch append(bytes, epoch: LeaderEpoch(1), at: GroupTime(time)) {
        case .success: nil
        case .failure(let refusal): refusal
        }
    }

    mutating func end(_ marker: TransactionMarker, at time: Int64 = 0) throws -> MarkerWritten {
        try write(marker, epoch: LeaderEpoch(1), at: GroupTime(time)).get()
    }

    /// First offsets of the batches that a reader gets.
    func offsets(
        from offset: Int64,
        bytesMax: Int = .max,
        isolation: Isolation = .readUncommitted
    ) throws -> [Int64] {
        try read(from: Offset(offset), bytesMax: bytesMax, isolation: isolation)
            .batches.map(\.baseOffset.number)
    }
}

/// SplitMix64, for tests that are the same each time.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
