"""How a node starts: ready on an empty directory, at rest, and with a million keys after a crash.

Prints one JSON line of figures; `--system etcd` those of etcd 3.5.1. `measure` is for other benches.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import struct
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Conformance"), str(ROOT / "Tests/Conformance/etcd")]
sys.dont_write_bytecode = True

import etcd3.etcdrpc as rpc  # noqa: E402
import grpc  # noqa: E402

from cluster import Cluster  # noqa: E402
from frames import (ACK, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, SETTINGS,  # noqa: E402
                    WINDOW, call_headers, frame, message)

VALUE_BYTES = 256
STREAMS = 1_000


class Loader:
    """Puts distinct keys over one connection, many at a time: frames are made by hand, as a client
    library in Python takes a hundred times the server's time."""

    def __init__(self, endpoint):
        host, port = endpoint.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.window = 65_535
        self.streams = STREAMS
        self.stream = 1
        self.open = 0
        self.done = 0
        self.rest = b""
        self.pending = []
        # Windows so large that the server never waits for this side.
        large = struct.pack(">HI", 4, 0x7FFF_FFFF)
        self.socket.sendall(PREFACE + frame(SETTINGS, payload=large)
                            + frame(WINDOW, payload=struct.pack(">I", 0x7FFF_0000)))
        self.headers = call_headers(b"/etcdserverpb.KV/Put")

    def put_all(self, keys):
        for key in keys:
            body = message(rpc.PutRequest(key=key, value=b"v" * VALUE_BYTES).SerializeToString())
            while self.open >= self.streams or self.window < len(body):
                self.flush()
                self.receive()
            self.pending.append(frame(HEADERS, END_HEADERS, self.stream, self.headers)
                                + frame(DATA, END_STREAM, self.stream, body))
            self.window -= len(body)
            self.stream += 2
            self.open += 1
            if len(self.pending) >= 200:
                self.flush()
        self.flush()
        while self.open:
            self.receive()

    def flush(self):
        if self.pending:
            self.socket.sendall(b"".join(self.pending))
            self.pending.clear()

    def receive(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise RuntimeError(f"the server closed after {self.done} puts")
        data, place = self.rest + data, 0
        while len(data) - place >= 9:
            length = int.from_bytes(data[place:place + 3], "big")
            if len(data) - place < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", data[place + 3:place + 9])
            self.take(kind, flags, stream, data[place + 9:place + 9 + length])
            place += 9 + length
        self.rest = data[place:]

    def take(self, kind, flags, stream, payload):
        if kind == HEADERS and flags & END_STREAM:
            self.open -= 1
            self.done += 1
        elif kind == WINDOW and stream == 0:
            self.window += int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & ACK:
            self.socket.sendall(frame(SETTINGS, ACK))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, payload=payload))


def is_ready(node):
    """Martlet says so at /readyz, etcd at /health of its clients' port."""
    is_martlet = Path(node.command[0]).name == "martlet"
    url = f"http://{node.http}/readyz" if is_martlet else f"http://{node.etcd}/health"
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def start(node, seconds=120):
    """Starts the node; how long until it says that it is ready."""
    began = time.monotonic()
    node.start()
    while not is_ready(node):
        if not node.is_running or time.monotonic() - began > seconds:
            raise RuntimeError(f"the node is not ready: {node.log[-2000:]}")
        time.sleep(0.001)
    return time.monotonic() - began


def count(node):
    with grpc.insecure_channel(node.etcd) as channel:
        request = rpc.RangeRequest(key=b"\0", range_end=b"\0", count_only=True)
        return rpc.KVStub(channel).Range(request, timeout=60).count


def measure_empty(system, rounds=5, rest_seconds=10):
    """On an empty directory: ready after, resident bytes and CPU share at rest."""
    times = []
    for _ in range(rounds):
        cluster = Cluster(system, 1)
        node = cluster.nodes[0]
        times.append(start(node))
        if len(times) == rounds:
            time.sleep(1)
            before, began = node.cpu_seconds, time.monotonic()
            time.sleep(rest_seconds)
            share = (node.cpu_seconds - before) / (time.monotonic() - began)
            resident = node.resident_bytes
        cluster.stop()
    return {
        "ready_empty_ms": round(statistics.median(times) * 1000),
        "ready_empty_ms_worst": round(max(times) * 1000),
        "idle_rss_mib": round(resident / (1 << 20), 1),
        "idle_cpu_percent": round(share * 100, 2),
    }


def measure_full(system, keys):
    """With many keys: memory, and ready after a crash and after a clean stop."""
    cluster = Cluster(system, 1)
    node = cluster.nodes[0]
    start(node)
    empty = node.resident_bytes
    began = time.monotonic()
    loader = Loader(node.etcd)
    loader.put_all(b"/registry/objects/%010d" % number for number in range(keys))
    loaded = time.monotonic() - began
    resident = node.resident_bytes
    node.end(signal.SIGKILL)
    stored = sum(path.stat().st_size for path in node.folder.glob("data/**/*") if path.is_file())
    crashed, cpu = start(node), node.cpu_seconds
    recovered = node.resident_bytes
    if count(node) != keys:
        raise RuntimeError(f"{count(node)} keys of {keys} are there after the crash")
    began = time.monotonic()
    node.end(signal.SIGTERM)
    stopped = time.monotonic() - began
    clean = start(node)
    if count(node) != keys:
        raise RuntimeError(f"{count(node)} keys of {keys} are there after the stop")
    cluster.stop()
    return {
        "keys": keys,
        "load_per_s": round(keys / loaded),
        "rss_bytes_per_key": round((resident - empty) / keys),
        "rss_bytes_per_key_recovered": round((recovered - empty) / keys),
        "disk_mib": stored >> 20,
        "recovery_after_crash_s": round(crashed, 2),
        "recovery_after_crash_cpu_s": round(cpu, 2),
        "stop_s": round(stopped, 2),
        "recovery_after_stop_s": round(clean, 2),
    }


def measure(system="martlet", keys=1_000_000):
    figures = {"system": system, "cores": os.cpu_count()}
    return figures | measure_empty(system) | measure_full(system, keys)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--keys", type=int, default=1_000_000)
    arguments.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    options = arguments.parse_args()
    print(json.dumps(measure(options.system, options.keys)))
