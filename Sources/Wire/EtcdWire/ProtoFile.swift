public import Bytes

/// A `.proto` file, as gRPC's server reflection tells it to clients that do not have it.
public struct ProtoFile: Sendable {
    public let name: String

    let package: String

    /// The names of other files.
    let imports: [String]

    /// Services, methods, messages and enums, without the package, apart by spaces.
    let symbols: String

    /// The descriptor, a byte a character.
    let content: String

    /// The encoded `google.protobuf.FileDescriptorProto`.
    public var descriptor: ByteSlice {
        ByteSlice(content.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }

    /// The file and all that it imports, which a client needs to understand it.
    public var withImports: [ProtoFile] {
        var found = [self]
        var place = 0
        while place < found.count {
            for name in found[place].imports where !found.contains(where: { $0.name == name }) {
                if let file = ProtoFile.named(name) { found.append(file) }
            }
            place += 1
        }
        return found
    }

    public static func named(_ name: String) -> ProtoFile? { all.first { $0.name == name } }

    /// The file that defines a service, method, message or enum of this full name.
    public static func defining(_ symbol: String) -> ProtoFile? {
        all.first { file in
            let prefix = file.package + "."
            guard symbol.hasPrefix(prefix) else { return false }
            return file.symbols.split(separator: " ").contains(symbol.dropFirst(prefix.count))
        }
    }
}
