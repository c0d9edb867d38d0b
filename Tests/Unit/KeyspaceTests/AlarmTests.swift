import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct AlarmTests {
    private static func raise(
        _ type: AlarmType,
        by member: UInt64,
        _ action: AlarmRequest.AlarmAction = .activate,
        in keyspace: inout Keyspace
    ) -> [AlarmMember]? {
        let request = AlarmRequest(action: action, memberID: member, alarm: type)
        guard case .success(.alarm(let response)) = keyspace.apply(.alarm(request), at: .zero)
        else { return nil }
        return response.alarms
    }

    /// What each kind of command is answered in a keyspace with key "a", lease 1 and an alarm.
    private static func answers(to commands: [KeyspaceCommand], under type: AlarmType) -> [Applied]
    {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        keyspace.put("a", "1", lease: 1)
        keyspace.put("b", "1")
        _ = raise(type, by: 7, in: &keyspace)
        return commands.map { keyspace.apply($0, at: .zero) }
    }

    private static let growing: [KeyspaceCommand] = [
        .put(PutRequest(key: "a")),
        .put(PutRequest(key: "a", lease: 99)),
        .leaseGrant(LeaseGrantRequest(ttl: 5, id: 2)),
        .txn(TxnRequest(success: [.put("a")])),
        .txn(TxnRequest(success: [.range("a")], failure: [.put("a")])),
        .txn(TxnRequest(success: [.txn(then: [.txn(else: [.put("a")])])])),
    ]

    private static let shrinking: [KeyspaceCommand] = [
        .deleteRange(DeleteRangeRequest(key: "b")),
        .txn(TxnRequest(success: [.delete("b")])),
        .compact(CompactionRequest(revision: 2)),
        .leaseRevoke(LeaseRevokeRequest(id: 1)),
    ]

    @Test func withoutSpaceWhatGrowsIsRefusedAndWhatShrinksIsNot() {
        let refused = Self.answers(to: Self.growing, under: .noSpace)
        #expect(refused.map(\.error) == Array(repeating: .noSpace, count: refused.count))
        for answer in Self.answers(to: Self.shrinking, under: .noSpace) {
            #expect(answer.error == nil)
        }
    }

    @Test func inACorruptClusterNothingChanges() {
        let commands = Self.growing + Self.shrinking
        let refused = Self.answers(to: commands, under: .corrupt)
        #expect(refused.map(\.error) == Array(repeating: .corrupt, count: commands.count))
    }

    @Test func leasesAreRenewedUnderAnyAlarmAndDoNotEndInACorruptCluster() {
        for type in [AlarmType.noSpace, .corrupt] {
            var keyspace = Keyspace()
            keyspace.grant(1, ttl: 2)
            keyspace.put("a", "1", lease: 1)
            _ = Self.raise(type, by: 7, in: &keyspace)
            let renewal = LeaseKeepAliveRequest(id: 1)
            let renewed = keyspace.apply(.leaseKeepAlive(renewal), at: GroupTime(1_000))
            #expect(
                renewed
                    == .success(
                        .leaseKeepAlive(
                            LeaseKeepAliveResponse(
                                header: ResponseHeader(revision: 2),
                                id: 1,
                                ttl: 2
                            )
                        )
                    )
            )
            _ = keyspace.apply(.expireLeases([LeaseID(1)]), at: GroupTime(60_000))
            #expect(keyspace.leases.isEmpty == (type == .noSpace))
        }
    }

    @Test func eachMembersAlarmIsDisarmedByItself() {
        var keyspace = Keyspace()
        let one = AlarmMember(memberID: 1, alarm: .noSpace)
        let two = AlarmMember(memberID: 2, alarm: .noSpace)
        #expect(Self.raise(.noSpace, by: 2, in: &keyspace) == [two])
        #expect(Self.raise(.noSpace, by: 1, in: &keyspace) == [one])
        #expect(Self.raise(.noSpace, by: 1, in: &keyspace) == [one])
        #expect(Self.raise(.none, by: 0, .get, in: &keyspace) == [one, two])
        #expect(Self.raise(.corrupt, by: 0, .get, in: &keyspace) == [])
        #expect(Self.raise(.none, by: 0, .deactivate, in: &keyspace) == [])
        #expect(Self.raise(.noSpace, by: 1, .deactivate, in: &keyspace) == [one])
        #expect(keyspace.put("a").error == .noSpace)
        #expect(Self.raise(.noSpace, by: 2, .deactivate, in: &keyspace) == [two])
        #expect(Self.raise(.noSpace, by: 2, .deactivate, in: &keyspace) == [])
        #expect(keyspace.put("a").error == nil)
    }

    @Test func anAlarmThatNobodyKnowsIsNotRaised() {
        var keyspace = Keyspace()
        #expect(Self.raise(.unrecognized(7), by: 1, in: &keyspace) == [])
        #expect(Self.raise(.none, by: 1, in: &keyspace) == [])
        #expect(Self.raise(.corrupt, by: 1, .unrecognized(9), in: &keyspace) == [])
        #expect(keyspace.alarms.isEmpty)
    }

    @Test func alarmsAreLimited() {
        var keyspace = Keyspace()
        for member: UInt64 in 1...1_024 { _ = Self.raise(.noSpace, by: member, in: &keyspace) }
        #expect(Self.raise(.noSpace, by: 1_025, in: &keyspace) == nil)
        #expect(Self.raise(.noSpace, by: 1_024, in: &keyspace)?.count == 1)
    }

    @Test func aSnapshotsAlarmsThatCannotBeAreRefused() throws {
        let alarm = AlarmMember(memberID: 1, alarm: .noSpace)
        for wrong in [
            [alarm, alarm], [AlarmMember(memberID: 1, alarm: .none)],
            [AlarmMember(memberID: 1, alarm: .unrecognized(5))],
        ] {
            var keyspace = Keyspace()
            #expect(throws: KeyspaceError.malformedSnapshot) { try keyspace.restore(wrong) }
        }
    }

    @Test func costsAreEtcdsEstimates() {
        let put = PutRequest(key: "abc", value: "12345")
        #expect(Keyspace.cost(of: put) == 264)
        #expect(Keyspace.cost(of: LeaseGrantRequest()) == 64)
        let txn = TxnRequest(
            success: [.put("abc", "12345"), .range("a"), .delete("b")],
            failure: [.put("a"), .txn(then: [.put("a")])]
        )
        #expect(Keyspace.cost(of: txn) == 514)
        #expect(Keyspace.cost(of: TxnRequest(success: [.delete("b"), .range("b")])) == 0)
    }

    @Test func theHashOfAllSeesAlarmsAndDeadlines() {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10)
        keyspace.put("a", "1", lease: 1)
        var hashes = [keyspace.contentHash]
        _ = Self.raise(.noSpace, by: 1, in: &keyspace)
        hashes.append(keyspace.contentHash)
        let renewal = LeaseKeepAliveRequest(id: 1)
        _ = keyspace.apply(.leaseKeepAlive(renewal), at: GroupTime(1_000))
        hashes.append(keyspace.contentHash)
        keyspace.delete("a")
        hashes.append(keyspace.contentHash)
        keyspace.compact(3)
        hashes.append(keyspace.contentHash)
        #expect(Set(hashes).count == hashes.count)
        keyspace.sweepAll()
        #expect(keyspace.contentHash == hashes.last)
    }
}
