internal import Model

// Keyspaces that come and go. Whoever asks for one names it; its group and its place follow from the
// image alone, and so are the same on every node.
extension Controller {
    mutating func createKeyspace(_ name: String) -> MetadataDelta {
        guard KeyspaceName.isSound(name) else { return .refused(.nameMalformed(name)) }
        let isDefault = name == KeyspaceName.ofDefault
        if let existing = image.keyspace(named: name) {
            return isDefault ? .unchanged : .refused(.nameTaken(existing))
        }
        guard image.keyspaces.count < Limits.keyspacesMax else {
            return .refused(.tooManyKeyspaces(limit: Limits.keyspacesMax))
        }
        guard isDefault || image.isFounded else { return .refused(.notFounded) }
        let keyspace =
            isDefault
            ? KeyspaceRecord(name: name, group: .defaultKeyspace)
            : KeyspaceRecord(
                name: name,
                group: image.takeGroup(),
                founders: Planner.founders(in: image)
            )
        image.create(keyspace)
        return .keyspace(keyspace)
    }

    mutating func dropKeyspace(_ name: String) -> MetadataDelta {
        guard name != KeyspaceName.ofDefault else { return .refused(.defaultKeyspaceStays) }
        guard let keyspace = image.keyspace(named: name) else {
            return .refused(.keyspaceNotFound(name))
        }
        image.drop(keyspace)
        return .keyspaceDropped(keyspace)
    }
}

/// Says where what is new is to be, from the image alone.
///
/// A keyspace is on every member, so that every node serves all of them from its own memory; what is
/// planned is who leads, as that is what costs.
enum Planner {
    /// The voters of a new keyspace: first the one that was chosen to lead the fewest so far, of
    /// several such the one with the lowest ID.
    static func founders(in image: MetadataImage) -> [NodeID] {
        let voters = image.votingMembers
        var counts = voters.map { _ in 0 }
        for keyspace in image.keyspaces {
            guard let place = voters.firstIndex(where: { $0 == keyspace.founders.first }) else {
                continue
            }
            counts[place] += 1
        }
        guard let least = counts.min(), let place = counts.firstIndex(of: least) else { return [] }
        return [voters[place]] + voters.filter { $0 != voters[place] }
    }
}
