internal import Bytes
internal import KeyspaceModel

/// Keys in order, in chunks: a change moves one chunk, and so does a change of a copy.
struct SortedKeyValues: Sendable {
    /// In order, none of them empty.
    private var chunks: [[KeyValue]] = []

    private static let chunkMax = 128

    var all: [KeyValue] { chunks.flatMap { $0 } }

    func value(of key: ByteSlice) -> KeyValue? {
        let place = place(of: key)
        guard holds(key, at: place) else { return nil }
        return chunks[place.chunk][place.offset]
    }

    func keyValues(in interval: KeyInterval) -> [KeyValue] {
        var found: [KeyValue] = []
        var place = place(of: interval.first)
        while place.chunk < chunks.count {
            let chunk = chunks[place.chunk]
            while place.offset < chunk.count {
                guard interval.contains(chunk[place.offset].key) else { return found }
                found.append(chunk[place.offset])
                place.offset += 1
            }
            place = Place(chunk: place.chunk + 1, offset: 0)
        }
        return found
    }

    mutating func insert(_ keyValue: KeyValue) {
        let place = place(of: keyValue.key)
        if holds(keyValue.key, at: place) {
            chunks[place.chunk][place.offset] = keyValue
        } else if place.chunk < chunks.count {
            chunks[place.chunk].insert(keyValue, at: place.offset)
            splitIfFull(place.chunk)
        } else if let last = chunks.indices.last {
            chunks[last].append(keyValue)
            splitIfFull(last)
        } else {
            chunks = [[keyValue]]
        }
    }

    mutating func remove(_ key: ByteSlice) {
        let place = place(of: key)
        guard holds(key, at: place) else { return }
        chunks[place.chunk].remove(at: place.offset)
        if chunks[place.chunk].isEmpty { chunks.remove(at: place.chunk) }
    }

    private struct Place {
        var chunk: Int
        var offset: Int
    }

    /// The first key that is not before `key`; in a chunk that is not there if all are.
    private func place(of key: ByteSlice) -> Place {
        let chunk = Self.firstPlace(below: chunks.count) { place in
            chunks[place].last.map { $0.key < key } ?? true
        }
        guard chunk < chunks.count else { return Place(chunk: chunk, offset: 0) }
        let keyValues = chunks[chunk]
        let offset = Self.firstPlace(below: keyValues.count) { keyValues[$0].key < key }
        return Place(chunk: chunk, offset: offset)
    }

    private static func firstPlace(below end: Int, where isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func holds(_ key: ByteSlice, at place: Place) -> Bool {
        place.chunk < chunks.count && place.offset < chunks[place.chunk].count
            && chunks[place.chunk][place.offset].key == key
    }

    private mutating func splitIfFull(_ chunk: Int) {
        guard chunks[chunk].count > Self.chunkMax else { return }
        let half = chunks[chunk].count / 2
        let rest = Array(chunks[chunk][half...])
        chunks[chunk].removeLast(rest.count)
        chunks.insert(rest, at: chunk + 1)
    }
}
