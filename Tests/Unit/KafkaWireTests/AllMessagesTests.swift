import Bytes
import KafkaWire
import Testing

/// Every message in every version.
@Suite struct AllMessagesTests {
    @Test func everyAPIHasARequestAndAResponse() {
        let names = Set(MessageCodec.all.map { $0.name.lowercased() })
        for api in KafkaAPI.allCases {
            #expect(names.contains("\(api)request".lowercased()))
            #expect(names.contains("\(api)response".lowercased()))
        }
        #expect(MessageCodec.all.count == 2 * KafkaAPI.allCases.count + 2)
    }

    @Test(arguments: MessageCodec.all)
    func randomValuesComeBack(_ codec: MessageCodec) {
        for version in codec.versions {
            var random = RandomFields(seed: UInt64(version) + 1)
            for _ in 0..<25 { #expect(codec.roundTrip(version, &random) == nil, "v\(version)") }
        }
    }

    @Test(arguments: MessageCodec.all)
    func messagesThatAreCutAreRefused(_ codec: MessageCodec) {
        for version in codec.versions {
            var random = RandomFields(seed: UInt64(version) + 100)
            for _ in 0..<2 {
                let bytes = codec.sample(version, &random)
                let understood = (0..<bytes.count).filter { count in
                    (try? codec.again(bytes[0..<count], version)) != nil
                }
                #expect(understood == [], "v\(version) of \(bytes.count) bytes")
            }
        }
    }

    @Test(arguments: MessageCodec.all)
    func bytesBehindAMessageAreRefused(_ codec: MessageCodec) {
        for version in codec.versions {
            var random = RandomFields(seed: UInt64(version) + 200)
            let bytes = ByteSlice(codec.sample(version, &random).array + [0])
            #expect(throws: DecodeError.malformed("1 bytes behind the message")) {
                try codec.again(bytes, version)
            }
        }
    }

    /// Whatever is still understood has one meaning.
    @Test(arguments: MessageCodec.all)
    func damagedMessagesAreReadInOneWay(_ codec: MessageCodec) {
        for version in codec.versions {
            var random = RandomFields(seed: UInt64(version) + 300)
            for _ in 0..<40 {
                var bytes = codec.sample(version, &random).array
                guard !bytes.isEmpty else { continue }
                for _ in 0...random.below(3) {
                    bytes[random.below(UInt64(bytes.count))] = UInt8(
                        truncatingIfNeeded: random.next()
                    )
                }
                guard let again = try? codec.again(ByteSlice(bytes), version) else { continue }
                #expect(again.isSame, "v\(version): \(bytes)")
            }
        }
    }

    /// A count of two billion where each byte could be a count.
    @Test(arguments: MessageCodec.all)
    func countsWithoutElementsAreRefused(_ codec: MessageCodec) {
        let huge: [[UInt8]] = [
            [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x07], [0x80, 0, 0, 0],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ]
        for version in codec.versions {
            var random = RandomFields(seed: UInt64(version) + 400)
            let bytes = codec.sample(version, &random).array
            let changed = bytes.indices.filter { place in
                huge.contains { count in
                    let damaged = ByteSlice(bytes[..<place] + count)
                    guard let again = try? codec.again(damaged, version) else { return false }
                    return !again.isSame
                }
            }
            #expect(changed == [], "v\(version)")
        }
    }
}
