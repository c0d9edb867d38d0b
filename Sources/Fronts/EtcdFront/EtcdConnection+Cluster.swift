internal import Bytes
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

/// The Cluster and Maintenance services: what this node knows of itself and of the others.
extension EtcdConnection {
    func serveMemberList(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MemberListRequest = decode(key, message) else { return }
        if request.linearizable {
            read(key, .members, of: .control)
        } else {
            answerMembers(key)
        }
    }

    func answerMembers(_ key: CallKey) {
        front.refreshCluster()
        // The members have no revision; etcd says none here either.
        answer(
            key,
            MemberListResponse(header: header(key, 0), members: front.cluster.messages)
        )
    }

    func serveStatus(_ key: CallKey) {
        guard let machine = machine(key), let status = front.shard.status(calls.group(of: key))
        else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        // Memory has no holes to be squeezed out: what is there is in use.
        let size = Int64(machine.keyspace.byteCount)
        var errors = status.leader == nil ? [ErrorMapping.noLeader.message] : []
        errors += machine.keyspace.alarms.members.map(\.text)
        answer(
            key,
            StatusResponse(
                header: header(key),
                version: ServerVersion.etcd,
                dbSize: size,
                leader: status.leader?.number ?? 0,
                raftIndex: status.commitIndex.number,
                raftTerm: status.term.number,
                raftAppliedIndex: status.appliedIndex.number,
                errors: errors,
                dbSizeInUse: size,
                isLearner: front.isLearner,
                storageVersion: ServerVersion.storage,
                dbSizeQuota: front.shard.quotaBytes.map { Int64($0) } ?? -1,
                downgradeInfo: DowngradeInfo()
            )
        )
    }

    /// Memory has no holes to be squeezed out, so this is done before it is asked for.
    func serveDefragment(_ key: CallKey) { answer(key, DefragmentResponse(header: header(key))) }

    /// The hash of all there is, by our own definition: `Keyspace.contentHash`.
    func serveHash(_ key: CallKey) {
        guard let keyspace = machine(key)?.keyspace else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        let header = header(key)
        let hashing: @Sendable () -> HashResponse = {
            HashResponse(header: header, hash: keyspace.contentHash)
        }
        if keyspace.byteCount > Limits.bytesHashedOnLoopMax {
            return elsewhere(key) {
                .success(hashing())
            } then: {
                $0.answer(key, $1)
            }
        }
        answer(key, hashing())
    }

    /// There is no older release of the cluster to go back to: no target is a valid one.
    func serveDowngrade(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: DowngradeRequest = decode(key, message) else { return }
        switch request.action {
        case .validate, .enable:
            fail(key, ErrorMapping.downgrade(isVersion: Self.isVersion(request.version)))
        case .cancel: fail(key, ErrorMapping.noDowngrade)
        case .unrecognized: fail(key, ErrorMapping.unknownAction)
        }
    }

    /// Two or three numbers, as in 3.5 or 3.5.1.
    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return (2...3).contains(parts.count) && parts.allSatisfy { UInt32($0) != nil }
    }

    /// Only the leader hands over; the answer comes once this node follows the other.
    func serveMoveLeader(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: MoveLeaderRequest = decode(key, message), let number else { return }
        calls[key]?.work = .outcome
        front.shard.transferLeadership(
            of: calls.group(of: key),
            to: NodeID(request.targetID),
            for: Waiter(client: number, request: key.number)
        )
        wantTurn()
    }

    /// To hash a large keyspace takes long, so it is done on a copy, away from the loop.
    func serveHashKV(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: HashKVRequest = decode(key, message),
            let keyspace = machine(key)?.keyspace
        else { return }
        let revision = Revision(request.revision)
        let header = header(key)
        let hashing: @Sendable () -> Result<HashKVResponse, GRPCStatus> = {
            do throws(KeyspaceError) {
                let hash = try keyspace.hash(at: revision)
                return .success(
                    HashKVResponse(
                        header: header,
                        hash: hash.hash,
                        compactRevision: hash.compactRevision.number,
                        hashRevision: hash.revision.number
                    )
                )
            } catch {
                return .failure(ErrorMapping.status(of: error))
            }
        }
        if keyspace.byteCount > Limits.bytesHashedOnLoopMax {
            return elsewhere(key, hashing) { $0.answer(key, $1) }
        }
        switch hashing() {
        case .success(let response): answer(key, response)
        case .failure(let status): fail(key, status)
        }
    }
}
