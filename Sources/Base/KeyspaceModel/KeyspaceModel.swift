// KeyspaceModel: what etcd's clients ask of a keyspace and what they are answered, as values.
//
// The structs in Generated come from the files in Protocols/etcd, one a message, written by
// Tools/GenerateEtcdWire. They know nothing of bytes on the wire: the keyspace computes with them,
// EtcdWire encodes and decodes them, tests and checkers compare them.
//
// A field of type `bytes` is a `ByteSlice`, a message field an optional, a oneof an optional enum
// that is nested in its message, and an enum has a case for the numbers that it does not know.
// Names are Swift's: `mod_revision` is `modRevision`, `watch_id` `watchID`, `ID` and `TTL` are
// `id` and `ttl`.
