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
            read(key, .members)
        } else {
            answerMembers(key)
        }
    }

    func answerMembers(_ key: CallKey) {
        // The members have no revision; etcd says none here either.
        answer(
            key,
            MemberListResponse(header: front.header(0), members: front.cluster.messages)
        )
    }

    /// There is nothing here that etcd would call an alarm, so listing and disarming find none;
    /// `etcdctl endpoint health` asks for the list.
    func serveAlarm(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: AlarmRequest = decode(key, message) else { return }
        switch request.action {
        case .get, .deactivate: answer(key, AlarmResponse(header: front.header()))
        case .activate, .unrecognized:
            fail(key, GRPCStatus(.unimplemented, "etcdserver: alarms cannot be raised by request"))
        }
    }

    func serveStatus(_ key: CallKey) {
        guard let machine = front.machine, let status = front.shard.status(front.group) else {
            return fail(key, ErrorMapping.status(of: .unknownGroup))
        }
        let size = Int64(machine.keyspace.byteCount)
        answer(
            key,
            StatusResponse(
                header: front.header(),
                version: ServerVersion.etcd,
                dbSize: size,
                leader: status.leader?.number ?? 0,
                raftIndex: status.commitIndex.number,
                raftTerm: status.term.number,
                raftAppliedIndex: status.appliedIndex.number,
                errors: status.leader == nil ? [ErrorMapping.noLeader.message] : [],
                dbSizeInUse: size,
                storageVersion: ServerVersion.storage,
                downgradeInfo: DowngradeInfo()
            )
        )
    }

    /// To hash a large keyspace takes long, so it is done on a copy, away from the loop.
    func serveHashKV(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: HashKVRequest = decode(key, message),
            let keyspace = front.machine?.keyspace
        else { return }
        let revision = Revision(request.revision)
        let header = front.header()
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
