/// Writes `EtcdMethod`: the services' methods, with their paths.
struct MethodEmitter {
    private struct Method {
        var caseName: String
        var path: String
        var streamsRequests: Bool
        var streamsResponses: Bool
    }

    private let services: [String]
    private let methods: [Method]

    init(services: [Service]) {
        self.services = services.map { "\($0.package).\($0.name)" }
        methods = services.flatMap { service in
            service.methods.map { method in
                Method(
                    caseName: Self.caseName(service.name, method.name),
                    path: "/\(service.package).\(service.name)/\(method.name)",
                    streamsRequests: method.streamsRequests,
                    streamsResponses: method.streamsResponses
                )
            }
        }
    }

    /// Two services have a method named Watch; the health check's is called after its service.
    private static func caseName(_ service: String, _ method: String) -> String {
        service == "Health" ? "health" + method : lowercasingFirst(method)
    }

    var source: String {
        var lines = Lines(imports: [])
        lines.comment(["A method of etcd's services or of gRPC's health check."])
        lines.block("public enum EtcdMethod: UInt8, Sendable, CaseIterable") { lines in
            for method in methods { lines.add("case \(method.caseName)") }
            lines.add("")
            lines.comment(["The services whose methods these are."])
            lines.add("public static let services = [")
            for service in services { lines.add("    \"\(service)\",") }
            lines.add("]")
            lines.add("")
            lines.comment(["The `:path` of its requests."])
            lines.block("public var path: String") { lines in
                lines.add("switch self {")
                for method in methods {
                    lines.add("case .\(method.caseName): \"\(method.path)\"")
                }
                lines.add("}")
            }
            lines.add("")
            lines.comment(["Whether a client may send several requests on one stream."])
            flag("streamsRequests", of: methods.filter(\.streamsRequests), into: &lines)
            lines.add("")
            lines.comment(["Whether a client may be sent several responses on one stream."])
            flag("streamsResponses", of: methods.filter(\.streamsResponses), into: &lines)
        }
        return lines.text
    }

    private func flag(_ name: String, of methods: [Method], into lines: inout Lines) {
        lines.block("public var \(name): Bool") { lines in
            lines.add("switch self {")
            lines.add("case \(methods.map { "." + $0.caseName }.joined(separator: ", ")): true")
            lines.add("default: false")
            lines.add("}")
        }
    }
}
