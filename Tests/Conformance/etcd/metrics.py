"""/metrics: read by Prometheus and promtool, which we did not write, and beside real etcd's.

Debian's Prometheus 2.42 scrapes three nodes while clients are at work, and answers what the
dashboards and alerts of the etcd mixin ask.
"""

import json
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc
from cluster import Cluster, address, etcd_binary

# What the etcd mixin's dashboards and alerts ask, over a window that a short test fills.
QUERIES = {
    "members that are up": "sum(up{job='etcd'}) == 3",
    "a leader everywhere": "min(etcd_server_has_leader{job='etcd'}) == 1",
    "one leader": "sum(etcd_server_is_leader{job='etcd'}) == 1",
    "leader changes": "changes(etcd_server_leader_changes_seen_total{job='etcd'}[1h])",
    "p99 of fsyncs":
        "histogram_quantile(0.99, sum(rate(etcd_disk_wal_fsync_duration_seconds_bucket[15s]))"
        " by (instance, le)) > 0",
    "p99 of round trips":
        "histogram_quantile(0.99, sum(rate(etcd_network_peer_round_trip_time_seconds_bucket[15s]))"
        " by (instance, To, le)) > 0",
    "proposals committed":
        "sum(rate(etcd_server_proposals_committed_total{job='etcd'}[15s])) > 0",
    "proposals applied": "sum(rate(etcd_server_proposals_applied_total{job='etcd'}[15s])) > 0",
    "proposals failed": "sum(rate(etcd_server_proposals_failed_total{job='etcd'}[15s])) >= 0",
    "proposals pending": "sum(etcd_server_proposals_pending{job='etcd'}) >= 0",
    "calls by method":
        "sum(rate(grpc_server_started_total{job='etcd',grpc_type='unary'}[15s]))"
        " by (grpc_method) > 0",
    "failed calls by code":
        "sum(rate(grpc_server_handled_total{grpc_code=~'InvalidArgument',grpc_type='unary'}[15s]))"
        " by (grpc_service, grpc_method, grpc_code) > 0",
    "open watch streams":
        "sum(grpc_server_started_total{grpc_service='etcdserverpb.Watch',grpc_type='bidi_stream'})"
        " - sum(grpc_server_handled_total{grpc_service='etcdserverpb.Watch',"
        "grpc_type='bidi_stream'}) == 1",
    "size": "min(etcd_mvcc_db_total_size_in_bytes{job='etcd'}) > 0",
    "size in use":
        "(last_over_time(etcd_mvcc_db_total_size_in_use_in_bytes[5m])"
        " / last_over_time(etcd_mvcc_db_total_size_in_bytes[5m])) > 0.5",
    "traffic from clients": "sum(rate(etcd_network_client_grpc_received_bytes_total[15s])) > 0",
    "traffic to clients": "sum(rate(etcd_network_client_grpc_sent_bytes_total[15s])) > 0",
    "traffic from peers":
        "sum(rate(etcd_network_peer_received_bytes_total[15s])) by (instance) > 0",
    "traffic to peers": "sum(rate(etcd_network_peer_sent_bytes_total[15s])) by (instance) > 0",
    "memory": "min(process_resident_memory_bytes{job='etcd'}) > 0",
    "processor": "sum(rate(process_cpu_seconds_total{job='etcd'}[15s])) > 0",
    "files": "max(process_open_fds{job='etcd'} / process_max_fds{job='etcd'}) < 1",
}


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def families(page):
    """The type of each family; each must be told once."""
    found = re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE)
    if len(found) != len(dict(found)):
        raise ValueError("a family is told twice")
    return dict(found)


def samples(page):
    """The value of each sample, by name and labels."""
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def bounds(page, name):
    """The buckets of a histogram, whatever its other labels."""
    found = re.findall(rf"^{name}_bucket{{.*le=\"([^\"]+)\"}}", page, re.MULTILINE)
    return [float(bound) for bound in dict.fromkeys(found)]


def lint(page):
    """promtool's exit code, and which metrics it complains of."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60
    )
    return done.returncode, {line.split()[0] for line in done.stderr.splitlines() if line}


class Traffic:
    """Known numbers of calls, and then more of them until it is stopped."""

    PUTS, GETS, DELETES = 50, 30, 7

    def __init__(self, node):
        self.channel = grpc.insecure_channel(node.etcd)
        self.kv = rpc.KVStub(self.channel)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def once(self):
        for number in range(self.PUTS):
            self.kv.Put(rpc.PutRequest(key=b"key-%d" % number, value=b"v" * 100))
        for number in range(self.GETS):
            self.kv.Range(rpc.RangeRequest(key=b"key-%d" % number))
        for number in range(self.DELETES):
            self.kv.DeleteRange(rpc.DeleteRangeRequest(key=b"key-%d" % number))
        self._refused()
        lease = rpc.LeaseStub(self.channel)
        lease.LeaseGrant(rpc.LeaseGrantRequest(TTL=60, ID=5))
        lease.LeaseRevoke(rpc.LeaseRevokeRequest(ID=5))
        operation = rpc.RequestOp(request_put=rpc.PutRequest(key=b"txn", value=b"1"))
        other = rpc.RequestOp(request_put=rpc.PutRequest(key=b"txn2", value=b"1"))
        self.kv.Txn(rpc.TxnRequest(success=[operation, other]))

    def _refused(self):
        try:
            self.kv.Put(rpc.PutRequest(key=b""))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                raise

    def _go_on(self):
        while not self.stopping.wait(0.02):
            self.kv.Put(rpc.PutRequest(key=b"more", value=b"v" * 100))
            self.kv.Range(rpc.RangeRequest(key=b"more"))
            self._refused()

    def stop(self):
        self.stopping.set()
        self.thread.join(10)
        self.channel.close()


class Prometheus:
    """Scrapes nodes until it is stopped."""

    def __init__(self, nodes):
        self.folder = tempfile.TemporaryDirectory(prefix="conformance-prometheus-")
        folder = Path(self.folder.name)
        self.address = address()
        config = folder / "prometheus.yml"
        config.write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s"},
                    "scrape_configs": [
                        {"job_name": "etcd", "static_configs": [{"targets": nodes}]}
                    ],
                }
            )
        )
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            [
                "prometheus", "--config.file", str(config), "--storage.tsdb.path",
                str(folder / "data"), "--web.listen-address", self.address,
            ],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        self.folder.cleanup()

    def ask(self, query):
        """The series that an expression gives."""
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        answer = json.loads(get(url)[1])
        return answer["data"]["result"]

    def answer(self, query, seconds=30):
        """The same, once there are some: the first scrapes take their time."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = self.ask(query)
            except OSError as error:
                found = None
                failure = error
            if found or time.monotonic() > deadline:
                return found if found is not None else f"no answer: {failure}"
            time.sleep(0.5)


def compare(checks, system):
    with Cluster("etcd") as reference, Cluster(system, 3) as cluster:
        leader = cluster.leader()
        before = get(f"http://{leader.etcd}/metrics")[1]
        traffic = Traffic(leader)
        try:
            traffic.once()
            kind, page = get(f"http://{leader.etcd}/metrics")
            checks.equal("metrics, content type", kind, "text/plain; version=0.0.4; charset=utf-8")
            _format(checks, page, get(f"http://{reference.nodes[0].etcd}/metrics")[1])
            _counts(checks, samples(before), samples(page))
            if system == "martlet":
                other = families(get(f"http://{leader.http}/metrics")[1])
                checks.equal("metrics, the HTTP port shows the same", other, families(page))
            _prometheus(checks, cluster, traffic)
        finally:
            traffic.stop()
        _datascale(checks, leader)


def _format(checks, page, theirs):
    ours, names = families(page), families(theirs)
    code, complaints = lint(page)
    checks.check("metrics, promtool reads them", code in (0, 3), complaints)
    # etcd's names break Prometheus' conventions here and there; ours must not.
    own = {name for name in complaints if not name.startswith("etcd_")}
    checks.equal("metrics, promtool has nothing to say of others than etcd's names", own, set())
    shared = {name for name in ours if name in names}
    checks.check("metrics, many are etcd's", len(shared) >= 50, sorted(shared))
    differing = {name: (ours[name], names[name]) for name in shared if ours[name] != names[name]}
    checks.equal("metrics, types are etcd's", differing, {})
    for name in sorted(name for name in shared if ours[name] == "histogram"):
        theirs_bounds = bounds(theirs, name)
        if theirs_bounds:
            checks.equal(f"metrics, buckets of {name}", bounds(page, name), theirs_bounds)


def _counts(checks, before, after):
    """What was done is what was counted, on the node that was asked."""
    def grown(name):
        return after[name] - before.get(name, 0)

    def call(family, method, code=None, service="etcdserverpb.KV", kind="unary"):
        labels = {"grpc_method": method, "grpc_service": service, "grpc_type": kind}
        if code:
            labels["grpc_code"] = code
        inner = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
        return grown(f"grpc_server_{family}_total{{{inner}}}")

    puts, gets, deletes = Traffic.PUTS, Traffic.GETS, Traffic.DELETES
    expected = {
        "puts started": (call("started", "Put"), puts + 1),
        "puts that succeeded": (call("handled", "Put", "OK"), puts),
        "puts that were refused": (call("handled", "Put", "InvalidArgument"), 1),
        "messages of ranges": (call("msg_received", "Range"), gets),
        "answers of ranges": (call("msg_sent", "Range"), gets),
        "deletions": (call("handled", "DeleteRange", "OK"), deletes),
        "keys put": (grown("etcd_mvcc_put_total"), puts + 2),
        "keys deleted": (grown("etcd_mvcc_delete_total"), deletes),
        "transactions": (grown("etcd_mvcc_txn_total"), 1),
        "keys there": (grown("etcd_debugging_mvcc_keys_total"), puts - deletes + 2),
        "revisions": (grown("etcd_debugging_mvcc_current_revision"), puts + deletes + 1),
        "leases granted": (grown("etcd_debugging_lease_granted_total"), 1),
        "leases revoked": (grown("etcd_debugging_lease_revoked_total"), 1),
        "ranges read": (grown("etcd_mvcc_range_total"), gets),
    }
    for name, (counted, done) in expected.items():
        checks.equal(f"metrics, {name}", counted, done)
    for name in (
        "etcd_network_client_grpc_received_bytes_total", "etcd_disk_wal_write_bytes_total"
    ):
        checks.check(f"metrics, {name} holds the values", grown(name) >= puts * 100, grown(name))


def _prometheus(checks, cluster, traffic):
    with grpc.insecure_channel(cluster.nodes[0].etcd) as channel:
        # One watch stays open while Prometheus looks.
        ending = threading.Event()
        create = rpc.WatchCreateRequest(key=b"more")

        def requests():
            yield rpc.WatchRequest(create_request=create)
            ending.wait()

        watch = rpc.WatchStub(channel).Watch(requests())
        next(watch)
        traffic.thread.start()
        with Prometheus(cluster.endpoints) as prometheus:
            for name, query in QUERIES.items():
                found = prometheus.answer(query)
                checks.check(f"Prometheus answers, {name}", isinstance(found, list) and found, found)
        ending.set()
        watch.cancel()


def _datascale(checks, node):
    """etcdctl's own check reads process_resident_memory_bytes before and after its load."""
    done = subprocess.run(
        [etcd_binary("etcdctl"), "--endpoints", node.etcd, "check", "datascale", "--load", "s"],
        capture_output=True, text=True, timeout=300, env={"ETCDCTL_API": "3"},
    )
    said = done.stdout + done.stderr
    checks.check(
        "etcdctl check datascale reads the memory",
        done.returncode == 0 and "Approximate system memory used" in said,
        said,
    )
