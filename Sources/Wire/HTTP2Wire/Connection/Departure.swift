/// How far a connection is on its way to a graceful end (RFC 9113, section 6.8).
enum Departure {
    case staying

    /// GOAWAY with the highest number and a PING were sent: streams on their way still count.
    /// Becomes `leaving` when the PING comes back, or when the driver has waited enough.
    case announced

    /// No stream beyond those known is taken or opened; ends when they have.
    case leaving
}
