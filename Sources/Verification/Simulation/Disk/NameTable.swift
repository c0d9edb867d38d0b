/// Paths and the files they name, sorted by path.
struct NameTable {
    private(set) var entries: [(path: String, file: SimulatedFile)] = []

    func file(at path: String) -> SimulatedFile? {
        let place = place(of: path)
        guard place < entries.count, entries[place].path == path else { return nil }
        return entries[place].file
    }

    mutating func link(_ path: String, to file: SimulatedFile) {
        let place = place(of: path)
        if place < entries.count, entries[place].path == path {
            entries[place].file = file
        } else {
            entries.insert((path, file), at: place)
        }
    }

    @discardableResult
    mutating func unlink(_ path: String) -> SimulatedFile? {
        let place = place(of: path)
        guard place < entries.count, entries[place].path == path else { return nil }
        return entries.remove(at: place).file
    }

    private func place(of path: String) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
