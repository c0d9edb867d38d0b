import ArgumentParser
import Client
import EtcdWire
import KeyspaceModel

extension Cluster {
    /// Add a learner, wait until it has caught up, promote it, remove the old one: each step is looked up
    /// first, so the command may be given again after it was interrupted.
    struct Replace: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new node in a member's place, and wait until that is done.",
            discussion: """
                Adds a learner at PEER, waits until it has started and caught up, promotes it, and \
                removes MEMBER. If MEMBER is down it is removed first, as a cluster that misses a \
                voter takes no new one. To be given again if it was interrupted.
                """
        )

        @Argument(help: "Who is to go: a name, or a number as 'cluster status' shows it.")
        var member: String

        @Argument(help: "Where the other nodes will reach the new one: HOST:PORT, or a URL.")
        var peer: String

        @Option(help: "Seconds to wait for the new node to catch up.")
        var wait = 600

        @OptionGroup var endpoints: Endpoints

        func run() async throws {
            let url = try Output.usage { () throws(Complaint) in try MemberName.url(of: peer) }
            try await endpoints.withClient { client in
                let (new, isOldGone) = try await add(url, client)
                try await promote(new, client)
                guard !isOldGone, let old = try? await client.member(member) else { return }
                try await client.removeMember(old)
                print("removed \(old.label)")
            }
        }

        /// The member at `url`, and whether the old one is gone already.
        private func add(
            _ url: String,
            _ client: EtcdClient
        ) async throws -> (member: Member, isOldGone: Bool) {
            let members = try await client.memberList().members
            if let member = members.first(where: { $0.peerURLs.contains(url) }) {
                return (member, false)
            }
            let old = try members.named(member)
            var isOldGone = false
            var added = try await addIfHealthy(url, client)
            if added == nil {
                try await client.removeMember(old)
                print("removed \(old.label), which is down")
                isOldGone = true
                added = try await client.addMember(url, learner: true)
            }
            guard let added else { throw ClientError.timedOut }
            print("added learner \(added.hex) at \(url)")
            print(MemberName.start(at: url, endpoints.endpoints))
            return (added, isOldGone)
        }

        /// Nil while a voter cannot be reached.
        private func addIfHealthy(_ url: String, _ client: EtcdClient) async throws -> Member? {
            do throws(ClientError) {
                return try await client.addMember(url, learner: true)
            } catch {
                guard error.isRefusal("unhealthy cluster") else { throw error }
                return nil
            }
        }

        /// Whether it was promoted; false while it is not in sync.
        private func isPromoted(_ member: Member, _ client: EtcdClient) async throws -> Bool {
            do throws(ClientError) {
                try await client.promoteMember(member)
                return true
            } catch {
                guard error.isRefusal("which is in sync with leader") else { throw error }
                return false
            }
        }

        /// Again until the learner is in sync, or time is up.
        private func promote(_ member: Member, _ client: EtcdClient) async throws {
            guard member.isLearner else { return }
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(wait)
            while try await !isPromoted(member, client) {
                guard clock.now < deadline else { throw ClientError.timedOut }
                try await clock.sleep(for: .milliseconds(250))
            }
            print("promoted \(member.hex)")
        }
    }
}

extension ClientError {
    /// Whether the server refused with a message that ends so; etcd's clients match on it, too.
    func isRefusal(_ text: String) -> Bool {
        switch self {
        case .refused(_, let message): message.hasSuffix(text)
        case .unreachable, .timedOut, .malformedAnswer: false
        }
    }
}
