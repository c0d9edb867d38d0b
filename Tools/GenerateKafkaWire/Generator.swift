// Writes the Swift values and codecs of Kafka's messages from the files in Protocols/kafka.
//
//     swift run GenerateKafkaWire            writes them
//     swift run GenerateKafkaWire --check    says which differ, and fails if any does
//
// Sources/Wire/KafkaWire/Generated gets a file an API, the list of APIs and that of error codes; the
// tests get code that makes random values and a list of all messages. TableParser says what the
// files look like and refuses the rest; the emitted code leans on KafkaReader and KafkaWriter, which
// are written by hand.

#if canImport(FoundationEssentials)
import FoundationEssentials
import Glibc
#else
import Foundation
#endif

@main
struct Generator {
    static let source = "Protocols/kafka"
    static let tables = [
        "log", "cluster", "topics", "groups", "consumer-groups", "transactions", "security",
    ]
    static let codecFolder = "Sources/Wire/KafkaWire/Generated"
    static let testFolder = "Tests/Unit/KafkaWireTests/Generated"

    static func main() {
        do {
            try GeneratedFiles(
                source: source,
                tool: "GenerateKafkaWire",
                folders: [codecFolder, testFolder],
                files: files(of: table())
            ).run()
        } catch {
            print("GenerateKafkaWire: \(error)")
            exit(1)
        }
    }

    private static func table() throws -> MessageTable {
        var table = MessageTable()
        for name in tables {
            let file = "\(name).messages"
            let text = try String(contentsOfFile: "\(source)/\(file)", encoding: .utf8)
            var parser = try TableParser(source: text, file: file)
            try parser.parse(into: &table)
        }
        table.apis.sort { $0.key < $1.key }
        let errors = try String(contentsOfFile: "\(source)/errors.tsv", encoding: .utf8)
        table.errors = try errors.split(separator: "\n").enumerated().map { index, line in
            guard let code = ErrorCode(line) else {
                throw TableError(file: "errors.tsv", line: index + 1, reason: "no code and name")
            }
            return code
        }
        return table
    }

    /// Every generated file's path and contents.
    private static func files(of table: MessageTable) -> [(path: String, text: String)] {
        var files: [(path: String, text: String)] = []
        for api in table.apis {
            var lines = Lines(imports: ["public import Bytes"])
            for message in [api.request, api.response] {
                lines.add("")
                MessageEmitter(message: message, api: propertyName(api.name)).emit(into: &lines)
            }
            files.append(("\(codecFolder)/\(typeName(api.name)).swift", lines.text))
        }
        for payload in table.payloads {
            var lines = Lines(imports: ["public import Bytes"])
            lines.add("")
            MessageEmitter(message: payload, api: nil).emit(into: &lines)
            files.append(("\(codecFolder)/\(payload.name).swift", lines.text))
        }
        let lists = APIEmitter(table: table)
        files.append(("\(codecFolder)/KafkaAPI.swift", lists.apis))
        files.append(("\(codecFolder)/KafkaErrorCode.swift", lists.errors))
        let tests = TestEmitter(table: table)
        files.append(("\(testFolder)/RandomMessages.swift", tests.randomValues))
        files.append(("\(testFolder)/AllMessages.swift", tests.list))
        return files
    }
}

extension ErrorCode {
    /// A line of `errors.tsv`: number, name, and what clients do.
    init?(_ line: Substring) {
        let parts = line.split(separator: "\t")
        guard parts.count >= 2, let number = Int(parts[0]) else { return nil }
        let flags = parts.count > 2 ? parts[2].split(separator: ",") : []
        self.init(
            number: number,
            name: String(parts[1]),
            isRetriable: flags.contains("retriable"),
            refreshesMetadata: flags.contains("refresh-metadata")
        )
    }
}
