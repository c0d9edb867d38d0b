/// What etcd's own definitions say of each message: number, name and type of its fields.
///
/// Gathered from etcd's sources, apart from Protocols/etcd: a slip there shows here.
enum Reference {
    static let enumerations: Set<String> = [
        "SortOrder", "SortTarget", "CompareResult", "CompareTarget", "FilterType", "EventType",
        "AlarmType", "AlarmAction", "DowngradeAction", "ServingStatus",
    ]

    /// The fields of which a message has at most one.
    static let oneofs: [String: ClosedRange<Int>] = [
        "RequestOp": 1...4, "ResponseOp": 1...4, "Compare": 4...8, "WatchRequest": 1...3,
        "ServerReflectionRequest": 3...7, "ServerReflectionResponse": 4...7,
    ]

    static let text = """
        ResponseHeader
          1 cluster_id uint64
          2 member_id uint64
          3 revision int64
          4 raft_term uint64
        RangeRequest
          1 key bytes
          2 range_end bytes
          3 limit int64
          4 revision int64
          5 sort_order SortOrder
          6 sort_target SortTarget
          7 serializable bool
          8 keys_only bool
          9 count_only bool
          10 min_mod_revision int64
          11 max_mod_revision int64
          12 min_create_revision int64
          13 max_create_revision int64
        RangeResponse
          1 header ResponseHeader
          2 kvs repeated KeyValue
          3 more bool
          4 count int64
        PutRequest
          1 key bytes
          2 value bytes
          3 lease int64
          4 prev_kv bool
          5 ignore_value bool
          6 ignore_lease bool
        PutResponse
          1 header ResponseHeader
          2 prev_kv KeyValue
        DeleteRangeRequest
          1 key bytes
          2 range_end bytes
          3 prev_kv bool
        DeleteRangeResponse
          1 header ResponseHeader
          2 deleted int64
          3 prev_kvs repeated KeyValue
        RequestOp
          1 request_range RangeRequest
          2 request_put PutRequest
          3 request_delete_range DeleteRangeRequest
          4 request_txn TxnRequest
        ResponseOp
          1 response_range RangeResponse
          2 response_put PutResponse
          3 response_delete_range DeleteRangeResponse
          4 response_txn TxnResponse
        Compare
          1 result CompareResult
          2 target CompareTarget
          3 key bytes
          4 version int64
          5 create_revision int64
          6 mod_revision int64
          7 value bytes
          8 lease int64
          64 range_end bytes
        TxnRequest
          1 compare repeated Compare
          2 success repeated RequestOp
          3 failure repeated RequestOp
        TxnResponse
          1 header ResponseHeader
          2 succeeded bool
          3 responses repeated ResponseOp
        CompactionRequest
          1 revision int64
          2 physical bool
        CompactionResponse
          1 header ResponseHeader
        HashRequest
        HashKVRequest
          1 revision int64
        HashKVResponse
          1 header ResponseHeader
          2 hash uint32
          3 compact_revision int64
          4 hash_revision int64
        HashResponse
          1 header ResponseHeader
          2 hash uint32
        SnapshotRequest
        SnapshotResponse
          1 header ResponseHeader
          2 remaining_bytes uint64
          3 blob bytes
          4 version string
        WatchRequest
          1 create_request WatchCreateRequest
          2 cancel_request WatchCancelRequest
          3 progress_request WatchProgressRequest
        WatchCreateRequest
          1 key bytes
          2 range_end bytes
          3 start_revision int64
          4 progress_notify bool
          5 filters repeated FilterType
          6 prev_kv bool
          7 watch_id int64
          8 fragment bool
        WatchCancelRequest
          1 watch_id int64
        WatchProgressRequest
        WatchResponse
          1 header ResponseHeader
          2 watch_id int64
          3 created bool
          4 canceled bool
          5 compact_revision int64
          6 cancel_reason string
          7 fragment bool
          11 events repeated Event
        LeaseGrantRequest
          1 TTL int64
          2 ID int64
        LeaseGrantResponse
          1 header ResponseHeader
          2 ID int64
          3 TTL int64
          4 error string
        LeaseRevokeRequest
          1 ID int64
        LeaseRevokeResponse
          1 header ResponseHeader
        LeaseCheckpoint
          1 ID int64
          2 remaining_TTL int64
        LeaseCheckpointRequest
          1 checkpoints repeated LeaseCheckpoint
        LeaseCheckpointResponse
          1 header ResponseHeader
        LeaseKeepAliveRequest
          1 ID int64
        LeaseKeepAliveResponse
          1 header ResponseHeader
          2 ID int64
          3 TTL int64
        LeaseTimeToLiveRequest
          1 ID int64
          2 keys bool
        LeaseTimeToLiveResponse
          1 header ResponseHeader
          2 ID int64
          3 TTL int64
          4 grantedTTL int64
          5 keys repeated bytes
        LeaseLeasesRequest
        LeaseStatus
          1 ID int64
        LeaseLeasesResponse
          1 header ResponseHeader
          2 leases repeated LeaseStatus
        Member
          1 ID uint64
          2 name string
          3 peerURLs repeated string
          4 clientURLs repeated string
          5 isLearner bool
        MemberAddRequest
          1 peerURLs repeated string
          2 isLearner bool
        MemberAddResponse
          1 header ResponseHeader
          2 member Member
          3 members repeated Member
        MemberRemoveRequest
          1 ID uint64
        MemberRemoveResponse
          1 header ResponseHeader
          2 members repeated Member
        MemberUpdateRequest
          1 ID uint64
          2 peerURLs repeated string
        MemberListRequest
          1 linearizable bool
        MemberListResponse
          1 header ResponseHeader
          2 members repeated Member
        MemberPromoteRequest
          1 ID uint64
        MemberPromoteResponse
          1 header ResponseHeader
          2 members repeated Member
        DefragmentRequest
        DefragmentResponse
          1 header ResponseHeader
        MoveLeaderRequest
          1 targetID uint64
        MoveLeaderResponse
          1 header ResponseHeader
        AlarmRequest
          1 action AlarmAction
          2 memberID uint64
          3 alarm AlarmType
        AlarmMember
          1 memberID uint64
          2 alarm AlarmType
        AlarmResponse
          1 header ResponseHeader
          2 alarms repeated AlarmMember
        DowngradeRequest
          1 action DowngradeAction
          2 version string
        DowngradeResponse
          1 header ResponseHeader
          2 version string
        DowngradeVersionTestRequest
          1 ver string
        StatusRequest
        StatusResponse
          1 header ResponseHeader
          2 version string
          3 dbSize int64
          4 leader uint64
          5 raftIndex uint64
          6 raftTerm uint64
          7 raftAppliedIndex uint64
          8 errors repeated string
          9 dbSizeInUse int64
          10 isLearner bool
          11 storageVersion string
          12 dbSizeQuota int64
          13 downgradeInfo DowngradeInfo
        DowngradeInfo
          1 enabled bool
          2 targetVersion string
        RangeStreamResponse
          1 range_response RangeResponse
        KeyValue
          1 key bytes
          2 create_revision int64
          3 mod_revision int64
          4 version int64
          5 value bytes
          6 lease int64
        Event
          1 type EventType
          2 kv KeyValue
          3 prev_kv KeyValue
        HealthCheckRequest
          1 service string
        HealthCheckResponse
          1 status ServingStatus
        LockRequest
          1 name bytes
          2 lease int64
        LockResponse
          1 header ResponseHeader
          2 key bytes
        UnlockRequest
          1 key bytes
        UnlockResponse
          1 header ResponseHeader
        CampaignRequest
          1 name bytes
          2 lease int64
          3 value bytes
        CampaignResponse
          1 header ResponseHeader
          2 leader LeaderKey
        LeaderKey
          1 name bytes
          2 key bytes
          3 rev int64
          4 lease int64
        LeaderRequest
          1 name bytes
        LeaderResponse
          1 header ResponseHeader
          2 kv KeyValue
        ResignRequest
          1 leader LeaderKey
        ResignResponse
          1 header ResponseHeader
        ProclaimRequest
          1 leader LeaderKey
          2 value bytes
        ProclaimResponse
          1 header ResponseHeader
        ServerReflectionRequest
          1 host string
          3 file_by_filename string
          4 file_containing_symbol string
          5 file_containing_extension ExtensionRequest
          6 all_extension_numbers_of_type string
          7 list_services string
        ExtensionRequest
          1 containing_type string
          2 extension_number int32
        ServerReflectionResponse
          1 valid_host string
          2 original_request ServerReflectionRequest
          4 file_descriptor_response FileDescriptorResponse
          5 all_extension_numbers_response ExtensionNumberResponse
          6 list_services_response ListServiceResponse
          7 error_response ErrorResponse
        FileDescriptorResponse
          1 file_descriptor_proto repeated bytes
        ExtensionNumberResponse
          1 base_type_name string
          2 extension_number repeated int32
        ListServiceResponse
          1 service repeated ServiceResponse
        ServiceResponse
          1 name string
        ErrorResponse
          1 error_code int32
          2 error_message string
        KeyspaceSummary
          1 name string
          2 group uint64
          3 leader uint64
          4 revision int64
          5 bytes int64
        CreateKeyspaceRequest
          1 name string
        CreateKeyspaceResponse
          1 keyspace KeyspaceSummary
        ListKeyspacesResponse
          1 keyspaces repeated KeyspaceSummary
        DropKeyspaceRequest
          1 name string
        """
}
