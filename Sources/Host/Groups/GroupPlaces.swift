internal import Model

/// Where each of a shard's groups stands among them.
///
/// Asked several times a request: so by halving, as a dictionary would hash each time.
struct GroupPlaces {
    private let ids: [GroupID]
    private let places: [Int]

    init(_ groups: [GroupID]) {
        places = groups.indices.sorted { groups[$0] < groups[$1] }
        ids = places.map { groups[$0] }
    }

    subscript(id: GroupID) -> Int? {
        var lower = 0
        var upper = ids.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if ids[middle] < id { lower = middle + 1 } else { upper = middle }
        }
        return lower < ids.count && ids[lower] == id ? places[lower] : nil
    }
}
