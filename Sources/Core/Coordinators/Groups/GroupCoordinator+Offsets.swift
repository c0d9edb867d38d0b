internal import Bytes
internal import Model

// Offsets: commits, and what was committed.
extension GroupCoordinator {
    mutating func commit(
        _ request: CommitOffsetsRequest,
        from waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        let id = request.identity.group
        let error = refusal(of: request, isTransactional: false, state, now: turn.now)
        settle(id)
        guard let sound = sound(request.commits, error, for: waiter, &turn) else { return }
        turn.propose(
            .commitOffsets(group: id, sound.commits),
            then: .offsets(waiter, sound.results)
        )
    }

    mutating func commit(
        _ request: TransactionalCommitRequest,
        from waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        let id = request.identity.group
        var offsets = request.offsets
        let fence = max(
            fences[offsets.producer] ?? .none,
            state.ended(offsets.producer)?.epoch ?? .none
        )
        let plain = CommitOffsetsRequest(identity: request.identity, commits: offsets.commits)
        let error =
            offsets.epoch < fence
            ? .invalidProducerEpoch
            : refusal(of: plain, isTransactional: true, state, now: turn.now)
        settle(id)
        guard let sound = sound(offsets.commits, error, for: waiter, &turn) else { return }
        offsets.commits = sound.commits
        turn.propose(.pendOffsets(group: id, offsets), then: .offsets(waiter, sound.results))
    }

    /// What can be put into the log; nil if it is nothing, which is answered at once.
    private func sound(
        _ commits: [OffsetCommit],
        _ error: CoordinatorError?,
        for waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) -> (commits: [OffsetCommit], results: [PartitionResult])? {
        let results = commits.map { PartitionResult(place: $0.place, error: error ?? $0.fault) }
        let sound = error == nil ? commits.filter { $0.fault == nil } : []
        guard sound.isEmpty else { return (sound, results) }
        turn.answer(waiter, .commitOffsets(results))
        return nil
    }

    mutating func end(
        _ marker: OffsetsMarker,
        of group: ByteSlice,
        for waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        fences[marker.producer] = max(fences[marker.producer] ?? .none, marker.epoch)
        turn.propose(.endOffsets(group: group, marker), then: .marker(waiter))
    }

    private mutating func refusal(
        of request: CommitOffsetsRequest,
        isTransactional: Bool,
        _ state: CoordinatorState,
        now: GroupTime
    ) -> CoordinatorError? {
        let id = request.identity.group
        guard id.count <= Limits.nameBytesMax else { return .invalidRequest }
        let offsetCount = state.group(id)?.offsets.count ?? 0
        guard offsetCount + request.commits.count <= Limits.offsetsMax else {
            return .invalidCommitOffsetSize
        }
        if openConsumers(id, in: state, now: now), let group = consumerGroups[id],
            !group.record.members.isEmpty
        {
            let identity = request.identity
            let isAnonymous = identity.generation < .zero && identity.member.isEmpty
            guard !isAnonymous else { return isTransactional ? nil : .unknownMemberID }
            return group.fault(in: identity.member, identity.generation.number)
        }
        if open(id, in: state, now: now) {
            let error = groups[id]?.hearCommit(
                request.identity,
                isTransactional: isTransactional,
                now: now
            )
            #if MARTLET_MUTANTS
            if settings.mutant == .commitsOfAnyGeneration, error == .illegalGeneration {
                return nil
            }
            #endif
            return error ?? nil
        }
        guard request.identity.generation < .zero else { return .illegalGeneration }
        return hasRoom(in: state) ? nil : .policyViolation
    }

    func offsets(
        _ request: FetchOffsetsRequest,
        in state: CoordinatorState
    ) -> GroupAnswer {
        if !request.member.isEmpty, let group = consumerGroups[request.group],
            let error = group.fault(in: request.member, request.epoch)
        {
            return .fetchOffsets(error, [])
        }
        let group = state.group(request.group)
        let places = request.places ?? group?.offsets.sorted.map(\.place) ?? []
        return .fetchOffsets(
            nil,
            places.map { place in
                var fetched = FetchedOffset(place: place)
                if request.requiresStable, group?.isPending(place) == true {
                    fetched.error = .unstableOffsetCommit
                    return fetched
                }
                guard let committed = group?.offsets.offset(of: place) else { return fetched }
                fetched.offset = committed.offset
                fetched.leaderEpoch = committed.leaderEpoch
                fetched.metadata = committed.metadata
                return fetched
            }
        )
    }

    mutating func deleteOffsets(
        of id: ByteSlice,
        _ places: [TopicPartition],
        for waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        if let consumers = consumerGroups[id] {
            return deleteOffsets(of: consumers, places, for: waiter, &turn)
        }
        guard open(id, in: state, now: turn.now), let group = groups[id], group.phase != .dead
        else {
            return turn.answer(waiter, .deleteOffsets(.groupIDNotFound, []))
        }
        defer { settle(id) }
        guard group.members.isEmpty || group.protocolType == Self.consumers else {
            return turn.answer(waiter, .deleteOffsets(.nonEmptyGroup, []))
        }
        let results = places.map {
            PartitionResult(
                place: $0,
                error: group.mayRead($0.topic) ? .groupSubscribedToTopic : nil
            )
        }
        let free = results.filter { $0.error == nil }.map(\.place)
        guard !free.isEmpty else { return turn.answer(waiter, .deleteOffsets(nil, results)) }
        turn.propose(
            .deleteOffsets(group: id, free),
            then: .offsetDeletion(waiter, results)
        )
    }

    private func deleteOffsets(
        of group: ConsumerGroup,
        _ places: [TopicPartition],
        for waiter: CoordinatorWaiter,
        _ turn: inout GroupTurn
    ) {
        let members = group.ordered
        let results = places.map { place in
            let isWanted = members.contains { $0.subscription.contains(place.topic) }
            return PartitionResult(place: place, error: isWanted ? .groupSubscribedToTopic : nil)
        }
        let free = results.filter { $0.error == nil }.map(\.place)
        guard !free.isEmpty else { return turn.answer(waiter, .deleteOffsets(nil, results)) }
        turn.propose(
            .deleteOffsets(group: group.id, free),
            then: .offsetDeletion(waiter, results)
        )
    }

    private static var consumers: ByteSlice { "consumer" }

    mutating func forget(
        _ topics: [ByteSlice],
        for waiter: CoordinatorWaiter,
        _ state: CoordinatorState,
        _ turn: inout GroupTurn
    ) {
        for id in state.groupIDs {
            let places = topics.flatMap { topic in
                (state.group(id)?.offsets.partitions(of: topic) ?? []).map {
                    TopicPartition(topic: topic, partition: $0)
                }
            }
            if !places.isEmpty {
                turn.propose(.deleteOffsets(group: id, places), then: .expiry)
            }
        }
        turn.answer(waiter, .forgetTopics)
    }
}

extension OffsetCommit {
    fileprivate var fault: CoordinatorError? {
        guard metadata.count <= Limits.offsetMetadataBytesMax else {
            return .offsetMetadataTooLarge
        }
        return place.topic.count <= Limits.nameBytesMax ? nil : .invalidRequest
    }
}

extension ClassicGroup {
    /// Whether a member is subscribed to the topic, or may be for all we can read.
    fileprivate func mayRead(_ topic: ByteSlice) -> Bool {
        members.values.contains { member in
            member.protocols.contains {
                ConsumerSubscription.topics(in: $0.metadata)?.contains(topic) ?? true
            }
        }
    }
}
