"""The JSON gateway: curl's and Python's requests with both systems, and PyPI's etcd3gw.

etcd3gw and its needs go into a virtual environment of their own, by Tools/setup; it runs
`gateway_client.py` there.
"""

import base64
import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path

from cluster import Cluster

HERE = Path(__file__).resolve().parent


def b64(text):
    return base64.b64encode(text.encode()).decode()


A, B, E, NAMELESS = b64("a"), b64("b"), b64("e"), b64("nobody")
PUT = {"request_put": {"key": B, "value": b64("x")}}

# Path, body; what is text goes out as it is.
CALLS = [
    ("kv/put", {"key": A, "value": b64("1")}),
    ("kv/range", {"key": A}),
    ("kv/range", {"key": A, "rangeEnd": B, "sort_order": "DESCEND", "sortTarget": 2,
                  "limit": "5", "nonsense": [1, {"a": None}]}),
    ("kv/range", {"key": A, "count_only": True}),
    ("kv/range", {"key": ""}),
    ("kv/range", {"key": A, "revision": 99}),
    ("kv/range", ""),
    ("kv/range", "{"),
    ("kv/range", '{"key":5}'),
    ("kv/range", '{"key":"!!!"}'),
    ("kv/range", '{"key":"YQ=="} trailing'),
    ("kv/range", '{"key":"YQ==","limit":"x"}'),
    ("kv/range", '{"key":"YQ==","limit":1.5}'),
    ("kv/range", '{"key":"YQ==","sort_order":"SIDEWAYS"}'),
    ("kv/range", '{"key":"YQ==","keys_only":"true"}'),
    ("kv/range", '{"key":null}'),
    ("kv/range", "[]"),
    ("kv/nothing", {}),
    ("kv/txn", {"compare": [{"key": A, "target": "VALUE", "value": b64("1")}],
                "success": [{"requestPut": {"key": B, "value": b64("x")}},
                            {"request_range": {"key": B}}]}),
    ("kv/txn", {"compare": [{"key": A, "target": "CREATE", "result": "GREATER",
                             "create_revision": "99"}],
                "success": [PUT], "failure": [{"request_delete_range": {"key": B}}]}),
    ("kv/txn", {"success": [PUT, PUT]}),
    ("kv/deleterange", {"key": A, "range_end": B, "prev_kv": True}),
    ("lease/grant", {"TTL": 60, "ID": 7}),
    ("lease/grant", {"TTL": 60, "ID": 7}),
    ("kv/put", {"key": A, "value": b64("2"), "lease": "7"}),
    ("lease/timetolive", {"ID": "99", "keys": True}),
    ("kv/lease/timetolive", {"ID": "99"}),
    ("lease/keepalive", {"ID": 7}),
    ("lease/keepalive", '{"ID":7}{"ID":8}\n{"ID":7}'),
    ("lease/leases", {}),
    ("kv/lease/leases", {}),
    ("lock/lock", {"name": b64("l"), "lease": 7}),
    ("lock/unlock", {"key": b64("l/7")}),
    ("election/campaign", {"name": E, "lease": 7, "value": b64("v")}),
    ("election/leader", {"name": E}),
    ("election/leader", {"name": NAMELESS}),
    ("election/proclaim", {}),
    ("lease/revoke", {"ID": 7}),
    ("lease/revoke", {"ID": 7}),
    ("kv/compaction", {"revision": 3}),
    ("kv/compaction", {"revision": 3}),
    ("kv/range", {"key": A, "revision": 2}),
    ("maintenance/alarm", {"action": "GET"}),
    ("kv/put", {"key": b64("big"), "value": b64("x" * 1_600_000)}),
]

IDS = {"cluster_id", "member_id", "raft_term"}


def without_ids(value):
    if isinstance(value, dict):
        return {name: without_ids(inner) for name, inner in value.items() if name not in IDS}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value


def told(status, text):
    """What an answer says, without what is another system's wording.

    etcd 3.5 has an error's text twice; where the JSON is to blame, it is Go's own text.
    """
    if status == 404 and not text.startswith("{"):
        return status
    answers = [without_ids(json.loads(line)) for line in text.splitlines() if line]
    for answer in answers:
        for name in ("error", "details"):
            answer.pop(name, None)
        if not answer.get("message", "").startswith(("etcdserver", "election", '"leader"')):
            answer.pop("message", None)
    return status, answers


def ask(connection, path, body):
    body = body if isinstance(body, str) else json.dumps(body)
    connection.request("POST", f"/v3/{path}", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return told(response.status, response.read().decode())


def calls(system):
    with Cluster(system) as cluster:
        connection = http.client.HTTPConnection(cluster.nodes[0].etcd, timeout=10)
        answers = [ask(connection, path, body) for path, body in CALLS]
        connection.close()
        return answers


def watch(endpoint, request, count):
    """So many messages of a watch, by curl."""
    command = ["curl", "-sN", "-m", "20", f"http://{endpoint}/v3/watch", "-d", json.dumps(request)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(count)]
    process.terminate()
    process.wait(10)
    process.stdout.close()
    return [without_ids(json.loads(line)) for line in lines if line]


def watches(system):
    with Cluster(system) as cluster:
        endpoint = cluster.nodes[0].etcd
        connection = http.client.HTTPConnection(endpoint, timeout=10)
        put = lambda value: ask(connection, "kv/put", {"key": A, "value": b64(value)})  # noqa: E731
        put("1")
        put("2")
        history = watch(endpoint, {"create_request": {"key": A, "start_revision": "2"}}, 2)
        live = []
        create = {"createRequest": {"key": A, "prevKv": True, "startRevision": "4"}}
        watcher = threading.Thread(target=lambda: live.extend(watch(endpoint, create, 3)))
        watcher.start()
        put("3")
        ask(connection, "kv/deleterange", {"key": A})
        watcher.join(30)
        # One by one or together: only what happened counts.
        events = [event for told in live for event in told["result"].get("events", [])]
        ask(connection, "kv/compaction", {"revision": 4})
        compacted = watch(endpoint, {"create_request": {"key": A, "start_revision": "2"}}, 2)
        connection.close()
        return history, events, compacted


def status_of(endpoint, *options):
    """A plain HTTP status by curl."""
    command = ["curl", "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", *options,
               f"http://{endpoint}/v3/kv/range"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def etcd3gw(system):
    """Runs gateway_client.py in the environment that has etcd3gw."""
    python = Path(f"{sys.prefix}-gateway") / "bin" / "python"
    with Cluster(system) as cluster:
        host, port = cluster.nodes[0].etcd.split(":")
        run = subprocess.run([python, HERE / "gateway_client.py", host, port],
                             capture_output=True, text=True, timeout=60, check=False)
    return run.stdout or run.stderr


def compare(checks, system):
    ours, theirs = calls(system), calls("etcd")
    for (path, body), mine, other in zip(CALLS, ours, theirs):
        checks.equal(f"{path} {str(body)[:60]}", mine, other)
    for what, mine, other in zip(("history", "events", "compacted"), watches(system),
                                 watches("etcd")):
        checks.equal(f"watch: {what}", mine, other)
    with Cluster(system) as cluster:
        endpoint = cluster.nodes[0].etcd
        checks.equal("GET is not allowed", status_of(endpoint), "405")
        chunked = ["-H", "Transfer-Encoding: chunked", "-d", json.dumps({"key": A})]
        checks.equal("a body in chunks", status_of(endpoint, *chunked), "200")
        expecting = ["-H", "Expect: 100-continue", "-d", json.dumps({"key": A})]
        checks.equal("a body on request", status_of(endpoint, *expecting), "200")
    mine, other = etcd3gw(system), etcd3gw("etcd")
    checks.equal("etcd3gw: the same answers", mine, other)
    checks.check("etcd3gw: all it was asked", mine.endswith("done\n"), mine)
