internal import Bytes

/// Says which member is to have which partition; the same for the same members, whatever their order.
enum Assignor: String, CaseIterable, Sendable {
    /// Evenly, and whoever has a partition keeps it if that can be.
    case uniform

    /// Of each topic neighbouring partitions, the same of topics alike.
    case range

    init?(_ name: ByteSlice) { self.init(rawValue: name.text) }

    /// The one that most members ask for; `uniform` if none does.
    static func preferred(by claimants: [ConsumerMember]) -> Assignor {
        let votes = claimants.compactMap { $0.assignor.flatMap { Assignor($0) } }
        let forRange = votes.count { $0 == .range }
        return forRange > votes.count - forRange ? .range : .uniform
    }

    /// The targets of members that are sorted by ID, in their order, each sorted.
    func targets(for claimants: [ConsumerMember], of topics: [CatalogTopic]) -> [[TopicPartition]] {
        switch self {
        case .uniform: UniformAssignment(claimants, topics).targets
        case .range: Self.ranges(for: claimants, of: topics)
        }
    }

    private static func ranges(
        for claimants: [ConsumerMember],
        of topics: [CatalogTopic]
    ) -> [[TopicPartition]] {
        var targets = claimants.map { _ in [TopicPartition]() }
        for topic in topics {
            let takers = claimants.indices.filter {
                claimants[$0].subscription.contains(topic.name)
            }
            guard !takers.isEmpty else { continue }
            let count = Int(topic.partitionCount)
            let (share, rest) = (count / takers.count, count % takers.count)
            var next = 0
            for (order, taker) in takers.enumerated() {
                let end = next + share + (order < rest ? 1 : 0)
                targets[taker] += (next..<end).map {
                    TopicPartition(topic: topic.id, partition: Int32($0))
                }
                next = end
            }
        }
        return targets.map { $0.sorted() }
    }
}

/// The `uniform` assignor at work.
///
/// What members had they keep, up to their share. What is left goes to who has least; where members
/// want different topics, partitions then move as long as that makes them more even.
struct UniformAssignment {
    private(set) var targets: [[TopicPartition]]
    private let claimants: [ConsumerMember]
    private let takersByTopic: [ByteSlice: [Int]]
    private let idsWanted: [Set<ByteSlice>]

    init(_ claimants: [ConsumerMember], _ topics: [CatalogTopic]) {
        self.claimants = claimants
        let wanted = claimants.map { Set($0.subscription) }
        idsWanted = wanted.map { names in
            Set(topics.filter { names.contains($0.name) }.map(\.id))
        }
        var takersOf: [ByteSlice: [Int]] = [:]
        for topic in topics {
            takersOf[topic.id] = claimants.indices.filter { wanted[$0].contains(topic.name) }
        }
        takersByTopic = takersOf
        targets = claimants.map { _ in [] }
        let all = topics.filter { takersOf[$0.id]?.isEmpty == false }.flatMap { topic in
            (0..<max(topic.partitionCount, 0)).map {
                TopicPartition(topic: topic.id, partition: $0)
            }
        }
        let free = keep(all)
        give(free)
        level()
        targets = targets.map { $0.sorted() }
    }

    /// Whether all members want the same, and shares are so many each.
    private var isAlike: Bool {
        idsWanted.dropFirst().allSatisfy { $0 == idsWanted.first }
    }

    /// Answers with what nobody kept, sorted.
    private mutating func keep(_ all: [TopicPartition]) -> [TopicPartition] {
        guard !claimants.isEmpty else { return [] }
        var unclaimed = Set(all)
        let share = all.count / claimants.count
        var rest = all.count % claimants.count
        for (place, member) in claimants.enumerated() {
            var kept = member.target.filter {
                unclaimed.contains($0) && idsWanted[place].contains($0.topic)
            }
            if isAlike, kept.count > share {
                let takesOneMore = rest > 0
                if takesOneMore { rest -= 1 }
                kept = Array(kept.prefix(share + (takesOneMore ? 1 : 0)))
            }
            for partition in kept { unclaimed.remove(partition) }
            targets[place] = kept
        }
        return unclaimed.sorted()
    }

    private mutating func give(_ partitions: [TopicPartition]) {
        for partition in partitions {
            let takers = takersByTopic[partition.topic] ?? []
            let least = takers.min { left, right in
                (targets[left].count, left) < (targets[right].count, right)
            }
            if let least { targets[least].append(partition) }
        }
    }

    /// A partition moves from who has two more than another who wants it, until none does.
    private mutating func level() {
        guard !isAlike else { return }
        let movesMax = targets.reduce(0) { $0 + $1.count }
        for _ in 0..<movesMax {
            guard moveOne() else { return }
        }
    }

    private mutating func moveOne() -> Bool {
        let order = targets.indices.sorted {
            (targets[$0].count, $0) < (targets[$1].count, $1)
        }
        for rich in order.reversed() {
            for poor in order where targets[poor].count + 1 < targets[rich].count {
                let place = targets[rich].firstIndex { idsWanted[poor].contains($0.topic) }
                guard let place else { continue }
                targets[poor].append(targets[rich].remove(at: place))
                return true
            }
        }
        return false
    }
}
