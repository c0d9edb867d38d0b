import Bytes
import Model
import Streams
import Testing

/// What goes through the log, as bytes.
struct CommandTests {
    static let commands: [PartitionCommand] = [
        .appendGuarded(batch: batch(2), lastMarker: nil),
        .appendGuarded(batch: batch(), lastMarker: Offset(77)),
        .writeMarker(marker(.commit, producer: 1 << 40, epoch: .max, coordinator: 3)),
        .writeMarker(marker(.abort, isEpochOwn: true)),
        .deleteRecords(before: Offset(-1)),
        .deleteRecords(before: Offset(1 << 50)),
        .configure(PartitionConfiguration(producerExpirationMilliseconds: 7)),
    ]

    @Test(arguments: commands)
    func aCommandIsReadAsItWasWritten(_ command: PartitionCommand) throws {
        #expect(try PartitionCommand(decoding: command.encoded) == command)
    }

    @Test(arguments: commands)
    func aCommandCutShortIsRefused(_ command: PartitionCommand) {
        // A batch may have any length: there only the head can be missed.
        var count = command.encoded.count
        if case .appendGuarded = command { count = 9 }
        for length in 0..<count {
            #expect(throws: DecodeError.self) {
                try PartitionCommand(decoding: command.encoded[0..<length])
            }
        }
    }

    @Test func whatCannotBeIsRefused() {
        for bytes in [[0], [5], [4] + [UInt8](repeating: 0, count: 8), [3, 0]] as [[UInt8]] {
            #expect(throws: DecodeError.self) { try PartitionCommand(decoding: ByteSlice(bytes)) }
        }
        let longer = PartitionCommand.deleteRecords(before: .zero).encoded.array + [0]
        #expect(throws: DecodeError.self) { try PartitionCommand(decoding: ByteSlice(longer)) }
    }

    @Test func aConfigurationCounts() throws {
        var partition = Partition()
        let configuration = PartitionConfiguration(producerExpirationMilliseconds: 1_000)
        #expect(
            partition.apply(.configure(configuration), epoch: LeaderEpoch(1), at: .zero)
                == .success(.configured)
        )
        try partition.take(sequenced(0), at: 0)
        try partition.take(batch(), at: 600_000)
        #expect(partition.producer(ProducerID(7)) == nil)
    }
}
