/// A header block that is not HPACK; the connection cannot go on, as its table is lost.
enum HPACKError: Error, Equatable, Sendable {
    case truncated
    case integerTooLarge
    case unknownIndex(Int)
    case malformedHuffman

    /// A table size update after the first field, or a third one (RFC 7541, section 4.2).
    case misplacedSizeUpdate

    /// A table size update above what we allow.
    case tableTooLarge(Int)
}
