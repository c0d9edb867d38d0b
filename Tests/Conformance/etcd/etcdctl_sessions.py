"""Those commands of etcdctl that need more than one process, three nodes, or a file.

Each part does the same with both etcdctl versions against three nodes of each system, and notes
what it saw; what it saw must be equal. Contents that were mirrored must equal their source.
"""

import hashlib
import json
import re
import signal
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import observed
from cluster import Cluster
from etcdctl import ENVIRONMENT, VERSIONS, Running, of_the_cluster
from observed import Observed

HEX_ID = re.compile(r"\b[0-9a-f]{12,16}\b")


class Shell:
    """etcdctl of one version, for one cluster."""

    def __init__(self, binary, cluster):
        self.binary = binary
        self.cluster = cluster
        self.running = []

    def command(self, words, endpoints=None):
        endpoints = endpoints or self.cluster.endpoints
        return [self.binary, f"--endpoints={','.join(endpoints)}", *words]

    def ask(self, *words, endpoints=None, text=None):
        return subprocess.run(
            self.command(words, endpoints), input=text, capture_output=True, text=True, timeout=60,
            env=ENVIRONMENT)

    def run(self, *words, endpoints=None, text=None):
        """Output, the last line of what it said in error, exit code; without ports and times."""
        done = self.ask(*words, endpoints=endpoints, text=text)
        return masked(done.stdout), masked(last_line(done.stderr)), done.returncode

    def get(self, *words):
        return self.ask("get", *words).stdout

    def begin(self, *words):
        running = Running(self.command(words))
        self.running.append(running)
        return running

    def stop_all(self):
        for running in self.running:
            running.stop()


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def masked(text):
    return re.sub(r"took = \S+", "took = T", re.sub(r"127\.0\.0\.1:\d+", "ENDPOINT", text))


def without_session(text):
    """Keys of locks and elections end in the id of the session's lease."""
    return HEX_ID.sub("SESSION", text)


def stopped(running, how=signal.SIGINT):
    running.process.send_signal(how)
    output, errors = running.stop()
    return without_session(output), without_session(last_line(errors)), running.process.returncode


def locks(shell, seen):
    first = shell.begin("lock", "lock/a")
    seen.note("the first has it", first.wait_lines(1))
    second = shell.begin("lock", "lock/a")
    second.wait_quiet()
    seen.note("the second waits", list(second.lines))
    kept = shell.get("lock/a", "--prefix", "--keys-only")
    seen.note("both are in line", without_session(kept))
    seen.note("the first ends", stopped(first))
    seen.note("now the second has it", second.wait_lines(1))
    seen.note("the second ends", stopped(second))
    seen.note("nothing is left", shell.get("lock/a", "--prefix"))
    key = shell.run("lock", "lock/b", "printenv", "ETCD_LOCK_KEY")
    seen.note("its key is told to a command", (without_session(key[0]), *key[1:]))
    seen.note("its revision, too", shell.run("lock", "lock/b", "printenv", "ETCD_LOCK_REV"))
    failed = shell.run("lock", "lock/b", "--", "sh", "-c", "exit 3")
    seen.note("a command that fails", failed)
    dead = shell.begin("lock", "--ttl=2", "lock/c")
    dead.wait_lines(1)
    stopped(dead, signal.SIGKILL)
    seen.note("after the death of its holder", shell.run("lock", "lock/c", "echo", "mine"))
    seen.note("without a name", shell.run("lock"))


def elections(shell, seen):
    first = shell.begin("elect", "elect/a", "one")
    seen.note("the first leads", first.wait_lines(2))
    observer = shell.begin("elect", "--listen", "elect/a")
    seen.note("it is observed", observer.wait_lines(2))
    second = shell.begin("elect", "elect/a", "two")
    second.wait_quiet()
    seen.note("the second waits", list(second.lines))
    seen.note("the first resigns", stopped(first))
    seen.note("the second leads", second.wait_lines(2))
    seen.note("that is observed", observer.wait_lines(4))
    seen.note("the second resigns", stopped(second))
    seen.note("the observer saw both", stopped(observer))
    seen.note("nothing is left", shell.get("elect/a", "--prefix"))
    seen.note("without a name", shell.run("elect"))


def whole_cluster(shell, seen):
    """What asks each member, by the addresses that the cluster itself tells."""
    one = shell.cluster.endpoints[:1]
    shell.run("put", "whole", "cluster")
    for words in (
        ["endpoint", "status", "--cluster"],
        ["endpoint", "status", "--cluster", "-w", "table"],
        ["endpoint", "health", "--cluster"],
        ["member", "list"],
        ["member", "list", "-w", "table"],
    ):
        output, error, code = shell.run(*words, endpoints=one)
        output, error, code = of_the_cluster(words, (output, error, code))
        # The members answer in any order.
        seen.note(" ".join(words), (sorted(output.splitlines()), error, code))
    hashes = shell.run("endpoint", "hashkv", "--cluster", endpoints=one)[0]
    found = [line.split(", ")[1] for line in hashes.splitlines()]
    seen.note("HashKV of all", (len(found), len(set(found))))


def leader_of(shell):
    """The leader on which all members agree, or none; and the endpoints by member."""
    listed = json.loads(shell.ask("endpoint", "status", "-w", "json").stdout)
    leaders = {one["Status"]["leader"] for one in listed}
    members = {one["Status"]["header"]["member_id"]: one["Endpoint"] for one in listed}
    return leaders.pop() if len(leaders) == 1 else None, members


def agreed_leader(shell, is_wanted, seconds=20):
    """The leader of which all members say what is wanted, or the last one they agreed on."""
    deadline = time.monotonic() + seconds
    while True:
        leader, members = leader_of(shell)
        if is_wanted(leader, members) or time.monotonic() > deadline:
            return leader, members
        time.sleep(0.1)


def leader_moves(shell, seen):
    leader, members = agreed_leader(shell, lambda leader, members: leader in members)
    follower = min(member for member in members if member != leader)
    output, error, code = shell.run("move-leader", f"{follower:x}")
    said = [f"{leader:x}" in output, f"{follower:x}" in output, HEX_ID.sub("ID", output)]
    seen.note("it is moved", (said, error, code))
    agreed, _ = agreed_leader(shell, lambda leader, _: leader == follower)
    seen.note("all members agree", agreed == follower)
    output, error, code = shell.run("move-leader", "1234")
    seen.note("to a member that is none", (output, error, code))
    elsewhere = [members[leader]]
    seen.note("asked of a follower", shell.run("move-leader", f"{leader:x}", endpoints=elsewhere))
    seen.note("writes go on", shell.run("put", "after", "the move"))


def defragmented(shell, seen):
    one = shell.cluster.endpoints[:1]
    for words in (["defrag"], ["defrag", "--cluster"]):
        output, error, code = shell.run(*words, endpoints=one)
        seen.note(" ".join(words), (sorted(output.splitlines()), error, code))


def alarms(shell, seen):
    for words in (["alarm", "list"], ["alarm", "disarm"], ["alarm", "list", "-w", "json"]):
        output, error, code = shell.run(*words)
        seen.note(" ".join(words), (re.sub(r"_(id|term)\":\d+", "_id\":0", output), error, code))


def snapshots(shell, seen):
    """The file is the system's own, but for the sum at its end that clients check."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        one = shell.cluster.endpoints[:1]
        output, _, code = shell.run("snapshot", "save", str(path), endpoints=one)
        seen.note("saved", (last_line(output).replace(folder, "FOLDER"), code))
        content = path.read_bytes()
        is_whole = hashlib.sha256(content[:-32]).digest() == content[-32:]
        seen.note("with its sum", (is_whole, list(Path(folder).iterdir()) == [path]))
        _, error, code = shell.run("snapshot", "save", str(path))
        seen.note("from three endpoints", (error, code))


PARTS = (locks, elections, whole_cluster, leader_moves, defragmented, alarms, snapshots)


def exercise(binary, cluster):
    seen = Observed()
    shell = Shell(binary, cluster)
    for part in PARTS:
        try:
            seen.part(part.__name__.replace("_", " "), part, shell, seen)
        finally:
            shell.stop_all()
    return seen.seen


def contents(shell, prefix=""):
    """Keys and values, without revisions: what a mirror has to hold."""
    found = json.loads(shell.get(prefix, "--prefix", "-w", "json"))
    return {pair["key"]: pair.get("value") for pair in found.get("kvs", [])}


def equal_in_time(source, wanted, seconds=20):
    """Whether the contents become equal; a mirror runs behind."""
    deadline = time.monotonic() + seconds
    while True:
        held = wanted()
        if held == source or time.monotonic() > deadline:
            return held == source
        time.sleep(0.1)


def mirrored(checks, name, binary, source, destination):
    """What was there before, what comes while it runs, and what is deleted reach the mirror."""
    one, other = Shell(binary, source), Shell(binary, destination)
    for shell in (one, other):
        shell.run("del", "", "--prefix")
    puts = "".join(f'put mirror/{number:03} "{number} of many"\n' for number in range(100))
    one.run("txn", text="\n" + puts + "\n\n")
    one.run("put", "else/where", "1")
    mirror = one.begin("make-mirror", other.cluster.endpoints[0])
    checks.check(
        f"{name}: what was there", equal_in_time(contents(one), lambda: contents(other)))
    mirror.wait_quiet()
    one.run("txn", text="\nput mirror/001 changed\ndel mirror/002\nput mirror/new 1\n\n\n")
    one.run("del", "mirror/01", "--prefix")
    checks.check(
        f"{name}: what is changed meanwhile", equal_in_time(contents(one), lambda: contents(other)))
    stopped(mirror)
    part = one.begin(
        "make-mirror", "--prefix=mirror/", "--dest-prefix=copy/", other.cluster.endpoints[0])
    renamed = sorted(contents(one, "mirror/").values())
    checks.check(
        f"{name}: under another prefix",
        equal_in_time(renamed, lambda: sorted(contents(other, "copy/").values())))
    stopped(part)


def compare_mirrors(checks, system):
    with Cluster("etcd") as theirs, Cluster(system) as ours, Cluster(system, 3) as three:
        for version, binary in VERSIONS.items():
            name = f"etcdctl {version} make-mirror"
            mirrored(checks, f"{name} from etcd to {system}", binary, theirs, ours)
            mirrored(checks, f"{name} from {system} to etcd", binary, ours, theirs)
            mirrored(checks, f"{name} from {system} to {system}, three nodes", binary, ours, three)


def compare(checks, system):
    for version, binary in VERSIONS.items():
        with Cluster("etcd", 3) as theirs, Cluster(system, 3) as ours:
            with ThreadPoolExecutor(2) as at_once:
                seen = at_once.map(lambda cluster: exercise(binary, cluster), (ours, theirs))
                observed.compare(checks, f"etcdctl {version}", *seen)
    compare_mirrors(checks, system)
