import Bytes
import KafkaWire
import Testing

@Suite struct HeaderTests {
    @Test func requestHeadersOfFlexibleVersionsHaveTags() throws {
        var reader = KafkaReader(ByteSlice([0, 3, 0, 9, 0, 0, 0, 5, 0, 1, 97, 1, 4, 1, 0, 42]))
        let header = try KafkaRequestHeader(decoding: &reader)
        #expect(header.api == .metadata && header.version == 9 && header.correlationID == 5)
        #expect(header.clientID == "a")
        #expect(reader.remaining == 1)
        var classic = KafkaReader(ByteSlice([0, 3, 0, 8, 0, 0, 0, 5, 0xff, 0xff, 42]))
        #expect(try KafkaRequestHeader(decoding: &classic).clientID == nil)
        #expect(classic.remaining == 1)
    }

    /// ApiVersions of a version to come must be answered, so its header must be read.
    @Test func anUnknownVersionOfAPIVersionsIsReadAsFarAsItMust() throws {
        var reader = KafkaReader(ByteSlice([0, 18, 0, 99, 0, 0, 0, 5, 0, 0, 0, 42]))
        let header = try KafkaRequestHeader(decoding: &reader)
        #expect(header.api == .apiVersions && header.version == 99 && header.clientID == "")
        #expect(reader.remaining == 1)
    }

    @Test func anUnknownAPIIsReadUpToItsCorrelationNumber() throws {
        var reader = KafkaReader(ByteSlice([0x7f, 0, 0, 1, 0, 0, 0, 5, 0xff]))
        let header = try KafkaRequestHeader(decoding: &reader)
        #expect(header.api == nil && header.key == 0x7f00 && header.correlationID == 5)
    }

    @Test func aHeaderThatIsCutIsRefused() {
        let bytes = ByteSlice([0, 3, 0, 9, 0, 0, 0, 5, 0, 1, 97, 0])
        for count in 0..<bytes.count {
            var reader = KafkaReader(bytes[0..<count])
            #expect(throws: DecodeError.truncated) { try KafkaRequestHeader(decoding: &reader) }
        }
    }

    @Test(arguments: KafkaAPI.allCases)
    func responsesAreReadBackByTheirHeaders(_ api: KafkaAPI) throws {
        for version in api.versions {
            var writer = KafkaWriter()
            let frame = writer.beginFrame()
            writer.responseHeader(of: api, version: version, correlationID: 77)
            writer.end(frame)
            let bytes = writer.joined()
            let hasTags = api.isFlexible(version) && api != .apiVersions
            #expect(bytes.count == (hasTags ? 9 : 8))
            var reader = KafkaReader(bytes[4..<bytes.count])
            #expect(try reader.responseHeader(of: api, version: version) == 77)
            #expect(reader.remaining == 0)
        }
    }

    @Test func whatIsAdvertisedHoldsWhatIsServed() {
        for api in KafkaAPI.allCases {
            #expect(api.advertisedVersions.lowerBound <= api.versions.lowerBound)
            #expect(api.advertisedVersions.upperBound == api.versions.upperBound)
        }
        #expect(KafkaAPI.produce.advertisedVersions == 0...13)
        #expect(KafkaAPI.fetch.name == "Fetch")
    }

    @Test func errorCodesKnowWhatClientsDo() {
        #expect(KafkaErrorCode.unknownTopicID.rawValue == 100)
        #expect(KafkaErrorCode.unknownServerError.rawValue == -1)
        #expect(KafkaErrorCode.notLeaderOrFollower.refreshesMetadata)
        #expect(KafkaErrorCode.requestTimedOut.isRetriable)
        #expect(!KafkaErrorCode.requestTimedOut.refreshesMetadata)
        #expect(!KafkaErrorCode.none.isRetriable)
        #expect(KafkaErrorCode.none.description == "NONE")
        #expect(KafkaErrorCode(rawValue: 999).description == "ERROR_999")
    }

    @Test func identitiesAreWrittenAsKafkaWritesThem() {
        // java: new Uuid(0x0123456789abcdefL, 0xfedcba9876543210L), base64 of its bytes.
        let uuid = KafkaUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
        #expect(uuid.description == "ASNFZ4mrze_-3LqYdlQyEA")
        #expect(KafkaUUID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        #expect(KafkaUUID.zero < uuid)
    }
}
