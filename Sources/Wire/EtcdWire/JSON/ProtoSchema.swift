internal import Bytes

/// The messages of Protocols/etcd and their fields, for those who write them in JSON.
///
/// Read once from the descriptors that our generator wrote; names begin with a dot, as there.
struct ProtoSchema {
    enum Kind: Equatable {
        case bytes, string, bool, int32, int64, uint32, uint64
        case message(String)
        case enumeration(String)
    }

    struct Field {
        let number: UInt32
        let name: String
        let kind: Kind
        let isRepeated: Bool
    }

    struct Message {
        var fields: [UInt32: Field] = [:]

        /// By their names in the `.proto` file, and by those in protobuf's JSON.
        var named: [String: Field] = [:]
    }

    struct Enumeration {
        var names: [Int32: String] = [:]
        var numbers: [String: Int32] = [:]
    }

    private(set) var messages: [String: Message] = [:]
    private(set) var enumerations: [String: Enumeration] = [:]

    /// The messages of each method, by its path.
    private(set) var methods: [String: (request: String, response: String)] = [:]

    static let etcd = ProtoSchema(ProtoFile.all)

    private init(_ files: [ProtoFile]) {
        for file in files {
            do throws(DecodeError) {
                add(try WireReader.message(in: file.descriptor))
            } catch {
                preconditionFailure("the descriptor of \(file.name) does not decode: \(error)")
            }
        }
    }

    private mutating func add(_ file: FileDescriptor) {
        for enumeration in file.enumerations { add(enumeration, in: ".\(file.package)") }
        for message in file.messages {
            let name = ".\(file.package).\(message.name)"
            for enumeration in message.enumerations { add(enumeration, in: name) }
            messages[name] = Message(message)
        }
        for service in file.services {
            for method in service.methods {
                methods["/\(file.package).\(service.name)/\(method.name)"] =
                    (method.request, method.response)
            }
        }
    }

    private mutating func add(_ descriptor: EnumerationDescriptor, in scope: String) {
        var enumeration = Enumeration()
        for value in descriptor.values {
            enumeration.names[value.number] = value.name
            enumeration.numbers[value.name] = value.number
        }
        enumerations["\(scope).\(descriptor.name)"] = enumeration
    }
}

extension ProtoSchema.Message {
    fileprivate init(_ descriptor: MessageDescriptor) {
        for described in descriptor.fields {
            guard let kind = ProtoSchema.Kind(described) else { continue }
            let field = ProtoSchema.Field(
                number: described.number,
                name: described.name,
                kind: kind,
                isRepeated: described.label == 3
            )
            fields[field.number] = field
            named[field.name] = field
            named[Self.camelCase(field.name)] = field
        }
    }

    /// `range_end` becomes `rangeEnd`; every other letter stays as it is.
    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.prefix(1).joined()
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension ProtoSchema.Kind {
    /// By the numbers of `FieldDescriptorProto.Type`; our files use no others.
    fileprivate init?(_ field: FieldDescriptor) {
        switch field.type {
        case 3: self = .int64
        case 4: self = .uint64
        case 5: self = .int32
        case 8: self = .bool
        case 9: self = .string
        case 11: self = .message(field.typeName)
        case 12: self = .bytes
        case 13: self = .uint32
        case 14: self = .enumeration(field.typeName)
        default: return nil
        }
    }
}
