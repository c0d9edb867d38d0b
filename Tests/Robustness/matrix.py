"""One row of the matrix: a cluster, its traffic, one kind of faults, and what the checkers say."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc

from isolated import ORDERLY_EXIT, IsolatedCluster
from recording import CHANNEL_OPTIONS, Client, History, end_of, get, put
from traffic import WHOLE

HERE = Path(__file__).resolve().parent
HEALTHY_SECONDS = 1.0
AFTER_SECONDS = 2.5
TRAFFIC_END_SECONDS_MAX = 60
CHECK_SECONDS_MAX = 300

# Of each workload, for every second of the run: less says little about what it went through.
ACKNOWLEDGED_PER_SECOND_MIN = 1
BULK_BYTES = 1 << 16
BULK_COUNT = 40


class Row:
    """`faults` is a kind of Nemesis; verdicts are None for a cell that passed, or a sentence."""

    def __init__(self, faults, workloads, options, folder):
        self.faults = faults
        self.workloads = workloads
        self.options = options
        self.folder = folder / faults.name
        self.folder.mkdir()
        self.chance = random.Random(f"{faults.name} {options.seed}")
        self.complaints = []
        self.output = ""

    def run(self):
        library = self.options.library if self.faults.needs_shim else None
        interval = "--watch-progress-notify-interval"
        if self.options.system == "etcd":
            interval = "--experimental-watch-progress-notify-interval"
        self.cluster = IsolatedCluster(
            self.options.system, library, self.faults.undersized, [interval, "1s"])
        self.whole = History(self.folder / "rig.history")
        self.nemesis = self.faults(self.cluster, self.chance, self.write_bulk)
        self.traffic = None
        try:
            self.attack()
        except Exception as error:  # the row fails, the others still run
            self.complaints.append(f"{type(error).__name__}: {error}")
        finally:
            if self.traffic and self.traffic.poll() is None:
                self.traffic.kill()
                self.traffic.wait()
            self.keep_logs()
            self.nemesis.end()
            self.cluster.stop()
        return self.judge()

    def attack(self):
        self.nemesis.prepare()
        self.cluster.start()
        self.start_traffic()
        time.sleep(HEALTHY_SECONDS)
        self.nemesis.inflict(time.monotonic() + self.options.seconds)
        self.nemesis.heal()
        self.cluster.wait_ready(self.cluster.nodes)
        if not self.nemesis.effects and not self.nemesis.is_harmless:
            self.complaints.append("nothing was to be seen of the faults")
        self.whole.write(healed=time.monotonic_ns())
        time.sleep(AFTER_SECONDS)
        self.end_traffic()
        self.compare_nodes()

    def write_bulk(self):
        """More than the journal's first file holds, so that it needs the next."""
        client = Client(self.whole, WHOLE, 0, self.cluster.endpoints)
        for number in range(BULK_COUNT):
            client.call(put(b"cluster/bulk/%d" % (number % 4), bytes([number]) * BULK_BYTES))
        client.close()

    def start_traffic(self):
        self.traffic = subprocess.Popen(
            [sys.executable, str(HERE / "traffic.py"), "--folder", str(self.folder),
             "--endpoints", ",".join(self.nemesis.endpoints()), "--seed", str(self.options.seed),
             "--workloads", ",".join(self.workloads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(self.folder / "traffic.log", "wb"),
        )
        if self.traffic.stdout.readline() != b"started\n":
            raise RuntimeError("the traffic does not start")

    def end_traffic(self):
        """Clients first; watchers once they have been told what the last look at the keys saw."""
        self.traffic.send_signal(signal.SIGTERM)
        if self.traffic.stdout.readline() != b"quiet\n":
            raise RuntimeError("the traffic does not end")
        revision = self.read_all()
        self.traffic.communicate(b"%d\n" % revision, timeout=TRAFFIC_END_SECONDS_MAX)
        code = self.traffic.returncode
        if code != 0:
            raise RuntimeError(f"the traffic ended with code {code}")

    def read_all(self):
        """A last look at everything through each node, which the checkers judge like any other; the
        highest revision that was answered."""
        revisions = [0]
        for number, node in enumerate(self.cluster.nodes):
            for workload in self.workloads:
                prefix = f"{workload}/".encode()
                client = Client(self.whole, workload, 100 + number, [node.etcd])
                answer = client.call(get(prefix, range_end=end_of(prefix)), seconds=10)
                client.close()
                if answer is None:
                    self.complaints.append(f"{node.name} does not serve after all is healed")
                else:
                    revisions.append(answer.header.revision)
        return max(revisions)

    def compare_nodes(self):
        """All hold the same, and none has ended but where it may."""
        hashes = set()
        for node in self.cluster.nodes:
            with grpc.insecure_channel(node.etcd, options=CHANNEL_OPTIONS) as channel:
                rpc.KVStub(channel).Range(rpc.RangeRequest(key=b"\0"), timeout=10)
                answer = rpc.MaintenanceStub(channel).HashKV(rpc.HashKVRequest(), timeout=30)
                hashes.add((answer.hash, answer.compact_revision))
            if node.has_stopped() or (node.stops and not self.nemesis.may_stop):
                self.complaints.append(f"{node.name} ended by itself: {node.stops}")
            if any(code != ORDERLY_EXIT for code in node.stops):
                self.complaints.append(f"{node.name} did not end in order: {node.stops}")
        if len(hashes) != 1:
            self.complaints.append(f"HashKV differs: {sorted(hashes)}")

    def keep_logs(self):
        for node in self.cluster.nodes:
            shutil.copy(node.folder / "log", self.folder / f"{node.name}.log")
        (self.folder / "faults").write_text("\n".join(self.nemesis.facts) + "\n")

    def judge(self):
        """A verdict for each workload, and one for all together. What is wrong with the faults or the
        nodes is so for all of them: then no cell has shown what it is to show."""
        files = [str(file) for file in sorted(self.folder.glob("*.history"))]
        checked = subprocess.run(
            [self.options.checker, *files], capture_output=True, text=True,
            timeout=CHECK_SECONDS_MAX)
        self.output = checked.stdout + checked.stderr
        (self.folder / "verdicts").write_text(self.output)
        asked = self.options.seconds * ACKNOWLEDGED_PER_SECOND_MIN
        found = dict(re.findall(r"^(?:ok|FAILED) +([\w-]+): (.*)$", self.output, re.MULTILINE))
        failed = set(re.findall(r"^FAILED +([\w-]+):", self.output, re.MULTILINE))
        verdicts, self.violations = {}, {}
        for name in [*self.workloads, WHOLE]:
            verdicts[name] = None
            if name not in found:
                verdicts[name] = f"nothing was judged: {checked.stderr.strip()}"
            elif name in failed:
                verdicts[name] = self.violations[name] = found[name]
            elif (count := acknowledged(found[name])) < asked:
                verdicts[name] = f"{count} calls were acknowledged, and {asked:.0f} are to be"
            if self.complaints:
                verdicts[name] = "; ".join([*self.complaints, *filter(None, [verdicts[name]])])
        return verdicts

    def operations(self):
        return sum(map(int, re.findall(r"(\d+) operations, ", self.output)[:-1]))

    def keep(self, kept):
        """Histories, logs and verdicts, for whoever looks into a failure."""
        target = kept / self.faults.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target)
        (target / "run.json").write_text(json.dumps(
            {"seed": self.options.seed, "seconds": self.options.seconds,
             "workloads": self.workloads, "complaints": self.complaints}))
        return target


def acknowledged(verdict):
    return int(re.search(r"(\d+) acknowledged", verdict)[1])
