/// How far the connection is.
enum ConnectionPhase {
    /// A server waits for the client's first 24 bytes; becomes `awaitingSettings`.
    case awaitingPreface

    /// The peer's first frame must be SETTINGS; becomes `open`.
    case awaitingSettings

    case open

    /// By failure; nothing is sent or taken any more.
    case closed
}
