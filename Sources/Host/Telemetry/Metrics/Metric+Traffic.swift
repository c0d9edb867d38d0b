/// Peers, clients and their calls: etcd's names and those of gRPC servers.
extension Metric {
    static var network: [Metric] {
        [
            peerSentBytes, peerReceivedBytes, peerSendFailures, peerRoundTrips,
            clientReceivedBytes, clientSentBytes,
        ]
    }

    public static let peerSentBytes = Metric(
        "etcd_network_peer_sent_bytes_total",
        .counter,
        labels: ["To"],
        "Bytes of frames given to the connection to a node."
    )
    public static let peerReceivedBytes = Metric(
        "etcd_network_peer_received_bytes_total",
        .counter,
        labels: ["From"],
        "Bytes of frames that came from a node."
    )
    public static let peerSendFailures = Metric(
        "etcd_network_peer_sent_failures_total",
        .counter,
        labels: ["To"],
        "Frames that were dropped, as there was no connection to the node or it took no more."
    )
    public static let peerRoundTrips = Metric(
        "etcd_network_peer_round_trip_time_seconds",
        .histogram,
        labels: ["To"],
        "From a ping to the node's answer, through both event loops."
    )
    public static let clientReceivedBytes = Metric(
        "etcd_network_client_grpc_received_bytes_total",
        .counter,
        "Bytes of HTTP/2 that clients sent, without TLS."
    )
    public static let clientSentBytes = Metric(
        "etcd_network_client_grpc_sent_bytes_total",
        .counter,
        "Bytes of HTTP/2 that clients were sent, without TLS."
    )

    static var calls: [Metric] { [callsStarted, callsEnded, messagesReceived, messagesSent] }

    private static let callLabels = ["grpc_method", "grpc_service", "grpc_type"]

    public static let callsStarted = Metric(
        "grpc_server_started_total",
        .counter,
        labels: callLabels,
        "Calls of a method that is served here, from their headers on."
    )
    public static let callsEnded = Metric(
        "grpc_server_handled_total",
        .counter,
        labels: ["grpc_code"] + callLabels,
        "Calls that have ended, by gRPC's code; Canceled if the client left."
    )
    public static let messagesReceived = Metric(
        "grpc_server_msg_received_total",
        .counter,
        labels: callLabels,
        "Messages of clients."
    )
    public static let messagesSent = Metric(
        "grpc_server_msg_sent_total",
        .counter,
        labels: callLabels,
        "Messages to clients."
    )
}
