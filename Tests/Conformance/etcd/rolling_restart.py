"""A rolling restart under load: each node is stopped by SIGTERM and started again, the leader first.

A client that is not connected to the node that stops notices nothing: no write fails, none is lost
and none is done twice, as the leader hands over before it goes.
"""

import threading
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import Cluster

PREFIX = b"rolling/"


class Writer(threading.Thread):
    """Puts new keys one by one, through all nodes in turn but one."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.channels = {node.name: grpc.insecure_channel(node.etcd) for node in nodes}
        self.avoided = None
        self.written = 0
        self.failures = []
        self.longest = 0.0
        self.is_ending = threading.Event()

    def run(self):
        while not self.is_ending.is_set():
            channels = self.channels
            names = [name for name in channels if name != self.avoided]
            name = names[self.written % len(names)]
            request = rpc.PutRequest(key=PREFIX + b"%06d" % self.written, value=b"1")
            began = time.monotonic()
            try:
                rpc.KVStub(channels[name]).Put(request, timeout=10)
            except grpc.RpcError as error:
                self.failures.append(f"{name}: {error.code().name} {error.details()}")
            self.longest = max(self.longest, time.monotonic() - began)
            self.written += 1

    def wait_for(self, count, seconds=30):
        """Waits until so many more keys are written."""
        goal, deadline = self.written + count, time.monotonic() + seconds
        while self.written < goal and time.monotonic() < deadline:
            time.sleep(0.001)

    def avoid(self, node):
        self.avoided = node.name
        self.wait_for(2)

    def use(self, node, instead_of):
        """Writes through another node from now on."""
        channels = dict(self.channels)
        channels[node.name] = grpc.insecure_channel(node.etcd)
        channels.pop(instead_of.name)
        self.channels = channels
        self.wait_for(2)

    def end(self):
        self.is_ending.set()
        self.join()


def compare(checks, system):
    with Cluster(system, 3) as cluster:
        leader = cluster.leader()
        writer = Writer(cluster.nodes)
        writer.start()
        for node in [leader, *(node for node in cluster.nodes if node is not leader)]:
            writer.avoid(node)
            writer.wait_for(50)
            logged = len(node.log)
            leads = cluster.leader() is node
            node.end()
            if system == "martlet" and leads:
                checks.check("rolling restart: the leader hands over before it stops",
                             is_handed_over(node.log[logged:]), node.log[logged:])
            writer.wait_for(50)
            node.start()
            cluster.wait_ready([node])
        writer.end()
        checks.equal("rolling restart: no write fails", writer.failures, [])
        found = stored(cluster.nodes[0])
        checks.equal("rolling restart: every write is there", len(found), writer.written)
        checks.equal("rolling restart: every write was done once",
                     [kv.key for kv in found if kv.version != 1], [])
        print(f"        {writer.written} writes, the longest took {writer.longest * 1000:.0f} ms")


def stored(node):
    with grpc.insecure_channel(node.etcd) as channel:
        end = PREFIX[:-1] + bytes([PREFIX[-1] + 1])
        return rpc.KVStub(channel).Range(rpc.RangeRequest(key=PREFIX, range_end=end), timeout=30).kvs


def is_handed_over(log):
    return '"no longer leads the group" group=2' in log
