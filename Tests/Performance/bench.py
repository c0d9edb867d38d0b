"""Martlet beside etcd 3.5.1: puts and reads by h2load, one node and three.

Both systems run at the same time and are loaded in turn, round by round, so that a slow minute of
the machine hits both; the medians of the rounds are reported. What counts is CPU per operation:
the load generator shares the machine, so throughput is of this machine with both on it.

h2load repeats one body for every request of a run. A put therefore writes one key again and again,
with a new revision each; on three nodes there are three runs side by side, a third of the clients
and a key of its own for each node. Latencies come from h2load's log, one line a request.
"""

import argparse
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Conformance"), str(ROOT / "Tests/Conformance/etcd")]
sys.dont_write_bytecode = True

import etcd3.etcdrpc as rpc  # noqa: E402

from cluster import Cluster  # noqa: E402
from frames import message  # noqa: E402
from raw import Stubs  # noqa: E402

PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
VALUE = b"v" * 256


class Work:
    def __init__(self, name, path, request, requests):
        self.name = name
        self.path = path
        self.request = request
        self.requests = requests


def put(key):
    return rpc.PutRequest(key=key, value=VALUE)


def read(key, serializable):
    return rpc.RangeRequest(key=key, serializable=serializable)


WORKS = [
    Work("put 256 B", "/etcdserverpb.KV/Put", put, 1.0),
    Work("range, linearizable", "/etcdserverpb.KV/Range", lambda key: read(key, False), 2.0),
    Work("range, serializable", "/etcdserverpb.KV/Range", lambda key: read(key, True), 2.0),
]

# Connections, streams on each, and how many puts a round.
SHAPES = [(1, 1, 2_000), (10, 10, 40_000), (100, 10, 40_000)]


class Result:
    def __init__(self, rate, p50, p99, cpu):
        self.rate = rate
        self.p50 = p50
        self.p99 = p99
        self.cpu = cpu


class Subject:
    """One system's cluster, with a client on each node."""

    def __init__(self, system, count):
        self.cluster = Cluster(system, count).start()
        self.stubs = [Stubs(endpoint) for endpoint in self.cluster.endpoints]
        for index in range(count):
            self.stubs[0].kv.Put(put(b"bench/%d" % index), timeout=10)

    def revision(self):
        return self.stubs[0].kv.Range(rpc.RangeRequest(key=b"bench/0"), timeout=30).header.revision

    def run(self, work, connections, streams, total, folder):
        """One round: the load on all nodes at once."""
        nodes = self.cluster.nodes if connections >= 3 else self.cluster.nodes[:1]
        runs = []
        before, revision = self.cluster.cpu_seconds, self.revision()
        share = [connections // len(nodes) + (i < connections % len(nodes)) for i in range(len(nodes))]
        for index, node in enumerate(nodes):
            body, log = folder / f"body{index}", folder / f"log{index}"
            body.write_bytes(message(work.request(b"bench/%d" % index).SerializeToString()))
            log.unlink(missing_ok=True)
            requests = total * share[index] // connections
            command = [
                "h2load", "-t", "1", "-n", str(requests), "-c", str(share[index]), "-m", str(streams),
                "-d", str(body), "--log-file", str(log), "-H", "content-type: application/grpc",
                "-H", "te: trailers", f"http://{node.etcd}{work.path}",
            ]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            runs.append((process, requests, log))
        starts, ends, times = [], [], []
        for process, requests, log in runs:
            output = process.communicate(timeout=300)[0]
            self.check(work, requests, output)
            for line in log.read_text().splitlines():
                start, _, took = (int(field) for field in line.split("\t"))
                starts.append(start)
                ends.append(start + took)
                times.append(took)
        cpu = self.cluster.cpu_seconds - before
        done = sum(requests for _, requests, _ in runs)
        # h2load does not read gRPC's trailers: that every put was one is told by the revision.
        if work.request is put and self.revision() - revision != done:
            raise RuntimeError(f"{done} puts raised the revision by {self.revision() - revision}")
        times.sort()
        return Result(
            done / (max(ends) - min(starts)) * 1e6,
            times[len(times) // 2] / 1000, times[len(times) * 99 // 100] / 1000, cpu / done * 1e6)

    def check(self, work, requests, output):
        if f" {requests} succeeded, 0 failed, 0 errored" not in output:
            raise RuntimeError(f"{work.name} on {self.cluster.system}:\n{output}")
        # A refused read has no value in it.
        data = re.search(r"\((\d+)\) data", output)
        if work.request is not put and int(data.group(1)) < requests * len(VALUE):
            raise RuntimeError(f"{work.name} on {self.cluster.system} did not answer with values")

    def stop(self):
        for stubs in self.stubs:
            stubs.close()
        self.cluster.stop()


def measure(systems, nodes, rounds, scale):
    subjects = []
    try:
        for system in systems:
            subjects.append(Subject(system, nodes))
        results = {}
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            for work in WORKS:
                for connections, streams, puts in SHAPES:
                    total = max(connections * streams, int(puts * work.requests * scale))
                    for turn in range(rounds + 1):
                        for subject in subjects:
                            # The first round warms both up and is not counted.
                            count = total if turn else max(connections * streams, total // 10)
                            result = subject.run(work, connections, streams, count, folder)
                            if turn:
                                key = work.name, connections * streams, subject.cluster.system
                                results.setdefault(key, []).append(result)
                    show(results, systems, nodes, work, connections * streams)
        return results
    finally:
        for subject in subjects:
            subject.stop()


def median(results, name):
    return statistics.median(getattr(result, name) for result in results)


def show(results, systems, nodes, work, clients):
    for system in systems:
        found = results[work.name, clients, system]
        print(
            f"{nodes} node(s), {work.name}, {clients} clients, {system:8}"
            f" {median(found, 'rate'):9,.0f}/s  p50 {median(found, 'p50'):8.2f} ms"
            f"  p99 {median(found, 'p99'):8.2f} ms  CPU {median(found, 'cpu'):7.1f} µs", flush=True)


def cells(results):
    return (
        f"{median(results, 'rate'):,.0f} | {median(results, 'p50'):.1f} / {median(results, 'p99'):.1f}"
        f" | {median(results, 'cpu'):.1f}")


def table(results, nodes):
    lines = [
        f"### {'One node' if nodes == 1 else 'Three nodes'}", "",
        "| work | clients | etcd /s | p50 / p99 ms | CPU µs | Martlet /s | p50 / p99 ms | CPU µs"
        " | throughput | CPU |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for work in WORKS:
        for connections, streams, _ in SHAPES:
            clients = connections * streams
            theirs, ours = (results[work.name, clients, system] for system in ("etcd", "martlet"))
            faster = median(ours, "rate") / median(theirs, "rate")
            cheaper = median(theirs, "cpu") / max(median(ours, "cpu"), 0.01)
            lines.append(
                f"| {work.name} | {clients:,} | {cells(theirs)} | {cells(ours)}"
                f" | ×{faster:.1f} | ÷{cheaper:.1f} |")
    return lines


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = subprocess.run(["nproc"], capture_output=True, text=True).stdout.strip()
    folder = subprocess.run(
        ["df", "--output=fstype", tempfile.gettempdir()], capture_output=True, text=True
    ).stdout.split()[-1]
    return f"{cpu.group(1) if cpu else platform.machine()}, {cores} cores, Linux {platform.release()}, data on {folder}"


def write(tables, rounds):
    """Puts the tables between the page's markers; the prose around them is people's."""
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    lines = [
        f"Medians of {rounds} rounds, both systems loaded in turn. {machine()}.", "",
        *(line for lines in tables for line in [*lines, ""]),
    ]
    PAGE.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"{END}{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, nothing written")
    parser.add_argument("--systems", default="etcd,martlet", help="which, and in which order")
    parser.add_argument("--nodes", type=int, action="append", choices=[1, 3])
    options = parser.parse_args()
    systems = options.systems.split(",")
    rounds, scale = (1, 0.1) if options.quick else (3, 1.0)
    tables = []
    for nodes in options.nodes or [1, 3]:
        results = measure(systems, nodes, rounds, scale)
        if {"etcd", "martlet"} <= set(systems):
            tables.append(table(results, nodes))
            print("\n".join(tables[-1]), flush=True)
    if not options.quick and not options.nodes and len(tables) == 2:
        write(tables, rounds)
        print(f"written to {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
