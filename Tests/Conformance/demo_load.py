"""The main job on real input: Debian's package index into three nodes while the leader is killed.

Each stanza of `apt-cache dumpavail` is stored under its package's name by the Python client etcd3,
with a watch on the whole prefix running, while the leader is killed with SIGKILL and restarted.
Afterwards: every acknowledged key is there exactly once with the acknowledged bytes, the watch saw
each revision once and in order, and HashKV is equal on all nodes.

A write is a transaction that puts only what does not exist yet, so that one whose outcome is
unknown – the connection broke before the answer – may be repeated and still be written once.
"""

import argparse
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import etcd3  # noqa: E402
import etcd3.etcdrpc as rpc  # noqa: E402
import grpc  # noqa: E402

from cluster import Cluster  # noqa: E402

PREFIX = "packages/"
WRITERS = 8
GIVE_UP_SECONDS = 120


def stanzas(count):
    """Package names and their stanzas; a name's second and later versions carry the version."""
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True).stdout
    found = {}
    for stanza in text.split(b"\n\n"):
        if not stanza.startswith(b"Package: "):
            continue
        fields = dict(line.split(b": ", 1) for line in stanza.split(b"\n") if b": " in line)
        name = fields[b"Package"].decode()
        if name in found:
            name += "=" + fields.get(b"Version", b"").decode()
        found[name] = stanza
        if len(found) == count:
            break
    if not found:
        raise SystemExit(
            "error: apt-cache dumpavail is empty\ncause: there is no package index here\n"
            "fix: apt-get update"
        )
    return found


def connect(endpoint):
    host, port = endpoint.split(":")
    options = {
        # Else a node that was down once is avoided for minutes, by every channel of the process.
        "grpc.max_reconnect_backoff_ms": 300,
        "grpc.initial_reconnect_backoff_ms": 100,
        "grpc.use_local_subchannel_pool": 1,
    }
    return etcd3.client(host=host, port=int(port), timeout=5, grpc_options=options.items())


class Load:
    def __init__(self, cluster, packages):
        self.cluster = cluster
        self.packages = packages
        self.lock = threading.Lock()
        self.pending = iter(packages.items())
        self.acknowledged = set()
        self.reconciled = set()
        self.unknown = 0
        self.lost = []
        self.kills = []
        self.events = []
        self.resumed = 0
        self.is_done = threading.Event()

    # Writing.

    def write_all(self, number):
        endpoints = self.cluster.endpoints
        turn = number
        client = connect(endpoints[turn % len(endpoints)])
        while True:
            with self.lock:
                key, stanza = next(self.pending, (None, None))
            if key is None:
                break
            uncertain = False
            deadline = time.monotonic() + GIVE_UP_SECONDS
            while True:
                try:
                    created = client.put_if_not_exists(PREFIX + key, stanza)
                    self.settle(client, key, stanza, created, uncertain)
                    break
                except (etcd3.exceptions.Etcd3Exception, grpc.RpcError) as error:
                    uncertain = True
                    with self.lock:
                        self.unknown += 1
                    if time.monotonic() > deadline:
                        with self.lock:
                            self.lost.append(f"{key}: gave up: {error!r}")
                        break
                    time.sleep(0.05)
                    client.close()
                    turn += 1
                    client = connect(endpoints[turn % len(endpoints)])
        client.close()

    def settle(self, client, key, stanza, created, uncertain):
        """Counts an answer: acknowledged now, or found to be there from an attempt before."""
        if created:
            with self.lock:
                self.acknowledged.add(key)
            return
        value, _ = client.get(PREFIX + key)
        with self.lock:
            if uncertain and value == stanza:
                self.reconciled.add(key)
            else:
                self.lost.append(f"{key}: existed before it was written")

    # Watching.

    def watch_all(self):
        # Begins at the leader, so that the first kill takes the watch with it.
        endpoints = self.cluster.endpoints
        turn = endpoints.index(self.cluster.leader().etcd)
        while not self.is_done.is_set():
            client = connect(endpoints[turn % len(endpoints)])
            try:
                after = self.events[-1][0] + 1 if self.events else 1
                events, cancel = client.watch_prefix(PREFIX, start_revision=after)
                self.cancel_watch = cancel
                for event in events:
                    self.events.append((event.mod_revision, type(event), event.key, event.value))
            except Exception as error:  # whatever broke the stream: resume at another node
                if not isinstance(error, (etcd3.exceptions.Etcd3Exception, grpc.RpcError)):
                    self.lost.append(f"watch: {error!r}")
            finally:
                client.close()
            turn += 1
            if not self.is_done.is_set():
                self.resumed += 1
                time.sleep(0.05)

    # Killing.

    def kill_leaders(self, kills):
        for number in range(1, kills + 1):
            wanted = len(self.packages) * number // (kills + 1)
            while len(self.acknowledged) + len(self.reconciled) < wanted:
                if self.is_done.is_set():
                    return
                time.sleep(0.01)
            node = self.cluster.leader()
            node.end(signal.SIGKILL)
            self.kills.append(node.name)
            print(f"killed {node.name}, the leader, after {wanted} keys", flush=True)
            time.sleep(1.5)
            node.start()
            self.cluster.wait_ready([node])

    def run(self, kills):
        writers = [
            threading.Thread(target=self.write_all, args=(number,)) for number in range(WRITERS)
        ]
        watcher = threading.Thread(target=self.watch_all, daemon=True)
        killer = threading.Thread(target=self.kill_leaders, args=(kills,))
        started = time.monotonic()
        for thread in [watcher, *writers, killer]:
            thread.start()
        for thread in [*writers, killer]:
            thread.join()
        self.seconds = time.monotonic() - started
        deadline = time.monotonic() + 60
        while len(self.events) < len(self.packages) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        self.is_done.set()
        self.cancel_watch()
        watcher.join(10)


def stored(client):
    """Every key of the prefix with its value, version and revisions, page by page."""
    found, start, end = {}, PREFIX.encode(), etcd3.utils.increment_last_byte(PREFIX.encode())
    while True:
        request = rpc.RangeRequest(key=start, range_end=end, limit=500)
        answer = client.kvstub.Range(request, timeout=20)
        for pair in answer.kvs:
            name = pair.key.decode()[len(PREFIX):]
            found[name] = (pair.value, pair.version, pair.create_revision, pair.mod_revision)
        if not answer.more:
            return found, answer.header.revision
        start = answer.kvs[-1].key + b"\0"


def differences(load, expected_kills):
    """Everything that is not as it must be, as sentences."""
    wrong = list(load.lost)
    client = connect(load.cluster.endpoints[0])
    found, revision = stored(client)
    client.close()
    for key in load.packages.keys() - found.keys():
        wrong.append(f"{key} is missing" + (", acknowledged" if key in load.acknowledged else ""))
    for key in found.keys() - load.packages.keys():
        wrong.append(f"{key} was never written")
    for key, (value, version, created, modified) in found.items():
        if value != load.packages.get(key):
            wrong.append(f"{key} holds other bytes")
        if version != 1 or created != modified:
            wrong.append(f"{key} was written {version} times")
    if revision != len(found) + 1:
        wrong.append(f"the revision is {revision}, of {len(found)} keys each written once")

    seen = [event[0] for event in load.events]
    if seen != sorted(set(seen)):
        wrong.append("the watch saw revisions twice or out of order")
    by_revision = {kept[3]: (key, kept[0]) for key, kept in found.items()}
    if set(seen) != by_revision.keys():
        missing = sorted(by_revision.keys() - set(seen))
        wrong.append(f"the watch missed {len(missing)} revisions, first {missing[:5]}")
    for modified, kind, key, value in load.events:
        name, kept = by_revision.get(modified, ("", b""))
        if kind is not etcd3.events.PutEvent or key != (PREFIX + name).encode() or value != kept:
            wrong.append(f"the watch saw something else at revision {modified}: {key!r}")

    hashes = []
    for endpoint in load.cluster.endpoints:
        client = connect(endpoint)
        client.kvstub.Range(rpc.RangeRequest(key=b"k"), timeout=20)  # waits until it has applied
        answer = client.maintenancestub.HashKV(rpc.HashKVRequest(), timeout=60)
        hashes.append((answer.hash, answer.header.revision))
        client.close()
    if len(set(hashes)) != 1:
        wrong.append(f"HashKV differs: {hashes}")
    if len(load.kills) != expected_kills:
        wrong.append(f"the leader was killed {len(load.kills)} times, not {expected_kills}")
    return wrong, hashes


def quiet(failure):
    """etcd3's watch thread dies of its own client.close(); that is no news about the server."""
    if "losed channel" not in str(failure.exc_value) and "hannel closed" not in str(failure.exc_value):
        threading.__excepthook__(failure)


def run(system, count, kills):
    threading.excepthook = quiet
    packages = stanzas(count)
    size = sum(map(len, packages.values()))
    print(f"{len(packages)} packages, {size >> 20} MiB, three nodes of {system}", flush=True)
    with Cluster(system, 3) as cluster:
        load = Load(cluster, packages)
        load.run(kills)
        wrong, hashes = differences(load, kills)
    rate = len(packages) / load.seconds
    print(f"{len(load.acknowledged)} acknowledged, {len(load.reconciled)} found after an unknown outcome,"
          f" {load.unknown} attempts with unknown outcome, {rate:.0f} writes a second")
    print(f"{len(load.kills)} leaders killed: {' '.join(load.kills)}")
    print(f"{len(load.events)} events watched, resumed {load.resumed} times")
    print(f"HashKV {hashes[0][0]} at revision {hashes[0][1]} on {len(hashes)} nodes")
    for sentence in wrong[:20]:
        print(f"WRONG: {sentence}")
    print(f"{len(wrong)} differences", flush=True)
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    parser.add_argument("--count", type=int, default=60_000, help="how many packages at most")
    parser.add_argument("--kills", type=int, default=5, help="how often the leader is killed")
    options = parser.parse_args()
    return run(options.system, options.count, options.kills)


if __name__ == "__main__":
    sys.exit(main())
