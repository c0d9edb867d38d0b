import Bytes
import Keyspace
import KeyspaceModel
import Model

/// The model: every version in one array, everything found by looking at all of it.
struct NaiveKeyspace {
    struct Version: Equatable {
        var kv: KeyValue
        var sub: Int64
        var isTombstone: Bool
        var revision: Int64
    }

    struct Lease {
        var id: Int64
        var ttl: Int64
        var deadline: Int64
    }

    var versions: [Version] = []
    var revision: Int64 = 1
    var compactRevision: Int64 = -1
    var time: Int64 = 0
    var leases: [Lease] = []
    var alarms: [AlarmMember] = []

    /// Changes of the command in progress; they stand under `revision + 1`.
    var written = 0

    var visible: Int64 { written > 0 ? revision + 1 : revision }

    func newest(_ key: ByteSlice, at revision: Int64) -> Version? {
        versions.last { $0.kv.key == key && $0.revision <= revision }
    }

    func live(_ key: ByteSlice) -> KeyValue? {
        guard let version = newest(key, at: .max), !version.isTombstone else { return nil }
        return version.kv
    }

    func seen(at revision: Int64) -> [Version] {
        Set(versions.map(\.kv.key)).compactMap { newest($0, at: revision) }
            .filter { !$0.isTombstone }.sorted { $0.kv.key < $1.kv.key }
    }

    static func covers(_ key: ByteSlice, _ end: ByteSlice, _ candidate: ByteSlice) -> Bool {
        if end.isEmpty { return candidate == key }
        return candidate >= key && (end == "\0" || candidate < end)
    }

    func keys(_ key: ByteSlice, _ end: ByteSlice, at revision: Int64) -> [KeyValue] {
        seen(at: revision).map(\.kv).filter { Self.covers(key, end, $0.key) }
    }

    mutating func apply(_ command: KeyspaceCommand, at time: Int64) -> Applied {
        self.time = max(self.time, time)
        do throws(KeyspaceError) {
            let before = self
            do throws(KeyspaceError) {
                let response = try run(command)
                if written > 0 { revision += 1 }
                written = 0
                return .success(response)
            } catch {
                self = before
                throw error
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func run(_ command: KeyspaceCommand) throws(KeyspaceError) -> KeyspaceResponse
    {
        try refuse(command)
        switch command {
        case .put(let request):
            try Keyspace.check(request)
            try check(request, leaseFirst: true)
            return .put(put(request))
        case .deleteRange(let request):
            try Keyspace.check(request)
            return .deleteRange(delete(request))
        case .txn(let request): return .txn(try transact(request))
        case .compact(let request): return .compaction(try compact(request.revision))
        case .leaseGrant(let request): return .leaseGrant(try grant(request))
        case .leaseRevoke(let request):
            guard leases.contains(where: { $0.id == request.id }) else { throw .leaseNotFound }
            revoke(request.id)
            return .leaseRevoke(LeaseRevokeResponse(header: ResponseHeader(revision: visible)))
        case .leaseKeepAlive(let request):
            var ttl: Int64 = 0
            for index in leases.indices where leases[index].id == request.id {
                ttl = leases[index].ttl
                leases[index].deadline = time + ttl * 1000
            }
            return .leaseKeepAlive(
                LeaseKeepAliveResponse(
                    header: ResponseHeader(revision: revision),
                    id: request.id,
                    ttl: ttl
                )
            )
        case .expireLeases(let ids):
            for id in ids
            where !isRaised(.corrupt)
                && leases.contains(where: { $0.id == id.number && $0.deadline <= time })
            {
                revoke(id.number)
                if written > 0 { revision += 1 }
                written = 0
            }
            return .none
        case .advanceTime: return .none
        case .alarm(let request): return .alarm(alarm(request))
        }
    }

    private mutating func add(_ kv: KeyValue, isTombstone: Bool) {
        versions.append(
            Version(
                kv: kv,
                sub: Int64(written),
                isTombstone: isTombstone,
                revision: revision + 1
            )
        )
        written += 1
    }

    private mutating func put(_ request: PutRequest) -> PutResponse {
        let old = live(request.key)
        let kv = KeyValue(
            key: request.key,
            createRevision: old?.createRevision ?? revision + 1,
            modRevision: revision + 1,
            version: (old?.version ?? 0) + 1,
            value: request.ignoreValue ? old?.value ?? "" : request.value,
            lease: request.ignoreLease ? old?.lease ?? 0 : request.lease
        )
        add(kv, isTombstone: false)
        return PutResponse(
            header: ResponseHeader(revision: revision + 1),
            prevKv: request.prevKv ? old : nil
        )
    }

    private mutating func delete(_ request: DeleteRangeRequest) -> DeleteRangeResponse {
        let doomed = keys(request.key, request.rangeEnd, at: .max)
        for kv in doomed {
            add(KeyValue(key: kv.key, modRevision: revision + 1), isTombstone: true)
        }
        return DeleteRangeResponse(
            header: ResponseHeader(revision: visible),
            deleted: Int64(doomed.count),
            prevKvs: request.prevKv ? doomed : []
        )
    }

    private func check(_ request: PutRequest, leaseFirst: Bool) throws(KeyspaceError) {
        let lacksLease = request.lease != 0 && !leases.contains { $0.id == request.lease }
        let lacksKey =
            (request.ignoreValue || request.ignoreLease) && live(request.key) == nil
        if leaseFirst, lacksLease { throw .leaseNotFound }
        if lacksKey { throw .keyNotFound }
        if lacksLease { throw .leaseNotFound }
    }

    private mutating func compact(_ target: Int64) throws(KeyspaceError) -> CompactionResponse {
        guard target > compactRevision else { throw .compacted }
        guard target <= revision else { throw .futureRevision }
        compactRevision = target
        let all = versions
        versions = all.enumerated().filter { index, version in
            if version.revision > target { return true }
            if version.isTombstone && version.revision < target { return false }
            return !all[(index + 1)...].contains {
                $0.kv.key == version.kv.key && $0.revision <= target
            }
        }.map(\.element)
        return CompactionResponse(header: ResponseHeader(revision: revision))
    }

    private mutating func grant(
        _ request: LeaseGrantRequest
    ) throws(KeyspaceError) -> LeaseGrantResponse {
        guard request.id != 0 else { throw .leaseNotFound }
        guard request.ttl <= 9_000_000_000 else { throw .leaseTTLTooLarge }
        guard !leases.contains(where: { $0.id == request.id }) else { throw .leaseExists }
        let ttl = max(2, request.ttl)
        leases.append(Lease(id: request.id, ttl: ttl, deadline: time + ttl * 1000))
        return LeaseGrantResponse(
            header: ResponseHeader(revision: revision),
            id: request.id,
            ttl: ttl
        )
    }

    func attached(to id: Int64) -> [ByteSlice] {
        seen(at: .max).map(\.kv).filter { $0.lease == id }.map(\.key)
    }

    private mutating func revoke(_ id: Int64) {
        for key in attached(to: id) { _ = delete(DeleteRangeRequest(key: key)) }
        leases.removeAll { $0.id == id }
    }
}

/// Transactions.
extension NaiveKeyspace {
    private mutating func transact(_ request: TxnRequest) throws(KeyspaceError) -> TxnResponse {
        try Keyspace.check(request)
        let before = self
        try check(request)
        var response = try run(request, before)
        response.header = ResponseHeader(revision: visible)
        return response
    }

    private func check(_ request: TxnRequest) throws(KeyspaceError) {
        for operation in holds(request) ? request.success : request.failure {
            switch operation.request {
            case .requestRange(let range)? where range.revision != 0:
                if range.revision > revision { throw .futureRevision }
                if range.revision < compactRevision { throw .compacted }
            case .requestPut(let put): try check(put, leaseFirst: false)
            case .requestTxn(let nested): try check(nested)
            case .requestRange, .requestDeleteRange, nil: break
            }
        }
    }

    private func holds(_ request: TxnRequest) -> Bool {
        request.compare.allSatisfy { compare in
            let found = keys(compare.key, compare.rangeEnd, at: .max)
            if found.isEmpty { return compare.target != .value && holds(compare, KeyValue()) }
            return found.allSatisfy { holds(compare, $0) }
        }
    }

    private func holds(_ compare: Compare, _ kv: KeyValue) -> Bool {
        let isLess: Bool
        let isEqual: Bool
        switch (compare.target, compare.targetUnion) {
        case (.version, .version(let number)?):
            (isLess, isEqual) = (kv.version < number, kv.version == number)
        case (.create, .createRevision(let number)?):
            (isLess, isEqual) = (kv.createRevision < number, kv.createRevision == number)
        case (.mod, .modRevision(let number)?):
            (isLess, isEqual) = (kv.modRevision < number, kv.modRevision == number)
        case (.lease, .lease(let number)?):
            (isLess, isEqual) = (kv.lease < number, kv.lease == number)
        case (.value, .value(let bytes)?):
            (isLess, isEqual) = (kv.value < bytes, kv.value == bytes)
        default: return false
        }
        return switch compare.result {
        case .equal: isEqual
        case .notEqual: !isEqual
        case .less: isLess
        case .greater: !isLess && !isEqual
        case .unrecognized: true
        }
    }

    private mutating func run(
        _ request: TxnRequest,
        _ before: NaiveKeyspace
    ) throws(KeyspaceError) -> TxnResponse {
        let succeeded = before.holds(request)
        var response = TxnResponse(header: ResponseHeader(), succeeded: succeeded)
        for operation in succeeded ? request.success : request.failure {
            let answer: ResponseOp.Response? =
                switch operation.request {
                case .requestRange(let request): .responseRange(try range(request))
                case .requestPut(let request): .responsePut(put(request))
                case .requestDeleteRange(let request): .responseDeleteRange(delete(request))
                case .requestTxn(let request): .responseTxn(try run(request, before))
                case nil: nil
                }
            response.responses.append(ResponseOp(response: answer))
        }
        return response
    }
}

/// Reads.
extension NaiveKeyspace {
    func range(_ request: RangeRequest) throws(KeyspaceError) -> RangeResponse {
        try Keyspace.check(request)
        if request.revision > visible { throw .futureRevision }
        let revision = request.revision <= 0 ? visible : request.revision
        if revision < compactRevision { throw .compacted }
        var kvs = keys(request.key, request.rangeEnd, at: revision)
        var response = RangeResponse(
            header: ResponseHeader(revision: visible),
            count: Int64(kvs.count)
        )
        if request.countOnly { return response }
        let isFiltered =
            [
                request.minModRevision, request.maxModRevision, request.minCreateRevision,
                request.maxCreateRevision,
            ] != [0, 0, 0, 0]
        if request.limit > 0, request.sortOrder == .none, !isFiltered {
            kvs = Array(kvs.prefix(Int(request.limit) + 1))
        }
        kvs.removeAll { kv in
            (request.minModRevision != 0 && kv.modRevision < request.minModRevision)
                || (request.maxModRevision != 0 && kv.modRevision > request.maxModRevision)
                || (request.minCreateRevision != 0
                    && kv.createRevision < request.minCreateRevision)
                || (request.maxCreateRevision != 0
                    && kv.createRevision > request.maxCreateRevision)
        }
        sort(&kvs, request)
        if request.limit > 0, kvs.count > request.limit {
            kvs = Array(kvs.prefix(Int(request.limit)))
            response.more = true
        }
        if request.keysOnly { for index in kvs.indices { kvs[index].value = "" } }
        response.kvs = kvs
        return response
    }

    private func sort(_ kvs: inout [KeyValue], _ request: RangeRequest) {
        let isDescending = request.sortOrder == .descend
        func isBefore<Property: Comparable>(_ left: Property, _ right: Property) -> Bool? {
            left == right ? nil : (left < right) != isDescending
        }
        kvs.sort { left, right in
            let order =
                switch request.sortTarget {
                case .key, .unrecognized: isBefore(left.key, right.key)
                case .version: isBefore(left.version, right.version)
                case .create: isBefore(left.createRevision, right.createRevision)
                case .mod: isBefore(left.modRevision, right.modRevision)
                case .value: isBefore(left.value, right.value)
                }
            return order ?? (left.key < right.key)
        }
    }

    func changes(from revision: Int64) -> [Change] {
        var changes: [Change] = []
        for version in versions where version.revision >= revision {
            let event = Event(type: version.isTombstone ? .delete : .put, kv: version.kv)
            if changes.last?.revision.number != version.revision {
                changes.append(Change(revision: Revision(version.revision), events: []))
            }
            changes[changes.count - 1].events.append(event)
        }
        return changes
    }

    /// etcd's HashKV, written from its definition once more.
    func hash(at revision: Int64) -> UInt32 {
        let seen = seen(at: revision)
        var bytes = [UInt8]("key".utf8)
        for version in versions where version.revision <= revision {
            if version.revision <= compactRevision, !seen.isEmpty, !seen.contains(version) {
                continue
            }
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: version.revision >> (56 - 8 * $0)) }
            bytes.append(0x5f)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: version.sub >> (56 - 8 * $0)) }
            if version.isTombstone { bytes.append(0x74) }
            bytes += Self.protobuf(version.isTombstone ? KeyValue(key: version.kv.key) : version.kv)
        }
        return CRC32C.of(bytes)
    }

    static func protobuf(_ kv: KeyValue) -> [UInt8] {
        func varint(_ number: Int64) -> [UInt8] {
            var rest = UInt64(bitPattern: number)
            var bytes: [UInt8] = []
            repeat {
                bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            return bytes
        }
        func field(_ tag: UInt8, _ value: ByteSlice) -> [UInt8] {
            value.isEmpty ? [] : [tag] + varint(Int64(value.count)) + value.array
        }
        func field(_ tag: UInt8, _ number: Int64) -> [UInt8] {
            number == 0 ? [] : [tag] + varint(number)
        }
        return field(0x0a, kv.key) + field(0x10, kv.createRevision) + field(0x18, kv.modRevision)
            + field(0x20, kv.version) + field(0x2a, kv.value) + field(0x30, kv.lease)
    }
}
