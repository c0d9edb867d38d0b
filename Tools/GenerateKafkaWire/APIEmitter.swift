/// Writes the list of APIs and the list of error codes.
struct APIEmitter {
    let table: MessageTable

    var apis: String {
        var lines = Lines(imports: [])
        lines.comment(["The requests that Martlet knows, by the numbers that clients call them by."]
        )
        lines.block("public enum KafkaAPI: Int16, CaseIterable, Sendable") { lines in
            for api in table.apis {
                lines.comment(api.comment)
                lines.add("case \(propertyName(api.name)) = \(api.key)")
            }
            lines.add("")
            lines.comment(["Kafka's name, as in its documentation and metrics."])
            property("name: String", into: &lines) { "\"\($0.name)\"" }
            lines.add("")
            lines.comment(["The versions that the codecs know."])
            property("versions: ClosedRange<Int16>", into: &lines) { Self.text($0.versions) }
            lines.add("")
            lines.comment([
                "What ApiVersions is to say.",
                "",
                "More than the codecs know where old clients decide by versions that none sends.",
            ])
            property("advertisedVersions: ClosedRange<Int16>", into: &lines) {
                Self.text($0.advertised)
            }
            lines.add("")
            lines.comment(["The first version with compact lengths and tags; nil if none has them."]
            )
            property("firstFlexibleVersion: Int16?", into: &lines) {
                $0.firstFlexible.map(String.init) ?? "nil"
            }
        }
        return lines.text
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        "\(range.lowerBound)...\(range.upperBound)"
    }

    private func property(
        _ declaration: String,
        into lines: inout Lines,
        _ value: (API) -> String
    ) {
        lines.block("public var \(declaration)") { lines in
            lines.add("switch self {")
            for api in table.apis { lines.add("case .\(propertyName(api.name)): \(value(api))") }
            lines.add("}")
        }
    }

    var errors: String {
        var lines = Lines(imports: [])
        lines.comment([
            "What a response says went wrong.",
            "",
            "A number that is not in Kafka's list is kept as it is.",
        ])
        lines.block("public struct KafkaErrorCode: RawRepresentable, Hashable, Sendable") { lines in
            lines.add("public let rawValue: Int16")
            lines.add("")
            lines.add("public init(rawValue: Int16) { self.rawValue = rawValue }")
            lines.add("")
            for code in table.errors {
                lines.add(
                    "public static var \(errorName(code.name)): Self { Self(rawValue: \(code.number)) }"
                )
            }
        }
        lines.add("")
        lines.block("extension KafkaErrorCode: CustomStringConvertible") { lines in
            lines.comment(["Kafka's name for it, `UNKNOWN_TOPIC_ID`; the number if it has none."])
            lines.block("public var description: String") { lines in
                lines.add("switch rawValue {")
                for code in table.errors { lines.add("case \(code.number): \"\(code.name)\"") }
                lines.add("default: \"ERROR_\\(rawValue)\"")
                lines.add("}")
            }
            lines.add("")
            lines.comment(["Clients try again by themselves."])
            flag("isRetriable", into: &lines, \.isRetriable)
            lines.add("")
            lines.comment(["Clients ask for metadata before they try again."])
            flag("refreshesMetadata", into: &lines, \.refreshesMetadata)
        }
        return lines.text
    }

    private func flag(_ name: String, into lines: inout Lines, _ holds: (ErrorCode) -> Bool) {
        lines.block("public var \(name): Bool") { lines in
            lines.add("switch rawValue {")
            var numbers = table.errors.filter(holds).map { "\($0.number)" }[...]
            while !numbers.isEmpty {
                lines.add("case \(numbers.prefix(12).joined(separator: ", ")): true")
                numbers = numbers.dropFirst(12)
            }
            lines.add("default: false")
            lines.add("}")
        }
    }
}
