internal import Model

// Topics that come, grow and go. As with keyspaces, what is asked for is a name; groups and places
// follow from the image alone.
extension Controller {
    mutating func createTopic(_ creation: TopicCreation) -> MetadataDelta {
        guard TopicName.isSound(creation.name) else {
            return .refused(.topicNameMalformed(creation.name))
        }
        guard image.topic(named: creation.name) == nil, image.topic(creation.id) == nil else {
            return .refused(.topicExists(creation.name))
        }
        guard image.isFounded else { return .refused(.notFounded) }
        guard image.topics.count < Limits.topicsMax else {
            return .refused(.tooManyTopics(limit: Limits.topicsMax))
        }
        if let refusal = objection(toPartitions: creation.partitionCount, besides: 0) {
            return .refused(refusal)
        }
        let voters = image.votingMembers.count
        guard (1...voters).contains(creation.replicationFactor) else {
            return .refused(.tooFewMembers(voters, wanted: creation.replicationFactor))
        }
        guard creation.settings.count <= Limits.topicSettingsMax else {
            return .refused(.tooManyTopicSettings(limit: Limits.topicSettingsMax))
        }
        var topic = TopicRecord(
            name: creation.name,
            id: creation.id,
            partitions: takeGroups(creation.partitionCount, on: creation.replicationFactor)
        )
        for setting in creation.settings { topic.settings.put(setting, by: \.name) }
        image.put(topic)
        return .topic(topic, addedFrom: 0)
    }

    mutating func dropTopic(_ name: String) -> MetadataDelta {
        guard let topic = image.topic(named: name) else {
            return .refused(.topicNotFound(name))
        }
        image.drop(topic)
        return .topicDropped(topic)
    }

    /// The new partitions are on as many members as the first.
    mutating func addPartitions(to name: String, upTo count: Int) -> MetadataDelta {
        guard var topic = image.topic(named: name) else {
            return .refused(.topicNotFound(name))
        }
        let first = topic.partitions.count
        guard count > first else { return .refused(.partitionsNotMore(first)) }
        if let refusal = objection(toPartitions: count, besides: first) {
            return .refused(refusal)
        }
        let voters = image.votingMembers.count
        let replicas = min(topic.partitions.first?.replicas.count ?? 1, voters)
        topic.partitions += takeGroups(count - first, on: replicas)
        image.put(topic)
        return .topic(topic, addedFrom: first)
    }

    mutating func configureTopic(
        _ name: String,
        _ settings: [TopicSetting],
        removing removed: [String]
    ) -> MetadataDelta {
        guard var topic = image.topic(named: name) else {
            return .refused(.topicNotFound(name))
        }
        topic.settings.removeAll { removed.contains($0.name) }
        for setting in settings { topic.settings.put(setting, by: \.name) }
        guard topic.settings.count <= Limits.topicSettingsMax else {
            return .refused(.tooManyTopicSettings(limit: Limits.topicSettingsMax))
        }
        image.put(topic)
        return .topicConfigured(topic)
    }

    /// The groups that keep consumers' offsets and transactions; asked for a second time they are
    /// there.
    mutating func foundCoordinators() -> MetadataDelta {
        guard image.isFounded else { return .refused(.notFounded) }
        guard image.coordinators.isEmpty else { return .unchanged }
        let replicas = min(Limits.coordinatorReplicas, image.votingMembers.count)
        image.coordinators = takeGroups(Limits.coordinators, on: replicas)
        return .coordinators(image.coordinators)
    }

    private mutating func takeGroups(_ count: Int, on replicas: Int) -> [ReplicatedGroup] {
        var planner = ReplicaPlanner(image)
        return (0..<count).map { _ in
            ReplicatedGroup(group: image.takeGroup(), founders: planner.place(on: replicas))
        }
    }

    private func objection(toPartitions count: Int, besides present: Int) -> MetadataRefusal? {
        guard (1...Limits.partitionsOfTopicMax).contains(count) else {
            return .partitionCountOutOfRange(limit: Limits.partitionsOfTopicMax)
        }
        guard image.partitionCount + count - present <= Limits.partitionsMax else {
            return .tooManyPartitions(limit: Limits.partitionsMax)
        }
        return nil
    }
}

extension MetadataImage {
    /// A member has gone: what it held goes to those that hold the fewest.
    mutating func replaceReplicas(of node: NodeID) {
        var planner = ReplicaPlanner(self)
        for topic in topics where topic.partitions.contains(where: { $0.replicas.contains(node) }) {
            var topic = topic
            for place in topic.partitions.indices {
                planner.replace(node, in: &topic.partitions[place].replicas)
            }
            put(topic)
        }
        for place in coordinators.indices {
            planner.replace(node, in: &coordinators[place].replicas)
        }
    }
}

/// Places the replicas of new groups: leaders where the fewest lead, the others where the fewest are.
///
/// From the image alone; of several equal members the one with the lowest ID.
struct ReplicaPlanner {
    private var loads: [Load]

    private struct Load {
        var node: NodeID
        var leads = 0
        var holds = 0
    }

    init(_ image: MetadataImage) {
        loads = image.votingMembers.map { Load(node: $0) }
        for partition in image.replicatedGroups { count(partition.replicas) }
    }

    /// `replicas` members, the first of which is to lead.
    mutating func place(on replicas: Int) -> [NodeID] {
        guard
            let leader = loads.min(by: {
                ($0.leads, $0.holds, $0.node) < ($1.leads, $1.holds, $1.node)
            })
        else { return [] }
        let others =
            loads.filter { $0.node != leader.node }
            .sorted { ($0.holds, $0.node) < ($1.holds, $1.node) }
            .prefix(replicas - 1)
        let nodes = [leader.node] + others.map(\.node)
        count(nodes)
        return nodes
    }

    /// Another member in place of one that has gone, if there is one that is not a replica already.
    mutating func replace(_ node: NodeID, in replicas: inout [NodeID]) {
        guard let place = replicas.firstIndex(of: node) else { return }
        replicas.remove(at: place)
        let present = replicas
        let free = loads.filter { !present.contains($0.node) }
        guard let least = free.min(by: { ($0.holds, $0.node) < ($1.holds, $1.node) }) else {
            return
        }
        count([least.node], leads: false)
        replicas.append(least.node)
    }

    private mutating func count(_ nodes: [NodeID], leads: Bool = true) {
        for place in loads.indices where nodes.contains(loads[place].node) {
            loads[place].holds += 1
            if leads, nodes.first == loads[place].node { loads[place].leads += 1 }
        }
    }
}
