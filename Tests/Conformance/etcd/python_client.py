"""The Python client etcd3: the same calls to both systems, the same observations from both."""

import threading
import time

import etcd3
import grpc

import observed
from cluster import Cluster
from observed import Observed


class Etcd3Observed(Observed):
    """What etcd3 saw; its refusals are exceptions of its own or of gRPC."""

    def attempt(self, name, call):
        try:
            value = call()
        except etcd3.exceptions.Etcd3Exception as error:
            value = type(error).__name__
        except grpc.RpcError as error:
            value = error.code().name, error.details()
        self.note(name, value)
        return value


def pair(result):
    """A value with the metadata that does not depend on the cluster."""
    value, meta = result
    if meta is None:
        return value, None
    return value, meta.key, meta.create_revision, meta.mod_revision, meta.version


def pairs(results):
    return [pair(result) for result in results]


def keys_and_values(client, seen):
    header = client.put("k", "1")
    seen.note("put's revision", header.header.revision)
    seen.note("put with prev_kv", client.put("k", "2", prev_kv=True).prev_kv.value)
    seen.note("get", pair(client.get("k")))
    seen.note("get of nothing", pair(client.get("nothing")))
    for number in range(7):
        client.put(f"range/{number}", str(9 - number))
    seen.note("prefix", pairs(client.get_prefix("range/")))
    seen.note(
        "prefix, sorted",
        pairs(client.get_prefix("range/", sort_order="descend", sort_target="value")),
    )
    seen.note("range", pairs(client.get_range("range/2", "range/5")))
    seen.note("keys only", pairs(client.get_prefix("range/", keys_only=True)))
    seen.note("all", pairs(client.get_all(sort_order="ascend", sort_target="mod")))
    seen.note("absent, so put", client.put_if_not_exists("fresh", "1"))
    seen.note("present, so not put", client.put_if_not_exists("fresh", "2"))
    seen.note("replace", client.replace("fresh", "1", "3"))
    seen.note("replace of another value", client.replace("fresh", "1", "4"))
    seen.note("delete", client.delete("fresh"))
    seen.note("delete again", client.delete("fresh"))
    deleted = client.delete("k", prev_kv=True, return_response=True)
    seen.note("delete with prev_kv", deleted.prev_kvs[0].value)
    seen.note("delete prefix", client.delete_prefix("range/").deleted)
    seen.note("binary", client.put(b"\x00\xff", bytes(range(256))).header.revision)
    seen.note("binary back", pair(client.get(b"\x00\xff")))
    big = "z" * 1_000_000
    client.put("big", big)
    seen.note("a value of 1 MB", client.get("big")[0] == big.encode())
    seen.attempt("an empty key", lambda: client.put("", "x"))
    seen.attempt("too large", lambda: client.put("large", "x" * 1_600_000))


def transactions(client, seen):
    client.put("t", "1")
    change = client.transactions
    for compare in (
        [change.value("t") == "1"],
        [change.value("t") != "1"],
        [change.version("t") > 0, change.create("t") > 0, change.mod("t") < 100_000],
        [change.version("absent") == 0],
        [change.value("absent") == ""],
    ):
        done, responses = client.transaction(
            compare=compare,
            success=[change.put("t/yes", "1"), change.get("t/yes"), change.delete("t/no")],
            failure=[change.put("t/no", "1"), change.get("t/no"), change.delete("t/yes")],
        )
        seen.note("transaction", (done, pairs(responses[1])))
    nested = change.txn(
        compare=[change.value("t") == "1"], success=[change.put("t/nested", "1")], failure=[]
    )
    done, responses = client.transaction(compare=[], success=[nested], failure=[])
    seen.note("nested", (done, len(responses)))
    seen.note("nested wrote", pair(client.get("t/nested")))
    twice = [change.put("t", "1"), change.put("t", "2")]
    seen.attempt("a key twice", lambda: client.transaction(compare=[], success=twice, failure=[]))
    many = [change.put(f"m{number}", "") for number in range(129)]
    seen.attempt("129 operations", lambda: client.transaction(compare=[], success=many, failure=[]))


def leases(client, seen):
    lease = client.lease(120)
    client.put("leased/1", "a", lease=lease)
    client.put("leased/2", "b", lease=lease)
    seen.note("granted", lease.granted_ttl)
    seen.note("remaining", 110 < lease.remaining_ttl <= 120)
    seen.note("keys", sorted(lease.keys))
    seen.note("refreshed", [answer.TTL for answer in lease.refresh()])
    lease.revoke()
    seen.note("revoked", pairs(client.get_prefix("leased/")))
    seen.attempt("revoked again", lease.revoke)
    seen.note("unknown", client.get_lease_info(4711).TTL)
    seen.attempt("of an unknown lease", lambda: client.put("leased/3", "c", lease=4711))
    chosen = client.lease(60, lease_id=12345)
    seen.note("a chosen id", chosen.id)
    seen.attempt("the same id again", lambda: client.lease(60, lease_id=12345).id)
    chosen.revoke()
    short = client.lease(1)
    seen.note("at least the shortest", short.ttl)
    client.put("short", "x", lease=short)
    started = time.monotonic()
    while client.get("short")[0] is not None and time.monotonic() - started < 15:
        time.sleep(0.1)
    seen.note("expired in time", 1.5 < time.monotonic() - started < 8)
    seen.note("expired", client.get_lease_info(short.id).TTL)


def locks(client, seen):
    first, second = client.lock("one", ttl=30), client.lock("one", ttl=30)
    seen.note("acquired", first.acquire(timeout=5))
    seen.note("is acquired", first.is_acquired())
    seen.note("not by the second", second.acquire(timeout=1))
    waits = threading.Thread(target=lambda: seen.note("after release", second.acquire(timeout=10)))
    waits.start()
    time.sleep(0.3)
    seen.note("released", first.release())
    waits.join()
    seen.note("released too", second.release())


def watches(client, seen):
    events, cancel = client.watch_prefix("w/", prev_kv=True)
    got = []

    def collect():
        for event in events:
            got.append(
                (type(event).__name__, event.key, event.value, event.mod_revision,
                 event.version, event.prev_value if event._event.HasField("prev_kv") else None)
            )

    reader = threading.Thread(target=collect, daemon=True)
    reader.start()
    start = client.put("w/0", "a").header.revision
    for number in range(200):
        client.put(f"w/{number % 7}", str(number))
    client.delete("w/0")
    client.delete_prefix("w/")
    deadline = time.monotonic() + 10
    while len(got) < 208 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    cancel()
    seen.note("live events", got)
    events, cancel = client.watch_prefix("w/", start_revision=start)
    past = [next(events).mod_revision for _ in range(100)]
    cancel()
    seen.note("events of the past", past)
    seen.note("in order", past == sorted(past))
    seen.attempt("once, in vain", lambda: client.watch_once("quiet", timeout=0.5))


def maintenance(client, seen):
    revision = client.put("c", "1").header.revision
    client.put("c", "2")
    client.compact(revision, physical=True)
    seen.attempt("compacted", lambda: client.compact(revision))
    seen.attempt("a future revision", lambda: client.compact(revision + 1000))
    events, cancel = client.watch("c", start_revision=1)
    try:
        next(events)
        seen.note("a watch below the compaction", "an event")
    except etcd3.exceptions.RevisionCompactedError as error:
        seen.note("a watch below the compaction", error.compacted_revision == revision)
    cancel()
    status = client.status()
    seen.note("status", (status.leader is not None, status.raft_term > 0, status.db_size > 0))


PARTS = (keys_and_values, transactions, leases, locks, watches, maintenance)


def exercise(cluster):
    seen = Etcd3Observed()
    host, port = cluster.nodes[-1].etcd.split(":")
    client = etcd3.client(host=host, port=int(port), timeout=10)
    for part in PARTS:
        seen.part(part.__name__, part, client, seen)
    seen.note("all members are told", len(list(client.members)) == len(cluster.nodes))
    client.close()
    return seen.seen


def quiet(failure):
    """etcd3's watch thread dies of its own client.close(); that is no news about the server."""
    if "Channel closed" not in str(failure.exc_value):
        threading.__excepthook__(failure)


def compare(checks, system):
    threading.excepthook = quiet
    with Cluster("etcd") as cluster:
        theirs = exercise(cluster)
    for count in (1, 3):
        with Cluster(system, count) as cluster:
            ours = exercise(cluster)
        observed.compare(checks, f"python etcd3, {count} nodes", ours, theirs)
