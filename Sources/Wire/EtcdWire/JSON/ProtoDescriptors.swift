internal import Bytes

// What of protobuf's `descriptor.proto` the schema needs; the tags are its numbers and wire types.

struct FileDescriptor: MergingMessage {
    static var blank: FileDescriptor { FileDescriptor() }

    var package = ""
    var messages: [MessageDescriptor] = []
    var enumerations: [EnumerationDescriptor] = []
    var services: [ServiceDescriptor] = []

    mutating func merge(from reader: inout WireReader) throws(DecodeError) {
        while let tag = try reader.nextTag() {
            switch tag {
            case 18: try reader.read(&package)
            case 34: try reader.read(&messages)
            case 42: try reader.read(&enumerations)
            case 50: try reader.read(&services)
            default: try reader.skip(tag)
            }
        }
    }
}

struct MessageDescriptor: MergingMessage {
    static var blank: MessageDescriptor { MessageDescriptor() }

    var name = ""
    var fields: [FieldDescriptor] = []
    var enumerations: [EnumerationDescriptor] = []

    mutating func merge(from reader: inout WireReader) throws(DecodeError) {
        while let tag = try reader.nextTag() {
            switch tag {
            case 10: try reader.read(&name)
            case 18: try reader.read(&fields)
            case 34: try reader.read(&enumerations)
            default: try reader.skip(tag)
            }
        }
    }
}

struct FieldDescriptor: MergingMessage {
    static var blank: FieldDescriptor { FieldDescriptor() }

    var name = ""
    var number: UInt32 = 0
    var label: UInt32 = 0
    var type: UInt32 = 0
    var typeName = ""

    mutating func merge(from reader: inout WireReader) throws(DecodeError) {
        while let tag = try reader.nextTag() {
            switch tag {
            case 10: try reader.read(&name)
            case 24: try reader.read(&number)
            case 32: try reader.read(&label)
            case 40: try reader.read(&type)
            case 50: try reader.read(&typeName)
            default: try reader.skip(tag)
            }
        }
    }
}

struct EnumerationDescriptor: MergingMessage {
    struct Value: MergingMessage {
        static var blank: Value { Value() }

        var name = ""
        var number: Int32 = 0

        mutating func merge(from reader: inout WireReader) throws(DecodeError) {
            while let tag = try reader.nextTag() {
                switch tag {
                case 10: try reader.read(&name)
                case 16: try reader.read(&number)
                default: try reader.skip(tag)
                }
            }
        }
    }

    static var blank: EnumerationDescriptor { EnumerationDescriptor() }

    var name = ""
    var values: [Value] = []

    mutating func merge(from reader: inout WireReader) throws(DecodeError) {
        while let tag = try reader.nextTag() {
            switch tag {
            case 10: try reader.read(&name)
            case 18: try reader.read(&values)
            default: try reader.skip(tag)
            }
        }
    }
}

struct ServiceDescriptor: MergingMessage {
    struct Method: MergingMessage {
        static var blank: Method { Method() }

        var name = ""
        var request = ""
        var response = ""

        mutating func merge(from reader: inout WireReader) throws(DecodeError) {
            while let tag = try reader.nextTag() {
                switch tag {
                case 10: try reader.read(&name)
                case 18: try reader.read(&request)
                case 26: try reader.read(&response)
                default: try reader.skip(tag)
                }
            }
        }
    }

    static var blank: ServiceDescriptor { ServiceDescriptor() }

    var name = ""
    var methods: [Method] = []

    mutating func merge(from reader: inout WireReader) throws(DecodeError) {
        while let tag = try reader.nextTag() {
            switch tag {
            case 10: try reader.read(&name)
            case 18: try reader.read(&methods)
            default: try reader.skip(tag)
            }
        }
    }
}
