"""Snapshots out and back in, leaders moved by request, and long ranges in parts."""

import hashlib
import subprocess
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import MARTLET, Cluster, etcd_binary
from raw import Stubs, answer

KEYS = 3000
CTLS = {"3.4": "etcdctl", "3.5": etcd_binary("etcdctl")}


def etcdctl(binary, endpoint, *words):
    return subprocess.run(
        [binary, "--endpoints", endpoint, *words], capture_output=True, text=True, timeout=60,
        env={"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"},
    )


def martlet(*words):
    return subprocess.run(
        [str(MARTLET), *words], capture_output=True, text=True, timeout=60
    )


def fill(stubs):
    """Keys with histories, deletions and leases; the revision afterwards."""
    stubs.lease.LeaseGrant(rpc.LeaseGrantRequest(ID=77, TTL=3000), timeout=10)
    for start in range(0, KEYS, 100):
        puts = [
            rpc.RequestOp(request_put=rpc.PutRequest(
                key=b"key/%05d" % number, value=b"%d " % number * 40,
                lease=77 if number % 50 == 0 else 0))
            for number in range(start, start + 100)
        ]
        stubs.kv.Txn(rpc.TxnRequest(success=puts), timeout=10)
    for number in range(0, KEYS, 7):
        stubs.kv.Put(rpc.PutRequest(key=b"key/%05d" % number, value=b"again"), timeout=10)
    end = b"key/%05d" % (KEYS // 10)
    deleted = stubs.kv.DeleteRange(
        rpc.DeleteRangeRequest(key=b"key/", range_end=end), timeout=10)
    return deleted.header.revision


def hashes(endpoints, revision):
    """HashKV of each node, once each has come as far as the revision."""
    found = []
    for endpoint in endpoints:
        stubs = Stubs(endpoint)
        stubs.kv.Range(rpc.RangeRequest(key=b"\0"), timeout=10)
        found.append(stubs.maintenance.HashKV(rpc.HashKVRequest(revision=revision), timeout=10).hash)
        stubs.close()
    return found


def saves(checks, cluster, revision):
    """The files that two etcdctls and our own command made, each from another node."""
    files = {}
    for name, binary in CTLS.items():
        file = cluster.folder / f"saved-{name}"
        node = cluster.nodes[len(files)]
        done = etcdctl(binary, node.etcd, "snapshot", "save", str(file))
        checks.check(f"etcdctl {name} saves a snapshot", done.returncode == 0, done.stderr)
        files[name] = file
    own = cluster.folder / "saved-own"
    done = martlet("snapshot", "save", str(own), "--endpoints", cluster.nodes[2].etcd)
    checks.check("martlet saves a snapshot", done.returncode == 0, done.stderr)
    files["own"] = own
    expected = hashes(cluster.endpoints[:1], revision)[0]
    for name, file in files.items():
        content = file.read_bytes()
        checks.equal(f"the file of {name} ends with its SHA-256",
                     content[-32:].hex(), hashlib.sha256(content[:-32]).hexdigest())
        done = martlet("snapshot", "status", str(file))
        checks.check(f"the status of {name} shows revision and hash",
                     str(revision) in done.stdout and
                     (str(expected) in done.stdout or f"{expected:x}" in done.stdout),
                     f"{done.stdout}{done.stderr}\nrevision {revision}, hash {expected}")
    return files


def restores(checks, file, revision, expected):
    """Three new nodes from one file have what the old ones had, and go on from there."""
    with Restored(3, file) as cluster:
        checks.equal("HashKV of three restored nodes", hashes(cluster.endpoints, revision),
                     [expected] * 3)
        stubs = Stubs(cluster.endpoints[1])
        put = stubs.kv.Put(rpc.PutRequest(key=b"new", value=b"1"), timeout=10)
        checks.equal("the next revision", put.header.revision, revision + 1)
        lease = stubs.lease.LeaseTimeToLive(
            rpc.LeaseTimeToLiveRequest(ID=77, keys=True), timeout=10)
        checks.check("the lease is there with its keys",
                     0 < lease.TTL <= 3000 and len(lease.keys) > 10, lease)
        stubs.close()


class Restored(Cluster):
    """A cluster whose nodes begin with a saved snapshot."""

    def __init__(self, count, file):
        super().__init__("martlet", count)
        members = ",".join(f"{node.name}={node.peer}" for node in self.nodes)
        for node in self.nodes:
            done = martlet(
                "snapshot", "restore", str(file), "--data-dir", str(node.folder / "data"),
                "--name", node.name, "--cluster", members)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)


def refusals(checks, cluster, file):
    """What must not be restored, or not there."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = cluster.folder / "damaged"
    damaged.write_bytes(content)
    short = cluster.folder / "short"
    short.write_bytes(file.read_bytes()[:-100])
    with Cluster("etcd") as etcd:
        bolt = cluster.folder / "bolt"
        etcdctl(CTLS["3.5"], etcd.nodes[0].etcd, "snapshot", "save", str(bolt))
    for name, wrong in {"damaged": damaged, "cut": short, "etcd's": bolt}.items():
        folder = cluster.folder / f"from-{wrong.name}"
        done = martlet("snapshot", "restore", str(wrong), "--data-dir", str(folder))
        checks.check(f"a file that is {name} is not restored",
                     done.returncode != 0 and len(done.stderr.strip().splitlines()) >= 3
                     and not (folder / "node.json").exists(), done.stderr)
    full = cluster.folder / "full"
    full.mkdir()
    (full / "mine").write_text("x")
    done = martlet("snapshot", "restore", str(file), "--data-dir", str(full))
    checks.check("a directory that is not empty is left alone",
                 done.returncode != 0 and [each.name for each in full.iterdir()] == ["mine"],
                 done.stderr)


def streams(checks, node):
    """RangeStream (3.7, so there is no etcd beside it): the parts together are the range."""
    with grpc.insecure_channel(node.etcd) as channel:
        call = channel.unary_stream("/etcdserverpb.KV/RangeStream")
        request = rpc.RangeRequest(key=b"key/", range_end=b"key0")
        parts = list(call(request.SerializeToString(), timeout=30))
        whole = rpc.KVStub(channel).Range(request, timeout=30)
    kvs, last = [], None
    for part in parts:
        # RangeStreamResponse has one field: 1, the RangeResponse; so its tag and length go first.
        last = rpc.RangeResponse.FromString(part[1 + varint_length(part[1:]):])
        kvs += last.kvs
    checks.check("a long range comes in several parts", len(parts) > 1, len(parts))
    checks.equal("the parts are the range", kvs, list(whole.kvs))
    checks.equal("the last part says how many", (last.count, last.more), (whole.count, False))


def varint_length(data):
    length = 1
    while data[length - 1] >= 0x80:
        length += 1
    return length


def moves(system):
    """What comes of moving the leader by etcdctl: to each other node, by a follower, to nobody."""
    seen = {}
    with Cluster(system, 3) as cluster:
        for turn in range(2):
            leader = cluster.leader()
            target = next(node for node in cluster.nodes if node is not leader)
            done = etcdctl(CTLS["3.5"], leader.etcd, "move-leader", member(target))
            seen[f"moved {turn}"] = (done.returncode, "transferred" in done.stdout)
            seen[f"leads {turn}"] = leads(cluster, target)
        leader = cluster.leader()
        follower = next(node for node in cluster.nodes if node is not leader)
        for name, node, target in (
            ("by a follower", follower, int(member(follower), 16)), ("to nobody", leader, 4711),
        ):
            stubs = Stubs(node.etcd)
            seen[name] = answer(
                stubs.maintenance.MoveLeader, rpc.MoveLeaderRequest(targetID=target))
            stubs.close()
        for node in cluster.nodes:
            seen[f"defrag {node.name}"] = etcdctl(CTLS["3.5"], node.etcd, "defrag").returncode
    return seen


def member(node):
    stubs = Stubs(node.etcd)
    status = stubs.maintenance.Status(rpc.StatusRequest(), timeout=10)
    stubs.close()
    return f"{status.header.member_id:x}"


def leads(cluster, node, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if cluster.leader() is node:
            return True
        time.sleep(0.1)
    return False


def compare(checks, system):
    theirs, ours = moves("etcd"), moves(system)
    for name, value in theirs.items():
        checks.equal(f"move-leader: {name}", ours.get(name), value)
    if system != "martlet":
        return
    with Cluster("martlet", 3) as cluster:
        stubs = Stubs(cluster.endpoints[0])
        revision = fill(stubs)
        stubs.close()
        expected = hashes(cluster.endpoints, revision)
        checks.equal("HashKV of the nodes", len(set(expected)), 1)
        streams(checks, cluster.nodes[1])
        files = saves(checks, cluster, revision)
        refusals(checks, cluster, files["3.5"])
        for node in cluster.nodes:
            node.end()
        restores(checks, files["3.4"], revision, expected[0])
