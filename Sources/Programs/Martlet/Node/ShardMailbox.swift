import Bytes
import Groups
import Model
import NIOCore
import Transport
import Synchronization

/// What other threads have for a shard: frames from peers, completions from storage, and what
/// either has to tell people.
///
/// The only way to a shard from outside its loop. One wake-up serves a batch: the loop is called
/// when the box was empty, and empties it whole.
final class ShardMailbox: Sendable {
    enum Letter: Sendable {
        case frame(ByteSlice, from: NodeID)
        case completion(StorageCompletion)
        case timing(StorageTiming)
        case peerFact(PeerFact)
    }

    private let letters = Mutex<[Letter]>([])
    private let loop: any EventLoop
    private let receiver: NIOLoopBoundBox<ShardLoop?>

    init(on loop: any EventLoop) {
        self.loop = loop
        receiver = NIOLoopBoundBox.makeEmptyBox(valueType: ShardLoop.self, eventLoop: loop)
    }

    /// On the loop: whose letters these are, those that came before among them.
    func belong(to shard: ShardLoop) {
        receiver.value = shard
        loop.execute { self.receiver.value?.open(self) }
    }

    func post(_ letter: Letter) {
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        guard isFirst else { return }
        loop.execute { self.receiver.value?.open(self) }
    }

    func empty() -> [Letter] {
        letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
