internal import Bytes
internal import Controller
internal import Environment
internal import Groups
internal import KafkaWire
internal import Model

/// Changes of the metadata that one call asked for, until each has its outcome.
struct PendingTopics {
    var refusals: [TopicRefusal?]
    var openCount: Int

    /// Makes the answer of what became of each.
    let finish: (KafkaFront, [TopicRefusal?]) -> Void
}

// Topics created, grown, deleted and configured: records of the control group's log.
extension KafkaFront {
    /// Proposes what each part asks for, if anything; `finish` then hears what became of each.
    func propose(
        _ parts: [Result<ClusterRecord, TopicRefusal>],
        _ call: Call,
        finish: @escaping (KafkaFront, [TopicRefusal?]) -> Void
    ) {
        var pending = PendingTopics(refusals: [], openCount: 0, finish: finish)
        for (place, part) in parts.enumerated() {
            switch part {
            case .success(let record):
                pending.openCount += 1
                pending.refusals.append(nil)
                shard.propose(record, for: PartKey(call.key, part: place).waiter)
            case .failure(let refusal): pending.refusals.append(refusal)
            }
        }
        guard pending.openCount > 0 else { return finish(self, pending.refusals) }
        // Whoever has topics will have consumers; their groups are there when they come.
        if shard.metadata?.coordinators.isEmpty ?? false { shard.propose(.coordinatorsFounded) }
        calls[call.key] = .topics(call, pending)
        wantTurn(call)
    }

    func completeTopics(_ part: PartKey, _ result: CompletionResult) {
        guard case .topics(let call, var pending)? = calls.removeValue(forKey: part.call),
            part.part < pending.refusals.count
        else { return }
        switch result {
        case .metadataChanged(let delta): pending.refusals[part.part] = delta.topicRefusal
        case .refused(let refusal):
            pending.refusals[part.part] = TopicRefusal(
                refusal == .timedOut ? .requestTimedOut : .notController,
                "\(refusal)"
            )
        default: break
        }
        pending.openCount -= 1
        guard pending.openCount == 0 else { return calls[part.call] = .topics(call, pending) }
        pending.finish(self, pending.refusals)
    }

    func createTopics(_ request: CreateTopicsRequest, _ call: Call) {
        refreshIndexes()
        var parts = request.topics.map { creation(of: $0) }
        // Two of one name in one request: neither can be the one that was meant.
        for (place, topic) in request.topics.enumerated()
        where request.topics.contains(where: { $0.name == topic.name && $0 != topic }) {
            parts[place] = .failure(
                TopicRefusal(.invalidRequest, "'\(topic.name)' is named more than once")
            )
        }
        if request.validateOnly {
            let refusals = parts.map { $0.map { objection(to: $0) } }
            return replyCreated(
                request,
                refusals.map {
                    if case .failure(let refusal) = $0 { refusal } else { try? $0.get() }
                },
                call
            )
        }
        propose(parts.map { $0.map { .topicCreated($0) } }, call) { front, refusals in
            front.replyCreated(request, refusals, call)
        }
    }

    /// What the controller would say, as far as this node's metadata tells.
    private func objection(to creation: TopicCreation) -> TopicRefusal? {
        var controller = Controller(image: shard.metadata ?? MetadataImage())
        return controller.apply(.topicCreated(creation)).topicRefusal
    }

    private func creation(
        of topic: CreateTopicsRequest.Topic
    ) -> Result<TopicCreation, TopicRefusal> {
        guard topic.assignments.isEmpty else {
            return .failure(
                TopicRefusal(
                    .invalidReplicaAssignment,
                    "replicas are placed by the cluster: leave the assignment away"
                )
            )
        }
        var settings: [TopicSetting] = []
        for config in topic.configs {
            switch sound(config.name, config.value) {
            case .success(let setting): settings.append(setting)
            case .failure(let refusal): return .failure(refusal)
            }
        }
        return .success(
            creation(
                topic.name,
                partitions: Int(topic.numPartitions),
                replicas: Int(topic.replicationFactor),
                settings
            )
        )
    }

    /// −1 is the default, of partitions and of replicas.
    private func creation(
        _ name: ByteSlice,
        partitions: Int = -1,
        replicas: Int = -1,
        _ settings: [TopicSetting] = []
    ) -> TopicCreation {
        let members = shard.metadata?.votingMembers.count ?? 1
        return TopicCreation(
            name: name.text,
            id: TopicID(high: random.next(), low: random.next()),
            partitionCount: partitions == -1 ? Limits.partitionsByDefault : max(0, partitions),
            replicationFactor: replicas == -1
                ? min(Limits.replicasByDefault, members) : max(0, replicas),
            settings: settings
        )
    }

    private func replyCreated(
        _ request: CreateTopicsRequest,
        _ refusals: [TopicRefusal?],
        _ call: Call
    ) {
        refreshIndexes()
        var response = CreateTopicsResponse()
        for (topic, refusal) in zip(request.topics, refusals) {
            var answer = CreateTopicsResponse.Topic(name: topic.name, errorMessage: nil)
            if let refusal {
                answer.errorCode = refusal.code
                answer.errorMessage = refusal.message
                answer.configs = nil
            } else if let entry = topics[topic.name] {
                answer.topicID = KafkaUUID(entry.topic.id)
                answer.numPartitions = Int32(entry.topic.partitions.count)
                answer.replicationFactor = Int16(entry.topic.partitions.first?.replicas.count ?? 0)
                answer.configs = TopicSettingDefinition.all.map { definition in
                    CreateTopicsResponse.Config(
                        name: definition.name,
                        value: entry.topic.setting(definition.name) ?? definition.initial,
                        configSource: ConfigSource.of(definition, in: entry.topic).rawValue
                    )
                }
            }
            response.topics.append(answer)
        }
        reply(response, to: call)
    }

    /// Topics that a client asked about and that are created by that.
    func createTopics(
        named names: [ByteSlice],
        for wanted: [MetadataRequest.Topic],
        _ call: Call
    ) {
        let parts = names.map { name -> Result<ClusterRecord, TopicRefusal> in
            .success(.topicCreated(creation(name)))
        }
        propose(parts, call) { front, _ in front.replyMetadata(of: wanted, to: call) }
    }

    func deleteTopics(_ request: DeleteTopicsRequest, _ call: Call) {
        refreshIndexes()
        let wanted =
            call.version >= 6
            ? request.topics : request.topicNames.map { DeleteTopicsRequest.Topic(name: $0) }
        let found = wanted.map { topic in
            topic.name.map { topics[$0] } ?? topics[topic.topicID.topicID]
        }
        let parts = zip(wanted, found).map { topic, entry -> Result<ClusterRecord, TopicRefusal> in
            guard let entry else {
                return .failure(
                    topic.name == nil
                        ? TopicRefusal(.unknownTopicID, "there is no topic of that ID")
                        : TopicRefusal(.topicNotFound(topic.name?.text ?? ""))
                )
            }
            return .success(.topicDropped(entry.topic.name))
        }
        propose(parts, call) { front, refusals in
            var response = DeleteTopicsResponse()
            for (place, refusal) in refusals.enumerated() {
                response.topics.append(
                    DeleteTopicsResponse.Topic(
                        name: wanted[place].name ?? found[place]?.name,
                        topicID: found[place].map { KafkaUUID($0.topic.id) }
                            ?? wanted[place].topicID,
                        errorCode: refusal?.code ?? .none,
                        errorMessage: refusal?.message
                    )
                )
            }
            front.reply(response, to: call)
        }
    }

    func createPartitions(_ request: CreatePartitionsRequest, _ call: Call) {
        refreshIndexes()
        let parts = request.topics.map { topic -> Result<ClusterRecord, TopicRefusal> in
            guard topic.assignments?.isEmpty ?? true else {
                return .failure(
                    TopicRefusal(
                        .invalidReplicaAssignment,
                        "replicas are placed by the cluster: leave the assignment away"
                    )
                )
            }
            let record = ClusterRecord.partitionsAdded(
                topic: topic.name.text,
                count: max(0, Int(topic.count))
            )
            guard request.validateOnly else { return .success(record) }
            var controller = Controller(image: shard.metadata ?? MetadataImage())
            let refusal = controller.apply(record).topicRefusal
            return .failure(refusal ?? TopicRefusal(.none, ""))
        }
        propose(parts, call) { front, refusals in
            let topics = zip(request.topics, refusals).map { topic, refusal in
                CreatePartitionsResponse.Topic(
                    name: topic.name,
                    errorCode: refusal?.code ?? .none,
                    errorMessage: refusal.flatMap { $0.code == .none ? nil : $0.message }
                )
            }
            front.reply(CreatePartitionsResponse(topics: topics), to: call)
        }
    }
}
