/// What a recorded history may ask of its reader.
enum Limits {
    /// Bytes of all files together; a run of an hour leaves some hundred megabytes.
    static let historyBytesMax = 4 << 30

    /// Bytes of one line: the largest message of etcd's clients, twice as hexadecimal digits need
    /// it, for a request and its answer.
    static let lineBytesMax = 64 << 20

    /// Fields of a line, known or not.
    static let fieldsMax = 32
}
