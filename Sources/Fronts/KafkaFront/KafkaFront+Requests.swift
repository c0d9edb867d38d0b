internal import Bytes
internal import Groups
internal import KafkaWire
internal import Model

// From a request's bytes to who serves it.
extension KafkaFront {
    /// The APIs that are served, with the versions that clients are told.
    ///
    /// What is not here is not advertised, so that clients do without it. Produce is advertised from
    /// version 0 on, as by Kafka 4, because old clients look for that (KAFKA-18659); none sends it.
    static let served: [KafkaAPI] = [
        .produce, .fetch, .listOffsets, .metadata, .findCoordinator, .apiVersions, .createTopics,
        .deleteTopics, .deleteRecords, .initProducerID, .offsetForLeaderEpoch, .describeConfigs,
        .alterConfigs, .createPartitions, .incrementalAlterConfigs, .describeCluster, .joinGroup,
        .syncGroup, .heartbeat, .leaveGroup, .offsetCommit, .offsetFetch, .describeGroups,
        .listGroups, .deleteGroups, .offsetDelete,
    ]

    func serve(_ bytes: ByteSlice, on connection: KafkaConnection) {
        guard let number = connection.number else { return }
        counters.requests &+= 1
        var reader = KafkaReader(bytes)
        guard let header = try? KafkaRequestHeader(decoding: &reader), let api = header.api,
            Self.served.contains(api)
        else { return refuse(connection) }
        let call = Call(
            key: CallKey(connection: number, request: connection.replies.open()),
            api: api,
            version: header.version,
            correlation: header.correlationID,
            clientID: header.clientID
        )
        guard api.versions.contains(header.version) else {
            // Whoever asks which versions there are may ask in one that there is not (KIP-511).
            if api == .apiVersions { return replyUnsupportedVersion(to: call) }
            connection.answer(call.key.request, nil)
            return refuse(connection)
        }
        do throws(DecodeError) {
            try dispatch(&reader, call)
        } catch {
            connection.answer(call.key.request, nil)
            refuse(connection)
        }
    }

    /// The protocol has no word for such a request; its connection ends, behind what it is owed.
    private func refuse(_ connection: KafkaConnection) {
        counters.badRequests &+= 1
        connection.leave()
    }

    private func dispatch(_ reader: inout KafkaReader, _ call: Call) throws(DecodeError) {
        switch call.api {
        case .produce: produce(try message(&reader, call), call)
        case .fetch: fetch(try message(&reader, call), call)
        case .listOffsets: listOffsets(try message(&reader, call), call)
        case .metadata: metadata(try message(&reader, call), call)
        case .findCoordinator: findCoordinator(try message(&reader, call), call)
        case .apiVersions: replyVersions(try message(&reader, call), to: call)
        case .createTopics: createTopics(try message(&reader, call), call)
        case .deleteTopics: deleteTopics(try message(&reader, call), call)
        case .deleteRecords: deleteRecords(try message(&reader, call), call)
        case .initProducerID: initProducerID(try message(&reader, call), call)
        case .offsetForLeaderEpoch: offsetForLeaderEpoch(try message(&reader, call), call)
        case .describeConfigs: describeConfigs(try message(&reader, call), call)
        case .alterConfigs: alterConfigs(try message(&reader, call), call)
        case .createPartitions: createPartitions(try message(&reader, call), call)
        case .incrementalAlterConfigs: alterIncrementally(try message(&reader, call), call)
        case .describeCluster: describeCluster(try message(&reader, call), call)
        case .joinGroup: joinGroup(try message(&reader, call), call)
        case .syncGroup: syncGroup(try message(&reader, call), call)
        case .heartbeat: heartbeat(try message(&reader, call), call)
        case .leaveGroup: leaveGroup(try message(&reader, call), call)
        case .offsetCommit: commitOffsets(try message(&reader, call), call)
        case .offsetFetch: fetchOffsets(try message(&reader, call), call)
        case .describeGroups: describeGroups(try message(&reader, call), call)
        case .listGroups: listGroups(try message(&reader, call), call)
        case .deleteGroups: deleteGroups(try message(&reader, call), call)
        case .offsetDelete: deleteOffsets(try message(&reader, call), call)
        default: throw .malformed("\(call.api.name) is not served")
        }
    }

    /// A message.
    ///
    /// What is behind it is not looked at, as Kafka does not: librdkafka 2.16 leaves three bytes there when
    /// it asks for all topics.
    private func message<Message: KafkaMessage>(
        _ reader: inout KafkaReader,
        _ call: Call
    ) throws(DecodeError) -> Message {
        try Message(decoding: &reader, version: call.version)
    }

    func reply(_ response: some KafkaMessage, to call: Call, version: Int16? = nil) {
        guard let connection = connection(call.key.connection) else { return }
        var writer = KafkaWriter()
        writer.response(
            response,
            correlationID: call.correlation,
            version: version ?? call.version
        )
        connection.answer(call.key.request, writer.take())
    }

    func wantTurn(_ call: Call) { connection(call.key.connection)?.wantTurn() }

    /// A turn has come to something that a call waits for.
    func complete(_ completion: Completion) {
        guard completion.waiter.connection != Self.ownConnection else {
            return completeOwn(completion.waiter.request, completion.result)
        }
        let part = PartKey(completion.waiter)
        switch calls[part.call] {
        case .produce: completeProduce(part, completion.result)
        case .topics: completeTopics(part, completion.result)
        case .records: completeDeletion(part, completion.result)
        case .fetch, nil: return
        }
    }

    /// Its client has gone.
    func end(_ key: CallKey) {
        if case .fetch(_, let pending)? = calls.removeValue(forKey: key) {
            waitingFetches.remove(key, pending)
        }
    }

    /// A topic by name or, from some version on, by ID.
    func entry(
        _ name: ByteSlice,
        _ id: KafkaUUID,
        _ version: Int16,
        since: Int16
    ) -> TopicIndex.Entry? {
        refreshIndexes()
        return version >= since ? topics[id.topicID] : topics[name]
    }
}
