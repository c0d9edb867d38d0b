public import Bytes

// ProtoJSON: etcd's messages in protobuf's JSON, to and from the bytes of the wire.
//
// The rules are those of etcd's gateway. In: fields by the name of the `.proto` file or in camel
// case, unknown ones skipped, null for a default; 64-bit numbers as numbers or in quotes, bytes in
// base64, enums by name or number. Out: the file's names, defaults left out, 64-bit numbers in
// quotes, bytes in base64, enums by name.
//
// There are no values in between: a text becomes the bytes that a gRPC client would have sent, and
// they go the same way from there.

/// Requests and responses of etcd's methods as JSON.
public enum ProtoJSON {
    /// The requests in a text, one JSON object after the other, at most so many; what follows them
    /// is not looked at.
    public static func requests(
        of method: EtcdMethod,
        in text: [UInt8],
        max: Int
    ) throws(DecodeError) -> [ByteSlice] {
        guard let name = ProtoSchema.etcd.methods[method.path]?.request else { return [] }
        var reader = JSONReader(text)
        var requests: [ByteSlice] = []
        while requests.count < max, reader.hasMore {
            var writer = ByteWriter()
            try reader.message(name, into: &writer, depth: 0)
            requests.append(writer.slice)
        }
        return requests
    }

    /// Appends a response that this server has encoded.
    public static func append(
        _ response: ByteSlice,
        of method: EtcdMethod,
        to text: inout [UInt8]
    ) throws(DecodeError) {
        guard let name = ProtoSchema.etcd.methods[method.path]?.response else { return }
        var writer = JSONWriter(appendingTo: text)
        text = []
        try writer.message(response, name)
        text = writer.text
    }

    /// Appends a string in quotes.
    public static func append(_ string: String, to text: inout [UInt8]) {
        var writer = JSONWriter(appendingTo: text)
        text = []
        writer.string(string.utf8)
        text = writer.text
    }
}
