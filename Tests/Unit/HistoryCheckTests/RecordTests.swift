import Bytes
import Checkers
import EtcdWire
import KeyspaceModel
import Testing

@testable import HistoryCheck

@Suite struct RecordTests {
    private func record(_ line: String) throws(DecodeError) -> Record {
        try Record(Array(line.utf8)[...])
    }

    @Test func aCallIsRead() throws {
        let request = PutRequest(key: "a/b", value: "1").encoded.digits
        let response = PutResponse(header: ResponseHeader(revision: 2)).encoded.digits
        let operation = try record(
            """
            {"workload": "a", "client": 3, "method": "/etcdserverpb.KV/Put", "invoked": 5, \
            "request": "\(request)", "returned": 9, "response": "\(response)"}
            """
        ).operation()
        #expect(operation?.client == 3)
        #expect(operation?.invoked == 5)
        #expect(operation?.request == .put(PutRequest(key: "a/b", value: "1")))
        let answer = OperationResponse.put(PutResponse(header: ResponseHeader(revision: 2)))
        #expect(operation?.outcome == .succeeded(answer, at: 9))
    }

    @Test(arguments: [
        ("etcdserver: no leader", OperationOutcome.notApplied(at: 9)),
        ("etcdserver: mvcc: database space exceeded", .notApplied(at: 9)),
        ("etcdserver: request timed out", .unknown), ("Socket closed", .unknown),
        (
            "etcdserver: mvcc: required revision has been compacted",
            .rejected(.compacted, at: 9)
        ),
        ("etcdserver: requested lease not found", .rejected(.leaseNotFound, at: 9)),
    ])
    func anErrorIsWhatItsWordsPromise(error: String, outcome: OperationOutcome) throws {
        let operation = try record(
            """
            {"method":"/etcdserverpb.KV/Put","invoked":5,"request":"","returned":9,"code":14,\
            "error":"\(ByteSlice(error).digits)"}
            """
        ).operation()
        #expect(operation?.outcome == outcome)
    }

    @Test func aCallWithoutAnswerIsUnknown() throws {
        let line = #"{"method":"/etcdserverpb.KV/Put","invoked":5,"request":""}"#
        #expect(try record(line).operation()?.outcome == .unknown)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #"{"client":}"#, #"{"client":"1"}"#, #"{"client":-1}"#,
        #"{"client":99999999999999999999}"#, #"{"request":"0"}"#, #"{"request":"0g"}"#,
        #"{"request":"00}"#, #"{"other":1}"#, #"{"client":1} {}"#, #"{"client":1,}"#,
        #"{"workload":"\n"}"#, #"{"invoked":1.5}"#,
    ])
    func aLineThatIsNoRecordIsRefused(line: String) {
        #expect(throws: DecodeError.self) { try record(line) }
    }

    @Test func moreFieldsThanAnyRecordHasAreRefused() {
        let fields = Array(repeating: #""client":1"#, count: Limits.fieldsMax + 1)
        #expect(throws: DecodeError.self) {
            try record("{\(fields.joined(separator: ","))}")
        }
    }

    @Test func anAnswerBeforeItsCallIsRefused() throws {
        let line = #"{"method":"/etcdserverpb.KV/Put","invoked":5,"request":"","returned":4}"#
        let record = try record(line)
        #expect(throws: DecodeError.self) { try record.operation() }
    }
}
