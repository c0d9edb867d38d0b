internal import Bytes
internal import KeyspaceModel

// What a call of the Lock and Election services does, step by step.
//
// Both services are recipes over keys, leases, transactions and watches: whoever wants a lock puts a
// key of its lease under the lock's prefix, and holds the lock once no older key is there. A recipe
// is a value: inputs in, effects out. It knows nothing of connections, and reads nothing itself.
//
//     QueueRecipe      Lock, Campaign: enter a queue, wait for those before, be its first
//     ProclaimRecipe   Proclaim: a new value for the key of one who leads
//     ObserveRecipe    Observe: who leads, and whatever its leaders proclaim
//
// RecipeTable holds those under way, EtcdFront+Recipes carries their effects out. Unlock, Leader and
// Resign take one step and need no recipe: EtcdConnection+Recipes.
//
// The order of a queue is that of create revisions, which never changes: once this node has applied
// the entry of a key, its own keyspace knows all that come before it. So a recipe waits on local
// watches alone, whoever leads meanwhile, and asks the leader only at the end, when it may have lost
// its own key without knowing.
//
// Source: etcd's `client/v3/concurrency`, by what it does to keys and answers.

/// One call that takes more than one step.
enum Recipe {
    case queue(QueueRecipe)
    case proclaim(ProclaimRecipe)
    case observe(ObserveRecipe)

    mutating func start() -> [RecipeEffect] {
        switch self {
        case .queue(var recipe):
            defer { self = .queue(recipe) }
            return recipe.start()
        case .proclaim(var recipe):
            defer { self = .proclaim(recipe) }
            return recipe.start()
        case .observe(var recipe):
            defer { self = .observe(recipe) }
            return recipe.start()
        }
    }

    /// An input that the recipe does not wait for, because its caller has gone, changes nothing.
    mutating func step(_ input: RecipeInput) -> [RecipeEffect] {
        switch self {
        case .queue(var recipe):
            defer { self = .queue(recipe) }
            return recipe.step(input)
        case .proclaim(var recipe):
            defer { self = .proclaim(recipe) }
            return recipe.step(input)
        case .observe(var recipe):
            defer { self = .observe(recipe) }
            return recipe.step(input)
        }
    }

    var isDone: Bool {
        switch self {
        case .queue(let recipe): recipe.isDone
        case .proclaim(let recipe): recipe.isDone
        case .observe(let recipe): recipe.isDone
        }
    }
}

enum RecipeInput: Equatable {
    case granted(lease: Int64)
    case applied(TxnResponse)

    /// The keyspace says no, and will again.
    case rejected(GRPCStatus)

    /// The command was not carried out, or nobody knows; a read was not allowed.
    case refused(GRPCStatus)

    /// This node has applied all that was acknowledged when `.confirm` asked.
    case readable

    case queue(QueueView)
    case first(KeyValue?, revision: Int64)

    /// More keys are under the prefix than are looked through.
    case queueTooLong

    case happened([Event])

    /// What was to be told is compacted; look again.
    case watchEnded

    case watchRefused

    /// Some time has passed since `.rest`.
    case retry

    /// Nobody waits for the answer any longer.
    case cancelled
}

/// To be carried out in order; what each leads to comes back as an input.
enum RecipeEffect: Equatable {
    case grant(seconds: Int64)
    case propose(TxnRequest)

    /// Ask the leader for leave to read.
    case confirm

    /// Look at the keys under a prefix, as this node has them.
    case lookForPredecessor(QueueLook)
    case lookForFirst(prefix: ByteSlice)

    /// Watch this, and nothing else any longer.
    case watch(WatchCreateRequest)

    /// Wait a bit.
    case rest

    /// One message of a stream.
    case tell(KeyValue, revision: Int64)

    case answer(RecipeAnswer)
    case fail(GRPCStatus)
}

enum RecipeAnswer: Equatable {
    case lock(key: ByteSlice, revision: Int64)
    case campaign(LeaderKey, revision: Int64)
    case proclaim(revision: Int64)
}

/// A place in a queue to look from.
struct QueueLook: Equatable {
    var prefix: ByteSlice
    var key: ByteSlice
    var createRevision: Int64
}

/// A queue as this node has it.
struct QueueView: Equatable {
    var revision: Int64

    /// The youngest of the keys that are older than one's own.
    var predecessor: ByteSlice?

    /// Whether one's own key is still the one that entered.
    var holdsPlace: Bool
}
