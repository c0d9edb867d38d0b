internal import Bytes
internal import Controller
internal import Groups
internal import KafkaWire
internal import Model
internal import Streams

/// A fetch that waits for more than there was.
struct PendingFetch {
    let request: FetchRequest
    let deadline: Instant
    let groups: [GroupID]
}

/// Who waits for records of which partition, and until when.
struct WaitingFetches {
    private var keys: [GroupID: [CallKey]] = [:]
    private(set) var deadlines: [(at: Instant, key: CallKey)] = []

    mutating func insert(_ key: CallKey, _ pending: PendingFetch) {
        for group in pending.groups { keys[group, default: []].append(key) }
        let place = deadlines.firstIndex { $0.at > pending.deadline } ?? deadlines.endIndex
        deadlines.insert((pending.deadline, key), at: place)
    }

    mutating func remove(_ key: CallKey, _ pending: PendingFetch) {
        for group in pending.groups {
            keys[group]?.removeAll { $0 == key }
            if keys[group]?.isEmpty ?? false { keys[group] = nil }
        }
        deadlines.removeAll { $0.key == key }
    }

    /// In the order in which they came.
    func keys(of group: GroupID) -> [CallKey] { keys[group] ?? [] }
}

// Records out. A fetch that finds less than its client wants waits until one of its partitions goes
// on, or its time is up; nothing is polled.
extension KafkaFront {
    func fetch(_ request: FetchRequest, _ call: Call) {
        // Sessions are not kept; to answer a full fetch with session 0 says so (KIP-227).
        guard request.sessionID == 0 else {
            return reply(FetchResponse(errorCode: .fetchSessionIDNotFound), to: call)
        }
        let found = find(request, call)
        let wait = max(0, min(request.maxWaitMs, Limits.fetchWaitMillisecondsMax))
        guard found.bytes < max(0, Int(request.minBytes)), !found.mustAnswer, wait > 0, !isStopped
        else { return answer(found, call) }
        let pending = PendingFetch(
            request: request,
            deadline: now + UInt64(wait) * 1_000_000,
            groups: found.groups
        )
        calls[call.key] = .fetch(call, pending)
        waitingFetches.insert(call.key, pending)
    }

    private func answer(_ found: FetchFindings, _ call: Call) {
        counters.fetchedBytes &+= UInt64(found.bytes)
        reply(found.response, to: call)
    }

    func wakeFetches(of groups: [GroupID]) {
        for group in groups {
            for key in waitingFetches.keys(of: group) { reconsider(key, isOverdue: false) }
        }
    }

    func answerOverdueFetches() {
        while let first = waitingFetches.deadlines.first, first.at <= now {
            reconsider(first.key, isOverdue: true)
        }
    }

    func answerAllFetches() {
        while let first = waitingFetches.deadlines.first { reconsider(first.key, isOverdue: true) }
    }

    private func reconsider(_ key: CallKey, isOverdue: Bool) {
        guard case .fetch(let call, let pending)? = calls[key] else { return }
        let found = find(pending.request, call)
        guard isOverdue || found.mustAnswer || found.bytes >= Int(pending.request.minBytes) else {
            return
        }
        calls[key] = nil
        waitingFetches.remove(key, pending)
        answer(found, call)
    }

    /// What there is for a fetch now.
    private func find(_ request: FetchRequest, _ call: Call) -> FetchFindings {
        refreshIndexes()
        var found = FetchFindings(
            bytesMax: min(max(0, Int(request.maxBytes)), Limits.fetchBytesMax),
            isolation: request.isolationLevel == 1 ? .readCommitted : .readUncommitted
        )
        for topic in request.topics {
            let entry = entry(topic.name, topic.topicID, call.version, since: 13)
            var answers = FetchResponse.Topic(name: topic.name, topicID: topic.topicID)
            for partition in topic.partitions {
                answers.partitions.append(find(partition, of: entry, call, &found))
            }
            found.response.topics.append(answers)
        }
        return found
    }

    private func find(
        _ wanted: FetchRequest.Partition,
        of entry: TopicIndex.Entry?,
        _ call: Call,
        _ found: inout FetchFindings
    ) -> FetchResponse.Partition {
        var answer = FetchResponse.Partition(index: wanted.index)
        answer.highWatermark = -1
        // What has no records has none, which is not the same as no field.
        answer.records = RecordsPayload()
        do throws(FetchFault) {
            let (group, partition) = try partition(
                wanted.index,
                of: entry,
                epoch: wanted.currentLeaderEpoch,
                call
            )
            found.groups.append(group)
            answer.highWatermark = partition.highWatermark.number
            answer.lastStableOffset = partition.lastStableOffset.number
            answer.logStartOffset = partition.logStartOffset.number
            try read(wanted, partition, into: &answer, &found)
        } catch {
            found.mustAnswer = true
            answer.errorCode = error.code
            if case .notLeader(let group) = error { tellLeader(of: group, in: &answer, &found) }
        }
        return answer
    }

    private func read(
        _ wanted: FetchRequest.Partition,
        _ partition: Partition,
        into answer: inout FetchResponse.Partition,
        _ found: inout FetchFindings
    ) throws(FetchFault) {
        let room = min(max(0, Int(wanted.partitionMaxBytes)), found.bytesMax - found.bytes)
        // The first partition with records gives a batch, however large (KIP-74); the others what fits.
        let isFirst = found.bytes == 0
        // Nothing more is read while others do not take what they asked for: as if it came later.
        guard room > 0 || isFirst, !isUnsentFull else { return }
        let read: PartitionRead
        do throws(PartitionReadError) {
            read = try partition.read(
                from: Offset(wanted.fetchOffset),
                bytesMax: room,
                isolation: found.isolation
            )
        } catch {
            throw .code(.offsetOutOfRange)
        }
        guard isFirst || read.byteCount <= room else { return }
        var records = RecordsPayload()
        for batch in read.batches {
            records.append(batch.stamp)
            records.append(batch.unstamped)
        }
        found.bytes += records.count
        answer.records = records
        guard found.isolation == .readCommitted else { return }
        answer.abortedTransactions = read.abortedTransactions.map {
            FetchResponse.AbortedTransaction(
                producerID: $0.producerID.number,
                firstOffset: $0.firstOffset.number
            )
        }
    }

    /// KIP-951: who leads instead, so that the client need not ask.
    private func tellLeader(
        of group: GroupID,
        in answer: inout FetchResponse.Partition,
        _ found: inout FetchFindings
    ) {
        let known = shard.leader(of: group)
        guard let broker = brokers.broker(of: known?.node) else { return }
        answer.currentLeader = FetchResponse.CurrentLeader(
            leaderID: broker.id.number,
            leaderEpoch: Int32(clamping: known?.term.number ?? 0)
        )
        guard !found.response.nodeEndpoints.contains(where: { $0.nodeID == broker.id.number })
        else { return }
        found.response.nodeEndpoints.append(
            FetchResponse.NodeEndpoint(
                nodeID: broker.id.number,
                host: broker.host,
                port: broker.port
            )
        )
    }

    /// A partition that this node serves, for whoever knows its leader's epoch; −1 if he does not.
    func partition(
        _ index: Int32,
        of entry: TopicIndex.Entry?,
        epoch: Int32,
        _ call: Call
    ) throws(FetchFault) -> (GroupID, Partition) {
        guard let entry, let group = entry.group(of: index)?.group else {
            throw .code(
                call.api == .fetch && call.version >= 13 && entry == nil
                    ? .unknownTopicID : .unknownTopicOrPartition
            )
        }
        guard let term = shard.servingTerm(group), let partition = shard.partition(group) else {
            throw .notLeader(group)
        }
        if epoch >= 0 {
            guard epoch >= Int32(clamping: term.number) else { throw .code(.fencedLeaderEpoch) }
            guard epoch <= Int32(clamping: term.number) else { throw .code(.unknownLeaderEpoch) }
        }
        return (group, partition)
    }
}

/// What a fetch has found so far.
struct FetchFindings {
    let bytesMax: Int
    let isolation: Isolation
    var response = FetchResponse()
    var bytes = 0
    var groups: [GroupID] = []

    /// An error does not wait for records.
    var mustAnswer = false
}

/// Why a partition cannot be read here.
enum FetchFault: Error {
    case code(KafkaErrorCode)
    case notLeader(GroupID)

    var code: KafkaErrorCode {
        switch self {
        case .code(let code): code
        case .notLeader: .notLeaderOrFollower
        }
    }
}
