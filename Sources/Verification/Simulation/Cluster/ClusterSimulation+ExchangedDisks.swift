internal import Checkers
internal import Groups
internal import Model

/// A disk as it was once, and what its data directory said then.
struct CopiedDisk {
    var image: DiskImage
    var boots: UInt64

    /// The last batch that is on it.
    var batch: UInt64
}

// Disks that are exchanged for an empty one or an older copy. The others must refuse the node that
// comes up on such a disk before it says anything that counts (`RaftObserver.counts`).
extension ClusterSimulation {
    func wipeDisk(_ place: Int) {
        guard !foundsAlone(place) else { return }
        let empty = CopiedDisk(image: DiskImage(), boots: 0, batch: 0)
        guard exchangeDisk(place, with: empty) else { return }
        mark(.diskWiped)
        nodes[place].incarnation = Incarnation(1_000_000 + nodes[place].starts)
    }

    /// First somebody makes a copy of the disk, later he puts it back.
    func rollBack(_ place: Int) {
        let node = nodes[place]
        guard let copy = node.image else {
            guard let batch = node.running?.journal.durableBatchNumber, !decidesAlone(place) else {
                return
            }
            mark(.diskCopied)
            node.image = CopiedDisk(image: node.disk.image(), boots: node.boots, batch: batch)
            return
        }
        guard exchangeDisk(place, with: copy) else { return }
        mark(.diskRolledBack)
        node.image = nil
    }

    /// Only once all others, but those whose own disk was exchanged, have heard of promises that the
    /// other disk does not hold.
    private func exchangeDisk(_ place: Int, with copy: CopiedDisk) -> Bool {
        let node = nodes[place]
        guard mayDamage(node), survivesExchange(of: place), !node.isExchanged, node.running != nil
        else { return false }
        let isKnown = nodes.indices.allSatisfy { other in
            guard other != place, !nodes[other].isExchanged else { return true }
            let heard = nodes[other].running?.shard.heardLife(of: node.id)
            return heard.map { $0.batch > copy.batch } ?? false
        }
        guard isKnown else { return false }
        kill(place)
        node.isRotten = true
        hasLostData = true
        node.isExchanged = true
        trace.tell(
            now,
            "node \(node.id)'s disk is exchanged for one of \(copy.image.files.count) files"
        )
        node.disk.replace(with: copy.image)
        node.boots = copy.boots
        for group in groupIDs { observer.diskLost(group, on: node.id) }
        return true
    }

    /// A node has heard that its disk is not the one it had; it stays away until it is replaced.
    func refused(_ place: Int, _ reason: String) throws(Violation) {
        let node = nodes[place]
        guard node.isExchanged else {
            throw Violation(.orderlyStop, "node \(node.id) is refused with its own disk: \(reason)")
        }
        mark(.diskRefused)
        node.isLeftBroken = true
        crash(place, losesPower: false)
    }
}
