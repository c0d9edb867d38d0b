/// Writes `EtcdMethod`: the services' methods, found by the path of a request.
func methodSource(of services: [Service]) -> String {
    var lines = Lines(imports: ["public import Bytes"])
    lines.add("")
    lines.add("/// A method of etcd's services or of gRPC's health check.")
    lines.block("public enum EtcdMethod: UInt8, Sendable, CaseIterable") { lines in
        for service in services {
            for method in service.methods { lines.add("case \(caseName(service, method.name))") }
        }
        lines.add("")
        property("path: StaticString", services, into: &lines) { service, method in
            "\"/\(service.package).\(service.name)/\(method.name)\""
        }
        lines.add("")
        lines.comment(["Whether the client may send several requests on one stream."])
        streams("streamsRequests", services, into: &lines) { $0.streamsRequests }
        lines.add("")
        streams("streamsResponses", services, into: &lines) { $0.streamsResponses }
        lines.add("")
        let names = services.map { "\"\($0.package).\($0.name)\"" }
        lines.comment(["The services whose methods these are."])
        lines.add("public static let services: [StaticString] = [")
        names.forEach { lines.add("    \($0),") }
        lines.add("]")
    }
    return lines.text.replacing("public import Bytes\n\n", with: "")
}

/// `Watch/Watch` is just `watch`; a name that two services have gets its service's before it.
private func caseName(_ service: Service, _ method: String) -> String {
    if service.name == "Health" { return "health" + method }
    return method == "HashKV" ? "hashKV" : lowercasingFirst(method)
}

private func property(
    _ declaration: String, _ services: [Service], into lines: inout Lines,
    _ value: @escaping (Service, (name: String, streamsRequests: Bool, streamsResponses: Bool)) ->
        String
) {
    lines.block("public var \(declaration)") {
        $0.add("switch self {")
        for service in services {
            for method in service.methods {
                $0.add("case .\(caseName(service, method.name)): \(value(service, method))")
            }
        }
        $0.add("}")
    }
}

private func streams(
    _ name: String, _ services: [Service], into lines: inout Lines,
    _ isStream: ((name: String, streamsRequests: Bool, streamsResponses: Bool)) -> Bool
) {
    let cases = services.flatMap { service in
        service.methods.filter(isStream).map { "." + caseName(service, $0.name) }
    }
    lines.block("public var \(name): Bool") {
        $0.add("switch self {")
        $0.add("case \(cases.joined(separator: ", ")): true")
        $0.add("default: false")
        $0.add("}")
    }
}
