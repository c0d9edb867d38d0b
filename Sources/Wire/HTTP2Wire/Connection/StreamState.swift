/// One open stream; a stream that both sides ended, or one reset, is no longer in the table.
struct StreamState {
    /// Zero in a free slot of the table.
    var id: UInt32 = 0
    var isLocalEnded = false
    var isRemoteEnded = false
    var areHeadersSent = false
    var areHeadersReceived = false

    var sendWindow = 0
    var receiveWindow = 0
    /// Received and not yet given back by WINDOW_UPDATE.
    var receiveCredit = 0

    /// What `content-length` still promises; nil if it was not said.
    var bodyLeft: Int?
    var tag: UInt64 = 0
    var outbox: Outbox?
}
