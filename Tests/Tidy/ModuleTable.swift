import Foundation

/// `Package.swift`'s table of modules, read as text.
struct ModuleTable {
    struct Module {
        let name: String
        let layer: String
        let uses: Set<String>
        let products: Set<String>
        let isC: Bool

        /// Where its sources lie.
        var folder: String { "Sources/\(layer.prefix(1).uppercased() + layer.dropFirst())/\(name)" }
    }

    let modules: [String: Module]

    init(manifest: String) {
        var productNames: [String: String] = [:]
        let product = /let (\w+) = Target\.Dependency\.product\(\s*name: "(\w+)"/
        for match in manifest.matches(of: product) {
            productNames[String(match.1)] = String(match.2)
        }
        var modules: [String: Module] = [:]
        for call in manifest.components(separatedBy: " Module(").dropFirst() {
            let call = Self.untilClosed(call)
            guard let name = call.firstMatch(of: /name: "(\w+)"/)?.1,
                let layer = call.firstMatch(of: /layer: \.(\w+)/)?.1
            else { continue }
            let products = Self.list("packages", in: call).compactMap { productNames[$0] }
            modules[String(name)] = Module(
                name: String(name),
                layer: String(layer),
                uses: Set(Self.list("uses", in: call)),
                products: Set(products),
                isC: call.contains("isC: true")
            )
        }
        self.modules = modules
    }

    static let current = ModuleTable(manifest: SourceFile.read("Package.swift"))

    private static func untilClosed(_ text: String) -> String {
        var depth = 1
        return String(
            text.prefix { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth > 0
            }
        )
    }

    private static func list(_ label: String, in call: String) -> [String] {
        guard let start = call.range(of: "\(label): ["),
            let end = call.range(of: "]", range: start.upperBound..<call.endIndex)
        else { return [] }
        return call[start.upperBound..<end.lowerBound].split { !$0.isLetter && !$0.isNumber }
            .map(String.init)
    }
}
