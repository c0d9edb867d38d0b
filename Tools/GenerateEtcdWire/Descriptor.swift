/// A file's `FileDescriptorProto`, as protobuf's own compiler describes it, without comments.
///
/// The numbers are those of protobuf's `descriptor.proto`.
struct Descriptor {
    let file: ProtoSource

    /// The full names of all files' messages and enums, by their own, which are all different.
    let fullNames: [String: String]

    var bytes: [UInt8] {
        var writer = DescriptorBytes()
        writer.text(1, file.name)
        writer.text(2, file.package)
        for name in file.imports { writer.text(3, name) }
        for message in file.messages { writer.message(4) { describe(message, into: &$0) } }
        for enumeration in file.enumerations {
            writer.message(5) { describe(enumeration, into: &$0) }
        }
        for service in file.services { writer.message(6) { describe(service, into: &$0) } }
        writer.text(12, "proto3")
        return writer.bytes
    }

    private func describe(_ message: Message, into writer: inout DescriptorBytes) {
        let oneofs = message.oneofs
        writer.text(1, message.name)
        for field in message.fields {
            writer.message(2) { describe(field, oneofs, into: &$0) }
        }
        for enumeration in message.enumerations {
            writer.message(4) { describe(enumeration, into: &$0) }
        }
        for oneof in oneofs { writer.message(8) { $0.text(1, oneof) } }
    }

    private func describe(
        _ field: Field,
        _ oneofs: [String],
        into writer: inout DescriptorBytes
    ) {
        writer.text(1, field.name)
        writer.number(3, field.number)
        writer.number(4, field.isRepeated ? 3 : 1)
        writer.number(5, field.kind.descriptorType)
        switch field.kind {
        case .message(let name), .enumeration(let name):
            writer.text(6, "." + (fullNames[name] ?? name))
        case .bytes, .string, .bool, .int32, .int64, .uint32, .uint64: break
        }
        if let place = oneofs.firstIndex(where: { $0 == field.oneof }) { writer.number(9, place) }
    }

    private func describe(_ enumeration: Enumeration, into writer: inout DescriptorBytes) {
        writer.text(1, enumeration.name)
        for value in enumeration.cases {
            writer.message(2) {
                $0.text(1, value.name)
                $0.number(2, value.number)
            }
        }
    }

    private func describe(_ service: Service, into writer: inout DescriptorBytes) {
        writer.text(1, service.name)
        for method in service.methods {
            writer.message(2) {
                $0.text(1, method.name)
                $0.text(2, fullName(ofMessage: method.request))
                $0.text(3, fullName(ofMessage: method.response))
                if method.streamsRequests { $0.number(5, 1) }
                if method.streamsResponses { $0.number(6, 1) }
            }
        }
    }

    private func fullName(ofMessage name: String) -> String {
        let own = String(name.split(separator: ".").last ?? "")
        return "." + (fullNames[own] ?? name)
    }
}

extension Message {
    /// The names of its oneofs, in the order of the file.
    var oneofs: [String] {
        fields.reduce(into: []) { names, field in
            if let oneof = field.oneof, !names.contains(oneof) { names.append(oneof) }
        }
    }
}

extension Field.Kind {
    fileprivate var descriptorType: Int {
        switch self {
        case .int64: 3
        case .uint64: 4
        case .int32: 5
        case .bool: 8
        case .string: 9
        case .message: 11
        case .bytes: 12
        case .uint32: 13
        case .enumeration: 14
        }
    }
}
