"""Alarms and the quota: what three nodes refuse and say, against what etcd's three nodes do."""

import json
import subprocess
import urllib.error
import urllib.request

import etcd3.etcdrpc as rpc

from cluster import Cluster, etcd_binary
from raw import Stubs, answer

# etcd rounds its file to pages and grows it in steps, so only behaviour is compared, not sizes.
QUOTA = 256 * 1024
VALUE = b"x" * 4096

# Where we do as later releases do, and not as 3.5.1: what needs no space is carried out, what is
# wrong is told before, and an alarm can be left out of health.
LATER = {
    "no space: put without a key":
        lambda ours: ours == ("INVALID_ARGUMENT", "etcdserver: key is not provided"),
    "no space: txn that deletes": lambda ours: ours.succeeded,
    "no space: txn that reads": lambda ours: ours.succeeded,
    "no space: health?exclude=NOSPACE": lambda ours: ours[0] == 200,
}

PUT = rpc.RequestOp(request_put=rpc.PutRequest(key=b"t", value=b"1"))
DELETE = rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=b"nothing"))
READ = rpc.RequestOp(request_range=rpc.RangeRequest(key=b"nothing"))


def fill(stubs):
    """Puts until one is refused; the refusal."""
    for number in range(1000):
        result = answer(stubs.kv.Put, rpc.PutRequest(key=b"fill/%d" % number, value=VALUE))
        if isinstance(result, tuple):
            return result
    return "a thousand puts of 4 KiB were not refused"


def http(node, path):
    try:
        with urllib.request.urlopen(f"http://{node.etcd}{path}", timeout=10) as response:
            return response.status, response.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()


def etcdctl(node, *words):
    done = subprocess.run(
        [etcd_binary("etcdctl"), "--endpoints", node.etcd, *words],
        capture_output=True, text=True, timeout=30,
        env={"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout


def without_revision(message):
    """Systems fill up after different numbers of puts."""
    if isinstance(message, tuple):
        return message
    for field, value in message.ListFields():
        if field.name in ("revision", "create_revision", "mod_revision"):
            setattr(message, field.name, 0)
        elif field.message_type is not None:
            for inner in value if field.label == field.LABEL_REPEATED else [value]:
                without_revision(inner)
    return message


def kinds(alarms):
    """Which alarms there are; how many members raise one is a matter of who noticed first."""
    return sorted({alarm.alarm for alarm in alarms})


def commands(stubs):
    kv, lease = stubs.kv, stubs.lease
    txn = rpc.TxnRequest
    return {
        "put": lambda: answer(kv.Put, rpc.PutRequest(key=b"t")),
        "put with an unknown lease": lambda: answer(kv.Put, rpc.PutRequest(key=b"t", lease=99)),
        "put without a key": lambda: answer(kv.Put, rpc.PutRequest()),
        "txn that puts": lambda: answer(kv.Txn, txn(success=[PUT])),
        "txn that would put": lambda: answer(kv.Txn, txn(success=[READ], failure=[PUT])),
        "txn that deletes": lambda: answer(kv.Txn, txn(success=[DELETE])),
        "txn that reads": lambda: answer(kv.Txn, txn(success=[READ])),
        "grant": lambda: answer(lease.LeaseGrant, rpc.LeaseGrantRequest(TTL=60, ID=77)),
        "range": lambda: answer(kv.Range, rpc.RangeRequest(key=b"t")),
        "serializable range": lambda: answer(
            kv.Range, rpc.RangeRequest(key=b"t", serializable=True)
        ),
        "delete": lambda: answer(kv.DeleteRange, rpc.DeleteRangeRequest(key=b"nothing")),
        "compaction of the future": lambda: answer(
            kv.Compact, rpc.CompactionRequest(revision=1 << 40)
        ),
        "revoke": lambda: answer(lease.LeaseRevoke, rpc.LeaseRevokeRequest(ID=12345)),
        "leases": lambda: answer(lease.LeaseLeases, rpc.LeaseLeasesRequest()),
    }


def observe(system):
    """All that is seen of one system, by name."""
    seen = {}
    with Cluster(system, count=3, flags=["--quota-backend-bytes", str(QUOTA)]) as cluster:
        first, second, third = cluster.nodes
        stubs = [Stubs(node.etcd) for node in cluster.nodes]
        one, two, three = stubs
        seen["refusal of the put that is too much"] = fill(one)
        alarms = one.maintenance.Alarm(rpc.AlarmRequest(), timeout=10).alarms
        seen["alarms after it"] = kinds(alarms)
        members = [
            each.maintenance.Status(rpc.StatusRequest(), timeout=10).header.member_id
            for each in stubs
        ]
        # Which of them noticed first is a matter of chance, in etcd too.
        seen["the alarms are of members"] = all(alarm.memberID in members for alarm in alarms)
        seen["alarms, asked elsewhere"] = kinds(
            three.maintenance.Alarm(rpc.AlarmRequest(), timeout=10).alarms
        )
        for name, command in commands(two).items():
            seen[f"no space: {name}"] = without_revision(command())
        seen["no space: health"] = http(second, "/health")
        seen["no space: health?exclude=NOSPACE"] = http(second, "/health?exclude=NOSPACE")
        seen["no space: endpoint health"] = etcdctl(second, "endpoint", "health")[0]
        # The Python client's messages are older than the field for errors.
        status = json.loads(etcdctl(second, "endpoint", "status", "-w", "json")[1])
        errors = status[0]["Status"].get("errors", [])
        seen["no space: status"] = sorted({error.split(" ", 1)[1] for error in errors})
        # Room again: delete, compact, defragment, disarm, as etcd's manual says.
        one.kv.DeleteRange(rpc.DeleteRangeRequest(key=b"fill/", range_end=b"fill0"), timeout=10)
        revision = one.kv.Range(rpc.RangeRequest(key=b"t"), timeout=10).header.revision
        one.kv.Compact(rpc.CompactionRequest(revision=revision, physical=True), timeout=10)
        seen["still refused before it is disarmed"] = without_revision(commands(one)["put"]())
        for node in cluster.nodes:
            seen[f"defrag {node.name}"] = etcdctl(node, "defrag")[0]
        code, text = etcdctl(third, "alarm", "disarm")
        seen["disarm"] = code, sorted({line.split(" ", 1)[1] for line in text.splitlines()})
        seen["disarmed: list"] = etcdctl(second, "alarm", "list")
        seen["disarmed: put"] = without_revision(commands(two)["put"]())
        seen["disarmed: health"] = http(second, "/health")
        corrupt = rpc.AlarmRequest(action=1, memberID=7, alarm=rpc.CORRUPT)
        seen["raise"] = without_revision(answer(three.maintenance.Alarm, corrupt))
        seen["raise again"] = without_revision(answer(three.maintenance.Alarm, corrupt))
        for name, command in commands(three).items():
            seen[f"corrupt: {name}"] = without_revision(command())
        seen["corrupt: health"] = http(third, "/health")
        seen["corrupt: list"] = etcdctl(third, "alarm", "list")
        corrupt.action = 2
        wrong = rpc.AlarmRequest(action=2, memberID=8, alarm=rpc.CORRUPT)
        seen["disarm another's"] = without_revision(answer(three.maintenance.Alarm, wrong))
        seen["disarm nothing"] = without_revision(
            answer(three.maintenance.Alarm, rpc.AlarmRequest(action=2))
        )
        seen["disarm corrupt"] = without_revision(answer(three.maintenance.Alarm, corrupt))
        seen["after all: put"] = without_revision(commands(three)["put"]())
        for each in stubs:
            each.close()
    return seen


def survives_restarts(checks):
    """Alarms are on disk, and come back with the nodes."""
    with Cluster("martlet", count=1, flags=["--quota-backend-bytes", str(QUOTA)]) as cluster:
        node = cluster.nodes[0]
        stubs = Stubs(node.etcd)
        fill(stubs)
        before = stubs.maintenance.Alarm(rpc.AlarmRequest(), timeout=10).alarms
        stubs.close()
        node.end()
        node.start()
        cluster.wait_ready([node])
        stubs = Stubs(node.etcd)
        after = stubs.maintenance.Alarm(rpc.AlarmRequest(), timeout=10).alarms
        checks.equal("alarms after a restart", list(after), list(before))
        checks.check("there was one", len(before) == 1, before)
        stubs.close()


def compare(checks, system):
    theirs = observe("etcd")
    ours = observe(system)
    for name, value in theirs.items():
        if name in LATER and system == "martlet":
            checks.check(f"alarms: {name}", LATER[name](ours[name]), ours[name])
        else:
            checks.equal(f"alarms: {name}", ours.get(name), value)
    if system == "martlet":
        survives_restarts(checks)
