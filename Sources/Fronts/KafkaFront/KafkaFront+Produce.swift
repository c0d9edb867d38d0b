internal import Bytes
internal import Controller
internal import Groups
internal import KafkaWire
internal import Model
internal import Streams

/// A request to Produce, until each of its partitions has an outcome.
struct PendingProduce {
    var response = ProduceResponse()

    /// Where in the response each proposed part is: topic and partition.
    var parts: [(topic: Int, partition: Int)] = []
    var openCount = 0

    /// The client wants no answer, but a closed connection if something is wrong (acks=0).
    var isSilent = false
}

// Records in. Each partition's batch is a command of the partition's group; acks=1 and acks=all are
// answered alike, when a majority has it on disk.
extension KafkaFront {
    func produce(_ request: ProduceRequest, _ call: Call) {
        guard request.acks == 0 || request.acks == 1 || request.acks == -1 else {
            return refuse(request, .invalidRequiredAcks, call)
        }
        guard request.transactionalID == nil else {
            return refuse(request, .transactionalIDAuthorizationFailed, call)
        }
        var pending = PendingProduce()
        pending.isSilent = request.acks == 0
        var failed = false
        for topic in request.topics {
            let entry = entry(topic.name, topic.topicID, call.version, since: 13)
            var answers = ProduceResponse.Topic(name: topic.name, topicID: topic.topicID)
            for partition in topic.partitions {
                var answer = ProduceResponse.Partition(index: partition.index)
                let part = PartKey(call.key, part: pending.parts.count)
                do throws(ProduceFault) {
                    try propose(partition, to: entry, as: part, call)
                    pending.parts.append((pending.response.topics.count, answers.partitions.count))
                    pending.openCount += 1
                } catch {
                    describe(error, topic.name, entry, in: &answer, &pending.response, call)
                    failed = true
                }
                answers.partitions.append(answer)
            }
            pending.response.topics.append(answers)
        }
        if pending.isSilent {
            answerSilently(call, failed: failed)
            return
        }
        guard pending.openCount > 0 else { return reply(pending.response, to: call) }
        calls[call.key] = .produce(call, pending)
        wantTurn(call)
    }

    /// Acks=0: there is no answer, so nothing but the connection's end can say that it failed.
    private func answerSilently(_ call: Call, failed: Bool) {
        guard let connection = connection(call.key.connection) else { return }
        connection.answer(call.key.request, nil)
        if failed { connection.leave() }
        connection.wantTurn()
    }

    private func refuse(_ request: ProduceRequest, _ code: KafkaErrorCode, _ call: Call) {
        var response = ProduceResponse()
        for topic in request.topics {
            let partitions = topic.partitions.map {
                ProduceResponse.Partition(index: $0.index, errorCode: code, baseOffset: -1)
            }
            response.topics.append(
                ProduceResponse.Topic(
                    name: topic.name,
                    topicID: topic.topicID,
                    partitions: partitions
                )
            )
        }
        guard request.acks != 0 else { return answerSilently(call, failed: true) }
        reply(response, to: call)
    }

    private func propose(
        _ partition: ProduceRequest.Partition,
        to entry: TopicIndex.Entry?,
        as part: PartKey,
        _ call: Call
    ) throws(ProduceFault) {
        guard let entry, let group = entry.group(of: partition.index)?.group else {
            throw call.version >= 13 && entry == nil
                ? .code(.unknownTopicID) : .code(.unknownTopicOrPartition)
        }
        guard shard.status(group)?.isLeader == true else { throw .notLeader(group) }
        guard !isRecordsFull else { throw .code(.kafkaStorageError) }
        guard let bytes = partition.records?.joined else { throw .code(.invalidRecord) }
        let now = wallTime
        let batch: RecordBatch
        do throws(BatchError) {
            batch = try RecordBatch.produced(bytes, under: entry.rules(call), now: now)
        } catch {
            throw .batch(error)
        }
        counters.producedBytes &+= UInt64(bytes.count)
        heldRecordBytes += bytes.count
        let payload =
            entry.settings.stampsAppendTime
            ? stamped(batch, at: now, to: group)
            : bytes.withUnsafeBytes { shard.prepare(.append, body: $0, to: group) }
        shard.propose(payload, to: group, for: part.waiter)
    }

    /// The batch with the time at which it came; its producer's array is not ours to change.
    private func stamped(_ batch: RecordBatch, at time: Int64, to group: GroupID) -> ByteSlice {
        var bytes = batch.bytes.array
        RecordBatch.setAppendTime(time, in: &bytes, from: 0)
        return bytes.withUnsafeBytes { shard.prepare(.append, body: $0, to: group) }
    }

    /// One partition has its outcome.
    func completeProduce(_ part: PartKey, _ result: CompletionResult) {
        guard case .produce(let call, var pending)? = calls.removeValue(forKey: part.call),
            part.part < pending.parts.count
        else { return }
        let place = pending.parts[part.part]
        var topic = pending.response.topics[place.topic]
        var answer = topic.partitions[place.partition]
        let entry = entry(topic.name, topic.topicID, call.version, since: 13)
        switch result {
        case .streams(.partition(.success(.appended(let appended)))):
            answer.baseOffset = appended.baseOffset.number
            if entry?.settings.stampsAppendTime ?? false {
                answer.logAppendTimeMs = appended.maxTimestamp
            }
            if let group = entry?.group(of: answer.index)?.group {
                answer.logStartOffset = shard.partition(group)?.logStartOffset.number ?? -1
            }
        case .streams(.partition(.failure(let refusal))):
            answer.errorCode = refusal.code
            answer.baseOffset = -1
        case .refused(let refusal):
            describe(.code(refusal.code), topic.name, entry, in: &answer, &pending.response, call)
        default:
            answer.errorCode = .unknownServerError
            answer.baseOffset = -1
        }
        topic.partitions[place.partition] = answer
        pending.response.topics[place.topic] = topic
        pending.openCount -= 1
        guard pending.openCount == 0 else { return calls[part.call] = .produce(call, pending) }
        reply(pending.response, to: call)
    }

    private func describe(
        _ fault: ProduceFault,
        _ name: ByteSlice,
        _ entry: TopicIndex.Entry?,
        in answer: inout ProduceResponse.Partition,
        _ response: inout ProduceResponse,
        _ call: Call
    ) {
        answer.baseOffset = -1
        switch fault {
        case .code(let code): answer.errorCode = code
        case .batch(let error):
            answer.errorCode = error.code
            answer.errorMessage = "\(error)"
            if case .recordInvalid(let index, let fault) = error {
                answer.recordErrors = [
                    ProduceResponse.RecordError(batchIndex: index, errorMessage: "\(fault)")
                ]
            }
        case .notLeader(let group):
            answer.errorCode = .notLeaderOrFollower
            let known = shard.leader(of: group)
            guard let broker = brokers.broker(of: known?.node) else { return }
            // KIP-951: who leads instead, so that the client need not ask.
            answer.currentLeader = ProduceResponse.CurrentLeader(
                leaderID: broker.id.number,
                leaderEpoch: Int32(clamping: known?.term.number ?? 0)
            )
            guard !response.nodeEndpoints.contains(where: { $0.nodeID == broker.id.number }) else {
                return
            }
            response.nodeEndpoints.append(
                ProduceResponse.NodeEndpoint(
                    nodeID: broker.id.number,
                    host: broker.host,
                    port: broker.port
                )
            )
        }
    }
}

/// Why a partition's batch is not proposed.
enum ProduceFault: Error {
    case code(KafkaErrorCode)
    case batch(BatchError)
    case notLeader(GroupID)
}

extension TopicIndex.Entry {
    fileprivate func rules(_ call: Call) -> ProduceRules {
        ProduceRules(
            batchBytesMax: settings.batchBytesMax,
            timestampAfterMillisecondsMax: settings.timestampAfterMax,
            timestampBeforeMillisecondsMax: settings.timestampBeforeMax,
            timestampType: settings.stampsAppendTime ? .logAppendTime : .createTime,
            allowsZstd: call.version >= 7
        )
    }
}
