internal import Model

/// Where each of a shard's groups stands among them.
///
/// Asked several times a request: so by halving, as a dictionary would hash each time.
struct GroupPlaces {
    private var ids: [GroupID]
    private var places: [Int]

    init(_ groups: [GroupID]) {
        places = groups.indices.sorted { groups[$0] < groups[$1] }
        ids = places.map { groups[$0] }
    }

    var count: Int { ids.count }

    subscript(id: GroupID) -> Int? {
        let rank = rank(of: id)
        return rank < ids.count && ids[rank] == id ? places[rank] : nil
    }

    mutating func insert(_ id: GroupID, at place: Int) {
        let rank = rank(of: id)
        ids.insert(id, at: rank)
        places.insert(place, at: rank)
    }

    mutating func remove(_ id: GroupID) {
        let rank = rank(of: id)
        guard rank < ids.count, ids[rank] == id else { return }
        ids.remove(at: rank)
        places.remove(at: rank)
    }

    /// How many groups have a lower ID.
    private func rank(of id: GroupID) -> Int {
        var lower = 0
        var upper = ids.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if ids[middle] < id { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}
