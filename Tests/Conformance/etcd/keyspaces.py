"""Keyspaces: Martlet's own service, by gRPC for Python without a compiler of .proto files, and etcd's
calls about a keyspace that a client names by a header, or by its host as etcdctl does."""

import os
import subprocess
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import MARTLET, Cluster, etcd_binary

SERVICE = "/martlet.v1.Keyspaces/"


def named(name):
    """The header by which a call names its keyspace."""
    return [("martlet-keyspace", name)]


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(data):
    """The fields of a protobuf message, with numbers and bytes for values."""
    place = 0
    while place < len(data):
        tag, place = varint(data, place)
        value, place = varint(data, place)
        if tag & 7 == 2:
            value, place = data[place:place + value], place + value
        yield tag >> 3, value


class Summary:
    """A keyspace as the list has it."""

    def __init__(self, data):
        found = dict(fields(data))
        self.name = found[1].decode()
        self.group, self.leader = found.get(2, 0), found.get(3, 0)
        self.revision, self.bytes = found.get(4, 0), found.get(5, 0)


class Keyspaces:
    def __init__(self, channel):
        identity = bytes
        self._calls = {
            name: channel.unary_unary(
                SERVICE + name, request_serializer=identity, response_deserializer=identity)
            for name in ("CreateKeyspace", "ListKeyspaces", "DropKeyspace")
        }

    @staticmethod
    def _request(name):
        text = name.encode()
        return b"\x0a" + bytes([len(text)]) + text

    def create(self, name, seconds=20):
        """Unavailable until the nodes of a new cluster have written down who they are."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self._calls["CreateKeyspace"](self._request(name), timeout=10)
            except grpc.RpcError as error:
                is_early = error.code() == grpc.StatusCode.UNAVAILABLE
                if not is_early or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def create_later(self, name):
        return self._calls["CreateKeyspace"].future(self._request(name), timeout=60)

    def drop(self, name):
        self._calls["DropKeyspace"](self._request(name), timeout=10)

    def list(self):
        answer = self._calls["ListKeyspaces"](b"", timeout=30)
        return [Summary(value) for number, value in fields(answer) if number == 1]


def code_of(call):
    """How the call fails; OK if it does not."""
    try:
        call()
        return grpc.StatusCode.OK, ""
    except grpc.RpcError as error:
        return error.code(), error.details()


def compare(checks, system):
    if system == "etcd":
        return print("  etcd has one keyspace")
    with Cluster("martlet", 3) as cluster:
        channels = [grpc.insecure_channel(endpoint) for endpoint in cluster.endpoints]
        by_grpc(checks, channels)
        by_etcdctl(checks, cluster)
        by_command(checks, cluster)
        restarted(checks, cluster)
        for channel in channels:
            channel.close()


def by_grpc(checks, channels):
    first, second = Keyspaces(channels[0]), Keyspaces(channels[1])
    first.create("orders")
    kv = [rpc.KVStub(channel) for channel in channels]
    put = kv[0].Put(rpc.PutRequest(key=b"a", value=b"1"), timeout=10, metadata=named("orders"))
    checks.equal("a new keyspace begins at revision 1", put.header.revision, 2)
    read = kv[1].Range(rpc.RangeRequest(key=b"a"), timeout=10, metadata=named("orders"))
    checks.equal("another node reads it", [pair.value for pair in read.kvs], [b"1"])
    checks.equal("the default keyspace has no such key",
                 kv[2].Range(rpc.RangeRequest(key=b"a"), timeout=10).count, 0)
    code, text = code_of(
        lambda: kv[0].Put(rpc.PutRequest(key=b"a"), timeout=10, metadata=named("bills")))
    checks.equal("an unknown keyspace is refused", code, grpc.StatusCode.NOT_FOUND)
    checks.check("the refusal says what to type", "martlet keyspace create bills" in text, text)
    checks.equal("a name is given once", code_of(lambda: second.create("orders"))[0],
                 grpc.StatusCode.ALREADY_EXISTS)
    checks.equal("all are listed", [one.name for one in second.list()], ["default", "orders"])


def by_etcdctl(checks, cluster):
    """etcdctl sends the host that it was told as `:authority`; a name leads to it by /etc/hosts."""
    node = cluster.nodes[0]
    host, port = node.etcd.rsplit(":", 1)
    script = (
        f"mount --bind /dev/stdin /etc/hosts 2>/dev/null || exit 77\n"
        f"exec {etcd_binary('etcdctl')} --endpoints orders.keyspace.local:{port} get a")
    hosts = cluster.folder / "hosts"
    hosts.write_text(f"{host} orders.keyspace.local\n")
    script = script.replace("/dev/stdin", str(hosts))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, timeout=30,
        env={**os.environ, "ETCDCTL_API": "3"})
    checks.check("etcdctl reads the keyspace of its host", done.stdout == "a\n1\n",
                 done.stdout + done.stderr)


def martlet(cluster, *words):
    done = subprocess.run(
        [str(MARTLET), *words, "--endpoints", ",".join(cluster.endpoints)],
        capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def by_command(checks, cluster):
    code, out, _ = martlet(cluster, "keyspace", "create", "team-7")
    checks.check("martlet keyspace create", code == 0 and "created keyspace team-7" in out, out)
    martlet(cluster, "kv", "put", "k", "v", "--keyspace", "team-7")
    checks.equal("martlet kv --keyspace",
                 martlet(cluster, "kv", "get", "k", "--keyspace", "team-7", "--values-only")[1],
                 "v\n")
    code, out, _ = martlet(cluster, "keyspace", "list", "-o", "json")
    checks.check("martlet keyspace list -o json", '"name":"team-7"' in out, out)
    code, out, _ = martlet(cluster, "keyspace", "drop", "team-7")
    checks.equal("martlet keyspace drop", (code, out), (0, "dropped keyspace team-7\n"))
    code, _, complaint = martlet(cluster, "kv", "get", "k", "--keyspace", "team-7")
    checks.check("a dropped keyspace is unknown",
                 code == 1 and "martlet keyspace list" in complaint, complaint)


def restarted(checks, cluster):
    for node in cluster.nodes:
        node.end()
    cluster.start()
    with grpc.insecure_channel(cluster.endpoints[2]) as channel:
        read = rpc.KVStub(channel).Range(
            rpc.RangeRequest(key=b"a"), timeout=20, metadata=named("orders"))
        checks.equal("after a restart the keyspace is there", [p.value for p in read.kvs], [b"1"])
        checks.equal("and the dropped one is not", [one.name for one in Keyspaces(channel).list()],
                     ["default", "orders"])
