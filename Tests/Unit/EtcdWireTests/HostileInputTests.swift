import Bytes
import EtcdWire
import KeyspaceModel
import Testing

@Suite struct HostileInputTests {
    @Test(
        arguments: [
            [10], [10, 5, 97], [24], [24, 0x80],
            [10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [0xf9, 1, 1, 2], [0xfd, 1, 1], [0xfb, 1], [0xfb, 1, 8, 5],
        ] as [[UInt8]]
    )
    func bytesThatEndTooEarlyAreRefused(_ bytes: [UInt8]) {
        #expect(throws: DecodeError.truncated) { try PutRequest(decoding: ByteSlice(bytes)) }
    }

    @Test(
        arguments: [
            // Field zero, wire types 4, 6 and 7, eleven bytes of varint, a tenth with too many bits.
            [0, 0], [2, 0], [12], [14, 1], [15, 1],
            [24] + [UInt8](repeating: 0x80, count: 10) + [0],
            [24] + [UInt8](repeating: 0xff, count: 9) + [2],
            // A group that another's end ends.
            [0xfb, 1, 0xf4, 1],
        ] as [[UInt8]]
    )
    func whatTheFormatForbidsIsRefused(_ bytes: [UInt8]) {
        #expect(throws: DecodeError.self) { try PutRequest(decoding: ByteSlice(bytes)) }
    }

    @Test func aStringMustBeUTF8() {
        #expect(throws: DecodeError.malformed("a string that is not UTF-8")) {
            try HealthCheckRequest(decoding: ByteSlice([10, 2, 0xc3, 0x28]))
        }
    }

    @Test func transactionsNestSixtyFourDeepAndNoDeeper() throws {
        func nested(_ levels: Int) -> ByteSlice {
            var txn = TxnRequest(success: [RequestOp(request: .requestPut(PutRequest(key: "k")))])
            for _ in 0..<levels {
                txn = TxnRequest(success: [RequestOp(request: .requestTxn(txn))])
            }
            return txn.encoded
        }
        #expect(try TxnRequest(decoding: nested(64)).encoded == nested(64))
        #expect(throws: DecodeError.tooLarge("transactions nested more than 64 deep")) {
            try TxnRequest(decoding: nested(65))
        }
    }

    @Test func emptyOperationsDoNotFillTheMemory() throws {
        var bytes: [UInt8] = []
        for _ in 0..<65_535 { bytes += [18, 0] }
        #expect(try TxnRequest(decoding: ByteSlice(bytes)).success.count == 65_535)
        bytes += [18, 0]
        #expect(throws: DecodeError.self) { try TxnRequest(decoding: ByteSlice(bytes)) }
    }

    /// Quadratic merging would take minutes here.
    @Test(.timeLimit(.minutes(1)))
    func oneOperationGivenManyTimesCostsInProportion() throws {
        var bytes: [UInt8] = []
        for _ in 0..<30_000 { bytes += [34, 2, 18, 0] }
        let op = try RequestOp(decoding: ByteSlice(bytes))
        guard case .requestTxn(let txn)? = op.request else {
            Issue.record("not a transaction")
            return
        }
        #expect(txn.success.count == 30_000)
    }

    @Test(arguments: ReferenceSchema().names)
    func damagedMessagesNeverTrap(_ name: String) throws {
        let schema = ReferenceSchema()
        let codec = try #require(Codec.all[name])
        var random = Seeded(0xda3a_9ed)
        for _ in 0..<150 {
            var bytes = schema.bytes(of: name, using: &random)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damage(&bytes, using: &random)
            }
            let whole = ByteSlice(bytes)
            do throws(DecodeError) {
                let message = try codec.decode(whole)
                // What was understood is stable.
                let encoded = message.encoded
                #expect(message.encodedLength == encoded.count)
                #expect(try codec.decode(encoded).encoded == encoded)
            } catch {
                #expect(error != .tooLarge(""))
            }
        }
    }

    private func damage(_ bytes: inout [UInt8], using random: inout Seeded) {
        let byte = UInt8.random(in: .min ... .max, using: &random)
        let position = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(byte, at: position)
        case 1: bytes.removeLast(bytes.count - position)
        case 2 where position < bytes.count: bytes[position] = byte
        default: bytes.append(contentsOf: bytes.prefix(position).suffix(20))
        }
    }
}
