internal import Bytes
internal import KeyspaceModel
internal import Model

extension Keyspace {
    mutating func put(_ request: PutRequest) throws(KeyspaceError) -> PutResponse {
        try Self.check(request)
        try checkLease(of: request)
        try checkExistence(for: request)
        var writes = Writes(after: revision)
        let response = put(request, &writes)
        finish(writes)
        return response
    }

    mutating func deleteRange(
        _ request: DeleteRangeRequest
    ) throws(KeyspaceError) -> DeleteRangeResponse {
        try Self.check(request)
        var writes = Writes(after: revision)
        let response = deleteRange(request, &writes)
        finish(writes)
        return response
    }

    mutating func finish(_ writes: Writes) {
        revision = writes.visibleRevision
    }

    func checkLease(of request: PutRequest) throws(KeyspaceError) {
        #if MARTLET_MUTANTS
        if mutant == .putIgnoresLeaseEnd { return }
        #endif
        guard request.lease == 0 || leaseTable.contains(LeaseID(request.lease)) else {
            throw .leaseNotFound
        }
    }

    func checkExistence(for request: PutRequest) throws(KeyspaceError) {
        guard request.ignoreValue || request.ignoreLease else { return }
        guard history.liveVersion(of: request.key) != nil else { throw .keyNotFound }
    }

    /// Puts a key; everything that could be wrong with the request has been checked.
    mutating func put(_ request: PutRequest, _ writes: inout Writes) -> PutResponse {
        let position = writes.nextPosition()
        let isCopying = writes.isCopyingBytes
        let key = isCopying ? request.key.compacted : request.key
        // Taken out of the request, as what the closure holds is counted at each level of the tree.
        let value = request.ignoreValue ? nil : isCopying ? request.value.compacted : request.value
        let givenLease = request.ignoreLease ? nil : LeaseID(request.lease)
        let firstVersion = firstVersion(of: key)
        var lease = LeaseID.none
        let replaced = history.add(key) { newest, ancestry in
            let previous = newest?.isTombstone == false ? newest : nil
            let version = KeyVersion(
                key: key,
                value: value ?? previous?.value ?? .empty,
                position: position,
                createRevision: previous?.createRevision ?? position.revision,
                version: previous.map { $0.version + 1 } ?? firstVersion,
                lease: givenLease ?? previous?.lease ?? .none,
                ancestry: ancestry
            )
            lease = version.lease
            return version
        }
        let previous = replaced?.isTombstone == false ? replaced : nil
        let oldLease = previous?.lease ?? .none
        if oldLease != lease {
            leaseTable.detach(key, from: oldLease)
            leaseTable.attach(key, to: lease)
        }
        let header = ResponseHeader(revision: position.revision.number)
        return PutResponse(header: header, prevKv: request.prevKv ? previous?.keyValue : nil)
    }

    /// A key that comes into being, or again after its deletion, counts its versions from one.
    private func firstVersion(of key: ByteSlice) -> Int64 {
        #if MARTLET_MUTANTS
        if mutant == .versionSurvivesDeletion, let gone = history.newest.value(of: key) {
            return (history.predecessor(of: gone)?.version ?? 0) + 1
        }
        #endif
        return 1
    }

    mutating func deleteRange(
        _ request: DeleteRangeRequest,
        _ writes: inout Writes
    ) -> DeleteRangeResponse {
        var doomed: [KeyVersion] = []
        history.newest.visit(KeyRange(key: request.key, rangeEnd: request.rangeEnd)) { version in
            if !version.isTombstone { doomed.append(version) }
            return true
        }
        for version in doomed { delete(version, &writes) }
        #if MARTLET_MUTANTS
        if mutant == .deletingNothingIsAWrite, doomed.isEmpty { _ = writes.nextPosition() }
        #endif
        return DeleteRangeResponse(
            header: ResponseHeader(revision: writes.visibleRevision.number),
            deleted: Int64(doomed.count),
            prevKvs: request.prevKv ? doomed.map(\.keyValue) : []
        )
    }

    /// Leaves a tombstone for a key that is there.
    mutating func delete(_ version: KeyVersion, _ writes: inout Writes) {
        let position = writes.nextPosition()
        _ = history.add(version.key) { newest, ancestry in
            KeyVersion(tombstoneOf: version.key, at: position, ancestry: ancestry)
        }
        leaseTable.detach(version.key, from: version.lease)
    }
}
