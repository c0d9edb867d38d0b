import Bytes
import Checkers
import EtcdWire
import KeyspaceModel
import Testing

@testable import HistoryCheck

/// Whole histories, as the rig would write them.
@Suite struct RecordedRunTests {
    /// One put of the workload `a`, and the watch on everything that saw it.
    private func lines(putAt revision: Int64 = 2, value: ByteSlice = "1") -> [String] {
        let put = PutRequest(key: "a/k", value: "1")
        let answer = PutResponse(header: ResponseHeader(revision: revision))
        let everything = WatchCreateRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]))
        let created = WatchResponse(header: ResponseHeader(revision: 1), created: true)
        let keyValue = KeyValue(
            key: "a/k",
            createRevision: 2,
            modRevision: 2,
            version: 1,
            value: value
        )
        let told = WatchResponse(
            header: ResponseHeader(revision: 2),
            events: [Event(type: .put, kv: keyValue)]
        )
        return [
            watchLine("request", everything.encoded, at: 0),
            watchLine("response", created.encoded, at: 1),
            """
            {"workload":"a","client":1,"method":"/etcdserverpb.KV/Put","invoked":5,\
            "request":"\(put.encoded.digits)","returned":9,"response":"\(answer.encoded.digits)"}
            """,
            watchLine("response", told.encoded, at: 7),
        ]
    }

    private func watchLine(_ field: String, _ bytes: ByteSlice, at time: Int) -> String {
        """
        {"workload":"cluster","watch":"all","session":1,"at":\(time),"\(field)":"\(bytes.digits)"}
        """
    }

    private func verdicts(_ lines: [String]) throws -> [Violation?] {
        var run = RecordedRun()
        try HistoryFile.add(Array(lines.joined(separator: "\n").utf8), "history", to: &run)
        let changes = run.changes()
        return ["a", RecordedRun.whole].map { Verdict(on: $0, of: run, changes).violation }
    }

    @Test func aSoundRunPasses() throws {
        #expect(try verdicts(lines()) == [nil, nil])
    }

    @Test func anAnswerOfAnotherRevisionIsFound() throws {
        #expect(try verdicts(lines(putAt: 3)).map { $0?.invariant } == [.revisions, .revisions])
    }

    @Test func anotherValueThanWasPutIsFound() throws {
        let found = try verdicts(lines(value: "2"))
        #expect(found.map { $0?.invariant } == [.strictSerializability, .strictSerializability])
    }

    @Test func aRevisionThatNoWatcherWasToldIsFound() throws {
        let found = try verdicts(lines().dropLast())
        #expect(found.allSatisfy { $0?.invariant == .revisions })
    }

    @Test func nothingAfterTheFaultsIsFound() throws {
        let found = try verdicts(lines() + [#"{"healed":6}"#])
        #expect(found.map { $0?.invariant } == [.availability, .availability])
        #expect(try verdicts(lines() + [#"{"healed":5}"#]) == [nil, nil])
    }

    @Test func aWatcherThatMissesTheLastEventIsFound() throws {
        let all = WatchCreateRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]))
        let created = WatchResponse(header: ResponseHeader(revision: 1), created: true)
        let watcher = [("request", all.encoded), ("response", created.encoded)].map {
            """
            {"workload":"a","watch":"w","session":1,"at":1,"\($0)":"\($1.digits)"}
            """
        }
        let found = try verdicts(lines() + watcher)
        #expect(found.map { $0?.invariant } == [.catchUp, nil])
    }

    @Test func aFaultNamesFileAndLine() {
        var run = RecordedRun()
        let fault = #expect(throws: HistoryFile.Fault.self) {
            try HistoryFile.add(Array("{\"healed\":1}\nnothing\n".utf8), "history", to: &run)
        }
        #expect(fault?.place == "history:2")
        #expect(throws: HistoryFile.Fault.self) { try HistoryFile.read(["/no/such/file"]) }
    }

    @Test func whatIsToldOfAWatchThatNeverBeganIsRefused() {
        var run = RecordedRun()
        let line = watchLine("response", WatchResponse(created: true).encoded, at: 1)
        #expect(throws: HistoryFile.Fault.self) {
            try HistoryFile.add(Array(line.utf8), "history", to: &run)
        }
    }

    @Test func theCheckerCanFail() { #expect(SelfTest.run(operations: 2_000)) }
}

extension ByteSlice {
    /// In hexadecimal digits.
    var digits: String {
        array.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
