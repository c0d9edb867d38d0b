internal import KafkaWire

// Which requests are served, and in which versions.
extension KafkaFront {
    func replyVersions(_ request: APIVersionsRequest, to call: Call) {
        reply(APIVersionsResponse(apiKeys: Self.versions), to: call)
    }

    /// In version 0, which every client reads (KIP-511).
    func replyUnsupportedVersion(to call: Call) {
        let response = APIVersionsResponse(errorCode: .unsupportedVersion, apiKeys: Self.versions)
        reply(response, to: call, version: 0)
    }

    private static let versions: [APIVersionsResponse.APIVersion] = served.map { api in
        APIVersionsResponse.APIVersion(
            apiKey: api.rawValue,
            minVersion: api.advertisedVersions.lowerBound,
            maxVersion: api.advertisedVersions.upperBound
        )
    }
}
