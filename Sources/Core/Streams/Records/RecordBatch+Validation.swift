public import Bytes
internal import Model

extension RecordBatch {
    /// A batch that a client sent, if the topic may take it; `now` in milliseconds since 1970.
    ///
    /// Whatever can be told without decompressing is checked, the records of a batch that is not
    /// compressed too. Checks come in the order of their cost.
    public static func produced(
        _ bytes: ByteSlice,
        under rules: ProduceRules,
        now: Int64
    ) throws(BatchError) -> RecordBatch {
        let batch = try RecordBatch(bytes)
        guard bytes.count <= rules.batchBytesMax else {
            throw .tooLarge(byteCount: bytes.count, limit: rules.batchBytesMax)
        }
        if let fault = batch.header.fault { throw .invalid(fault) }
        try batch.checkCodec(rules)
        try batch.checkTimestamps(rules, now)
        guard batch.hasSoundChecksum else { throw .corrupt }
        if let records = batch.records { try batch.check(records, under: rules) }
        return batch
    }

    private func checkCodec(_ rules: ProduceRules) throws(BatchError) {
        let codec = header.attributes.codec
        guard codec != nil, codec != .zstd || rules.allowsZstd else {
            throw .codecUnsupported(number: header.attributes.codecNumber)
        }
    }

    /// Of the header's; a record's own cannot be later than the batch's latest, which `check` sees to.
    private func checkTimestamps(_ rules: ProduceRules, _ now: Int64) throws(BatchError) {
        guard rules.timestampType == .createTime else { return }
        let latest = header.maxTimestamp
        let (bound, isBoundless) = now.addingReportingOverflow(rules.timestampAfterMillisecondsMax)
        guard header.attributes.timestampType == .createTime, isBoundless || latest <= bound else {
            throw .timestampInvalid(latest)
        }
        // −1 is a record without a timestamp.
        let earliest = header.baseTimestamp
        guard earliest < 0 || now - earliest <= rules.timestampBeforeMillisecondsMax else {
            throw .timestampInvalid(earliest)
        }
    }

    /// The records that this batch's payload holds, decompressed by whoever can.
    public func check(
        _ records: RecordReader,
        under rules: ProduceRules
    ) throws(BatchError) {
        var records = records
        var index: Int32 = 0
        let hasOwnTimes = rules.timestampType == .createTime
        while true {
            let record: Record?
            do throws(DecodeError) {
                record = try records.next()
            } catch {
                throw .recordInvalid(index: index, .malformed)
            }
            guard let record else { break }
            guard record.offset - header.baseOffset == Int64(index) else {
                throw .recordInvalid(index: index, .offset)
            }
            guard !hasOwnTimes || record.timestamp <= header.maxTimestamp else {
                throw .recordInvalid(index: index, .timestamp)
            }
            guard !rules.isCompacted || record.key != nil else {
                throw .recordInvalid(index: index, .keyMissing)
            }
            index += 1
        }
    }
}

extension RecordBatchHeader {
    /// What makes it no batch of a client's.
    var fault: BatchFault? {
        if recordCount <= 0 || Int64(lastOffsetDelta) != Int64(recordCount) - 1 {
            return .recordCount
        }
        if baseOffset != .zero { return .baseOffset }
        if attributes.isControl { return .control }
        if attributes.hasDeleteHorizon { return .deleteHorizon }
        if producerID < .none { return .producer }
        guard producerID == .none else {
            return producerEpoch.number < 0 || baseSequence < 0 ? .producer : nil
        }
        return attributes.isTransactional ? .transaction : nil
    }
}
