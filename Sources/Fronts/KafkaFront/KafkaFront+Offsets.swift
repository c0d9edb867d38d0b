internal import Bytes
internal import Environment
internal import Groups
internal import KafkaWire
internal import Model
internal import Streams

/// A call's deletions of records that are under way.
struct PendingDeletions {
    var response = DeleteRecordsResponse()

    /// Where in the response each proposed part is: topic and partition.
    var parts: [(topic: Int, partition: Int)] = []
    var openCount = 0
}

// Where logs begin and end, and who writes into them.
extension KafkaFront {
    func listOffsets(_ request: ListOffsetsRequest, _ call: Call) {
        refreshIndexes()
        let isolation: Isolation = request.isolationLevel == 1 ? .readCommitted : .readUncommitted
        let topics = request.topics.map { topic in
            let entry = self.topics[topic.name]
            return ListOffsetsResponse.Topic(
                name: topic.name,
                partitions: topic.partitions.map { offset($0, of: entry, isolation, call) }
            )
        }
        reply(ListOffsetsResponse(topics: topics), to: call)
    }

    private func offset(
        _ wanted: ListOffsetsRequest.Partition,
        of entry: TopicIndex.Entry?,
        _ isolation: Isolation,
        _ call: Call
    ) -> ListOffsetsResponse.Partition {
        var answer = ListOffsetsResponse.Partition(index: wanted.index)
        do throws(FetchFault) {
            guard let query = OffsetQuery(wanted.timestamp) else { throw .code(.invalidRequest) }
            let (_, partition) = try partition(
                wanted.index,
                of: entry,
                epoch: wanted.currentLeaderEpoch,
                call
            )
            guard let found = partition.find(query, isolation) else { return answer }
            answer.offset = found.offset.number
            answer.timestamp = found.timestamp
            answer.leaderEpoch = found.epoch.number
        } catch {
            answer.errorCode = error.code
        }
        return answer
    }

    func offsetForLeaderEpoch(_ request: OffsetForLeaderEpochRequest, _ call: Call) {
        refreshIndexes()
        let topics = request.topics.map { topic in
            let entry = self.topics[topic.name]
            return OffsetForLeaderEpochResponse.Topic(
                name: topic.name,
                partitions: topic.partitions.map { end(of: $0, entry, call) }
            )
        }
        reply(OffsetForLeaderEpochResponse(topics: topics), to: call)
    }

    private func end(
        of wanted: OffsetForLeaderEpochRequest.Partition,
        _ entry: TopicIndex.Entry?,
        _ call: Call
    ) -> OffsetForLeaderEpochResponse.Partition {
        var answer = OffsetForLeaderEpochResponse.Partition(index: wanted.index)
        do throws(FetchFault) {
            let (group, partition) = try partition(
                wanted.index,
                of: entry,
                epoch: wanted.currentLeaderEpoch,
                call
            )
            let current = shard.servingTerm(group).flatMap { LeaderEpoch($0) } ?? .none
            let wanted = LeaderEpoch(wanted.leaderEpoch)
            // Nothing is known of an epoch that has not been yet: −1 and −1 (KIP-320).
            guard let end = partition.end(of: wanted, current: current) else { return answer }
            answer.leaderEpoch = end.epoch.number
            answer.endOffset = end.offset.number
        } catch {
            answer.errorCode = error.code
        }
        return answer
    }

    /// A number for an idempotent producer: one of 2^62, by chance.
    ///
    /// What partitions remember of a producer they forget after a day, so two need not differ for
    /// longer; that two of a million producers of a day do is less likely than one in 10^6.
    func initProducerID(_ request: InitProducerIDRequest, _ call: Call) {
        guard request.transactionalID == nil else {
            return reply(
                InitProducerIDResponse(
                    errorCode: .transactionalIDAuthorizationFailed,
                    producerEpoch: -1
                ),
                to: call
            )
        }
        let response = InitProducerIDResponse(
            producerID: Int64(random.next() >> 2),
            producerEpoch: 0
        )
        reply(response, to: call)
    }
}

// Records deleted: commands of the partitions' logs.
extension KafkaFront {
    func deleteRecords(_ request: DeleteRecordsRequest, _ call: Call) {
        refreshIndexes()
        var pending = PendingDeletions()
        for topic in request.topics {
            let entry = topics[topic.name]
            var answers = DeleteRecordsResponse.Topic(name: topic.name)
            for partition in topic.partitions {
                var answer = DeleteRecordsResponse.Partition(
                    index: partition.index,
                    lowWatermark: -1
                )
                do throws(FetchFault) {
                    let (group, _) = try self.partition(partition.index, of: entry, epoch: -1, call)
                    let part = PartKey(call.key, part: pending.parts.count)
                    let command = PartitionCommand.deleteRecords(before: Offset(partition.offset))
                    shard.propose(
                        .changePartition,
                        body: command.encoded,
                        to: group,
                        for: part.waiter
                    )
                    pending.parts.append((pending.response.topics.count, answers.partitions.count))
                    pending.openCount += 1
                } catch {
                    answer.errorCode = error.code
                }
                answers.partitions.append(answer)
            }
            pending.response.topics.append(answers)
        }
        guard pending.openCount > 0 else { return reply(pending.response, to: call) }
        calls[call.key] = .records(call, pending)
        wantTurn(call)
    }

    func completeDeletion(_ part: PartKey, _ result: CompletionResult) {
        guard case .records(let call, var pending)? = calls.removeValue(forKey: part.call),
            part.part < pending.parts.count
        else { return }
        let place = pending.parts[part.part]
        var answer = pending.response.topics[place.topic].partitions[place.partition]
        switch result {
        case .streams(.partition(.success(.recordsDeleted(let start)))):
            answer.lowWatermark = start.number
        case .streams(.partition(.failure(let refusal))): answer.errorCode = refusal.code
        case .refused(let refusal): answer.errorCode = refusal.code
        default: answer.errorCode = .unknownServerError
        }
        pending.response.topics[place.topic].partitions[place.partition] = answer
        pending.openCount -= 1
        guard pending.openCount == 0 else { return calls[part.call] = .records(call, pending) }
        reply(pending.response, to: call)
    }
}

extension OffsetQuery {
    /// Of the timestamps that stand for something else; those of tiering have nothing to stand for.
    init?(_ timestamp: Int64) {
        switch timestamp {
        case -1: self = .latest
        // Nothing lies elsewhere: the earliest local record is the earliest.
        case -2, -4: self = .earliest
        case -3: self = .maxTimestamp
        case 0...: self = .timestamp(timestamp)
        default: return nil
        }
    }
}

extension Partition {
    /// What a query finds.
    ///
    /// Of records that are compressed their batch's first, which is not later: whoever reads from
    /// there on reads what was asked for.
    fileprivate func find(
        _ query: OffsetQuery,
        _ isolation: Isolation
    ) -> (offset: Offset, timestamp: Int64, epoch: LeaderEpoch)? {
        switch offset(for: query, isolation: isolation) {
        case .found(let found): (found.offset, found.timestamp, found.leaderEpoch)
        case .none: nil
        case .compressed(let batch, _):
            (batch.baseOffset, batch.maxTimestamp, batch.leaderEpoch)
        }
    }
}
