import EtcdWire
import Testing

@Suite struct MethodTests {
    @Test(arguments: EtcdMethod.allCases)
    func aMethodIsFoundByItsPath(_ method: EtcdMethod) {
        let found = method.path.withUTF8Buffer { EtcdMethod.named(UnsafeRawBufferPointer($0)) }
        #expect(found == method)
    }

    @Test(arguments: ["", "/", "/etcdserverpb.KV/Pit", "/etcdserverpb.KV/Range ", "etcdserverpb"])
    func anotherPathNamesNoMethod(_ path: String) {
        #expect(Array(path.utf8).withUnsafeBytes { EtcdMethod.named($0) } == nil)
    }

    @Test func servicesAreKnownByTheirFullName() {
        #expect(Array("etcdserverpb.KV".utf8).withUnsafeBytes { EtcdMethod.hasService($0) })
        #expect(!Array("etcdserverpb.Auth".utf8).withUnsafeBytes { EtcdMethod.hasService($0) })
    }

    @Test func onlyTheStreamingMethodsStream() {
        #expect(
            EtcdMethod.allCases.filter(\.streamsRequests) == [.watch, .leaseKeepAlive]
        )
        #expect(
            EtcdMethod.allCases.filter(\.streamsResponses)
                == [.rangeStream, .watch, .leaseKeepAlive, .snapshot, .healthWatch]
        )
    }
}
