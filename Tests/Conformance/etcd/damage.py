"""Bits flip on a stopped node's disk: it starts, is repaired by the others, and serves again.

Once in the journal, once in a snapshot; afterwards all nodes hold the same, and the repaired node's
vote counts. A node that is alone refuses to start, with a sentence. A record that is damaged on all
nodes stops its group alone, with an error that says so. A node whose disk was wiped or put back is
refused. What rots in a running node's cold files is found and written anew.
"""

import random
import shutil
import signal
import subprocess
import time
import urllib.request

import etcd3.etcdrpc as rpc
import grpc

from cluster import MARTLET, Cluster
from membership import members, wait_until

PREFIX = b"damage/"
MIB = 1 << 20
RECORD = b"a record that is damaged on every node"


def compare(checks, system):
    if system != "martlet":
        print("        etcd has no such repair: its node must be removed and added anew")
        return
    _journal_and_snapshot(checks)
    _everywhere(checks)
    _exchanged(checks)
    _at_rest(checks)
    _alone(checks)


def _journal_and_snapshot(checks):
    chance = random.Random(1)
    with Cluster("martlet", 3) as cluster:
        put(cluster.nodes, 300, b"x" * 1024)
        node = follower(cluster)
        node.end()
        flip(checks, chance, journals(node)[0], used=300 * 1024)
        put([other for other in cluster.nodes if other is not node], 50, b"y" * 1024)
        repaired(checks, cluster, node, "journal")

        # The repaired node is needed for a majority now.
        leader = cluster.leader()
        leader.end()
        rest = [other for other in cluster.nodes if other is not leader]
        cluster.wait_ready(rest)
        put(rest, 10, b"z")
        checks.check("damage: a repaired node votes and counts", True)
        leader.start()
        cluster.wait_ready([leader])

        put(cluster.nodes, 280, b"s" * MIB, keys=8)
        node = follower(cluster)
        snapshot = wait(lambda: next(iter(sorted(node.folder.rglob("groups/2/**/*.snap"))), None))
        if checks.check("damage: a snapshot was taken", snapshot is not None):
            node.end()
            snapshot = sorted(node.folder.rglob("groups/2/**/*.snap"))[-1]
            flip(checks, chance, snapshot, used=snapshot.stat().st_size)
            repaired(checks, cluster, node, "snapshot")


def _everywhere(checks):
    """The same record is damaged on each node: the keyspace stands still, the control group does not."""
    with Cluster("martlet", 3) as cluster:
        put(cluster.nodes, 20, b"before")
        put(cluster.nodes, 1, RECORD)
        put(cluster.nodes, 20, b"after")
        for node in cluster.nodes:
            node.end()
        hurt = [hurt_record(node, RECORD) for node in cluster.nodes]
        checks.equal("damage: the same record is damaged on all nodes", hurt, [True] * 3)
        for node in cluster.nodes:
            node.start()
        node = cluster.nodes[0]
        wait(lambda: metric_of(node, "martlet_groups_halted") == 1)
        checks.equal("damage: one group stands still", metric_of(node, "martlet_groups_halted"), 1)
        checks.equal("damage: no other group is damaged", metric_of(node, "martlet_groups_damaged"), 1)
        with grpc.insecure_channel(node.etcd) as channel:
            kv = rpc.KVStub(channel)
            for name, call in [
                ("write", lambda: kv.Put(rpc.PutRequest(key=b"k", value=b"v"), timeout=5)),
                ("read", lambda: kv.Range(rpc.RangeRequest(key=b"k"), timeout=5)),
            ]:
                code, text = refusal(call)
                checks.equal(f"damage: a {name} is refused", code, grpc.StatusCode.UNAVAILABLE)
                checks.check(f"damage: the {name}'s error says why, and what to do",
                             "stands still" in text and "damaged-data.md" in text, text)
            # By the control group, through its leader: this client does not know `linearizable`.
            request = rpc.MemberListRequest.FromString(b"\x08\x01")
            members = rpc.ClusterStub(channel).MemberList(request, timeout=10).members
            checks.equal("damage: the control group serves", len(members), 3)
        checks.check("damage: the log says that the group stands still",
                     "the group stands still" in node.log, node.log)


def hurt_record(node, value):
    """One bit of each copy of the value in the node's journal."""
    hurt = False
    for path in journals(node):
        with open(path, "r+b") as file:
            content = file.read()
            place = content.find(value)
            while place >= 0:
                hurt = True
                file.seek(place + 3)
                file.write(bytes([content[place + 3] ^ 1]))
                place = content.find(value, place + 1)
    return hurt


def refusal(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def metric_of(node, name):
    """Zero as long as the node does not answer."""
    try:
        return metric(node, name)
    except OSError:
        return -1


def _exchanged(checks):
    """A disk that was put back to an older copy, or wiped: its node is refused, and stops."""
    with Cluster("martlet", 3) as cluster:
        put(cluster.nodes, 20, b"before")
        node = follower(cluster)
        rest = [other for other in cluster.nodes if other is not node]
        node.end()
        copy = node.folder / "copy"
        shutil.copytree(node.data, copy)
        node.start()
        cluster.wait_ready([node])
        checks.check("damage: a node with its own disk takes part again", node.is_running)
        put(cluster.nodes, 50, b"behind the copy")
        node.end(signal.SIGKILL)
        shutil.rmtree(node.data)
        shutil.copytree(copy, node.data)
        refused(checks, node, "put back")
        shutil.rmtree(node.data)
        refused(checks, node, "wiped")
        put(rest, 10, b"after")
        checks.check("damage: the others go on without the node", True)
        admitted(checks, cluster, node, rest)


def admitted(checks, cluster, old, rest):
    """A new member in the place of the one that is refused; its vote counts."""
    new = cluster.new_node("n4")
    command = [str(MARTLET), "cluster", "replace", old.name, new.peer,
               "--endpoints", rest[0].etcd]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_until(lambda: f"http://{new.peer}" in members(rest[0]))
        new.start()
        text, error = run.communicate(timeout=60)
    checks.equal("damage: a new member takes the place of the refused one", run.returncode, 0)
    checks.check("damage: and the refused one is removed", "removed" in text, (text, error))
    cluster.wait_ready([new])
    rest[1].end()
    put([rest[0], new], 10, b"with the new member")
    checks.check("damage: the new member votes and counts", True)


def refused(checks, node, what):
    logged = len(node.log)
    node.start()
    wait(lambda: not node.is_running, seconds=30)
    checks.check(f"damage: a node whose disk was {what} stops", not node.is_running)
    checks.equal(f"damage: with the code for it ({what})", node.process.poll(), 3)
    log = node.log[logged:]
    checks.check(f"damage: and says why, and what to do ({what})",
                 what in log and "martlet cluster replace" in log, log)
    node.end()


def _at_rest(checks):
    """Bits rot in a running node's cold files: they are found and written anew without a restart."""
    chance = random.Random(3)
    with Cluster("martlet", 3) as cluster:
        put(cluster.nodes, 400, b"x" * 8192)
        node = follower(cluster)
        cold = journals(node)[0]
        checks.check("damage: the first journal file is cold", len(journals(node)) > 1)
        flip(checks, chance, cold, used=900 * 1024)
        wait(lambda: metric(node, "martlet_scrub_damages_total") > 0)
        wait(lambda: not cold.exists())
        checks.check("damage: a running node lets a rotten journal file go", not cold.exists(),
                     node.log)
        checks.check("damage: and counts it", metric(node, "martlet_scrub_damages_total") > 0)
        checks.check("damage: the log says so", "has rotted" in node.log, node.log)

        snapshot = wait(lambda: next(iter(sorted(node.folder.rglob("groups/2/**/*.snap"))), None))
        found = metric(node, "martlet_scrub_damages_total")
        flip(checks, chance, snapshot, used=snapshot.stat().st_size)
        rotten = snapshot.read_bytes()
        wait(lambda: not snapshot.exists() or snapshot.read_bytes() != rotten)
        checks.check("damage: a running node writes a rotten snapshot anew",
                     not snapshot.exists() or snapshot.read_bytes() != rotten, node.log)
        checks.check("damage: and counts that", metric(node, "martlet_scrub_damages_total") > found)
        checks.check("damage: what is read again is counted",
                     metric(node, "martlet_scrub_bytes_total") > 0)

        logged = len(node.log)
        node.end()
        node.start()
        cluster.wait_ready([node])
        checks.equal("damage: a restart finds nothing damaged",
                     "damage on the disk" in node.log[logged:], False)
        same(checks, cluster, "after rot at rest")


def _alone(checks):
    with Cluster("martlet", 1) as cluster:
        node = cluster.nodes[0]
        put(cluster.nodes, 50, b"x" * 1024)
        node.end()
        flip(checks, random.Random(2), journals(node)[0], used=50 * 1024)
        node.start()
        wait(lambda: not node.is_running)
        checks.check("damage: a node that is alone refuses to start", not node.is_running)
        checks.check("damage: and says where to read on", "damaged-data.md" in node.log, node.log)


def repaired(checks, cluster, node, what):
    """Starts the node, and waits until it is whole; restarts it, and it still is."""
    logged = len(node.log)
    node.start()
    cluster.wait_ready([node])
    if what == "journal":
        wait(lambda: metric(node, "martlet_groups_repaired_total") > 0)
        checks.check("damage: the journal is repaired",
                     metric(node, "martlet_groups_repaired_total") > 0, node.log[logged:])
    # In place of a snapshot the node's own log will do, where it reaches back so far.
    wait(lambda: metric(node, "martlet_groups_damaged") == 0)
    checks.equal(f"damage: no group is damaged any more ({what})",
                 metric(node, "martlet_groups_damaged"), 0)
    checks.check(f"damage: the log says what was damaged ({what})",
                 "damage on the disk" in node.log[logged:], node.log[logged:])
    same(checks, cluster, f"after the repair of the {what}")
    node.end()
    node.start()
    cluster.wait_ready([node])
    checks.equal(f"damage: nothing is left to be repaired ({what})",
                 metric(node, "martlet_groups_damaged"), 0)
    same(checks, cluster, f"after another restart ({what})")


def same(checks, cluster, when):
    found = []
    for node in cluster.nodes:
        with grpc.insecure_channel(node.etcd) as channel:
            rpc.KVStub(channel).Range(rpc.RangeRequest(key=b"k"), timeout=20)
            answer = rpc.MaintenanceStub(channel).HashKV(rpc.HashKVRequest(), timeout=60)
            found.append((answer.hash, answer.header.revision))
    checks.equal(f"damage: HashKV is the same on all nodes {when}", len(set(found)), 1)


def flip(checks, chance, path, used):
    """One bit each in some places of the first two thirds of what is used of a file."""
    with open(path, "r+b") as file:
        for _ in range(5):
            place = chance.randrange(4096, used * 2 // 3)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))
    checks.check(f"damage: five bits flip in {path.name}", True)


def journals(node):
    return sorted(node.folder.rglob("journal/journal-*"))


def follower(cluster):
    leader = cluster.leader()
    return next(node for node in cluster.nodes if node is not leader)


def put(nodes, count, value, keys=None):
    with grpc.insecure_channel(nodes[0].etcd) as channel:
        stub = rpc.KVStub(channel)
        for number in range(count):
            key = PREFIX + b"%d/%06d" % (len(value), number % (keys or count))
            stub.Put(rpc.PutRequest(key=key, value=value), timeout=20)


def metric(node, name):
    page = urllib.request.urlopen(f"http://{node.http}/metrics", timeout=5).read().decode()
    for line in page.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def wait(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    return condition()
