/// What a message may ask of its decoder, however the bytes are made.
public enum Limits {
    /// Transactions within a transaction, each in the one before.
    ///
    /// Real clients nest two or three; each level costs stack.
    public static let nestingMax = 64

    /// Operations of a transaction, all levels together.
    ///
    /// An empty one is two bytes on the wire and some hundred in memory. etcd refuses more than 128
    /// a list later on.
    public static let operationsMax = 65_536

    /// Groups within groups in unknown fields; no message of etcd has any.
    static let groupsMax = 8

    /// Objects and lists within each other in a JSON text.
    ///
    /// Each level costs stack. A level of transactions takes three: an object, a list, an object.
    static let jsonDepthMax = 4 * nestingMax
}
