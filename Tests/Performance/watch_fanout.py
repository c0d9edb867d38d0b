"""One put to a thousand watchers: the CPU of an event delivered, beside etcd 3.5.1.

The watchers share a few connections of grpc-python, ten streams each; every one must hear every put.
"""

import argparse
import json
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Conformance")]

import etcd3.etcdrpc as rpc  # noqa: E402
import grpc  # noqa: E402
from cluster import Cluster  # noqa: E402

STREAMS = 10


class Listener(threading.Thread):
    """A stream with many watches of one key; counts the events."""

    def __init__(self, channel, watches):
        super().__init__(daemon=True)
        self.events = self.created = 0
        self.watches = watches
        self.done = threading.Event()
        self.call = rpc.WatchStub(channel).Watch(self.requests())

    def requests(self):
        for _ in range(self.watches):
            yield rpc.WatchRequest(create_request=rpc.WatchCreateRequest(key=b"watched"))
        self.done.wait()

    def run(self):
        try:
            for response in self.call:
                self.created += response.created
                self.events += len(response.events)
        except grpc.RpcError:
            pass  # the stream was cancelled at the end

    def end(self):
        self.done.set()
        self.call.cancel()


def wait(what, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def measure(system, watchers, puts):
    """CPU microseconds of the server for each event delivered."""
    with Cluster(system) as cluster:
        node = cluster.nodes[0]
        channels = [grpc.insecure_channel(node.etcd, options=[("x", i)]) for i in range(STREAMS)]
        listeners = [Listener(channel, watchers // STREAMS) for channel in channels]
        for listener in listeners:
            listener.start()
        wait("the watches", lambda: sum(each.created for each in listeners) == watchers)
        kv = rpc.KVStub(channels[0])
        began = node.cpu_seconds
        for number in range(puts):
            kv.Put(rpc.PutRequest(key=b"watched", value=b"%d" % number * 64), timeout=30)
        wait("the events", lambda: sum(each.events for each in listeners) >= watchers * puts)
        spent = node.cpu_seconds - began
        heard = sum(each.events for each in listeners)
        for listener in listeners:
            listener.end()
        for channel in channels:
            channel.close()
    if heard != watchers * puts:
        raise RuntimeError(f"{heard} events were heard, not {watchers * puts}")
    return spent / heard * 1e6


def table(found, watchers):
    etcd, martlet = found["etcd"], found["martlet"]
    return [
        f"### One put to {watchers:,} watchers", "",
        "| | etcd | Martlet | |", "|---|---|---|---|",
        f"| CPU µs an event delivered | {etcd:.2f} | {martlet:.2f} | ÷{etcd / martlet:.1f} |",
    ]


def run(watchers, puts, rounds):
    found = {"etcd": [], "martlet": []}
    for _ in range(rounds):
        for system, values in found.items():
            values.append(measure(system, watchers, puts))
    return {system: sorted(values)[len(values) // 2] for system, values in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--watchers", type=int, default=1000)
    parser.add_argument("--puts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = run(options.watchers, options.puts, options.rounds)
    print("\n".join(table(found, options.watchers)))
    print(json.dumps({"watchers": options.watchers, "cpu_us": found}))


if __name__ == "__main__":
    main()
