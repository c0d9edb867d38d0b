// What Kafka's clients do.
extension Metric {
    /// Those that the front of Kafka's clients writes.
    public static var streams: [Metric] {
        [
            kafkaConnections, kafkaRequests, kafkaBadRequests, kafkaReceivedBytes, kafkaSentBytes,
            producedBytes, fetchedBytes, fetchesWaiting, recordBytes,
        ]
    }

    public static let kafkaConnections = Metric(
        "martlet_kafka_connections",
        .gauge,
        "Open connections of Kafka's clients."
    )
    public static let kafkaRequests = Metric(
        "martlet_kafka_requests_total",
        .counter,
        "Requests of Kafka's clients."
    )
    public static let kafkaBadRequests = Metric(
        "martlet_kafka_bad_requests_total",
        .counter,
        "Requests that the protocol has no answer to; their connections were closed."
    )
    public static let kafkaReceivedBytes = Metric(
        "martlet_kafka_received_bytes_total",
        .counter,
        "Bytes that Kafka's clients sent, without TLS."
    )
    public static let kafkaSentBytes = Metric(
        "martlet_kafka_sent_bytes_total",
        .counter,
        "Bytes that Kafka's clients were sent, without TLS."
    )
    public static let producedBytes = Metric(
        "martlet_records_produced_bytes_total",
        .counter,
        "Bytes of record batches that were taken from producers, as they sent them."
    )
    public static let fetchedBytes = Metric(
        "martlet_records_fetched_bytes_total",
        .counter,
        "Bytes of record batches that consumers were sent."
    )
    public static let fetchesWaiting = Metric(
        "martlet_fetches_waiting",
        .gauge,
        "Fetches that wait for records."
    )
    public static let recordBytes = Metric(
        "martlet_record_bytes",
        .gauge,
        "About how many bytes of records this node holds."
    )
}
