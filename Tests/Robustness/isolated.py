"""Three nodes, each on a host of its own (a network namespace) and on a disk of its own."""

import os
import time
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc

from cluster import ROLES, Cluster, Node
from disks import Disk
from isolation import Host
from shim import Shim

PORTS = dict(zip(ROLES, (2379, 2380, 9092, 8080)))

# How a node ends that finds its storage broken: by itself, and it says so.
ORDERLY_EXIT = 1


class IsolatedNode(Node):
    def __init__(self, name, folder, roles, host, disk, shim):
        super().__init__(name, folder, roles)
        self.host = host
        self.disk = disk
        self.shim = shim
        self.stops = []
        if shim:
            self.environment = {**os.environ, **shim.environment}

    @property
    def data(self):
        return self.folder / "disk" / "data"

    @property
    def is_frozen(self):
        state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def has_stopped(self):
        """Whether it has ended by itself; its exit code is kept."""
        if self.process is None or self.process.poll() is None:
            return False
        self.stops.append(self.process.returncode)
        self.process = None
        return True


class IsolatedCluster(Cluster):
    def __init__(self, system, library=None, undersized=(), flags=()):
        self.library = library
        self.undersized = undersized
        super().__init__(system, 3, flags)

    def make_node(self, number, folder):
        name = f"n{number}"
        host = Host(name, number)
        disk = Disk(folder, spare_mebibytes=2 if name in self.undersized else None)
        shim = Shim(self.library, folder / "faults") if self.library else None
        roles = {role: f"{host.address}:{port}" for role, port in PORTS.items()}
        return IsolatedNode(name, folder, roles, host, disk, shim)

    def command(self, node):
        # A process of its own, not a child of nsenter: signals go to the node.
        return [*node.host.prefix, *super().command(node)]

    def stop(self):
        for node in self.nodes:
            node.end(how=9)
        for node in self.nodes:
            node.disk.remove()
            node.host.remove()
        super().stop()

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def leader(self, seconds=20):
        """As in Cluster, but a node that does not answer holds nobody up for long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node.is_running and self._leads(node):
                    return node
            time.sleep(0.05)
        raise RuntimeError(f"no leader within {seconds} s")

    def follower(self, chance):
        return chance.choice(self.others(self.leader()))

    @staticmethod
    def _leads(node):
        try:
            with grpc.insecure_channel(node.etcd) as channel:
                answer = rpc.MaintenanceStub(channel).Status(rpc.StatusRequest(), timeout=0.5)
            return answer.leader != 0 and answer.leader == answer.header.member_id
        except grpc.RpcError:
            return False
