"""Bits flip on a stopped node's disk: it starts, is repaired by the others, and serves again.

Once in the journal, once in a snapshot; afterwards all nodes hold the same, and the repaired node's
vote counts. A node that is alone refuses to start, with a sentence.
"""

import random
import time
import urllib.request

import etcd3.etcdrpc as rpc
import grpc

from cluster import Cluster

PREFIX = b"damage/"
MIB = 1 << 20


def compare(checks, system):
    if system != "martlet":
        print("        etcd has no such repair: its node must be removed and added anew")
        return
    _journal_and_snapshot(checks)
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
