// Writes the Swift values and codecs of etcd's messages from the files in Protocols/etcd.
//
//     swift run GenerateEtcdWire            writes them
//     swift run GenerateEtcdWire --check    says which differ, and fails if any does
//
// The values go to Sources/Base/KeyspaceModel/Generated; the codecs, the table of methods and the
// files' descriptors, which gRPC's server reflection tells, to Sources/Wire/EtcdWire/Generated. The parser knows what our files use of proto3 and refuses the
// rest; the emitted code leans on WireReader and WireFields, which are written by hand.

#if canImport(FoundationEssentials)
import FoundationEssentials
import Glibc
#else
import Foundation
#endif

@main
struct Generator {
    static let sources = [
        "kv.proto", "rpc.proto", "v3lock.proto", "v3election.proto", "health.proto",
        "reflection.proto", "reflection_v1alpha.proto", "keyspaces.proto",
    ]
    static let modelFolder = "Sources/Base/KeyspaceModel/Generated"
    static let codecFolder = "Sources/Wire/EtcdWire/Generated"

    static func main() {
        do {
            try GeneratedFiles(
                source: "Protocols/etcd",
                tool: "GenerateEtcdWire",
                folders: [modelFolder, codecFolder],
                files: outputs(of: schema())
            ).run()
        } catch {
            print("GenerateEtcdWire: \(error)")
            exit(1)
        }
    }

    private static func schema() throws -> Schema {
        let files = try sources.map { name in
            (
                name: name,
                source: try String(contentsOfFile: "Protocols/etcd/\(name)", encoding: .utf8)
            )
        }
        let enumerations = try files.flatMap {
            try ProtoParser.enumerationNames(in: $0.source, file: $0.name)
        }
        var schema = Schema()
        for file in files {
            var parser = try ProtoParser(
                source: file.source,
                file: file.name,
                enumerationNames: Set(enumerations)
            )
            try parser.parse(into: &schema)
        }
        return schema
    }

    /// Every generated file's path and contents.
    private static func outputs(of schema: Schema) -> [(path: String, text: String)] {
        let model = ModelEmitter(schema: schema)
        let codec = CodecEmitter(recursive: schema.recursiveMessages())
        var outputs: [(path: String, text: String)] = []
        for chapter in schema.chapters {
            outputs.append(
                ("\(modelFolder)/\(chapter.name)Messages.swift", model.source(of: chapter))
            )
            outputs.append(
                ("\(codecFolder)/\(chapter.name)Codecs.swift", codec.source(of: chapter))
            )
        }
        outputs.append(
            ("\(codecFolder)/EtcdMethod.swift", MethodEmitter(services: schema.services).source)
        )
        outputs.append(
            ("\(codecFolder)/ProtoFile+Files.swift", DescriptorEmitter(schema: schema).source)
        )
        return outputs
    }
}
