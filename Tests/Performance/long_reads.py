"""Reads of everything while others write: a list of all keys, in pages and whole, HashKV, Snapshot.

Puts go on at a fixed rate; told are their p99 without and with the reads, and by how much the
server's memory grew at most."""

import threading
import time
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc

from load import SYSTEMS, Subject, bench_outcome, key_of, start_bench

PAGE = 1_000
PUTS_A_SECOND = 500


class Peak:
    """The most memory that a process held since `begin`; the kernel keeps count."""

    def __init__(self, node):
        self.folder = Path(f"/proc/{node.process.pid}")
        self.node = node

    def begin(self):
        (self.folder / "clear_refs").write_text("5")
        self.before = self.node.resident_bytes

    @property
    def grown_mib(self):
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return max(0, int(line.split()[1]) * 1024 - self.before) / (1 << 20)
        raise RuntimeError("the kernel tells no peak of resident memory")


def raw_call(channel, request):
    """Ranges whose answers are not parsed, as that would take longer than the server."""
    call = channel.unary_unary(
        "/etcdserverpb.KV/Range", request_serializer=rpc.RangeRequest.SerializeToString,
        response_deserializer=lambda answer: answer)
    return call(request, timeout=120)


def list_in_pages(channel, keys):
    for first in range(0, keys, PAGE):
        answer = raw_call(channel, rpc.RangeRequest(
            key=key_of(first), range_end=key_of(keys), limit=PAGE))
        if len(answer) < min(PAGE, keys - first) * 256:
            raise RuntimeError(f"a page of {len(answer)} bytes at key {first}")


def list_whole(channel, keys):
    answer = raw_call(channel, rpc.RangeRequest(key=key_of(0), range_end=key_of(keys)))
    if len(answer) < keys * 256:
        raise RuntimeError(f"a list of {len(answer)} bytes")


def hash_all(channel, keys):
    answer = rpc.MaintenanceStub(channel).HashKV(rpc.HashKVRequest(), timeout=120)
    if answer.hash == 0:
        raise RuntimeError("HashKV of nothing")


def snapshot(channel, keys):
    received = 0
    for part in rpc.MaintenanceStub(channel).Snapshot(rpc.SnapshotRequest(), timeout=120):
        received += len(part.blob)
    if received < keys * 256:
        raise RuntimeError(f"a snapshot of {received} bytes")


READS = [
    ("list in pages of 1,000", list_in_pages), ("list, whole", list_whole),
    ("HashKV", hash_all), ("Snapshot", snapshot),
]


def measure(keys, seconds):
    """By read and system: memory in MiB, the puts' p99 before and during, reads done."""
    found = {}
    for system in SYSTEMS:
        with Subject(system, 1) as subject:
            endpoints = subject.cluster.endpoints
            bench_outcome(start_bench(
                endpoints, "put", "--connections", 4, "--outstanding", 100, "--key-space", keys,
                "--count", keys))
            time.sleep(2)
            for name, read in READS:
                found[name, system] = during(subject, read, keys, seconds)
                print(f"{name}, {system}: {found[name, system]}", flush=True)
    return found


def puts(subject, seconds):
    return start_bench(subject.cluster.endpoints, "put", "--rate", PUTS_A_SECOND, "--duration", seconds,
                       "--connections", 2, "--outstanding", 500)


def during(subject, read, keys, seconds):
    quiet = bench_outcome(puts(subject, seconds))["latency_ms"]["p99"]
    peak, reads, failure = Peak(subject.cluster.nodes[0]), 0, None
    stop = threading.Event()

    def go_on():
        nonlocal reads, failure
        options = [("grpc.max_receive_message_length", -1)]
        try:
            with grpc.insecure_channel(subject.cluster.endpoints[0], options=options) as channel:
                while not stop.is_set():
                    read(channel, keys)
                    reads += 1
        except (grpc.RpcError, RuntimeError) as error:
            failure = error

    peak.begin()
    reader = threading.Thread(target=go_on)
    writer = puts(subject, seconds)
    reader.start()
    busy = bench_outcome(writer)["latency_ms"]["p99"]
    stop.set()
    reader.join()
    if isinstance(failure, grpc.RpcError) and failure.code() == grpc.StatusCode.UNIMPLEMENTED:
        return None
    if failure is not None:
        raise RuntimeError(f"{subject.system}: {failure}")
    return {"mib": peak.grown_mib, "quiet": quiet, "busy": busy, "reads": reads}


def table(found, keys):
    lines = [
        f"### Reads of everything while others write", "",
        f"One node with {keys:,} keys of 256 B; {PUTS_A_SECOND} puts a second go on. Memory is the most"
        " that the process grew by, puts included.", "",
        "| read, again and again | etcd: memory MiB | p99 of puts, without → with, ms | reads"
        " | Martlet: memory MiB | p99 of puts, without → with, ms | reads |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, _ in READS:
        row = []
        for system in SYSTEMS:
            one = found[name, system]
            row.append("not served | – | –" if one is None else
                       f"{one['mib']:.0f} | {one['quiet']:.1f} → {one['busy']:.1f} | {one['reads']}")
        lines.append(f"| {name} | {' | '.join(row)} |")
    return lines
