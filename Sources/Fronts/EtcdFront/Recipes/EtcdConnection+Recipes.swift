internal import Bytes
internal import EtcdWire
internal import Groups
internal import HTTP2Wire
internal import Keyspace
internal import KeyspaceModel

/// The Lock and Election services.
extension EtcdConnection {
    func serveLock(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: LockRequest = decode(key, message) else { return }
        begin(.queue(QueueRecipe(request)), key)
    }

    func serveCampaign(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: CampaignRequest = decode(key, message) else { return }
        begin(.queue(QueueRecipe(request)), key)
    }

    func serveProclaim(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: ProclaimRequest = decode(key, message) else { return }
        guard let leader = request.leader else { return fail(key, .leaderKeyMissing) }
        begin(.proclaim(ProclaimRecipe(leader, value: request.value)), key)
    }

    /// The headers go out at once: it may be long before somebody leads.
    func serveObserve(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: LeaderRequest = decode(key, message), let stream = calls[key]?.stream
        else { return }
        http.respondHeaders(stream)
        noteOutput()
        begin(.observe(ObserveRecipe(request)), key)
    }

    func serveUnlock(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: UnlockRequest = decode(key, message) else { return }
        let delete = DeleteRangeRequest(key: request.key)
        delete.encoded.withUnsafeBytes { bytes in
            propose(key, .deleteRange, bytes) {
                (request: DeleteRangeRequest) throws(KeyspaceError) in
                try Keyspace.check(request)
            }
        }
    }

    func serveResign(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: ResignRequest = decode(key, message) else { return }
        guard let leader = request.leader else { return fail(key, .leaderKeyMissing) }
        let leave = TxnRequest.leave(leader.key, createRevision: leader.rev)
        leave.encoded.withUnsafeBytes { bytes in
            propose(key, .txn, bytes) { (request: TxnRequest) throws(KeyspaceError) in
                try Keyspace.check(request)
            }
        }
    }

    func serveLeader(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: LeaderRequest = decode(key, message) else { return }
        read(key, .leader(request))
    }

    /// The leave to look who leads has come.
    func answer(_ key: CallKey, leader request: LeaderRequest) {
        switch machine(key)?.keyspace.first(of: RecipeKeys.prefix(of: request.name)) {
        case .first(let leader?, let revision):
            answer(key, LeaderResponse(header: header(key, revision), kv: leader))
        case .first(nil, _): fail(key, .noElectedLeader)
        default: fail(key, .tooManyInQueue)
        }
    }

    /// What a recipe says to its caller, if that is still there.
    func take(_ effect: RecipeEffect, of key: CallKey) {
        guard case .recipe? = calls[key]?.work else { return }
        switch effect {
        case .answer(let answer): self.answer(key, answer)
        case .fail(let status): fail(key, status)
        case .tell(let leader, let revision):
            send(key, LeaderResponse(header: header(key, revision), kv: leader))
            holdBackIfSlow(key)
        case .grant, .propose, .confirm, .lookForPredecessor, .lookForFirst, .watch, .rest: return
        }
    }

    private func begin(_ recipe: Recipe, _ key: CallKey) {
        guard let number, recipeCount < Limits.recipesPerConnectionMax,
            let recipe = front.addRecipe(
                recipe,
                for: key,
                of: number,
                in: calls.group(of: key)
            )
        else { return fail(key, .tooManyInQueue) }
        recipeCount += 1
        calls[key]?.work = .recipe(recipe)
        front.startRecipe(recipe)
    }

    private func answer(_ key: CallKey, _ answer: RecipeAnswer) {
        switch answer {
        case .lock(let lock, let revision):
            self.answer(key, LockResponse(header: header(key, revision), key: lock))
        case .campaign(let leader, let revision):
            self.answer(key, CampaignResponse(header: header(key, revision), leader: leader))
        case .proclaim(let revision):
            self.answer(key, ProclaimResponse(header: header(key, revision)))
        }
    }

    private func holdBackIfSlow(_ key: CallKey) {
        guard case .recipe(let recipe)? = calls[key]?.work, let stream = calls[key]?.stream,
            !http.isWritable(stream)
        else { return }
        front.setWritable(recipe: recipe, false)
    }
}

extension EtcdMethod {
    /// Whether what fails in it has the code Unknown, as in etcd.
    var isOfRecipes: Bool {
        switch self {
        case .lock, .unlock, .campaign, .proclaim, .leader, .observe, .resign: true
        default: false
        }
    }
}
