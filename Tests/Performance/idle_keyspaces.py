"""What many keyspaces that nobody uses take: three nodes on this machine, each with a replica of all.

    Tests/Performance/idle_keyspaces.py                 10,000 of them
    Tests/Performance/idle_keyspaces.py --count 1000 --seconds 20

Each keyspace is written once, so that it has a leader, a log and a version of a key. Once the nodes
say that no group is awake, their CPU time is taken over some seconds, and their resident memory
compared with what it was before the first keyspace.
"""

import argparse
import time
import urllib.request

import grpc

import load  # noqa: F401  (finds the modules of Tests/Conformance)
import etcd3.etcdrpc as rpc

from cluster import Cluster
from keyspaces import Keyspaces, named

CALLS_AT_ONCE = 64


def metric(node, name):
    """The one sample of that name on the node's page."""
    with urllib.request.urlopen(f"http://{node.http}/metrics", timeout=30) as page:
        for line in page.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
    raise RuntimeError(f"{node.name} has no {name}")


def at_once(calls):
    """Makes all calls, some at a time; an iterator of functions that give a gRPC future."""
    under_way = []
    for call in calls:
        if len(under_way) >= CALLS_AT_ONCE:
            under_way.pop(0).result()
        under_way.append(call())
    for future in under_way:
        future.result()


def rest(nodes, seconds):
    """Waits until no group is awake on any node; how long that took."""
    began = time.monotonic()
    while any(metric(node, "martlet_groups_awake") > 0 for node in nodes):
        if time.monotonic() - began > seconds:
            awake = [metric(node, "martlet_groups_awake") for node in nodes]
            raise RuntimeError(f"groups are awake after {seconds} s: {awake}")
        time.sleep(0.5)
    return time.monotonic() - began


def measure(count, seconds):
    with Cluster("martlet", 3) as cluster:
        nodes = cluster.nodes
        rest(nodes, 60)
        time.sleep(5)
        before = [node.resident_bytes for node in nodes]
        channels = [grpc.insecure_channel(node.etcd) for node in nodes]
        keyspaces = [Keyspaces(channel) for channel in channels]
        began = time.monotonic()
        names = [f"tenant-{number}" for number in range(count)]
        at_once(lambda name=name: keyspaces[0].create_later(name) for name in names)
        created = time.monotonic() - began
        stubs = [rpc.KVStub(channel) for channel in channels]
        put = rpc.PutRequest(key=b"key", value=b"v" * 64)
        at_once(
            lambda place=place, name=name: stubs[place % 3].Put.future(
                put, timeout=60, metadata=named(name))
            for place, name in enumerate(names))
        awake = rest(nodes, 300)
        time.sleep(5)
        cpu, start = [node.cpu_seconds for node in nodes], time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - start
        shares = [(node.cpu_seconds - old) / took * 100 for node, old in zip(nodes, cpu)]
        grown = [node.resident_bytes - old for node, old in zip(nodes, before)]
        leaders = {}
        for summary in keyspaces[1].list():
            leaders[summary.leader] = leaders.get(summary.leader, 0) + 1
        return created, awake, shares, [size / count / 1024 for size in grown], leaders


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60, help="at rest, measured")
    options = parser.parse_args()
    created, awake, shares, sizes, leaders = measure(options.count, options.seconds)
    print(f"{options.count:,} keyspaces on three nodes")
    print(f"created in {created:.1f} s; at rest {awake:.1f} s after the last write")
    print("CPU at rest, % of a core:", " + ".join(f"{share:.2f}" for share in shares),
          f"= {sum(shares):.2f}")
    print("resident KiB a replica:", ", ".join(f"{size:.1f}" for size in sizes))
    print("keyspaces led by each member:", sorted(leaders.values()))


if __name__ == "__main__":
    main()
