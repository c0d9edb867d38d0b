// swift-tools-version: 6.2
import PackageDescription

// The architecture: every module, its layer, and what it may use. An edge that does not point down
// stops the build. Tests/Tidy holds each `import` to this table.

enum Layer: Int { case base, core, wire, host, fronts, client, verification, programs }

struct Module {
    var name: String
    var layer: Layer
    var uses: [String] = []
    var packages: [Target.Dependency] = []
    var isC = false
    /// What its tests use beyond the module itself and what it uses.
    var testUses: [String] = []
    var testPackages: [Target.Dependency] = []
    var hasTests = true

    var folder: String { "\(layer)".prefix(1).uppercased() + "\(layer)".dropFirst() }
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)

let modules: [Module] = [
    Module(name: "Model", layer: .base),
    Module(name: "CChecksum", layer: .base, isC: true, hasTests: false),
    Module(name: "Bytes", layer: .base, uses: ["CChecksum"]),
    Module(name: "Environment", layer: .base, uses: ["Bytes", "Model"], hasTests: false),
    Module(name: "KeyspaceModel", layer: .base, uses: ["Bytes"], hasTests: false),

    Module(name: "RaftCore", layer: .core, uses: ["Bytes", "Model"]),
    Module(name: "Keyspace", layer: .core, uses: ["Bytes", "KeyspaceModel", "Model"]),
    Module(name: "Controller", layer: .core, uses: ["Bytes", "Model"]),
    Module(name: "Coordinators", layer: .core, uses: ["Bytes", "Model"]),
    Module(name: "Streams", layer: .core, uses: ["Bytes", "Model"]),

    Module(
        name: "HTTP2Wire",
        layer: .wire,
        uses: ["Bytes"],
        testPackages: [
            nioHPACK, nioHTTP2, nioEmbedded, nioCore,
        ]
    ),
    Module(
        name: "EtcdWire",
        layer: .wire,
        uses: ["Bytes", "KeyspaceModel"],
        testPackages: [protobuf]
    ),
    Module(name: "KafkaWire", layer: .wire, uses: ["Bytes"]),
    Module(name: "PeerWire", layer: .wire, uses: ["Bytes", "Model", "RaftCore"]),

    Module(
        name: "Journal",
        layer: .host,
        uses: ["Bytes", "Environment", "Model"],
        testUses: ["SystemEnvironment"]
    ),
    Module(
        name: "Segments",
        layer: .host,
        uses: ["Bytes", "Environment", "Model", "Streams"],
        testUses: ["SystemEnvironment"]
    ),
    Module(
        name: "Groups",
        layer: .host,
        uses: [
            "Bytes", "Controller", "Coordinators", "Environment", "EtcdWire", "Journal", "Keyspace",
            "KeyspaceModel", "Model", "PeerWire", "RaftCore", "Streams",
        ],
        testUses: ["SystemEnvironment"]
    ),
    Module(name: "CPosix", layer: .host, isC: true, hasTests: false),
    Module(
        name: "SystemEnvironment",
        layer: .host,
        uses: ["Bytes", "CPosix", "Environment", "Model"]
    ),
    Module(
        name: "Transport",
        layer: .host,
        uses: ["Bytes", "Environment", "Model", "PeerWire"],
        packages: [nioCore, nioPosix, nioSSL]
    ),

    Module(
        name: "Telemetry",
        layer: .host,
        uses: ["Groups", "Keyspace", "Model", "Transport"],
        testUses: ["Bytes", "EtcdWire", "KeyspaceModel", "RaftCore"]
    ),

    Module(
        name: "EtcdFront",
        layer: .fronts,
        uses: [
            "Bytes", "Controller", "Environment", "EtcdWire", "Groups", "HTTP2Wire", "Keyspace",
            "KeyspaceModel", "Model", "RaftCore", "Telemetry",
        ],
        packages: [nioCore],
        testPackages: [nioEmbedded]
    ),

    Module(
        name: "KafkaFront",
        layer: .fronts,
        uses: [
            "Bytes", "Controller", "Coordinators", "Environment", "Groups", "KafkaWire", "Model",
            "Streams", "Telemetry",
        ],
        packages: [nioCore],
        testPackages: [nioEmbedded]
    ),

    Module(
        name: "Client",
        layer: .client,
        uses: ["Bytes", "EtcdWire", "HTTP2Wire", "KeyspaceModel"],
        packages: [nioCore, nioPosix, nioSSL],
        testPackages: [nioEmbedded]
    ),

    Module(
        name: "Checkers",
        layer: .verification,
        uses: ["Bytes", "KeyspaceModel", "Model"]
    ),
    Module(
        name: "Simulation",
        layer: .verification,
        uses: [
            "Bytes", "Checkers", "Controller", "Environment", "EtcdWire", "Groups", "Journal",
            "Keyspace", "KeyspaceModel", "Model", "PeerWire", "RaftCore",
        ]
    ),

    Module(
        name: "Martlet",
        layer: .programs,
        uses: [
            "Bytes", "Client", "Controller", "Environment", "EtcdFront", "EtcdWire", "Groups",
            "Journal", "KafkaFront", "Keyspace", "KeyspaceModel", "Model", "RaftCore",
            "SystemEnvironment",
            "Telemetry", "Transport",
        ],
        packages: [argumentParser, nioCore, nioHTTP1, nioPosix, nioSSL]
    ),
    Module(
        name: "Simulator",
        layer: .programs,
        uses: ["Checkers", "Simulation"],
        packages: [argumentParser],
        hasTests: false
    ),
    Module(
        name: "HistoryCheck",
        layer: .programs,
        uses: ["Bytes", "Checkers", "EtcdWire", "KeyspaceModel"],
        packages: [argumentParser]
    ),
    Module(
        name: "GenerateEtcdWire",
        layer: .programs,
        hasTests: false
    ),
    Module(name: "GenerateKafkaWire", layer: .programs, hasTests: false),
]

let byName = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0) })

for module in modules {
    for use in module.uses where (byName[use]?.layer.rawValue ?? .max) > module.layer.rawValue {
        print("error: \(module.name) (\(module.layer)) must not use \(use): it is not below")
        fatalError("Package.swift: an edge points up")
    }
}

/// `MARTLET_MODULES=RaftCore,Bytes swift test` builds only these, what they use, and their tests.
let wanted: [String] =
    Context.environment["MARTLET_MODULES"]?.split(separator: ",").map(String.init)
    ?? modules.map(\.name) + ["Tidy", "FuzzTargets"]

/// What the fuzzer's targets decode with; the program that drives them is built with MARTLET_FUZZ.
let fuzzed = [
    "Bytes", "Controller", "Environment", "EtcdFront", "EtcdWire", "Groups", "HTTP2Wire", "Journal",
    "KafkaWire", "Keyspace", "KeyspaceModel", "Model", "PeerWire", "RaftCore", "Segments",
    "Streams", "SystemEnvironment", "Telemetry", "Transport",
]

func closure(of names: [String]) -> Set<String> {
    var found = Set<String>()
    var open = names
    if names.contains("FuzzTargets") { open += fuzzed }
    while let name = open.popLast() {
        guard found.insert(name).inserted, let module = byName[name] else { continue }
        open += module.uses + (names.contains(name) && module.hasTests ? module.testUses : [])
    }
    return found
}

let built = closure(of: wanted)

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

var targets: [Target] = []
var usedPackages: [Target.Dependency] = []

for module in modules where built.contains(module.name) {
    let dependencies = module.uses.map { Target.Dependency.target(name: $0) } + module.packages
    let path =
        module.name.hasPrefix("Generate")
        ? "Tools/\(module.name)"
        : "Sources/\(module.folder)/\(module.name)"
    usedPackages += module.packages
    if module.isC {
        targets.append(.target(name: module.name, path: path))
    } else if module.layer == .programs {
        targets.append(
            .executableTarget(
                name: module.name,
                dependencies: dependencies,
                path: path,
                swiftSettings: settings
            )
        )
    } else {
        targets.append(
            .target(
                name: module.name,
                dependencies: dependencies,
                path: path,
                swiftSettings: settings
            )
        )
    }
    if module.hasTests && wanted.contains(module.name) {
        usedPackages += module.testPackages
        let tested = [module.name] + module.uses + module.testUses
        targets.append(
            .testTarget(
                name: "\(module.name)Tests",
                dependencies: tested.map { .target(name: $0) } + module.packages
                    + module.testPackages,
                path: "Tests/Unit/\(module.name)Tests",
                swiftSettings: settings
            )
        )
    }
}

if wanted.contains("Tidy") {
    targets.append(.testTarget(name: "Tidy", path: "Tests/Tidy", swiftSettings: settings))
}

if wanted.contains("FuzzTargets") {
    usedPackages.append(nioCore)
    targets += [
        .target(
            name: "FuzzTargets",
            dependencies: fuzzed.map { .target(name: $0) } + [nioCore],
            path: "Tests/Fuzz/Targets",
            swiftSettings: settings
        ),
        .testTarget(
            name: "FuzzReplay",
            dependencies: ["FuzzTargets", "Bytes"],
            path: "Tests/Fuzz/Replay",
            swiftSettings: settings
        ),
    ]
}

if Context.environment["MARTLET_FUZZ"] != nil {
    #if arch(arm64)
    let machine = "aarch64"
    #else
    let machine = "x86_64"
    #endif
    // Tools/sanitized says where the toolchain keeps it.
    let libFuzzer: [LinkerSetting] = [
        .linkedLibrary("clang_rt.fuzzer_no_main-\(machine)"), .linkedLibrary("stdc++"),
    ]
    targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["FuzzTargets", "Bytes"],
            path: "Tests/Fuzz/Program",
            swiftSettings: settings + [.enableExperimentalFeature("Extern")],
            linkerSettings: libFuzzer
        )
    )
}

let usedProducts = usedPackages.map { "\($0)" }
let needs = { (products: Target.Dependency...) in
    products.contains { usedProducts.contains("\($0)") }
}

var dependencies: [Package.Dependency] = []
if needs(nioCore, nioPosix, nioEmbedded, nioHTTP1) {
    dependencies.append(.package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"))
}
if needs(nioSSL) {
    dependencies.append(.package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"))
}
if needs(nioHTTP2, nioHPACK) {
    dependencies.append(.package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"))
}
if needs(protobuf) {
    dependencies.append(
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: [])
    )
}
if needs(argumentParser) {
    dependencies.append(
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    )
}

let package = Package(
    name: "martlet",
    products: [],
    dependencies: dependencies,
    targets: targets
)
