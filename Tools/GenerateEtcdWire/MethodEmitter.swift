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
                    caseName: Self.caseName(service, method.name),
                    path: "/\(service.package).\(service.name)/\(method.name)",
                    streamsRequests: method.streamsRequests,
                    streamsResponses: method.streamsResponses
                )
            }
        }
    }

    /// The method's name, and more where two services have a method of one name.
    ///
    /// The health check's methods are called after their service, the older reflection's after its
    /// package.
    private static func caseName(_ service: Service, _ method: String) -> String {
        if service.name == "Health" { return "health" + method }
        return lowercasingFirst(method) + (service.package.hasSuffix(".v1alpha") ? "Alpha" : "")
    }

    var source: String {
        var lines = Lines(imports: [])
        lines.comment(["A method of etcd's services, or of gRPC's health check and reflection."])
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
                    lines.result(of: "case .\(method.caseName):", "\"\(method.path)\"")
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
            for method in methods { lines.add("case .\(method.caseName): true") }
            lines.add("default: false")
            lines.add("}")
        }
    }
}
