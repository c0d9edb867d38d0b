"""Load generators: h2load, which we did not write, and `martlet bench kv`, which speaks to either
system and can also send at a fixed rate. Each run is checked: nothing refused, every put a revision."""

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Conformance"), str(ROOT / "Tests/Conformance/etcd")]
sys.dont_write_bytecode = True

import etcd3.etcdrpc as rpc  # noqa: E402

from cluster import MARTLET, Cluster  # noqa: E402
from frames import message  # noqa: E402
from raw import Stubs  # noqa: E402

VALUE_BYTES = 256
VALUE = b"v" * VALUE_BYTES
SYSTEMS = ("etcd", "martlet")


class Result:
    """One run: what the clients saw, and what it cost the servers per operation."""

    def __init__(self, rate, latencies, cpu):
        self.rate = rate
        self.p50, self.p99, self.p999 = latencies
        self.cpu = cpu


class Subject:
    """One system's cluster, with a client on each node."""

    def __init__(self, system, count):
        self.system = system
        self.cluster = Cluster(system, count).start()
        self.stubs = [Stubs(endpoint) for endpoint in self.cluster.endpoints]
        for index in range(count):
            self.stubs[0].kv.Put(rpc.PutRequest(key=key_of(index), value=VALUE), timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def revision(self):
        return self.stubs[0].kv.Range(rpc.RangeRequest(key=b"\0"), timeout=30).header.revision

    def stop(self):
        for stubs in self.stubs:
            stubs.close()
        self.cluster.stop()

    def measured(self, requests, are_puts, body):
        """Runs `body`; what it cost in µs of server CPU per request."""
        before, revision = self.cluster.cpu_seconds, self.revision
        outcome = body()
        cpu = (self.cluster.cpu_seconds - before) / requests(outcome) * 1e6
        grown = self.revision - revision
        expected = requests(outcome) if are_puts else 0
        if grown != expected:
            raise RuntimeError(
                f"{self.system}: {expected} puts raised the revision by {grown}: the run is void")
        return outcome, cpu


def key_of(index):
    """A key as `martlet bench kv` writes it."""
    return b"bench/%018d" % index


def median(results, name):
    return statistics.median(getattr(result, name) for result in results)


class Work:
    def __init__(self, name, op, path, request, factor):
        self.name = name
        self.op = op
        self.path = path
        self.request = request
        self.factor = factor

    @property
    def are_puts(self):
        return self.op == "put"


def _read(serializable):
    return lambda key: rpc.RangeRequest(key=key, serializable=serializable)


PUT = Work("put 256 B", "put", "/etcdserverpb.KV/Put",
           lambda key: rpc.PutRequest(key=key, value=VALUE), 1)
LINEARIZABLE = Work("range, linearizable", "range", "/etcdserverpb.KV/Range", _read(False), 2)
SERIALIZABLE = Work("range, serializable", "range-serializable", "/etcdserverpb.KV/Range", _read(True), 2)
WORKS = (PUT, LINEARIZABLE, SERIALIZABLE)


def h2load(subject, work, connections, streams, total, folder):
    """h2load on all nodes at once: it repeats one body, so each node has a key of its own."""
    nodes = subject.cluster.nodes if connections >= 3 else subject.cluster.nodes[:1]
    share = [connections // len(nodes) + (i < connections % len(nodes)) for i in range(len(nodes))]

    def run():
        runs = []
        for index, node in enumerate(nodes):
            body, log = folder / f"body{index}", folder / f"log{index}"
            body.write_bytes(message(work.request(key_of(index)).SerializeToString()))
            log.unlink(missing_ok=True)
            requests = total * share[index] // connections
            command = [
                "h2load", "-t", "1", "-n", str(requests), "-c", str(share[index]), "-m", str(streams),
                "-d", str(body), "--log-file", str(log), "-H", "content-type: application/grpc",
                "-H", "te: trailers", f"http://{node.etcd}{work.path}",
            ]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            runs.append((process, requests, log))
        rows = []
        for process, requests, log in runs:
            _check_h2load(subject, work, requests, process.communicate(timeout=300)[0])
            for line in log.read_text().splitlines():
                start, _, took = (int(field) for field in line.split("\t"))
                rows.append((start, took))
        return rows

    rows, cpu = subject.measured(len, work.are_puts, run)
    seconds = (max(start + took for start, took in rows) - min(start for start, _ in rows)) / 1e6
    took = sorted(took / 1000 for _, took in rows)
    latencies = [took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.99, 0.999)]
    return Result(len(rows) / seconds, latencies, cpu)


def _check_h2load(subject, work, requests, output):
    # h2load does not read gRPC's trailers: a refused read has no value in it, a put no revision.
    if f" {requests} succeeded, 0 failed, 0 errored" not in output:
        raise RuntimeError(f"{work.name} on {subject.system}:\n{output}")
    data = re.search(r"\((\d+)\) data", output)
    if not work.are_puts and int(data.group(1)) < requests * VALUE_BYTES:
        raise RuntimeError(f"{work.name} on {subject.system} did not answer with values")


def bench_command(endpoints, op, *options):
    return [str(MARTLET), "bench", "kv", "--endpoints", ",".join(endpoints), "--op", op,
            "-o", "json", *(str(option) for option in options)]


def bench_outcome(process, timeout=600):
    output, errors = process.communicate(timeout=timeout)
    if process.returncode != 0:
        raise RuntimeError(f"martlet bench kv failed: {errors}{output}")
    return json.loads(output)


def start_bench(endpoints, op, *options):
    return subprocess.Popen(bench_command(endpoints, op, *options), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def bench(subject, work, *options):
    """`martlet bench kv` over all nodes."""
    def run():
        return bench_outcome(start_bench(subject.cluster.endpoints, work.op, *options))

    outcome, cpu = subject.measured(lambda outcome: outcome["answered"], work.are_puts, run)
    latency = outcome["latency_ms"]
    return Result(outcome["throughput"], (latency["p50"], latency["p99"], latency["p99_9"]), cpu)
