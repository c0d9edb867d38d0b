import Bytes
import Testing

@Suite struct ByteSliceTests {
    @Test func aPartSharesTheWholeAndCountsFromItsOwnStart() {
        let whole: ByteSlice = "martlet"
        #expect(whole[3..<7] == "tlet")
        #expect(whole[3..<7][0..<1] == "t")
        #expect(whole[3..<7].compacted == "tlet")
    }

    @Test func aPrefixComesBeforeTheLongerAndBytesAreUnsigned() {
        #expect(ByteSlice("a") < ByteSlice("ab"))
        #expect(ByteSlice([0x7f]) < ByteSlice([0x80]))
        #expect(!(ByteSlice("b") < ByteSlice("ab")))
        #expect(ByteSlice.empty < ByteSlice([0]))
    }

    @Test func equalBytesHashAlikeWhateverTheirStorage() {
        let whole: ByteSlice = "xxabcxx"
        #expect(Set([whole[2..<5], "abc"]).count == 1)
    }
}

@Suite struct ReaderAndWriterTests {
    @Test(arguments: [0, 1, 127, 128, 300, UInt64(UInt32.max), UInt64.max])
    func aVarintReadsBackAsWritten(number: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(number)
        #expect(writer.count == ByteWriter.varintLength(number))
        var reader = ByteReader(writer.slice)
        #expect(try reader.varint() == number)
        #expect(reader.isAtEnd)
    }

    @Test func aVarintOfElevenBytesIsMalformed() {
        var reader = ByteReader(ByteSlice([UInt8](repeating: 0x80, count: 11)))
        #expect(throws: DecodeError.malformed("a varint of more than ten bytes")) {
            try reader.varint()
        }
    }

    @Test func anEndInTheMiddleIsTruncated() {
        var reader = ByteReader(ByteSlice([0x80]))
        #expect(throws: DecodeError.truncated) { try reader.varint() }
        #expect(throws: DecodeError.truncated) { try reader.integer(UInt32.self) }
        #expect(throws: DecodeError.truncated) { try reader.slice(2) }
    }

    @Test func integersAreLittleEndianAndCanBePatched() throws {
        var writer = ByteWriter()
        writer.integer(UInt32(0))
        writer.byte(9)
        writer.patch(UInt32(0x0102_0304), at: 0)
        #expect(writer.bytes == [4, 3, 2, 1, 9])
    }
}

@Suite struct ChecksumTests {
    /// RFC 3720, appendix B.4.
    @Test func theChecksumIsCastagnolis() {
        #expect(CRC32C.of(ByteSlice("123456789")) == 0xe306_9283)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.of([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    }

    @Test func aChecksumMayBeTakenInParts() {
        var parts = CRC32C()
        parts.add(ByteSlice("12345"))
        parts.add(ByteSlice("6789"))
        #expect(parts.value == 0xe306_9283)
    }
}
