public import Telemetry

extension KafkaFront {
    /// Adds to a page of metrics what this front counts.
    public func write(into page: inout Exposition) {
        page.write(.kafkaConnections, UInt64(connectionCount))
        page.write(.kafkaRequests, counters.requests)
        page.write(.kafkaBadRequests, counters.badRequests)
        page.write(.kafkaReceivedBytes, counters.receivedBytes)
        page.write(.kafkaSentBytes, counters.sentBytes)
        page.write(.producedBytes, counters.producedBytes)
        page.write(.fetchedBytes, counters.fetchedBytes)
        page.write(.fetchesWaiting, UInt64(waitingFetches.deadlines.count))
        page.write(.recordBytes, UInt64(max(0, heldRecordBytes)))
    }
}
