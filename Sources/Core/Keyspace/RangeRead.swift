internal import Bytes
public import KeyspaceModel
internal import Model

/// Reading ranges.
extension Keyspace {
    /// Serves a range with all of etcd's options, at the latest revision or an older one.
    public func range(_ request: RangeRequest) throws(KeyspaceError) -> RangeResponse {
        try Self.check(request)
        return try range(request, seeing: revision)
    }

    /// Serves a range in the middle of a transaction that has written up to `visible`.
    func range(
        _ request: RangeRequest,
        seeing visible: Revision
    ) throws(KeyspaceError) -> RangeResponse {
        guard request.revision <= visible.number else { throw .futureRevision }
        let revision = request.revision <= 0 ? visible : Revision(request.revision)
        guard revision >= compactRevision else { throw .compacted }
        var response = RangeResponse(header: ResponseHeader(revision: visible.number))
        guard !request.rangeEnd.isEmpty else {
            read(request, at: revision, into: &response)
            return response
        }
        let range = KeyRange(key: request.key, rangeEnd: request.rangeEnd)
        guard !request.countOnly else {
            response.count = count(range, at: revision, seeing: visible)
            return response
        }
        var versions: [KeyVersion] = []
        response.count = collect(
            range,
            at: revision,
            seeing: visible,
            limit: fetchLimit(of: request),
            into: &versions
        )
        if request.isFiltered { versions.removeAll { !request.admits($0) } }
        request.sort(&versions)
        if request.limit > 0, Int64(versions.count) > request.limit {
            versions.removeSubrange(Int(request.limit)...)
            response.more = true
        }
        response.kvs.reserveCapacity(versions.count)
        for version in versions {
            response.kvs.append(
                request.keysOnly ? version.keyValueWithoutValue : version.keyValue
            )
        }
        return response
    }

    /// Reads one key: the most frequent request of all, for which no list is needed.
    private func read(
        _ request: RangeRequest,
        at revision: Revision,
        into response: inout RangeResponse
    ) {
        guard let version = history.version(of: request.key, at: revision), !version.isTombstone
        else { return }
        response.count = 1
        guard !request.countOnly, request.admits(version) else { return }
        response.kvs = [request.keysOnly ? version.keyValueWithoutValue : version.keyValue]
    }

    /// How many keys to fetch: one more than asked for, to know whether there are more.
    ///
    /// As in etcd, a sort target without an order sorts only what the limit lets through.
    private func fetchLimit(of request: RangeRequest) -> Int {
        guard request.limit > 0, request.limit < Int.max, request.sortOrder == .none,
            !request.isFiltered
        else { return .max }
        return Int(request.limit) + 1
    }

    private func count(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision
    ) -> Int64 {
        guard revision < visible else { return Int64(history.newest.liveCount(in: range)) }
        var count: Int64 = 0
        visit(range, at: revision, seeing: visible) { _ in
            count += 1
            return true
        }
        return count
    }

    /// Fetches up to `limit` versions and counts all there are.
    private func collect(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision,
        limit: Int,
        into versions: inout [KeyVersion]
    ) -> Int64 {
        var count: Int64 = 0
        let isLatest = revision >= visible
        if isLatest {
            count = Int64(history.newest.liveCount(in: range))
            versions.reserveCapacity(min(limit, Int(count)))
        }
        visit(range, at: revision, seeing: visible) { version in
            if versions.count < limit { versions.append(version) }
            if isLatest { return versions.count < limit }
            count += 1
            return true
        }
        return count
    }

    /// Visits what a reader at `revision` sees of the range, in order of the keys.
    func visit(
        _ range: KeyRange,
        at revision: Revision,
        seeing visible: Revision,
        _ body: (KeyVersion) -> Bool
    ) {
        guard revision < visible else {
            history.newest.visit(range) { $0.isTombstone || body($0) }
            return
        }
        history.newest.visit(range) { newest in
            guard let version = history.version(newest, at: revision), !version.isTombstone else {
                return true
            }
            return body(version)
        }
    }
}

extension RangeRequest {
    /// Whether keys are left out by revision.
    ///
    /// Zero means no bound; a negative one is a bound.
    var isFiltered: Bool {
        minModRevision != 0 || maxModRevision != 0 || minCreateRevision != 0
            || maxCreateRevision != 0
    }

    func admits(_ version: KeyVersion) -> Bool {
        let mod = version.position.revision.number
        let create = version.createRevision.number
        return (maxModRevision == 0 || mod <= maxModRevision)
            && (minModRevision == 0 || mod >= minModRevision)
            && (maxCreateRevision == 0 || create <= maxCreateRevision)
            && (minCreateRevision == 0 || create >= minCreateRevision)
    }

    /// Sorts what lies in order of the keys; equals stay in that order.
    ///
    /// A target other than the key is sorted in ascending order if none is given.
    func sort(_ versions: inout [KeyVersion]) {
        let isDescending = sortOrder == .descend
        switch sortTarget {
        case .key:
            if isDescending { versions.reverse() }
        case .version: sort(&versions, isDescending) { $0.version }
        case .create: sort(&versions, isDescending) { $0.createRevision.number }
        case .mod: sort(&versions, isDescending) { $0.position.revision.number }
        case .value:
            versions.sort {
                let order = $0.value.order(against: $1.value)
                if order == 0 { return $0.key < $1.key }
                return isDescending ? order > 0 : order < 0
            }
        case .unrecognized: break
        }
    }

    private func sort(
        _ versions: inout [KeyVersion],
        _ isDescending: Bool,
        by number: (KeyVersion) -> Int64
    ) {
        versions.sort {
            let (left, right) = (number($0), number($1))
            if left == right { return $0.key < $1.key }
            return isDescending ? left > right : left < right
        }
    }
}
