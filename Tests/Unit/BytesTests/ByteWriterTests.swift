import Bytes
import Testing

struct ByteWriterTests {
    private static let numbers: [UInt64] =
        [0, 1, 127, 128, 300, 16_383, 16_384] + (1..<64).map { 1 << $0 }
        + (1..<64).map { 1 << $0 - 1 }
        + [.max - 1, .max]

    @Test(arguments: numbers)
    func whatIsWrittenAsAVarintIsReadAgain(number: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(number)
        #expect(writer.count == ByteWriter.varintLength(number))
        writer.varints(number, 5)
        writer.varints(5, number)
        var reader = ByteReader(writer.slice)
        for expected in [number, number, 5, 5, number] { #expect(try reader.varint() == expected) }
        #expect(reader.isAtEnd)
    }

    @Test func filledBytesStandBetweenTheOthers() {
        var writer = ByteWriter(capacity: 3)
        writer.byte(1)
        for number in 0..<100 as Range<UInt8> {
            writer.filled(3) { bytes in
                for place in bytes.indices { bytes[place] = number + UInt8(place) }
            }
        }
        writer.byte(2)
        var expected: [UInt8] = [1]
        for number in 0..<100 as Range<UInt8> { expected += [number, number + 1, number + 2] }
        expected.append(2)
        #expect(writer.bytes == expected)
    }

    @Test func roomIsMadeWithoutAChange() {
        var writer = ByteWriter()
        writer.byte(7)
        writer.reserve(10_000)
        #expect(writer.bytes == [7])
        #expect(writer.bytes.capacity >= 10_001)
    }
}
