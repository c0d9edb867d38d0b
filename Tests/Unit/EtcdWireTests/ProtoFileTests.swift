import Bytes
import EtcdWire
import Testing

/// Whether the descriptors are right, protobuf's own library says in `make conformance`.
@Suite struct ProtoFileTests {
    @Test func everyServiceAndMethodIsDefinedSomewhere() throws {
        for service in EtcdMethod.services { #expect(ProtoFile.defining(service) != nil) }
        for method in EtcdMethod.allCases {
            let symbol = method.path.dropFirst().split(separator: "/").joined(separator: ".")
            #expect(ProtoFile.defining(symbol) != nil, "\(symbol)")
        }
    }

    @Test(arguments: [
        ("mvccpb.Event", "kv.proto"),
        ("mvccpb.Event.EventType", "kv.proto"),
        ("etcdserverpb.AlarmType", "rpc.proto"),
        ("v3lockpb.Lock", "v3lock.proto"),
        ("v3lockpb.Lock.Unlock", "v3lock.proto"),
        ("grpc.reflection.v1.ServerReflection", "reflection.proto"),
        ("grpc.reflection.v1alpha.ServerReflection", "reflection_v1alpha.proto"),
    ])
    func aSymbolLeadsToItsFile(_ symbol: String, _ name: String) {
        #expect(ProtoFile.defining(symbol)?.name == name)
    }

    @Test(arguments: ["", "mvccpb", "mvccpb.", "mvccpb.Even", "Event", "etcdserverpb.Event", " "])
    func whatIsNotDefinedIsNotFound(_ symbol: String) {
        #expect(ProtoFile.defining(symbol) == nil)
    }

    @Test func aFileComesWithAllThatItImports() throws {
        let election = try #require(ProtoFile.named("v3election.proto"))
        #expect(
            election.withImports.map(\.name) == ["v3election.proto", "kv.proto", "rpc.proto"]
        )
        let lock = try #require(ProtoFile.named("v3lock.proto"))
        #expect(lock.withImports.map(\.name) == ["v3lock.proto", "rpc.proto", "kv.proto"])
        #expect(ProtoFile.named("lock.proto") == nil)
    }

    @Test func aDescriptorIsBytesWhateverTheStringHolds() throws {
        let file = try #require(ProtoFile.named("kv.proto"))
        #expect(file.descriptor[0..<10] == ByteSlice([10, 8] + Array("kv.proto".utf8)))
        #expect(file.descriptor[file.descriptor.count - 6..<file.descriptor.count] == "proto3")
        // Long messages have lengths above 127, of two bytes.
        let rpc = try #require(ProtoFile.named("rpc.proto"))
        #expect(rpc.descriptor.array.contains { $0 >= 0x80 })
    }
}
