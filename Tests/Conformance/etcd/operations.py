"""Random operations from a seed: sound ones, and every kind of mistake that a request can hold.

Leases that do not exist, revisions that are gone or not yet there, keys given twice in one
transaction, empty keys and operations, numbers below zero, too much of everything.
"""

import random

import etcd3.etcdrpc as rpc

KEYS = [b"a", b"aa", b"ab", b"b", b"b\0", b"b/1", b"b/2", b"b/3", b"c", b"\xff", b"\xff\xff", b"\0"]
KEYS += [b"key/%02d" % number for number in range(20)]
WIDE_KEYS = [b"wide/%04d" % number for number in range(2000)]
LEASES = [11, 12, 13, 14]
UNKNOWN_LEASES = [99, -1]
BRIEF_LEASE = 50  # granted and revoked at once, as its time to live may be short
DEPTH_MAX = 3

# A watch of the past ends at a write to this key; each of these ranges has it.
MARK = b"key/05"
MARKED_RANGES = [(MARK, b""), (b"key/", b"key0"), (b"\0", b"\0"), (b"b", b"\0"), (MARK, b"key/06")]


def requests_in(transaction, kind):
    """Every `request_put`, or another kind, of a transaction, at every depth."""
    for operation in [*transaction.success, *transaction.failure]:
        if operation.HasField(kind):
            yield getattr(operation, kind)
        elif operation.HasField("request_txn"):
            yield from requests_in(operation.request_txn, kind)


def may_hold_two_mistakes(transaction):
    """Whether puts and reads of a transaction may both be refused.

    etcd 3.5.1 then tells what is wrong with a put, later releases what comes first, as we do.
    """
    puts = requests_in(transaction, "request_put")
    return any(put.lease or put.ignore_value or put.ignore_lease for put in puts) and any(
        read.revision for read in requests_in(transaction, "request_range"))


class Generator:
    """What comes next. The caller tells the revision and the compaction that were reached.

    Few keys meet each other often; with `is_wide` there are also many, in large ranges.
    """

    def __init__(self, seed, is_wide=False, reads_past_in_transactions=True):
        self.random = random.Random(seed)
        self.keys = KEYS + WIDE_KEYS if is_wide else KEYS
        self.reads_past_in_transactions = reads_past_in_transactions
        self.revision = 1
        self.compacted = 0
        self.kinds = [
            (0.28, "put", self.put),
            (0.22, "range", self.range),
            (0.09, "delete", self.delete),
            (0.21, "txn", self.safe_transaction),
            (0.02, "compact", self.compaction),
            (0.03, "grant", self.grant),
            (0.01, "brief lease", self.brief_lease),
            (0.03, "revoke", lambda: rpc.LeaseRevokeRequest(ID=self.lease())),
            (0.03, "time to live", self.time_to_live),
            (0.01, "leases", rpc.LeaseLeasesRequest),
            (0.01, "keep alive", lambda: rpc.LeaseKeepAliveRequest(ID=self.lease())),
            (0.03, "hash", self.hash),
            (0.02, "watch the past", self.watch_of_the_past),
            (0.005, "alarms", self.alarm),
            (0.005, "too much", self.too_much),
            (0.05 if is_wide else 0, "txn", self.many_puts),
        ]

    def next(self):
        """The name of a call and its request."""
        weights = [weight for weight, _, _ in self.kinds]
        _, name, make = self.random.choices(self.kinds, weights)[0]
        made = make()
        return made if isinstance(made, tuple) else (name, made)

    def chance(self, probability):
        return self.random.random() < probability

    def key(self):
        return b"" if self.chance(0.01) else self.random.choice(self.keys)

    def end(self, key):
        kind = self.random.random()
        if kind < 0.4:
            return b""
        if kind < 0.5:
            return b"\0"
        if kind < 0.7:
            return key[:-1] + bytes([min(key[-1] + 1, 255)]) if key else b"\0"
        return self.random.choice(self.keys)

    def lease(self):
        return self.random.choice([*LEASES, *LEASES, *UNKNOWN_LEASES])

    def past(self):
        kind = self.random.random()
        if kind < 0.6:
            return 0
        if kind < 0.65:
            return -1
        if kind < 0.7:
            return self.revision + self.random.randint(0, 2)
        return self.random.randint(max(1, self.compacted - 2), self.revision)

    def value(self):
        return self.random.randbytes(self.random.choice([0, 1, 3, 10, 300]))

    def range(self):
        key = self.key()
        request = rpc.RangeRequest(key=key, range_end=self.end(key), revision=self.past())
        if self.chance(0.3):
            request.limit = self.random.randint(-1, 6)
        if self.chance(0.3):
            request.sort_order = self.random.randint(0, 2)
            request.sort_target = self.random.randint(0, 4)
        request.keys_only = self.chance(0.1)
        request.count_only = self.chance(0.1)
        request.serializable = self.chance(0.1)
        for name in ("min_mod", "max_mod", "min_create", "max_create"):
            if self.chance(0.05):
                setattr(request, f"{name}_revision", self.random.randint(-1, self.revision + 1))
        return request

    def put(self):
        request = rpc.PutRequest(key=self.key(), value=self.value(), prev_kv=self.chance(0.3))
        if self.chance(0.2):
            request.lease = self.lease()
        if self.chance(0.05):
            request.ignore_value = True
            if self.chance(0.9):
                request.value = b""
        if self.chance(0.05):
            request.ignore_lease = True
            if self.chance(0.9):
                request.lease = 0
        return request

    def delete(self):
        key = self.key()
        end = self.end(key) if self.chance(0.3) else b""
        return rpc.DeleteRangeRequest(key=key, range_end=end, prev_kv=self.chance(0.4))

    def compare(self):
        key = self.key()
        compare = rpc.Compare(key=key, result=self.random.randint(0, 3))
        compare.target = self.random.randint(0, 4)
        # Now and then what is compared with is of another kind than what is compared.
        given = compare.target if self.chance(0.97) else self.random.randint(0, 4)
        if given == rpc.Compare.VERSION:
            compare.version = self.random.randint(-1, 4)
        elif given == rpc.Compare.CREATE:
            compare.create_revision = self.random.randint(0, self.revision)
        elif given == rpc.Compare.MOD:
            compare.mod_revision = self.random.randint(0, self.revision)
        elif given == rpc.Compare.VALUE:
            compare.value = self.value()
        else:
            compare.lease = self.random.choice([0, *LEASES])
        if self.chance(0.2):
            compare.range_end = self.end(key)
        return compare

    def operation(self, depth):
        kind = self.random.random()
        if kind < 0.35:
            return rpc.RequestOp(request_put=self.put())
        if kind < 0.6:
            read = self.range()
            if not self.reads_past_in_transactions:
                read.revision = 0
            return rpc.RequestOp(request_range=read)
        if kind < 0.85 or depth == DEPTH_MAX:
            return rpc.RequestOp(request_delete_range=self.delete())
        if kind < 0.99:
            return rpc.RequestOp(request_txn=self.transaction(depth + 1))
        return rpc.RequestOp()

    def transaction(self, depth=0):
        count = self.random.randint
        return rpc.TxnRequest(
            compare=[self.compare() for _ in range(count(0, 2))],
            success=[self.operation(depth) for _ in range(count(0, 3))],
            failure=[self.operation(depth) for _ in range(count(0, 3))],
        )

    def safe_transaction(self):
        """A transaction that does not crash etcd 3.5.1.

        It panics on a put with ignore_value or ignore_lease of a key that an earlier operation of
        the same transaction deleted ("unexpected error during txn").
        """
        request = self.transaction()
        if any(requests_in(request, "request_delete_range")):
            for put in requests_in(request, "request_put"):
                put.ignore_value = put.ignore_lease = False
        return request

    def many_puts(self):
        chosen = self.random.sample(self.keys, 100)
        return rpc.TxnRequest(success=[
            rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=self.value())) for key in chosen
        ])

    def compaction(self):
        revision = self.random.randint(max(-1, self.compacted - 1), self.revision + 1)
        if self.chance(0.8):
            revision = min(revision, self.compacted + 40)
        return rpc.CompactionRequest(revision=revision, physical=self.chance(0.7))

    def grant(self):
        time_to_live = self.random.choice([600, 10_000, 9_000_000_000, 9_000_000_001, 700])
        return rpc.LeaseGrantRequest(ID=self.random.choice(LEASES), TTL=time_to_live)

    def brief_lease(self):
        time_to_live = self.random.choice([-1, 0, 1, 2, 3, 5, 1 << 62])
        return rpc.LeaseGrantRequest(ID=BRIEF_LEASE, TTL=time_to_live)

    def time_to_live(self):
        return rpc.LeaseTimeToLiveRequest(ID=self.lease(), keys=self.chance(0.8))

    def watch_of_the_past(self):
        key, end = self.random.choice(MARKED_RANGES)
        filters = self.random.choice([[], [], [0], [1]])
        start = self.random.randint(max(1, self.compacted - 3), self.revision)
        # Begun at the compacted revision, it sees a delete there only since etcd 3.5.16.
        start += start == self.compacted
        return rpc.WatchCreateRequest(
            key=key, range_end=end, filters=filters, prev_kv=self.chance(0.5),
            start_revision=start,
        )

    def hash(self):
        revision = self.past()
        # At the compacted revision itself etcd 3.5.1 refuses and later releases answer, as we do.
        is_compacted = revision == self.compacted > 0
        return rpc.HashKVRequest(revision=revision + is_compacted)

    def alarm(self):
        return rpc.AlarmRequest(action=self.random.choice([0, 2]), alarm=self.random.randint(0, 1))

    def too_much(self):
        """The name of a call, too, as it is one of several."""
        kind = self.random.randint(0, 2)
        if kind == 0:
            return "put", rpc.PutRequest(key=self.random.choice(self.keys), value=b"v" * 1_600_000)
        operations = [self.operation(DEPTH_MAX) for _ in range(129)]
        if kind == 1:
            return "txn", rpc.TxnRequest(success=operations)
        nested = rpc.RequestOp(request_txn=rpc.TxnRequest(failure=operations))
        return "txn", rpc.TxnRequest(failure=[nested])
