"""What a node takes when nobody asks for anything, what a key takes, and how long a start takes."""

import signal
import statistics
import time
import urllib.error
import urllib.request
from pathlib import Path

from load import MARTLET, SYSTEMS, Cluster, Stubs, bench_outcome, rpc, start_bench

from cluster import etcd_binary


def is_ready(node):
    """Both answer /health on the port of the clients, etcd's way."""
    try:
        with urllib.request.urlopen(f"http://{node.etcd}/health", timeout=5) as answer:
            return b'"health":"true"' in answer.read().replace(b" ", b"")
    except (urllib.error.URLError, OSError):
        return False


def start(node, seconds=120):
    """Starts the node; seconds until it says that it is healthy."""
    began = time.monotonic()
    node.start()
    while not is_ready(node):
        if not node.is_running or time.monotonic() - began > seconds:
            raise RuntimeError(f"the node is not ready: {node.log[-2000:]}")
        time.sleep(0.002)
    return time.monotonic() - began


def rest(system, rounds, seconds):
    """On an empty directory: ready after, then what it takes at rest."""
    times = []
    for _ in range(rounds):
        with Stopping(Cluster(system, 1)) as cluster:
            node = cluster.nodes[0]
            times.append(start(node))
            if len(times) == rounds:
                time.sleep(2)
                before, began = node.cpu_seconds, time.monotonic()
                time.sleep(seconds)
                share = (node.cpu_seconds - before) / (time.monotonic() - began)
                resident = node.resident_bytes
    binary = MARTLET if system == "martlet" else Path(etcd_binary("etcd"))
    return {
        "ready on an empty directory, ms": statistics.median(times) * 1000,
        "resident at rest, MiB": resident / (1 << 20),
        "CPU at rest, % of a core": share * 100,
        "binary, MiB": binary.stat().st_size / (1 << 20),
    }


def full(system, keys):
    """With many keys: memory a key, and ready after a crash."""
    with Stopping(Cluster(system, 1)) as cluster:
        node = cluster.nodes[0]
        start(node)
        empty = node.resident_bytes
        outcome = bench_outcome(start_bench(
            [node.etcd], "put", "--connections", 4, "--outstanding", 100, "--key-bytes", 64,
            "--key-space", keys, "--count", keys))
        loaded = node.resident_bytes
        if count(node) != keys:
            raise RuntimeError(f"{system}: {count(node)} keys of {keys} were put")
        node.end(signal.SIGKILL)
        crashed = start(node)
        resident = node.resident_bytes
        # All were acknowledged. etcd 3.5.1 may lose some in a crash (etcd-io/etcd#13766).
        missing = keys - count(node)
        if missing and system == "martlet":
            raise RuntimeError(f"{missing} keys of {keys} are not there after the crash")
    return {
        f"loading {keys:,} keys of 64 B with 256 B, a second": outcome["throughput"],
        "resident bytes a key, loaded": (loaded - empty) / keys,
        "resident bytes a key, after a start": (resident - empty) / keys,
        "ready again after a crash, s": crashed,
        "acknowledged keys missing after it": missing,
    }


def count(node):
    stubs = Stubs(node.etcd)
    request = rpc.RangeRequest(key=b"bench/", range_end=b"bench0", count_only=True)
    try:
        return stubs.kv.Range(request, timeout=120).count
    finally:
        stubs.close()


class Stopping:
    def __init__(self, cluster):
        self.cluster = cluster

    def __enter__(self):
        return self.cluster

    def __exit__(self, *_):
        self.cluster.stop()


def measure(keys, rounds, seconds):
    found = {}
    for system in SYSTEMS:
        found[system] = rest(system, rounds, seconds) | full(system, keys)
        print(system, {name: round(value, 2) for name, value in found[system].items()}, flush=True)
    return found


def table(found):
    lines = ["### Start, rest and memory", "", "One node.", "", "| | etcd | Martlet |", "|---|---|---|"]
    for name in found["martlet"]:
        theirs, ours = (found[system][name] for system in SYSTEMS)
        digits = 0 if max(theirs, ours) >= 100 else 1 if max(theirs, ours) >= 10 else 2
        lines.append(f"| {name} | {theirs:,.{digits}f} | {ours:,.{digits}f} |")
    return lines
