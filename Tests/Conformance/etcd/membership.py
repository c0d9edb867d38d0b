"""Members come and go: etcdctl 3.4 and 3.5 against Martlet and real etcd, the same commands for both.

Then, for the tested system alone: all three nodes are replaced under load, and a node that was removed
comes back. No write that was answered is lost, and who was removed is refused.
"""

import json
import re
import shutil
import subprocess
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import MARTLET, Cluster, address, etcd_binary
from rolling_restart import PREFIX, Writer, stored


def etcdctl(node, *words, binary=None, seconds=30):
    """Exit code, standard output and what the server said of an error."""
    done = subprocess.run(
        [binary or etcd_binary("etcdctl"), "--endpoints", node.etcd, *words],
        capture_output=True, text=True, timeout=seconds, env={"ETCDCTL_API": "3", "PATH": "/usr/bin"},
    )
    said = re.findall(r"(?:Error: |\"error\":\")([^\"\n]*)", done.stderr)
    return done.returncode, done.stdout, said[-1] if said else ""


def members(node):
    """Each member by its first peer URL, as `member list` shows it."""
    _, text, _ = etcdctl(node, "member", "list", "-w", "json")
    return {member["peerURLs"][0]: member for member in json.loads(text or "{}").get("members", [])}


def number(member):
    return f"{member['ID']:x}"


def wait_until(holds, seconds=30):
    """Whether it came to hold in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (grpc.RpcError, KeyError, json.JSONDecodeError):
            pass
        time.sleep(0.05)
    return False


def add(node, joining, learner=True, seconds=30):
    """Adds a member, again while the cluster says that it is not healthy enough."""
    flags = ["--learner"] if learner else []
    words = ["member", "add", joining.name, f"--peer-urls=http://{joining.peer}", *flags]
    answers = []

    def is_added():
        answers.append(etcdctl(node, *words))
        return answers[-1][0] == 0

    wait_until(is_added, seconds)
    return answers[-1]


def promote(node, joining, seconds=60):
    """Promotes a learner, again while it is not in sync."""
    answers = []

    def is_promoted():
        member = members(node)[f"http://{joining.peer}"]
        answers.append(etcdctl(node, "member", "promote", number(member)))
        return answers[-1][0] == 0

    return wait_until(is_promoted, seconds), answers[-1:]


def without_ids(text):
    """etcdctl pads an id of fewer than sixteen digits with blanks: they go with it."""
    return re.sub(" *[0-9a-f]{12,16}", " ID", text).strip()


def refusals(system):
    """What each doubtful command is answered, in order, with numbers that differ taken out."""
    said = []
    with Cluster(system, 3) as cluster:
        node = cluster.nodes[1]
        # etcd takes a cluster for healthy once its nodes have been connected for five seconds.
        first = cluster.new_node("n4")
        wait_until(lambda: all(member.get("clientURLs") for member in members(node).values()))
        added = add(node, first)
        said.append(("add a learner", added[0], without_ids(added[1].split("\n")[0])))
        listed = members(node)
        learner = number(listed[f"http://{first.peer}"])
        voter = number(listed[f"http://{cluster.nodes[0].peer}"])
        taken = f"http://{cluster.nodes[2].peer}"
        commands = {
            "a second learner": ["add", "n5", f"--peer-urls=http://{address()}", "--learner"],
            "a peer URL that is taken": ["add", "n5", f"--peer-urls={taken}"],
            "no URL": ["add", "n5", "--peer-urls=127.0.0.1:1"],
            "a URL with a path": ["add", "n5", "--peer-urls=http://127.0.0.1:1/a"],
            "promote whom nobody knows": ["promote", "abc"],
            "promote a voter": ["promote", voter],
            "promote who has not started": ["promote", learner],
            "remove whom nobody knows": ["remove", "abc"],
            "update whom nobody knows": ["update", "abc", f"--peer-urls=http://{address()}"],
            "update to a URL that is taken": ["update", learner, f"--peer-urls={taken}"],
            "update": ["update", learner, f"--peer-urls=http://{address()}"],
            "remove the learner": ["remove", learner],
            "remove it again": ["remove", learner],
        }
        for name, words in commands.items():
            code, text, error = etcdctl(node, "member", *words)
            said.append((name, code, without_ids(text), error))
        for member in members(node).values():
            said.append(("listed", bool(member.get("name")), bool(member.get("clientURLs")), member.get("isLearner")))
        # etcdctl 3.4 lists them in the same words.
        if system_etcdctl := shutil.which("etcdctl"):
            code, text, _ = etcdctl(node, "member", "list", binary=system_etcdctl)
            shown = [line.split(", ") for line in sorted(text.splitlines())]
            said.append(("listed by 3.4", code, [[len(words), words[1], words[-1]] for words in shown]))
        said += unhealthy(cluster)
    return said


def unhealthy(cluster):
    """What is refused while a node is down, and that the node that is down may go."""
    up, down = cluster.nodes[0], cluster.nodes[2]
    listed = members(up)
    down.end()
    time_out = 15
    said = []
    wanted = "etcdserver: unhealthy cluster"

    def is_refused():
        words = ["member", "add", "n6", f"--peer-urls=http://{address()}", "--learner"]
        return etcdctl(up, *words)[2] == wanted

    said.append(("add while one is down", wait_until(is_refused, time_out)))
    for name, node in (("remove one of two", cluster.nodes[1]), ("remove the one", down)):
        member = listed[f"http://{node.peer}"]
        code, _, error = etcdctl(up, "member", "remove", number(member))
        said.append((name, code, error))
    return said


def learner(checks, system):
    """A learner follows, serves what need not be fresh, and votes once it is promoted."""
    with Cluster(system, 1) as cluster:
        node = cluster.nodes[0]
        etcdctl(node, "put", "a", "1")
        joining = cluster.new_node("n2")
        checks.equal("membership: a learner is added", add(node, joining)[0], 0)
        joining.start()
        checks.check("membership: it starts and tells its name",
                     wait_until(lambda: members(node)[f"http://{joining.peer}"]["name"] == "n2"),
                     joining.log[-1000:])

        def local():
            return etcdctl(joining, "get", "a", "--consistency=s", "--print-value-only")

        checks.check("membership: a learner serves serializable reads",
                     wait_until(lambda: local()[1].strip() == "1"), local())
        for words in (["get", "a"], ["put", "a", "2"]):
            checks.equal(f"membership: a learner does not {words[0]}", etcdctl(joining, *words)[2],
                         "etcdserver: rpc not supported for learner")
        checks.check("membership: its status says so", is_learner(joining), "")
        checks.check("membership: it is promoted", *promote(node, joining))
        checks.check("membership: it takes writes then",
                     wait_until(lambda: etcdctl(joining, "put", "a", "3")[0] == 0), "")
        checks.check("membership: its status says so", not is_learner(joining), "")


def is_learner(node):
    _, text, _ = etcdctl(node, "endpoint", "status", "-w", "json")
    return json.loads(text)[0]["Status"].get("isLearner", False)


def replacement(checks, system):
    """All three nodes are replaced while clients write."""
    with Cluster(system, 3) as cluster:
        first = list(cluster.nodes)
        writer = Writer(first)
        writer.start()
        writer.wait_for(50)
        for old, name in zip(first, ("n4", "n5", "n6")):
            joining = cluster.new_node(name)
            helper = next(node for node in cluster.nodes if node.is_running and node is not old)
            added = add(helper, joining)
            joining.start()
            is_promoted, answers = promote(helper, joining)
            checks.check(f"membership: {name} is added and promoted under load",
                         added[0] == 0 and is_promoted, (added, answers, joining.log[-1500:]))
            cluster.wait_ready([joining])
            writer.use(joining, instead_of=old)
            writer.wait_for(20)
            member = members(helper)[f"http://{old.peer}"]
            helper = joining
            removed = etcdctl(helper, "member", "remove", number(member))
            checks.equal(f"membership: {old.name} is removed under load", removed[0], 0)
            writer.wait_for(20)
            checks.check(f"membership: {old.name} stops by itself",
                         wait_until(lambda: not old.is_running), old.log[-1500:])
        writer.wait_for(50)
        writer.end()
        last = cluster.nodes[-3:]
        checks.equal("membership: no write fails", writer.failures, [])
        for node in last:
            found = stored(node)
            checks.equal(f"membership: {node.name} has every write", len(found), writer.written)
        checks.equal("membership: the three new ones are the members",
                     sorted(member["name"] for member in members(last[0]).values()),
                     [node.name for node in last])
        restart(checks, cluster, last)
        zombie(checks, system, cluster, first[0])


def restart(checks, cluster, nodes):
    """Nodes that joined find each other again after all of them were down."""
    for node in nodes:
        node.end()
    for node in nodes:
        node.start()
    cluster.wait_ready(nodes)
    checks.check("membership: the new nodes start again without the old ones", True)
    checks.equal("membership: a write is taken", etcdctl(nodes[0], "put", "again", "1")[0], 0)


def zombie(checks, system, cluster, node):
    """Who was removed comes back, is told so, and changes nothing."""
    before = members(cluster.nodes[-1])
    node.start()
    checks.check("membership: a removed node that comes back stops",
                 wait_until(lambda: not node.is_running), node.log[-1500:])
    if system == "martlet":
        checks.check("membership: and says why", "removed from the cluster" in node.log[-1500:],
                     node.log[-1500:])
    checks.equal("membership: nothing has changed by it", members(cluster.nodes[-1]), before)


def martlet(node, *words, seconds=60):
    """Exit code, standard output and errors of a `martlet cluster` command."""
    done = subprocess.run(
        [str(MARTLET), "cluster", *words, "--endpoints", node.etcd],
        capture_output=True, text=True, timeout=seconds,
    )
    return done.returncode, done.stdout, done.stderr


def command_line(checks):
    """The same by Martlet's own commands."""
    with Cluster("martlet", 1) as cluster:
        node = cluster.nodes[0]
        second = cluster.new_node("n2")
        code, text, error = martlet(node, "add", second.peer)
        checks.check("membership: cluster add says how to start the node",
                     code == 0 and f"--peer {second.peer} --join" in text, (code, text, error))
        second.start()
        cluster.wait_ready([second])
        third = cluster.new_node("n3")
        checks.equal("membership: cluster add --learner",
                     martlet(node, "add", third.peer, "--learner")[0], 0)
        third.start()
        checks.check("membership: cluster status shows a learner",
                     wait_until(lambda: "learner" in martlet(node, "status")[1]),
                     martlet(node, "status"))
        checks.check("membership: cluster promote",
                     wait_until(lambda: martlet(node, "promote", "n3")[0] == 0), "")
        code, text, error = martlet(node, "promote", "n3")
        checks.check("membership: a refusal is three lines",
                     code == 1 and len(error.splitlines()) == 3, (code, text, error))
        checks.check("membership: cluster transfer-leader",
                     wait_until(lambda: martlet(node, "transfer-leader", "n2")[0] == 0), "")
        checks.check("membership: n2 leads", cluster.leader() is second, "")
        replaced(checks, cluster, node, third)
        code, text, error = martlet(node, "remove", "n2")
        checks.equal("membership: cluster remove", (code, error), (0, ""))
        checks.check("membership: n2 stops with its own exit code",
                     wait_until(lambda: not second.is_running) and second.process.poll() == 3,
                     second.log[-1000:])
        code, text, error = martlet(node, "remove", "n9")
        checks.check("membership: an unknown member is told with those there are",
                     code == 64 and "n4" in error, (code, text, error))


def replaced(checks, cluster, node, old):
    """One command for a whole replacement; the new node is started while it waits."""
    new = cluster.new_node("n4")
    command = [str(MARTLET), "cluster", "replace", old.name, new.peer, "--endpoints", node.etcd]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_until(lambda: f"http://{new.peer}" in members(node))
        new.start()
        text, error = run.communicate(timeout=60)
    checks.check("membership: cluster replace",
                 run.returncode == 0 and text.splitlines()[-1].startswith("removed n3"),
                 (run.returncode, text, error))
    checks.check("membership: who was replaced stops", wait_until(lambda: not old.is_running), "")


def compare(checks, system):
    ours, theirs = refusals(system), refusals("etcd")
    for mine, other in zip(ours, theirs):
        checks.equal(f"membership: {mine[0]}", mine, other)
    checks.equal("membership: as many answers", len(ours), len(theirs))
    learner(checks, system)
    replacement(checks, system)
    if system == "martlet":
        command_line(checks)
