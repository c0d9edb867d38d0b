internal import Bytes
public import KeyspaceModel

/// About how many bytes a request would add, as etcd counts them for its quota.
extension Keyspace {
    public static func cost(of request: PutRequest) -> Int {
        Limits.putCostBytes + request.key.count + request.value.count
    }

    public static func cost(of request: LeaseGrantRequest) -> Int { Limits.leaseCostBytes }

    /// The dearer branch counts; zero where nothing is put.
    ///
    /// etcd 3.5.1 does not count the puts of nested transactions, which so escape its quota.
    public static func cost(of request: TxnRequest) -> Int {
        max(cost(of: request.success), cost(of: request.failure))
    }

    private static func cost(of operations: [RequestOp]) -> Int {
        operations.reduce(0) { sum, operation in
            switch operation.request {
            case .requestPut(let put): sum + cost(of: put)
            case .requestTxn(let nested): sum + cost(of: nested)
            case .requestRange, .requestDeleteRange, nil: sum
            }
        }
    }
}
