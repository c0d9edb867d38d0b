import ArgumentParser
import Bytes
import Client
import EtcdWire
import KeyspaceModel

struct KV: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv",
        abstract: "Read, write and watch keys.",
        subcommands: [Get.self, Put.self, Delete.self, Watch.self]
    )

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print keys and their values.")

        @OptionGroup var endpoints: Endpoints

        @Argument(help: "The key.")
        var key: String

        @Flag(help: "All keys that begin with it.")
        var prefix = false

        @Flag(help: "Keys only.")
        var keysOnly = false

        @Flag(help: "Values only.")
        var valuesOnly = false

        @Option(help: "The keyspace as it was at this revision.")
        var revision: Int64 = 0

        @Option(help: "At most this many keys; 0 means all.")
        var limit: Int64 = 0

        func run() async throws {
            try await endpoints.withClient { client in
                let request = RangeRequest(
                    key: ByteSlice(key),
                    rangeEnd: prefix ? KeyRanges.end(ofPrefix: key) : .empty,
                    limit: limit,
                    revision: revision,
                    keysOnly: keysOnly
                )
                let response: RangeResponse = try await client.call(.range, request)
                for pair in response.kvs {
                    if !valuesOnly { Output.line(pair.key) }
                    if !keysOnly { Output.line(pair.value) }
                }
            }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Store a value under a key.")

        @OptionGroup var endpoints: Endpoints

        @Argument(help: "The key.")
        var key: String

        @Argument(help: "The value.")
        var value: String

        @Option(help: "A lease to attach the key to.")
        var lease: Int64 = 0

        func run() async throws {
            try await endpoints.withClient { client in
                let request = PutRequest(
                    key: ByteSlice(key),
                    value: ByteSlice(value),
                    lease: lease
                )
                let _: PutResponse = try await client.call(.put, request)
                print("OK")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "del",
            abstract: "Delete keys; prints how many there were."
        )

        @OptionGroup var endpoints: Endpoints

        @Argument(help: "The key.")
        var key: String

        @Flag(help: "All keys that begin with it.")
        var prefix = false

        func run() async throws {
            try await endpoints.withClient { client in
                let request = DeleteRangeRequest(
                    key: ByteSlice(key),
                    rangeEnd: prefix ? KeyRanges.end(ofPrefix: key) : .empty
                )
                let response: DeleteRangeResponse = try await client.call(.deleteRange, request)
                print(response.deleted)
            }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print changes of keys as they happen, until interrupted."
        )

        @OptionGroup var endpoints: Endpoints

        @Argument(help: "The key.")
        var key: String

        @Flag(help: "All keys that begin with it.")
        var prefix = false

        @Option(help: "Begin with this revision instead of with what comes next.")
        var revision: Int64 = 0

        func run() async throws {
            try await endpoints.withClient { client in
                let create = WatchCreateRequest(
                    key: ByteSlice(key),
                    rangeEnd: prefix ? KeyRanges.end(ofPrefix: key) : .empty,
                    startRevision: revision
                )
                let request = WatchRequest(requestUnion: .createRequest(create))
                try await client.stream(.watch, request) { (response: WatchResponse) in
                    guard !response.canceled else {
                        throw ClientError.refused(code: 11, Self.reason(response))
                    }
                    for event in response.events { Self.show(event) }
                }
            }
        }

        private static func reason(_ response: WatchResponse) -> String {
            response.compactRevision > 0
                ? "the revision was compacted; begin at \(response.compactRevision)"
                : "the watch was cancelled: \(response.cancelReason)"
        }

        private static func show(_ event: Event) {
            guard let pair = event.kv else { return }
            switch event.type {
            case .put: print("PUT")
            case .delete: print("DELETE")
            case .unrecognized(let number): print("event \(number)")
            }
            Output.line(pair.key)
            if event.type == .put { Output.line(pair.value) }
            Output.flush()
        }
    }
}

/// Ends of key ranges.
enum KeyRanges {
    /// The first key behind all that begin with `prefix`; everything for the empty prefix.
    static func end(ofPrefix prefix: String) -> ByteSlice {
        var bytes = [UInt8](prefix.utf8)
        while let last = bytes.popLast() {
            guard last < 0xff else { continue }
            bytes.append(last + 1)
            return ByteSlice(bytes)
        }
        return ByteSlice([0])
    }
}
