internal import Bytes
internal import Controller
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel
internal import Model

// Which keyspace a call is about. A client says it with the header `martlet-keyspace`, or by the host
// that it connects to, `NAME.keyspace.…`, if it can set no headers, as etcdctl; the header goes first.
// Whoever says nothing is given the keyspace that a cluster begins with.
extension EtcdConnection {
    /// The group of the keyspace that the headers name.
    func namedGroup() throws(GRPCStatus) -> GroupID {
        guard let name = namedKeyspace, name != KeyspaceName.ofDefault else {
            return .defaultKeyspace
        }
        guard KeyspaceName.isSound(name) else { throw ErrorMapping.malformed(name) }
        guard let keyspace = front.shard.metadata?.keyspace(named: name),
            front.shard.keyspace(keyspace.group) != nil
        else { throw ErrorMapping.unknown(keyspace: name) }
        return keyspace.group
    }

    private var namedKeyspace: String? {
        if let header = http.currentHeader("martlet-keyspace") { return header.text }
        guard let host = http.currentHeader(":authority")?.text,
            let dot = host.firstIndex(of: "."), host[dot...].hasPrefix(".keyspace.")
        else { return nil }
        return String(host[..<dot])
    }

    /// The state that a call is about; nil if its keyspace is no more.
    func machine(_ key: CallKey) -> KeyspaceMachine? {
        front.shard.keyspace(calls.group(of: key))
    }

    func header(_ key: CallKey, _ revision: Int64) -> ResponseHeader {
        front.header(revision, of: calls.group(of: key))
    }

    /// The header of an answer about what this node knows now.
    func header(_ key: CallKey) -> ResponseHeader {
        header(key, machine(key)?.keyspace.revision.number ?? 0)
    }

    /// Calls about keyspaces that are no more end.
    func end(_ groups: [GroupID]) {
        for place in calls.places {
            guard let key = calls.key(at: place), groups.contains(calls.group(of: key)) else {
                continue
            }
            end(key, ErrorMapping.keyspaceGone)
        }
    }
}

/// The Keyspaces service.
extension EtcdConnection {
    func serveCreateKeyspace(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: CreateKeyspaceRequest = decode(key, message) else { return }
        change(key, .keyspaceCreated(request.name), named: request.name)
    }

    func serveDropKeyspace(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: DropKeyspaceRequest = decode(key, message) else { return }
        change(key, .keyspaceDropped(request.name), named: request.name)
    }

    private func change(_ key: CallKey, _ record: ClusterRecord, named name: String) {
        guard KeyspaceName.isSound(name) else { return fail(key, ErrorMapping.malformed(name)) }
        guard let number else { return }
        calls[key]?.work = .changingKeyspaces
        front.shard.propose(record, for: Waiter(client: number, request: key.number))
        wantTurn()
    }

    /// The change was applied here, or refused.
    func changedKeyspaces(_ key: CallKey, _ result: CompletionResult) {
        switch result {
        case .metadataChanged(.keyspace(let keyspace)):
            answer(key, CreateKeyspaceResponse(keyspace: front.summary(of: keyspace)))
        case .metadataChanged(.keyspaceDropped): answer(key, DropKeyspaceResponse())
        case .metadataChanged(.refused(let refusal)):
            fail(key, ErrorMapping.status(of: refusal))
        case .metadataChanged(.unchanged):
            // Only the default's creation changes nothing.
            let keyspace = KeyspaceRecord(name: KeyspaceName.ofDefault, group: .defaultKeyspace)
            fail(key, ErrorMapping.status(of: .nameTaken(keyspace)))
        case .refused(let refusal): fail(key, ErrorMapping.status(of: refusal))
        case .metadataChanged, .applied, .readable, .leadershipTransferred, .streams:
            return
        }
    }

    /// The leave to read the cluster's metadata has come.
    func answerKeyspaces(_ key: CallKey) {
        let keyspaces = front.shard.metadata?.keyspaces ?? []
        answerWhole(key, ListKeyspacesResponse(keyspaces: keyspaces.map { front.summary(of: $0) }))
    }
}

extension EtcdFront {
    func summary(of keyspace: KeyspaceRecord) -> KeyspaceSummary {
        let state = shard.keyspace(keyspace.group)?.keyspace
        return KeyspaceSummary(
            name: keyspace.name,
            group: keyspace.group.number,
            leader: shard.status(keyspace.group)?.leader?.number ?? 0,
            revision: state?.revision.number ?? 0,
            bytes: Int64(state?.byteCount ?? 0)
        )
    }
}
