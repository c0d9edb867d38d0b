internal import Bytes
internal import Controller
internal import Coordinators
internal import Environment
internal import KafkaWire
internal import Model

// Consumers' groups: from Kafka's messages to the coordinators' and back.
extension KafkaFront {
    func joinGroup(_ request: JoinGroupRequest, _ call: Call) {
        let join = JoinRequest(
            group: request.groupID,
            member: request.memberID,
            newMember: newMember(call, request.groupInstanceID),
            instance: request.groupInstanceID,
            clientID: call.clientID ?? .empty,
            clientHost: connection(call.key.connection)?.host ?? .empty,
            sessionTimeout: request.sessionTimeoutMs,
            rebalanceTimeout: request.rebalanceTimeoutMs,
            protocolType: request.protocolType,
            protocols: request.protocols.map { JoinProtocol(name: $0.name, metadata: $0.metadata) },
            mustKnowItsID: call.version >= 4,
            canSkipAssignment: call.version >= 9
        )
        let error = ask(request.groupID, .join(join)) { [weak self] answer in
            guard case .join(let answer) = answer else { return }
            self?.reply(JoinGroupResponse(answer, call.version), to: call)
        }
        if let error {
            let response = JoinGroupResponse(
                errorCode: error.code,
                protocolName: call.version >= 7 ? nil : .empty,
                memberID: request.memberID
            )
            reply(response, to: call)
        }
    }

    /// A name that no member had: what the client or its instance is called, and chance.
    private func newMember(_ call: Call, _ instance: ByteSlice?) -> ByteSlice {
        var name = ByteWriter()
        name.slice(instance ?? call.clientID ?? .empty)
        let chance = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        name.slice(ByteSlice("-" + chance))
        return name.slice
    }

    func syncGroup(_ request: SyncGroupRequest, _ call: Call) {
        let sync = SyncRequest(
            identity: MemberIdentity(
                group: request.groupID,
                member: request.memberID,
                instance: request.groupInstanceID,
                generation: GroupGeneration(request.generationID)
            ),
            protocolType: request.protocolType,
            protocolName: request.protocolName,
            assignments: request.assignments.map {
                MemberAssignment(member: $0.memberID, assignment: $0.assignment)
            }
        )
        let error = ask(request.groupID, .sync(sync)) { [weak self] answer in
            guard case .sync(let answer) = answer else { return }
            let response = SyncGroupResponse(
                errorCode: answer.error.code,
                protocolType: answer.protocolType,
                protocolName: answer.protocolName,
                assignment: answer.assignment
            )
            self?.reply(response, to: call)
        }
        if let error { reply(SyncGroupResponse(errorCode: error.code), to: call) }
    }

    func heartbeat(_ request: HeartbeatRequest, _ call: Call) {
        let identity = MemberIdentity(
            group: request.groupID,
            member: request.memberID,
            instance: request.groupInstanceID,
            generation: GroupGeneration(request.generationID)
        )
        let error = ask(request.groupID, .heartbeat(identity)) { [weak self] answer in
            guard case .heartbeat(let error) = answer else { return }
            self?.reply(HeartbeatResponse(errorCode: error.code), to: call)
        }
        if let error { reply(HeartbeatResponse(errorCode: error.code), to: call) }
    }

    func leaveGroup(_ request: LeaveGroupRequest, _ call: Call) {
        let members =
            call.version >= 3
            ? request.members.map {
                LeavingMember(member: $0.memberID, instance: $0.groupInstanceID)
            } : [LeavingMember(member: request.memberID)]
        let error = ask(request.groupID, .leave(group: request.groupID, members)) {
            [weak self] answer in
            guard case .leave(let error, let results) = answer else { return }
            // Before several could leave at once, the only one's error was the answer's.
            let own = call.version < 3 ? results.first?.error : nil
            let response = LeaveGroupResponse(
                errorCode: (error ?? own).code,
                members: results.map {
                    LeaveGroupResponse.Member(
                        memberID: $0.member,
                        groupInstanceID: $0.instance,
                        errorCode: $0.error.code
                    )
                }
            )
            self?.reply(response, to: call)
        }
        if let error { reply(LeaveGroupResponse(errorCode: error.code), to: call) }
    }
}

// What groups have committed.
extension KafkaFront {
    func commitOffsets(_ request: OffsetCommitRequest, _ call: Call) {
        refreshIndexes()
        // A topic that is not there has no offsets to keep.
        let known = request.topics.map { entry($0.name, $0.topicID, call.version, since: 10) }
        var commits: [OffsetCommit] = []
        for (topic, entry) in zip(request.topics, known) {
            guard let entry else { continue }
            for partition in topic.partitions where entry.group(of: partition.index) != nil {
                commits.append(
                    OffsetCommit(
                        place: TopicPartition(topic: entry.name, partition: partition.index),
                        offset: Offset(partition.committedOffset),
                        leaderEpoch: LeaderEpoch(partition.committedLeaderEpoch),
                        metadata: partition.committedMetadata ?? .empty
                    )
                )
            }
        }
        let identity = MemberIdentity(
            group: request.groupID,
            member: request.memberID,
            instance: request.groupInstanceID,
            generation: GroupGeneration(request.generationIDOrMemberEpoch)
        )
        let commit = CommitOffsetsRequest(identity: identity, commits: commits)
        let error = ask(request.groupID, .commitOffsets(commit)) { [weak self] answer in
            guard case .commitOffsets(let results) = answer else { return }
            let response = OffsetCommitResponse(request, known, call.version) { place in
                results.first { $0.place == place }?.error.code ?? .none
            }
            self?.reply(response, to: call)
        }
        if let error {
            reply(OffsetCommitResponse(request, known, call.version) { _ in error.code }, to: call)
        }
    }

    func fetchOffsets(_ request: OffsetFetchRequest, _ call: Call) {
        refreshIndexes()
        guard call.version >= 8 else {
            let group = OffsetFetchRequest.Group(groupID: request.groupID, topics: request.topics)
            let found = offsets(of: group, request.requireStable, call)
            // Before version 2 an error had no place but the partitions'.
            var topics = found.topics
            if call.version < 2, found.errorCode != .none {
                topics = (request.topics ?? []).map { topic in
                    OffsetFetchResponse.Topic(
                        name: topic.name,
                        partitions: topic.partitions.map {
                            OffsetFetchResponse.Partition(
                                index: $0,
                                committedOffset: -1,
                                metadata: .empty,
                                errorCode: found.errorCode
                            )
                        }
                    )
                }
            }
            let response = OffsetFetchResponse(topics: topics, errorCode: found.errorCode)
            return reply(response, to: call)
        }
        let groups = request.groups.map { offsets(of: $0, request.requireStable, call) }
        reply(OffsetFetchResponse(groups: groups), to: call)
    }

    /// The coordinator answers at once: it only looks.
    private func offsets(
        of group: OffsetFetchRequest.Group,
        _ requiresStable: Bool,
        _ call: Call
    ) -> OffsetFetchResponse.Group {
        var answer = OffsetFetchResponse.Group(groupID: group.groupID)
        let places = group.topics.map { topics in
            topics.flatMap { topic -> [TopicPartition] in
                let name = entry(topic.name, topic.topicID, call.version, since: 10)?.name
                return topic.partitions.map {
                    TopicPartition(topic: name ?? topic.name, partition: $0)
                }
            }
        }
        let fetch = FetchOffsetsRequest(
            group: group.groupID,
            places: places,
            requiresStable: requiresStable
        )
        var found: (error: CoordinatorError?, offsets: [FetchedOffset]) = (nil, [])
        let error = ask(group.groupID, .fetchOffsets(fetch)) { answer in
            if case .fetchOffsets(let error, let offsets) = answer { found = (error, offsets) }
        }
        answer.errorCode = (error ?? found.error).code
        for offset in found.offsets {
            let partition = OffsetFetchResponse.Partition(
                index: offset.place.partition,
                committedOffset: offset.offset.number,
                committedLeaderEpoch: offset.leaderEpoch.number,
                metadata: offset.metadata,
                errorCode: offset.error.code
            )
            if answer.topics.last?.name == offset.place.topic {
                answer.topics[answer.topics.count - 1].partitions.append(partition)
            } else {
                let id = topics[offset.place.topic].map { KafkaUUID($0.topic.id) } ?? .zero
                answer.topics.append(
                    OffsetFetchResponse.Topic(
                        name: offset.place.topic,
                        topicID: id,
                        partitions: [partition]
                    )
                )
            }
        }
        return answer
    }

    func deleteOffsets(_ request: OffsetDeleteRequest, _ call: Call) {
        let places = request.topics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.index) }
        }
        let error = ask(request.groupID, .deleteOffsets(group: request.groupID, places)) {
            [weak self] answer in
            guard case .deleteOffsets(let error, let results) = answer else { return }
            var response = OffsetDeleteResponse(errorCode: error.code)
            for topic in request.topics where error == nil {
                response.topics.append(
                    OffsetDeleteResponse.Topic(
                        name: topic.name,
                        partitions: topic.partitions.map { partition in
                            let place = TopicPartition(
                                topic: topic.name,
                                partition: partition.index
                            )
                            return OffsetDeleteResponse.Partition(
                                index: partition.index,
                                errorCode: results.first { $0.place == place }?.error.code ?? .none
                            )
                        }
                    )
                )
            }
            self?.reply(response, to: call)
        }
        if let error { reply(OffsetDeleteResponse(errorCode: error.code), to: call) }
    }
}

extension JoinGroupResponse {
    fileprivate init(_ answer: JoinAnswer, _ version: Int16) {
        self.init(
            errorCode: answer.error.code,
            generationID: answer.generation.number,
            protocolType: answer.protocolType,
            protocolName: answer.protocolName ?? (version >= 7 ? nil : .empty),
            leader: answer.leader,
            skipAssignment: answer.skipsAssignment,
            memberID: answer.member,
            members: answer.members.map {
                Member(
                    memberID: $0.member,
                    groupInstanceID: $0.instance,
                    metadata: $0.metadata
                )
            }
        )
    }
}

extension OffsetCommitResponse {
    fileprivate init(
        _ request: OffsetCommitRequest,
        _ known: [TopicIndex.Entry?],
        _ version: Int16,
        _ code: (TopicPartition) -> KafkaErrorCode
    ) {
        self.init()
        for (topic, entry) in zip(request.topics, known) {
            let partitions = topic.partitions.map { partition in
                guard let entry, entry.group(of: partition.index) != nil else {
                    return Partition(
                        index: partition.index,
                        errorCode: entry == nil && version >= 10
                            ? .unknownTopicID : .unknownTopicOrPartition
                    )
                }
                let place = TopicPartition(topic: entry.name, partition: partition.index)
                return Partition(index: partition.index, errorCode: code(place))
            }
            topics.append(Topic(name: topic.name, topicID: topic.topicID, partitions: partitions))
        }
    }
}

extension CoordinatorError {
    /// Its numbers are the protocol's.
    var code: KafkaErrorCode { KafkaErrorCode(rawValue: rawValue) }
}

extension Optional<CoordinatorError> {
    var code: KafkaErrorCode { self?.code ?? .none }
}
