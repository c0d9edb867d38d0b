"""How long clients wait: after the leader is killed, and while one disk or one node is slow.

Prints Markdown. Clients are Python's gRPC with etcd3's messages, each with a node that it prefers.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Conformance")]
sys.dont_write_bytecode = True
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import isolation  # noqa: E402

SLOW = 100
FREEZE_PERIOD_SECONDS = 0.1


class Writers:
    """Clients that write one key each, over and over; who succeeded when."""

    def __init__(self, cluster, folder, count):
        from recording import Client, History

        self.ended = threading.Event()
        self.successes = [[] for _ in range(count)]
        history = History(folder / "figures.history")
        self.clients = [
            Client(history, "figures", number, cluster.endpoints) for number in range(count)
        ]
        self.threads = [
            threading.Thread(target=self.write, args=(number,)) for number in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def write(self, number):
        from recording import put

        client = self.clients[number]
        while not self.ended.is_set():
            invoked = time.monotonic()
            if client.call(put(b"figures/%d" % number, b"x" * 100)) is not None:
                self.successes[number].append((invoked, time.monotonic()))
            time.sleep(0.005)

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def since(self, moment):
        """For each client how long after the moment its next success came; None: not yet."""
        waits = []
        for successes in self.successes:
            later = [done - moment for invoked, done in successes[-200:] if invoked > moment]
            waits.append(min(later, default=None))
        return waits

    def latencies(self, begin, end):
        return [
            done - invoked for successes in self.successes for invoked, done in successes
            if begin <= invoked < end
        ]


def share(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, len(values) * percent // 100)]


def failover(cluster, folder, kills):
    """Each client's wait for its next success, over so many kills."""
    writers = Writers(cluster, folder, len(cluster.nodes))
    waits = []
    for _ in range(kills):
        time.sleep(0.5)
        leader = cluster.leader()
        killed = time.monotonic()
        leader.end(signal.SIGKILL)
        while None in (found := writers.since(killed)) and time.monotonic() < killed + 30:
            time.sleep(0.02)
        waits += [wait if wait is not None else 30 for wait in found]
        leader.start()
        cluster.wait_ready([leader])
    writers.end()
    p50, p99 = statistics.median(waits), share(waits, 99)
    print(f"failover: {kills} kills of the leader, {len(waits)} waits: p50 {p50:.2f} s, "
          f"p99 {p99:.2f} s, worst {max(waits):.2f} s", flush=True)
    return p50 <= 1.0 and p99 <= 2.0


def sync_seconds(node):
    """A small write and its sync on the node's disk, median."""
    times = []
    path = node.disk.mount_point / "probe"
    with open(path, "wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            begin = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - begin)
    path.unlink()
    return statistics.median(times)


class Frozen:
    """A node that gets a hundredth of the time: frozen for 99 of 100 ms."""

    def __init__(self, node):
        self.node = node
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            self.node.process.send_signal(signal.SIGSTOP)
            time.sleep(FREEZE_PERIOD_SECONDS * (SLOW - 1) / SLOW)
            self.node.process.send_signal(signal.SIGCONT)
            time.sleep(FREEZE_PERIOD_SECONDS / SLOW)

    def end(self):
        self.ended.set()
        self.thread.join()


def slowness(cluster, folder, seconds, rounds):
    """The 99th percentile of the latency of clients of the two other nodes, beside a healthy time
    just before."""
    sync = sync_seconds(cluster.nodes[0])
    print(f"a sync takes {sync * 1000:.2f} ms; a slow one {SLOW} times as long in addition")
    print("| what is slow | clients | healthy p99 | p99 | ratio | worst |")
    print("|---|---|---|---|---|---|")
    passed = True
    for what in ("a follower's disk", "the leader's disk", "a follower", "the leader"):
        for where in ("of the others", "of all nodes"):
            healthy, slow = [], []
            for _ in range(rounds):
                leader = cluster.leader()
                node = leader if "leader" in what else cluster.others(leader)[0]
                nodes = cluster.others(node) if where == "of the others" else cluster.nodes
                one, two = measure(nodes, node, "disk" in what, folder, seconds, sync)
                healthy += one
                slow += two
            ratio = share(slow, 99) / share(healthy, 99)
            passed = passed and (ratio <= 1.3 or where != "of the others")
            print(f"| {what} | {where} | {share(healthy, 99) * 1000:.1f} ms | "
                  f"{share(slow, 99) * 1000:.1f} ms | {ratio:.2f} | {max(slow) * 1000:.0f} ms |",
                  flush=True)
    return passed


class Clients:
    def __init__(self, nodes):
        self.nodes = nodes

    @property
    def endpoints(self):
        return [node.etcd for node in self.nodes]


def measure(nodes, node, is_disk, folder, seconds, sync):
    writers = Writers(Clients(nodes), folder, 6)
    time.sleep(1)
    begin = time.monotonic()
    time.sleep(seconds)
    middle = time.monotonic()
    frozen = None
    if is_disk:
        node.shim.sync_delay_ns = int(SLOW * sync * 1e9)
    else:
        frozen = Frozen(node)
    time.sleep(seconds)
    end = time.monotonic()
    node.shim.sync_delay_ns = 0
    if frozen:
        frozen.end()
    writers.end()
    return writers.latencies(begin, middle), writers.latencies(middle, end)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["failover", "slow"])
    parser.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    folder = isolation.enter()
    tempfile.tempdir = str(folder)
    from isolated import IsolatedCluster
    from shim import compile_library

    library = compile_library(folder) if options.what == "slow" else None
    with IsolatedCluster(options.system, library) as cluster:
        if options.what == "failover":
            passed = failover(cluster, folder, options.kills)
        else:
            passed = slowness(cluster, folder, options.seconds, options.rounds)
    print("within the figures" if passed else "NOT within the figures", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
