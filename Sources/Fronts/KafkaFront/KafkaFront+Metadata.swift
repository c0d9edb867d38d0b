internal import Bytes
internal import Controller
internal import Groups
internal import KafkaWire
internal import Model

// What the cluster is: brokers, topics, who leads what.
extension KafkaFront {
    func metadata(_ request: MetadataRequest, _ call: Call) {
        refreshIndexes()
        // A client that is told of no controller may not ask again for minutes; right after a start
        // the nodes have not told of themselves yet.
        guard controllerNumber >= 0 || patientUntil.map({ now >= $0 }) ?? false else {
            return earlyMetadata.append((request, call))
        }
        // No list means all topics; in version 0 an empty one does.
        guard let wanted = request.topics, call.version > 0 || !wanted.isEmpty else {
            return reply(describe(topics.entries.map { describe($0) }, call), to: call)
        }
        let missing = wanted.filter { entry($0) == nil && !($0.name?.isEmpty ?? true) }
        guard request.allowAutoTopicCreation, !missing.isEmpty else {
            return reply(describe(wanted.map { answer($0) }, call), to: call)
        }
        createTopics(named: missing.compactMap(\.name), for: wanted, call)
    }

    /// Whoever asked before the nodes had told of themselves.
    func answerEarlyMetadata() {
        guard !earlyMetadata.isEmpty else { return }
        let early = earlyMetadata
        earlyMetadata = []
        for (request, call) in early { metadata(request, call) }
    }

    /// What is known of them now, after those that were missing have been created, or not.
    func replyMetadata(of wanted: [MetadataRequest.Topic], to call: Call) {
        refreshIndexes()
        reply(describe(wanted.map { answer($0) }, call), to: call)
    }

    private func entry(_ wanted: MetadataRequest.Topic) -> TopicIndex.Entry? {
        if let name = wanted.name, !name.isEmpty { return topics[name] }
        return topics[wanted.topicID.topicID]
    }

    private func answer(_ wanted: MetadataRequest.Topic) -> MetadataResponse.Topic {
        if let entry = entry(wanted) { return describe(entry) }
        guard let name = wanted.name, !name.isEmpty else {
            return MetadataResponse.Topic(
                errorCode: .unknownTopicID,
                name: nil,
                topicID: wanted.topicID
            )
        }
        let code: KafkaErrorCode =
            TopicName.isSound(name.text) ? .unknownTopicOrPartition : .invalidTopicException
        return MetadataResponse.Topic(errorCode: code, name: name)
    }

    private func describe(
        _ topics: [MetadataResponse.Topic],
        _ call: Call
    ) -> MetadataResponse {
        MetadataResponse(
            brokers: brokers.brokers.map {
                MetadataResponse.Broker(nodeID: $0.id.number, host: $0.host, port: $0.port)
            },
            clusterID: clusterName,
            controllerID: controllerNumber,
            topics: topics
        )
    }

    private func describe(_ entry: TopicIndex.Entry) -> MetadataResponse.Topic {
        MetadataResponse.Topic(
            name: entry.name,
            topicID: KafkaUUID(entry.topic.id),
            partitions: entry.topic.partitions.enumerated().map { index, partition in
                describe(partition, Int32(index))
            }
        )
    }

    private func describe(
        _ partition: ReplicatedGroup,
        _ index: Int32
    ) -> MetadataResponse.Partition {
        let known = shard.leader(of: partition.group)
        let leader = brokers.number(of: known?.node)
        let replicas = partition.replicas.map { brokers.number(of: $0) }.filter { $0 >= 0 }
        return MetadataResponse.Partition(
            errorCode: leader < 0 ? .leaderNotAvailable : .none,
            index: index,
            leaderID: leader,
            leaderEpoch: leader < 0 ? -1 : Int32(clamping: known?.term.number ?? 0),
            replicaNodes: replicas,
            // Whoever belongs to the group counts: what is acknowledged is on a majority of them.
            isrNodes: replicas
        )
    }

    func describeCluster(_ request: DescribeClusterRequest, _ call: Call) {
        refreshIndexes()
        guard request.endpointType == 1 else {
            return reply(
                DescribeClusterResponse(
                    errorCode: .unsupportedEndpointType,
                    errorMessage: "brokers are controllers here: ask for endpoint type 1"
                ),
                to: call
            )
        }
        let response = DescribeClusterResponse(
            clusterID: clusterName,
            controllerID: controllerNumber,
            brokers: brokers.brokers.map {
                DescribeClusterResponse.Broker(
                    brokerID: $0.id.number,
                    host: $0.host,
                    port: $0.port
                )
            }
        )
        reply(response, to: call)
    }

    /// As etcd's clients see it, in hexadecimal.
    private var clusterName: String { String(cluster.number, radix: 16) }

    /// Who is to be asked for changes; every node can, so this one if nobody leads.
    private var controllerNumber: Int32 {
        let leader = brokers.number(of: shard.status(.control)?.leader)
        return leader < 0 ? brokers.number(of: node) : leader
    }

    func findCoordinator(_ request: FindCoordinatorRequest, _ call: Call) {
        refreshIndexes()
        guard let image = shard.metadata, !image.coordinators.isEmpty else {
            shard.propose(.coordinatorsFounded)
            wantTurn(call)
            return replyCoordinators(request, call) { _ in nil }
        }
        replyCoordinators(request, call) { key in
            let group = image.coordinators[
                CoordinatorHash.place(of: key, among: image.coordinators.count)
            ]
            return brokers.broker(of: shard.leader(of: group.group)?.node)
        }
    }

    private func replyCoordinators(
        _ request: FindCoordinatorRequest,
        _ call: Call,
        _ find: (ByteSlice) -> BrokerIndex.Broker?
    ) {
        let keys = call.version >= 4 ? request.coordinatorKeys : [request.key]
        let found = keys.map { key in
            let broker = find(key)
            return FindCoordinatorResponse.Coordinator(
                key: key,
                nodeID: broker?.id.number ?? -1,
                host: broker?.host ?? "",
                port: broker?.port ?? -1,
                errorCode: broker == nil ? .coordinatorNotAvailable : .none,
                errorMessage: broker == nil ? "no coordinator leads yet: try again" : nil
            )
        }
        guard call.version < 4, let only = found.first else {
            return reply(FindCoordinatorResponse(coordinators: found), to: call)
        }
        let response = FindCoordinatorResponse(
            errorCode: only.errorCode,
            errorMessage: only.errorMessage,
            nodeID: only.nodeID,
            host: only.host,
            port: only.port
        )
        reply(response, to: call)
    }
}

/// Which coordinator a consumers' group or a transactional ID has: the same on every node, for good.
enum CoordinatorHash {
    /// FNV-1a, 64 bits.
    static func place(of key: ByteSlice, among count: Int) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        key.withUnsafeBytes { bytes in
            for byte in bytes {
                hash ^= UInt64(byte)
                hash = hash &* 0x0000_0100_0000_01b3
            }
        }
        return Int(hash % UInt64(count))
    }
}
