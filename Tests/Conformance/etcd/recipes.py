"""The Lock and Election services by grpc-python: the same scenes with both systems, contention of
clients on several nodes while the leader is killed, and etcdctl's own lock and elect."""

import re
import signal
import threading
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import Cluster
from etcdctl import VERSIONS, Running
from raw import Stubs, without_ids
from recipes_wire import Recipes, election

LEASES = range(7, 15)


class Scene:
    """One client's view of a cluster, and everything it was told, in words that can be compared."""

    def __init__(self, endpoint):
        self.stubs = Stubs(endpoint)
        self.recipes = Recipes(self.stubs.channel)
        self.told = []
        for lease in LEASES:
            self.stubs.lease.LeaseGrant(rpc.LeaseGrantRequest(TTL=60, ID=lease), timeout=10)

    def note(self, what, outcome):
        """A message without what differs between clusters; a session's lease is nobody's choice."""
        if not isinstance(outcome, tuple):
            outcome = re.sub(r"/[0-9a-f]{14,16}\b", "/SESSION", str(without_ids(outcome)))
            outcome = re.sub(r"lease: \d{16,}", "lease: SESSION", outcome)
        self.told.append((what, outcome))

    def ask(self, method, /, **fields):
        self.finish(method, self.recipes.begin(method, **fields))

    def finish(self, what, call, seconds=10):
        try:
            self.note(what, call.result(timeout=seconds))
        except grpc.RpcError as error:
            self.note(what, (error.code().name, error.details()))
        except grpc.FutureTimeoutError:
            self.note(what, ("still waiting",))

    def wait(self, method, entered, /, **fields):
        """Begins a call that has to wait, and waits until its key is there."""
        call = self.recipes.begin(method, **fields)
        self.until(lambda: entered in self.keys())
        return call

    def keys(self):
        everything = rpc.RangeRequest(key=b"\0", range_end=b"\0", keys_only=True)
        return [pair.key for pair in self.stubs.kv.Range(everything, timeout=10).kvs]

    def until(self, holds, seconds=10):
        deadline = time.monotonic() + seconds
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.told.append(("came", holds()))

    def revoke(self, lease):
        self.stubs.lease.LeaseRevoke(rpc.LeaseRevokeRequest(ID=lease), timeout=10)


def locks_follow_each_other(scene):
    scene.ask("Lock", name=b"a", lease=7)
    scene.ask("Lock", name=b"a", lease=7)
    second = scene.wait("Lock", b"a/8", name=b"a", lease=8)
    third = scene.wait("Lock", b"a/9", name=b"a", lease=9)
    scene.ask("Unlock", key=b"a/7")
    scene.finish("second", second)
    scene.note("third waits", (third.done(),))
    scene.revoke(8)
    scene.finish("third", third)
    scene.ask("Unlock", key=b"a/9")
    scene.ask("Unlock", key=b"a/9")


def a_lock_without_a_lease(scene):
    scene.ask("Lock", name=b"a")
    key = scene.keys()[0]
    lease = int(key.split(b"/")[1], 16)
    alive = scene.stubs.lease.LeaseTimeToLive(rpc.LeaseTimeToLiveRequest(ID=lease, keys=True))
    scene.note("granted", (alive.grantedTTL, list(alive.keys) == [key]))
    scene.ask("Lock", name=b"", lease=7)


def refusals(scene):
    for lease in (99, -5):
        scene.ask("Lock", name=b"a", lease=lease)
        scene.ask("Campaign", name=b"a", lease=lease, value=b"v")
    scene.ask("Unlock", key=b"")
    scene.ask("Leader", name=b"nobody")
    scene.ask("Proclaim", value=b"v")
    scene.ask("Resign")
    scene.ask("Lock", name=b"n" * 1_600_000, lease=7)
    scene.ask("Campaign", name=b"big", lease=7, value=b"v" * 1_600_000)
    nobody = election["LeaderKey"](name=b"e", lease=7)
    scene.ask("Proclaim", leader=nobody, value=b"v")
    scene.ask("Resign", leader=nobody)


def who_gives_up_leaves(scene):
    scene.ask("Lock", name=b"a", lease=7)
    first = scene.wait("Lock", b"a/8", name=b"a", lease=8)
    second = scene.wait("Campaign", b"a/9", name=b"a", lease=9, value=b"v")
    first.cancel()
    scene.until(lambda: b"a/8" not in scene.keys())
    second.cancel()
    scene.until(lambda: b"a/9" not in scene.keys())
    late = scene.recipes.begin("Lock", timeout=1, name=b"a", lease=8)
    late.exception()
    scene.until(lambda: scene.keys() == [b"a/7"])


def a_lease_that_ends_while_waiting(scene):
    scene.ask("Lock", name=b"a", lease=7)
    waiting = scene.wait("Lock", b"a/8", name=b"a", lease=8)
    scene.revoke(8)
    scene.note("told at once", (waiting.done(),))
    scene.ask("Unlock", key=b"a/7")
    scene.finish("lost", waiting)


def a_place_shared_by_two_calls(scene):
    scene.ask("Lock", name=b"a", lease=7)
    first = scene.wait("Lock", b"a/8", name=b"a", lease=8)
    second = scene.recipes.begin("Lock", name=b"a", lease=8)
    scene.ask("Unlock", key=b"a/7")
    scene.finish("first", first)
    # Whether it still had to wait, and so its revision, is left to chance.
    scene.note("second", (second.result(timeout=10).key,))


def an_election(scene):
    scene.ask("Campaign", name=b"e", lease=7, value=b"1")
    scene.ask("Leader", name=b"e")
    scene.ask("Campaign", name=b"e", lease=7, value=b"2")
    scene.ask("Leader", name=b"e")
    leader = scene.recipes.call("Campaign", name=b"e", lease=7, value=b"2").leader
    scene.ask("Proclaim", leader=leader, value=b"3")
    candidate = scene.wait("Campaign", b"e/8", name=b"e", lease=8, value=b"4")
    other = election["LeaderKey"](name=b"e", key=leader.key, rev=1, lease=7)
    scene.ask("Proclaim", leader=other, value=b"x")
    scene.ask("Resign", leader=other)
    other = election["LeaderKey"](name=b"e", key=leader.key, rev=leader.rev, lease=99)
    scene.ask("Proclaim", leader=other, value=b"x")
    unleased = election["LeaderKey"](name=b"e", key=leader.key, rev=leader.rev)
    scene.ask("Proclaim", leader=unleased, value=b"5")
    scene.ask("Leader", name=b"e")
    scene.ask("Resign", leader=leader)
    scene.finish("candidate", candidate)
    scene.ask("Resign", leader=leader)
    scene.ask("Leader", name=b"e")


def observers(scene):
    leader = scene.recipes.call("Campaign", name=b"e", lease=7, value=b"1").leader
    stream = scene.recipes.observe(b"e")
    seen, values = [], []
    reader = threading.Thread(target=lambda: collect(stream, seen), daemon=True)
    reader.start()

    def follow(value):
        values.append(value)
        scene.until(lambda: len(seen) >= len(values))

    follow(b"1")
    for value in (b"2", b"3"):
        scene.recipes.call("Proclaim", leader=leader, value=value)
        follow(value)
    candidate = scene.wait("Campaign", b"e/8", name=b"e", lease=8, value=b"4")
    scene.recipes.call("Resign", leader=leader)
    candidate.result(timeout=10)
    follow(b"4")
    scene.revoke(8)
    scene.recipes.call("Campaign", name=b"e", lease=9, value=b"5")
    follow(b"5")
    stream.cancel()
    reader.join(10)
    scene.note("as proclaimed", ([told.kv.value for told in seen] == values,))
    for told in seen:
        scene.note("observed", (str(told.kv),))


SCENES = [
    locks_follow_each_other, a_lock_without_a_lease, refusals, who_gives_up_leaves,
    a_lease_that_ends_while_waiting, a_place_shared_by_two_calls, an_election, observers,
]


def play(system, scene):
    with Cluster(system) as cluster:
        played = Scene(cluster.nodes[0].etcd)
        try:
            scene(played)
        finally:
            played.stubs.close()
        return played.told


def collect(stream, seen):
    try:
        seen.extend(stream)
    except grpc.RpcError:
        pass  # cancelled by its reader


def patiently(call, seconds=30):
    """Until the cluster has a leader again; a recipe's step may be asked for twice."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except grpc.RpcError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Contender(threading.Thread):
    """Takes a lock some times, and notes when it had it."""

    def __init__(self, endpoint, name, lease, rounds, log):
        super().__init__(daemon=True)
        self.channel = grpc.insecure_channel(endpoint)
        self.recipes = Recipes(self.channel)
        self.name_, self.lease, self.rounds, self.log = name, lease, rounds, log

    def run(self):
        for _ in range(self.rounds):
            lock = {"name": self.name_, "lease": self.lease}
            key = patiently(lambda: self.recipes.call("Lock", timeout=60, **lock)).key
            self.log.append(("has", self.lease))
            time.sleep(0.02)
            self.log.append(("gives", self.lease))
            patiently(lambda key=key: self.recipes.call("Unlock", key=key))
        self.channel.close()


def contend(checks, system, count, kill):
    """Clients on all nodes that stay want one lock; the log must show one holder at a time."""
    with Cluster(system, count) as cluster:
        victim = cluster.leader() if kill else None
        nodes = [node for node in cluster.nodes if node is not victim]
        stubs = Stubs(nodes[0].etcd)
        leases = range(1, 9)
        for lease in leases:
            stubs.lease.LeaseGrant(rpc.LeaseGrantRequest(TTL=120, ID=lease), timeout=10)
        log = []
        contenders = [
            Contender(nodes[lease % len(nodes)].etcd, b"contended", lease, 5, log)
            for lease in leases
        ]
        for contender in contenders:
            contender.start()
        if victim:
            while len(log) < 10:
                time.sleep(0.01)
            victim.end(signal.SIGKILL)
        for contender in contenders:
            contender.join(90)
        stubs.close()
    what = f"{len(contenders)} clients, {count} node(s){', the leader killed' if kill else ''}"
    # Append is atomic, and a holder notes that it gives the lock before it asks to unlock.
    alone = all(
        has[0] == "has" and gives == ("gives", has[1]) for has, gives in zip(log[::2], log[1::2])
    )
    checks.check(f"{what}: one holder at a time", alone, log)
    checks.equal(f"{what}: each had the lock as often as it wanted", len(log), 2 * 5 * len(leases))


def queue_outlives_the_leader(checks, system):
    """Waiters on both followers; the leader dies while they wait; all come in their order."""
    with Cluster(system, 3) as cluster:
        victim = cluster.leader()
        nodes = [node for node in cluster.nodes if node is not victim]
        channels = [grpc.insecure_channel(node.etcd) for node in nodes]
        recipes = [Recipes(channel) for channel in channels]
        scene = Scene(nodes[0].etcd)
        scene.recipes.call("Campaign", name=b"e", lease=LEASES[0], value=b"0")
        seen = []
        stream = recipes[1].observe(b"e", timeout=120)
        reader = threading.Thread(target=lambda: collect(stream, seen), daemon=True)
        reader.start()
        waiting = []
        for number, lease in enumerate(LEASES[1:]):
            fields = {"name": b"e", "lease": lease, "value": b"%d" % (number + 1)}
            waiting.append(recipes[number % 2].begin("Campaign", timeout=120, **fields))
            scene.until(lambda lease=lease: b"e/%x" % lease in scene.keys())
        victim.end(signal.SIGKILL)
        leader = patiently(lambda: scene.recipes.call("Leader", name=b"e")).kv
        held = election["LeaderKey"](
            name=b"e", key=leader.key, rev=leader.create_revision, lease=leader.lease
        )
        order = []
        for call in waiting:
            patiently(lambda held=held: scene.recipes.call("Resign", leader=held))
            try:
                held = call.result(timeout=60).leader
                order.append(held.lease)
            except (grpc.RpcError, grpc.FutureTimeoutError) as error:
                order.append(repr(error))
                break
        scene.until(lambda: len(seen) >= len(LEASES))
        stream.cancel()
        reader.join(10)
        for channel in channels:
            channel.close()
        scene.stubs.close()
    checks.equal("candidates follow in their order though the leader was killed",
                 order, list(LEASES[1:]))
    checks.equal("an observer saw each of them", [pair.kv.value for pair in seen],
                 [b"%d" % number for number in range(len(LEASES))])


def etcdctl_recipes(checks, system, version):
    """etcdctl's lock and elect run in the client; the service must understand their keys."""
    with Cluster(system) as cluster:
        endpoint = cluster.nodes[0].etcd
        run = lambda *words: Running(  # noqa: E731
            [VERSIONS[version], "--endpoints", endpoint, *words]
        )
        scene = Scene(endpoint)
        first = run("lock", "a")
        had = first.wait_lines(1)
        second = run("lock", "a")
        scene.until(lambda: len(scene.keys()) == 2)
        served = scene.wait("Lock", b"a/7", name=b"a", lease=7)
        waited = not second.lines and not served.done()
        first.process.send_signal(signal.SIGINT)
        came = second.wait_lines(1)
        waited = waited and not served.done()
        second.process.send_signal(signal.SIGINT)
        key = served.result(timeout=10).key
        scene.recipes.call("Unlock", key=key)
        held = run("lock", "a", "--", "echo", "in the lock")
        ran = held.wait_lines(1)
        checks.equal(
            f"etcdctl {version} lock: held, waited for, taken over, shared with the service",
            [had, waited, came, key, ran and held.lines[0].strip()],
            [True, True, True, b"a/7", "in the lock"],
        )
        leader = run("elect", "e", "proposal")
        won = leader.wait_lines(2)
        listener = run("elect", "-l", "e")
        heard = listener.wait_lines(2)
        value = scene.recipes.call("Leader", name=b"e").kv.value
        leader.process.send_signal(signal.SIGINT)
        scene.until(lambda: not [key for key in scene.keys() if key.startswith(b"e/")])
        scene.recipes.call("Campaign", name=b"e", lease=8, value=b"served")
        heard = heard and listener.wait_lines(4)
        checks.equal(
            f"etcdctl {version} elect: won, listened to, resigned, shared with the service",
            [won, heard, value, [line.strip() for line in listener.lines[1::2]]],
            [True, True, b"proposal", ["proposal", "served"]],
        )
        for running in (first, second, held, leader, listener):
            running.stop()
        scene.stubs.close()


def compare(checks, system):
    for scene in SCENES:
        ours, theirs = play(system, scene), play("etcd", scene)
        name = scene.__name__.replace("_", " ")
        checks.check(f"{name}: {len(theirs)} answers", ours == theirs, difference(ours, theirs))
    contend(checks, system, 1, kill=False)
    contend(checks, system, 3, kill=True)
    queue_outlives_the_leader(checks, system)
    for version in VERSIONS:
        etcdctl_recipes(checks, system, version)


def difference(ours, theirs):
    pairs = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
    return "\n".join(f"ours:   {mine}\ntheirs: {other}" for mine, other in pairs[:5]) or (
        f"ours has {len(ours)} answers, theirs {len(theirs)}"
    )
