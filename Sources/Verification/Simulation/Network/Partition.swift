/// Which links a network fault cuts.
enum Partition: CaseIterable, Sendable {
    /// Two sides that do not hear each other.
    case halves

    /// One node alone, the leader if there is one.
    case leaderAlone

    case oneAlone

    /// One node in the middle hears both sides, which do not hear each other.
    case bridge

    /// Each hears only its two neighbours, so that everybody sees another majority.
    case ring

    /// One link, both ways.
    case oneLink

    /// One link, one way only.
    case oneWayLink

    /// One node is heard by nobody but hears all.
    case mute

    /// One node hears nobody but is heard by all.
    case deaf

    /// The links to cut, as (source, target), among `nodes` nodes.
    func links(
        nodes: Int,
        leader: Int?,
        _ random: inout SeededGenerator
    ) -> [(source: Int, target: Int)] {
        let odd = random.below(nodes)
        switch self {
        case .halves:
            let side = (0..<nodes).map { _ in random.happens(permille: 500) }
            return Self.links(nodes) { side[$0] != side[$1] }
        case .leaderAlone:
            let alone = leader ?? odd
            return Self.links(nodes) { $0 == alone || $1 == alone }
        case .oneAlone: return Self.links(nodes) { $0 == odd || $1 == odd }
        case .bridge:
            return Self.links(nodes) { $0 != odd && $1 != odd && ($0 < odd) != ($1 < odd) }
        case .ring:
            return Self.links(nodes) { source, target in
                let distance = (source - target + nodes) % nodes
                return distance != 1 && distance != nodes - 1
            }
        case .oneLink:
            let other = random.below(nodes)
            return Self.links(nodes) {
                ($0 == odd && $1 == other) || ($0 == other && $1 == odd)
            }
        case .oneWayLink:
            let target = random.below(nodes)
            return Self.links(nodes) { $0 == odd && $1 == target }
        case .mute: return Self.links(nodes) { source, _ in source == odd }
        case .deaf: return Self.links(nodes) { _, target in target == odd }
        }
    }

    private static func links(
        _ nodes: Int,
        _ isCut: (Int, Int) -> Bool
    ) -> [(source: Int, target: Int)] {
        var links: [(source: Int, target: Int)] = []
        for source in 0..<nodes {
            for target in 0..<nodes where source != target && isCut(source, target) {
                links.append((source, target))
            }
        }
        return links
    }
}
