"""What clients ask and are told, a line of JSON for each call: what HistoryCheck reads.

Messages are recorded as they are on the wire, times by the machine's monotonic clock, which all
processes share.
"""

import json
import threading
import time

import etcd3.etcdrpc as rpc
import grpc

CALL_SECONDS_MAX = 3
RETRY_SECONDS = 0.05

CHANNEL_OPTIONS = [
    # A node that was down is tried again at once, and each client has connections of its own.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 300),
    ("grpc.max_reconnect_backoff_ms", 300),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", 64 << 20),
]

METHODS = {
    rpc.PutRequest: ("KV", "Put"),
    rpc.RangeRequest: ("KV", "Range"),
    rpc.DeleteRangeRequest: ("KV", "DeleteRange"),
    rpc.TxnRequest: ("KV", "Txn"),
    rpc.CompactionRequest: ("KV", "Compact"),
    rpc.LeaseGrantRequest: ("Lease", "LeaseGrant"),
    rpc.LeaseRevokeRequest: ("Lease", "LeaseRevoke"),
    rpc.LeaseKeepAliveRequest: ("Lease", "LeaseKeepAlive"),
}


def path(request):
    service, method = METHODS[type(request)]
    return f"/etcdserverpb.{service}/{method}"


class History:
    """A file of records, of any number of threads."""

    def __init__(self, file):
        self.lock = threading.Lock()
        # A line at a time, so that a run that is cut off leaves what it had.
        self.file = open(file, "w", buffering=1)

    def write(self, **record):
        line = json.dumps(record, separators=(",", ":")) + "\n"
        with self.lock:
            self.file.write(line)

    def call(self, workload, client, request, invoked, returned=None, **answer):
        """An answer is `response`, or `code` and `error`; without `returned` there was none."""
        record = dict(workload=workload, client=client, method=path(request), invoked=invoked,
                      request=request.SerializeToString().hex())
        if returned is not None:
            record["returned"] = returned
            if "response" in answer:
                record["response"] = answer["response"].SerializeToString().hex()
            else:
                record.update(code=answer["code"], error=answer["error"].encode().hex())
        self.write(**record)


class Client:
    """One client: a connection to one node at a time, to the next after a failure."""

    def __init__(self, history, workload, number, endpoints):
        self.history = history
        self.workload = workload
        self.number = number
        self.endpoints = endpoints
        self.turn = number
        self.successes = 0
        self.channel = None
        self._connect()

    def _connect(self):
        if self.channel:
            self.channel.close()
        endpoint = self.endpoints[self.turn % len(self.endpoints)]
        self.channel = grpc.insecure_channel(endpoint, options=CHANNEL_OPTIONS)
        self.stubs = {
            "KV": rpc.KVStub(self.channel), "Lease": rpc.LeaseStub(self.channel),
        }

    def close(self):
        self.channel.close()

    def call(self, request, seconds=CALL_SECONDS_MAX):
        """The answer; None if there is none, or if it is a refusal."""
        service, method = METHODS[type(request)]
        ask = getattr(self.stubs[service], method)
        invoked = time.monotonic_ns()
        record = (self.workload, self.number, request, invoked)
        try:
            if method == "LeaseKeepAlive":
                call = ask(iter([request]), timeout=seconds)
                response = next(call)
                call.cancel()
            else:
                response = ask(request, timeout=seconds)
        except StopIteration:
            self.history.call(*record)
            return None
        except grpc.RpcError as error:
            self._note(record, error)
            return None
        self.history.call(*record, time.monotonic_ns(), response=response)
        self.successes += 1
        return response

    def _note(self, record, error):
        returned = time.monotonic_ns()
        code = error.code()
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            self.history.call(*record)
        else:
            self.history.call(
                *record, returned, code=code.value[0], error=error.details() or "")
        if code in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNKNOWN):
            self.turn += 1
            self._connect()
            time.sleep(RETRY_SECONDS)


def put(key, value, **fields):
    return rpc.PutRequest(key=key, value=value, **fields)


def get(key, **fields):
    return rpc.RangeRequest(key=key, **fields)


def end_of(prefix):
    """The first key behind all that begin with the prefix."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def txn(compare, success, failure=()):
    return rpc.TxnRequest(
        compare=compare, success=[operation(one) for one in success],
        failure=[operation(one) for one in failure],
    )


def operation(request):
    field = {
        rpc.PutRequest: "request_put", rpc.RangeRequest: "request_range",
        rpc.DeleteRangeRequest: "request_delete_range",
    }[type(request)]
    return rpc.RequestOp(**{field: request})


def equal(key, **target):
    """A comparison: `equal(b"k", version=1)`."""
    (field, value), = target.items()
    kinds = {"version": rpc.Compare.VERSION, "create_revision": rpc.Compare.CREATE,
             "mod_revision": rpc.Compare.MOD, "value": rpc.Compare.VALUE}
    return rpc.Compare(result=rpc.Compare.EQUAL, target=kinds[field], key=key, **{field: value})
