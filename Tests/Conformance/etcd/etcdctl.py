"""Runs etcdctl.script by both etcdctl versions against both systems and compares what they print."""

import json
import re
import shlex
import subprocess
import threading
import time
from pathlib import Path

from cluster import Cluster, etcd_binary

SCRIPT = Path(__file__).with_name("etcdctl.script")

# Long arguments have names in the script.
LONG = {
    "$BIG": "x" * 100_000,
    "$HUGE": "y" * 1_600_000,
    "$OPERATIONS": "\n".join(f"put many/{number} x" for number in range(129)),
}


class Step:
    def __init__(self, line, words, reason):
        self.line = line
        self.words = words
        self.reason = reason
        self.input = []
        self.meanwhile = []

    @property
    def text(self):
        return shlex.join(self.words)


def parse(text):
    steps, reason = [], None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("?"):
            reason = bare[1:].strip()
            continue
        into = steps[-1].meanwhile if line.startswith(" ") and steps else steps
        if bare.startswith("|"):
            into[-1].input.append(bare[2:])
            continue
        into.append(Step(number, shlex.split(bare), reason))
        reason = None
    return steps


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

    def environment(self):
        return {"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin", "GODEBUG": "madvdontneed=1"}

    def run(self, step):
        if step.words[0] == "watch":
            return self.watch(step)
        text = "".join(LONG.get(line, line) + "\n" for line in step.input)
        done = subprocess.run(
            self.command(step.words), input=text, capture_output=True, text=True, timeout=30,
            env=self.environment(),
        )
        for revision in re.findall(r'"revision":(\d+)', done.stdout):
            self.revision = max(self.revision, int(revision))
        self.leases += re.findall(r"lease ([0-9a-f]+) granted", done.stdout)
        if step.words[:2] == ["lease", "grant"] and done.stdout.startswith("{"):
            self.leases.append(f"{json.loads(done.stdout)['ID']:016x}")
        return self.normal(done.stdout), self.normal(done.stderr), done.returncode

    def watch(self, step):
        """Runs until the stated number of lines came, and a moment longer to see what is too much."""
        wanted = int(step.words[1])
        lines, errors = [], []
        process = subprocess.Popen(
            self.command(["watch", *step.words[2:]]), stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(),
        )
        readers = [
            threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True),
            threading.Thread(target=lambda: errors.extend(process.stderr), daemon=True),
        ]
        # extend() takes lines one by one from the iterator, so `lines` grows while the watch runs.
        for reader in readers:
            reader.start()
        if step.meanwhile:
            time.sleep(0.5)
        outputs = [self.run(inner) for inner in step.meanwhile]
        deadline = time.monotonic() + 5
        while len(lines) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.15)
        process.terminate()
        process.wait(10)
        for reader in readers:
            reader.join(5)
        return self.normal("".join(lines)), self.normal("".join(errors)), outputs

    def normal(self, text):
        """The text without what differs from run to run: ids, ports, times, raft terms."""
        for number, lease in enumerate(self.leases, 1):
            text = text.replace(lease, f"LEASE{number}").replace(str(int(lease, 16)), f"LEASE{number}")
        text = text.replace(self.endpoint, "ENDPOINT")
        text = re.sub(r'("?(?:cluster_id|member_id|raft_term)"?:)\d+', r"\g<1>0", text)
        text = re.sub(r'("(?:ClusterID|MemberID|RaftTerm)" :) \d+', r"\1 N", text)
        text = re.sub(r"remaining\(\d+s\)", "remaining(Ns)", text)
        text = re.sub(r'("ttl":|"TTL" : )(29\d|300|59\d|600)', r"\1N", text)
        text = re.sub(r'"ts":"[^"]+"|"ts":[\d.]+', '"ts":T', text)
        text = re.sub(r'"caller":"[^"]+"', '"caller":C', text)
        text = re.sub(r'"(target|endpoint)":"[^"]+"', r'"\1":E', text)
        text = re.sub(r"took = [\d.]+m?s", "took = T", text)
        text = re.sub(r'"keys":\[([^]]*)\]', sorted_json_keys, text)
        return re.sub(r"attached keys\(\[(.*)\]\)", sorted_keys, text)


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


def of_the_cluster(words, result):
    """Names, ids and counters of a cluster differ by nature: compare what they are made of."""
    if words[:2] not in (["member", "list"], ["endpoint", "status"]):
        return result
    text, errors, code = result
    if "json" in words and text:
        value = json.loads(text)
        if words[1] == "status":
            status = value[0]["Status"]
            value = {
                "leads": status["leader"] == status["header"]["member_id"],
                "counts": [status[name] > 0 for name in ("dbSize", "raftIndex", "raftTerm")],
                "version": re.fullmatch(r"3\.\d+\.\d+", status["version"]) is not None,
            }
            return value, errors, code
        return shape(value), errors, code
    text = re.sub(r'"Name" : "[^"]*"', '"Name" : "N"', text)
    text = re.sub(r'127\.0\.0\.1:\d+', "ENDPOINT", text)
    text = re.sub(r"\b[0-9a-f]{12,20}\b", "ID", text)
    text = re.sub(r", (started|unstarted), [^,]*,", r", \1, NAME,", text)
    return text, errors, code


def compare(checks, system):
    steps = parse(SCRIPT.read_text())
    versions = {"3.4.23": "/usr/bin/etcdctl", "3.5.1": etcd_binary("etcdctl")}
    for version, binary in versions.items():
        with Cluster("etcd") as theirs, Cluster(system) as ours:
            runs = Run(binary, ours.endpoints[0]), Run(binary, theirs.endpoints[0])
            for step in steps:
                a, b = (of_the_cluster(step.words, run.run(step)) for run in runs)
                name = f"etcdctl {version} line {step.line}: {step.text[:70]}"
                if a != b and step.reason:
                    print(f"differs {name} ({step.reason})")
                    continue
                checks.equal(name, a, b)
