"""Runs etcdctl.script by both versions of etcdctl against both systems, and compares the output."""

import base64
import json
import os
import re
import shlex
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import etcd3.etcdrpc as rpc

from cluster import Cluster, etcd_binary
from raw import without_ids

SCRIPT = Path(__file__).with_name("etcdctl.script")
VERSIONS = {"3.4.23": "/usr/bin/etcdctl", "3.5.1": etcd_binary("etcdctl")}
ENVIRONMENT = {"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin", "GODEBUG": "madvdontneed=1"}

# Long arguments have names in the script.
LONG = {
    "$BIG": "x" * 100_000,
    "$HUGE": "y" * 1_600_000,
    "$OPERATIONS": "\n".join(f"put many/{number} x" for number in range(129)),
}

# What `-w protobuf` prints.
MESSAGES = {
    "get": rpc.RangeResponse, "put": rpc.PutResponse, "del": rpc.DeleteRangeResponse,
    "txn": rpc.TxnResponse, "watch": rpc.WatchResponse,
}


class Step:
    def __init__(self, line, words, reason, refusal):
        self.line = line
        self.words = words
        self.reason = reason
        self.refusal = refusal
        self.input = []
        self.meanwhile = []

    @property
    def text(self):
        return shlex.join(self.words)


def parse(text):
    steps, reason, refusal = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("?"):
            reason = bare[1:].strip()
            continue
        if bare.startswith("!"):
            refusal = bare[1:].strip()
            continue
        into = steps[-1].meanwhile if line.startswith(" ") and steps else steps
        if bare.startswith("|"):
            into[-1].input.append(bare[2:])
            continue
        into.append(Step(number, shlex.split(bare), reason, refusal))
        reason = refusal = None
    return steps


class Running:
    """A command that goes on until it is stopped; its output is gathered line by line."""

    def __init__(self, command, text=None, environment=None):
        self.lines, self.errors = [], []
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment or ENVIRONMENT,
            text=True, errors="surrogateescape",
        )
        # extend() takes lines one by one from the iterator, so `lines` grows while it runs.
        self.readers = [
            threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True),
            threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        if text is not None:
            # The input stays open: an interactive command ends where it ends.
            self.process.stdin.write(text)
            self.process.stdin.flush()

    def wait_lines(self, count, seconds=5):
        deadline = time.monotonic() + seconds
        while len(self.lines) < count and self.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        return len(self.lines) >= count

    def wait_quiet(self, seconds=10):
        """Waits until all its threads sleep: what it asked for is under way."""
        deadline = time.monotonic() + seconds
        used, since = None, time.monotonic()
        while self.is_running and time.monotonic() < deadline:
            now = cpu_ticks(self.process.pid)
            if now != used:
                used, since = now, time.monotonic()
            elif time.monotonic() - since > 0.4:
                return
            time.sleep(0.05)

    @property
    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it; what it printed, and what it said in error."""
        if self.is_running:
            self.process.terminate()
        self.process.wait(10)
        for reader in self.readers:
            reader.join(5)
        if self.process.stdin is not None:
            self.process.stdin.close()
        return "".join(self.lines), "".join(self.errors)


def cpu_ticks(pid):
    """CPU time used by a process; a new object, equal to none, while one of its threads runs."""
    try:
        states = [
            Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()
            for thread in os.listdir(f"/proc/{pid}/task")
        ]
    except OSError:
        return object()
    if any(fields[0] == "R" for fields in states):
        return object()
    return sum(int(fields[11]) + int(fields[12]) for fields in states)


class Run:
    """One pass of the script with one etcdctl against one cluster."""

    def __init__(self, binary, endpoint):
        self.binary = binary
        self.endpoint = endpoint
        self.leases = []
        self.revision = 0

    def command(self, words):
        names = {f"$L{number}": lease for number, lease in enumerate(self.leases, 1)}
        names["$REVISION"] = str(self.revision)
        replaced = []
        for word in words:
            for name, value in {**LONG, **names}.items():
                word = word.replace(name, value)
            replaced.append(word)
        return [self.binary, f"--endpoints={self.endpoint}", "--command-timeout=5s", *replaced]

    def run(self, step):
        if step.words[0] in ("watch", "until"):
            return self.run_until(step)
        text = "".join(LONG.get(line, line) + "\n" for line in step.input)
        done = subprocess.run(
            self.command(step.words), input=text, capture_output=True, text=True, timeout=30,
            env=ENVIRONMENT, errors="surrogateescape",
        )
        for revision in re.findall(r'"revision":(\d+)', done.stdout):
            self.revision = max(self.revision, int(revision))
        if step.words[:2] == ["lease", "grant"]:
            self.note_lease(done.stdout)
        output = decoded(step.words, done.stdout)
        return self.normal(output), self.normal(done.stderr), done.returncode

    def note_lease(self, printed):
        self.leases += re.findall(r"lease ([0-9a-f]+) granted", printed)
        for number in re.findall(r'"ID"\s*:\s*(\d+)', printed):
            self.leases.append(f"{int(number):016x}")

    def run_until(self, step):
        """Runs until the stated number of lines came, and a moment longer to see what is more."""
        kind, wanted, *rest = step.words
        text = "".join(line + "\n" for line in step.input) if step.input else None
        running = Running(self.command(["watch", *rest] if kind == "watch" else rest), text)
        if step.meanwhile:
            running.wait_quiet()
        outputs = [self.run(inner) for inner in step.meanwhile]
        running.wait_lines(int(wanted))
        running.wait_quiet()
        output, errors = running.stop()
        return self.normal(decoded(rest, output, kind)), self.normal(errors), outputs

    def normal(self, text):
        """The text without what differs from run to run: ids, ports, times, raft terms."""
        for number, lease in enumerate(self.leases, 1):
            for written in (lease, str(int(lease, 16))):
                text = text.replace(written, f"LEASE{number}")
        text = text.replace(self.endpoint, "ENDPOINT")
        text = re.sub(r'("?(?:cluster_id|member_id|raft_term)"?:) ?\d+', r"\g<1>0", text)
        text = re.sub(r'("(?:ClusterID|MemberID|RaftTerm)" :) \d+', r"\1 N", text)
        text = re.sub(r"remaining\(\d+s\)", "remaining(Ns)", text)
        text = re.sub(r'("ttl":|"TTL" : )(29\d|300|59\d|600)', r"\1N", text)
        text = re.sub(r'"ts":"[^"]+"|"ts":[\d.]+', '"ts":T', text)
        text = re.sub(r'"caller":"[^"]+"', '"caller":C', text)
        text = re.sub(r'"(target|endpoint)":"[^"]+"', r'"\1":"E"', text)
        text = re.sub(r'(took = |"took":")[\d.]+[mµ]?s', r"\1T", text)
        text = re.sub(r"(?s)(panic: [^\n]*)\n.*", r"\1", text)
        text = re.sub(r'"keys":\[([^]]*)\]', sorted_json_keys, text)
        return re.sub(r"attached keys\(\[(.*)\]\)", sorted_keys, text)


def decoded(words, output, kind=None):
    """What `-w protobuf` prints, as text; anything else as it is."""
    if "protobuf" not in words or not output:
        return output
    message = MESSAGES[words[0] if kind != "watch" else "watch"]
    raw = output.encode(errors="surrogateescape")
    try:
        return str(without_ids(message.FromString(raw)))
    except Exception as error:  # told as an output that equals none
        return f"{error}: {base64.b64encode(raw).decode()}"


def sorted_keys(match):
    """A lease's keys come in the order of a hash map from etcd; as a set they must agree."""
    return f"attached keys([{' '.join(sorted(match.group(1).split()))}])"


def sorted_json_keys(match):
    return f'"keys":[{",".join(sorted(match.group(1).split(",")))}]'


def shape(value):
    """The names and types of a JSON value: what a reader of someone else's cluster can rely on."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


ABOUT_THE_CLUSTER = (
    ["member", "list"], ["endpoint", "status"], ["endpoint", "health"], ["endpoint", "hashkv"],
)


def of_the_cluster(words, result):
    """Names, ids and counters of a cluster differ by nature: compare what they are made of."""
    if words[:2] not in ABOUT_THE_CLUSTER:
        return result
    text, errors, code = result
    if "json" in words and text.startswith(("{", "[")):
        value = json.loads(text)
        if words[1] == "status":
            value = [status_of(one["Status"]) for one in value]
        if words[1] in ("member", "list"):
            value = shape(value)
        return value, errors, code
    text = re.sub(r'"Name" : "[^"]*"', '"Name" : "N"', text)
    text = re.sub(r'127\.0\.0\.1:\d+', "ENDPOINT", text)
    text = re.sub(r"\b[0-9a-f]{12,20}\b", "ID", text)
    text = re.sub(r", (started|unstarted), [^,]*,", r", \1, NAME,", text)
    if words[1] == "status":
        # Versions, sizes and counters of Raft: that they are there, not what they are.
        text = re.sub(r"\b3\.\d+\.\d+\b", "VERSION", text)
        text = re.sub(r"[\d.]+ [kM]?B\b", "SIZE", text)
        text = re.sub(r"(?<=[ ,:])\d+(?=[ ,\n])", "N", text)
    if "table" in words:
        text = re.sub(r"[\d.]+[mµ]?s\b", "TIME", text)
        text = re.sub(r"[-+]{3,}", "----", re.sub(r" +", " ", text))
    return text, errors, code


def status_of(status):
    return {
        "leads": status["leader"] == status["header"]["member_id"],
        "counts": [status[name] > 0 for name in ("dbSize", "raftIndex", "raftTerm")],
        "version": re.fullmatch(r"3\.\d+\.\d+", status["version"]) is not None,
    }


def compare_step(checks, name, step, ours, theirs):
    if step.refusal:
        _, errors, code = ours.run(step)
        checks.check(f"{name}: refused", step.refusal in errors and code != 0, errors)
        return
    with ThreadPoolExecutor(2) as at_once:
        a, b = at_once.map(lambda run: of_the_cluster(step.words, run.run(step)), (ours, theirs))
    if a != b and step.reason:
        print(f"differs {name} ({step.reason})")
        return
    checks.equal(name, a, b)


def compare(checks, system):
    steps = parse(SCRIPT.read_text())
    if system == "etcd":
        steps = [step for step in steps if not step.refusal]
    for version, binary in VERSIONS.items():
        with Cluster("etcd") as theirs, Cluster(system) as ours:
            runs = Run(binary, ours.endpoints[0]), Run(binary, theirs.endpoints[0])
            for step in steps:
                name = f"etcdctl {version} line {step.line}: {step.text[:70]}"
                compare_step(checks, name, step, *runs)
