import Bytes
import NIOCore
import Testing

@testable import Transport

@Suite struct FrameAssemblerTests {
    private func assembled(_ chunks: [[UInt8]]) throws -> [FrameAssembler.Item] {
        var assembler = FrameAssembler()
        var items: [FrameAssembler.Item] = []
        for chunk in chunks {
            var bytes = ByteBuffer(bytes: chunk)
            assembler.append(&bytes)
            while let item = try assembler.next() { items.append(item) }
            assembler.compact()
        }
        return items
    }

    @Test func framesAreCutWhereverTheBytesWereSplit() throws {
        let stream: [UInt8] = [2, 0, 0, 0, 7, 8, 0, 0, 0, 0, 1, 0, 0, 0, 9]
        let expected: [FrameAssembler.Item] = [
            .frame(ByteSlice([7, 8])), .ping, .frame(ByteSlice([9])),
        ]
        #expect(try assembled([stream]) == expected)
        #expect(try assembled(stream.map { [$0] }) == expected)
    }

    @Test func aHugeLengthIsRefusedBeforeItsBytesCome() {
        #expect(throws: FrameTooLarge.self) { try assembled([[0xff, 0xff, 0xff, 0xff]]) }
    }
}
