import Bytes
import Testing

@Suite struct SHA256Tests {
    private static func hex(_ slice: ByteSlice) -> String {
        slice.array.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// NIST's examples (CSRC, SHA-256 examples and CAVP's short messages).
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func theExamplesOfTheStandardHold(text: String, digest: String) {
        #expect(Self.hex(SHA256.of(ByteSlice(text))) == digest)
    }

    @Test func aMillionTimesA() {
        let slice = ByteSlice([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(
            Self.hex(SHA256.of(slice))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    /// Every length around the ends of blocks, in parts of every size.
    @Test func theDigestDoesNotDependOnHowTheBytesCome() {
        let bytes = ByteSlice((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        for length in 0...bytes.count {
            let whole = SHA256.of(bytes[0..<length])
            for part in [1, 3, 55, 56, 63, 64, 65, 128] {
                var hash = SHA256()
                var start = 0
                while start < length {
                    let end = min(start + part, length)
                    hash.add(bytes[start..<end])
                    _ = hash.digest
                    start = end
                }
                #expect(hash.digest == whole)
            }
        }
    }
}
