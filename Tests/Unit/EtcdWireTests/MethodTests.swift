import EtcdWire
import Testing

@Suite struct MethodTests {
    @Test func everyMethodHasAPathOfItsOwnInAKnownService() {
        #expect(Set(EtcdMethod.allCases.map(\.path)).count == EtcdMethod.allCases.count)
        for method in EtcdMethod.allCases {
            let service = method.path.dropFirst().split(separator: "/").first.map(String.init)
            #expect(EtcdMethod.services.contains(service ?? ""))
        }
        #expect(EtcdMethod.leaseGrant.path == "/etcdserverpb.Lease/LeaseGrant")
        #expect(EtcdMethod.healthCheck.path == "/grpc.health.v1.Health/Check")
        #expect(EtcdMethod.observe.path == "/v3electionpb.Election/Observe")
        #expect(
            [EtcdMethod.serverReflectionInfo, .serverReflectionInfoAlpha].map(\.path) == [
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            ]
        )
        #expect(!EtcdMethod.services.contains("etcdserverpb.Auth"))
    }

    @Test func onlyTheStreamingMethodsStream() {
        #expect(
            EtcdMethod.allCases.filter(\.streamsRequests)
                == [.watch, .leaseKeepAlive, .serverReflectionInfo, .serverReflectionInfoAlpha]
        )
        #expect(
            EtcdMethod.allCases.filter(\.streamsResponses)
                == [
                    .rangeStream, .watch, .leaseKeepAlive, .snapshot, .observe, .healthWatch,
                    .serverReflectionInfo, .serverReflectionInfoAlpha,
                ]
        )
    }
}
