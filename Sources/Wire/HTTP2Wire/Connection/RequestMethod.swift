public enum RequestMethod: UInt8, Sendable {
    case other, get, head, post, put, delete, options, connect
}
