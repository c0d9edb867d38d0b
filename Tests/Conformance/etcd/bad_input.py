"""What no client should send: the answer is etcd's own error, or the connection's end with a reason.

Where real etcd answers with a status, the status is compared with its; where the HTTP/2 standard
names the error, with the standard. After each the server still serves, and its memory is bounded.
"""

import json
import os
import random
import subprocess
import tempfile
import time

import etcd3.etcdrpc as rpc

from cluster import Cluster
from frames import (
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST, SETTINGS,
    WINDOW, Http2Client, RawConnection, call_headers, frame, message, status, status_message,
)
from raw import Stubs, answer

RANGE, PUT, TXN = "/etcdserverpb.KV/Range", "/etcdserverpb.KV/Put", "/etcdserverpb.KV/Txn"
KEY = rpc.RangeRequest(key=b"k").SerializeToString()
MEMORY_MAX = 400 << 20

# What the standard demands and grpc-go of etcd 3.5.1 does not do.
NOT_BY_ETCD = {"window overflow"}


class Subject:
    """The server under test, and whether it is still well."""

    def __init__(self, checks, cluster):
        self.system = cluster.system
        self.checks = checks
        self.node = cluster.nodes[0]
        self.endpoint = self.node.etcd
        self.stubs = Stubs(self.endpoint)

    def still_serves(self, after):
        got = answer(self.stubs.kv.Range, rpc.RangeRequest(key=b"k"))
        memory = self.node.resident_bytes if self.node.is_running else 0
        self.checks.check(
            f"after {after}: serves, memory bounded",
            not isinstance(got, tuple) and memory < MEMORY_MAX,
            f"{got}\n{memory >> 20} MiB\n{self.node.log[-1500:]}",
        )

    def ends(self, name, data, codes):
        """The server ends the connection; a GOAWAY, if it sends one, has one of these codes."""
        raw = RawConnection(self.endpoint)
        raw.send(data)
        closed = raw.until_closed(8)
        if name in NOT_BY_ETCD and self.system == "etcd":
            return
        code = raw.goaway()
        self.checks.check(
            f"{name}: connection ended", closed and (code is None or code in codes),
            f"closed: {closed}, GOAWAY: {code}, of {codes}",
        )
        raw.close()
        self.still_serves(name)


# HTTP/2's error codes (RFC 9113, section 7).
(
    PROTOCOL, INTERNAL, FLOW, SETTINGS_TIMEOUT, CLOSED, SIZE, REFUSED, CANCEL, COMPRESSION, CONNECT, CALM,
) = range(1, 12)  # RFC 9113, section 7


def broken_frames(subject):
    start = PREFACE + frame(SETTINGS)
    garbage = random.Random(1).randbytes(100_000)
    subject.ends("a frame of 16 MiB announced", start + frame(DATA, 0, 1, length=0xFFFFFF), [SIZE])
    subject.ends("garbage after the preface", start + garbage, [PROTOCOL, SIZE, COMPRESSION])
    subject.ends("a wrong preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + garbage, [PROTOCOL])
    subject.ends("DATA on stream 0", start + frame(DATA, 0, 0, b"x"), [PROTOCOL])
    subject.ends("HEADERS on an even stream", start + frame(HEADERS, 5, 2, call_headers()), [PROTOCOL])
    subject.ends("CONTINUATION out of nowhere", start + frame(CONTINUATION, 4, 1, b"\x83"), [PROTOCOL])
    subject.ends(
        "another frame between HEADERS and CONTINUATION",
        start + frame(HEADERS, 0, 1, b"\x83") + frame(PING, 0, 0, b"12345678"), [PROTOCOL])
    subject.ends("SETTINGS of 5 bytes", start + frame(SETTINGS, 0, 0, b"12345"), [SIZE])
    subject.ends("a window of 2^31", start + frame(SETTINGS, 0, 0, b"\0\4\xff\xff\xff\xff"), [FLOW, PROTOCOL])
    subject.ends(
        "window overflow",
        start + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff") + frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff"),
        [FLOW])
    subject.ends("PING of 7 bytes", start + frame(PING, 0, 0, b"1234567"), [SIZE])
    subject.ends("an index of no header", start + frame(HEADERS, 5, 1, b"\xff\xff\xff\x03"), [COMPRESSION])
    subject.ends(
        "an endless HPACK integer", start + frame(HEADERS, 5, 1, b"\xff" + b"\xff" * 40), [COMPRESSION])


def garbage_connections(subject):
    """Bytes that are no HTTP at all: the server may wait for more or close, and stays well."""
    source = random.Random(2)
    for number in range(20):
        raw = RawConnection(subject.endpoint)
        raw.send(source.randbytes(source.choice([1, 9, 24, 500, 60_000])))
        raw.close()
    subject.still_serves("twenty connections of garbage")
    idle = [RawConnection(subject.endpoint) for _ in range(300)]
    for raw in idle[::2]:
        raw.send(PREFACE[:10])
    subject.still_serves("300 connections that say nothing")
    for raw in idle:
        raw.close()


def floods(subject):
    """Each may be answered, slowed down or cut off; the server stays well and small."""
    start = PREFACE + frame(SETTINGS)
    opened = b"".join(
        frame(HEADERS, END_HEADERS, 2 * number + 1, call_headers()) for number in range(10_000))
    reset = b"".join(
        frame(HEADERS, END_HEADERS, 2 * number + 1, call_headers())
        + frame(RST, 0, 2 * number + 1, b"\0\0\0\x08")
        for number in range(10_000))
    floods = {
        "10,000 open streams": opened,
        "10,000 streams opened and reset": reset,
        "100,000 PINGs": frame(PING, 0, 0, b"12345678") * 100_000,
        "100,000 SETTINGS": frame(SETTINGS) * 100_000,
        "100,000 SETTINGS acknowledged unasked": frame(SETTINGS, ACK) * 100_000,
        "100,000 empty DATA": frame(HEADERS, END_HEADERS, 1, call_headers())
        + frame(DATA, 0, 1) * 100_000,
        "10,000 CONTINUATIONs": frame(HEADERS, 0, 1, b"\x83\x86")
        + frame(CONTINUATION, 0, 1, b"\0\1a\1b" * 300) * 10_000,
        "100,000 window updates by one": frame(WINDOW, 0, 0, b"\0\0\0\1") * 100_000,
        "4,000 streams and 2,880 windows in 90 SETTINGS": b"".join(
            frame(HEADERS, END_HEADERS, 2 * number + 1, call_headers()) for number in range(4_000))
        + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\1\0\4\0\0\0\2" * 16) * 90,
        "32 MiB of header": frame(HEADERS, 0, 1, b"\x83\x86")
        + frame(CONTINUATION, 0, 1, b"\0\1a\x7f\x81\x7e" + b"x" * 16_000) * 2000,
    }
    for name, flood in floods.items():
        raw = RawConnection(subject.endpoint)
        # Never reads: what the server would answer must not pile up in it either.
        raw.socket.settimeout(3)
        raw.send(start + flood)
        subject.still_serves(name)
        raw.close()


def one_connection(endpoint, call):
    client = Http2Client(endpoint)
    try:
        return call(client)
    finally:
        client.close()


def varint(number):
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def nested(depth):
    """TxnRequest.success (2) holds a RequestOp.request_txn (4), which holds a TxnRequest …"""
    request = b""
    for _ in range(depth):
        operation = b"\x22" + varint(len(request)) + request
        request = b"\x12" + varint(len(operation)) + operation
    return request


# name, path, body (framed), options, and whether a text must be equal, too
REQUESTS = [
    ("an empty key", PUT, message(rpc.PutRequest(value=b"v").SerializeToString()), {}, True),
    ("an empty message", RANGE, message(b""), {}, True),
    ("an unknown method", "/etcdserverpb.KV/Nothing", message(KEY), {}, True),
    ("an unknown service", "/none.Such/Thing", message(KEY), {}, True),
    ("a path that is none", "nothing", message(KEY), {}, False),
    ("a value over 1.5 MiB", PUT,
     message(rpc.PutRequest(key=b"k", value=b"v" * 1_600_000).SerializeToString()), {}, True),
    ("a message over 2 MiB", PUT,
     message(rpc.PutRequest(key=b"k", value=b"v" * 3_000_000).SerializeToString()), {}, True),
    ("a message of 4 GiB announced", PUT, message(b"x" * 100, length=0xFFFFFFFF), {}, False),
    ("bytes that are no message", RANGE, message(b"\x0a\xff\xff\xff\xff\x0f"), {}, False),
    ("a field of no type", RANGE, message(b"\x0f\x01"), {}, False),
    ("a body cut off", RANGE, message(KEY, length=len(KEY) + 5), {}, False),
    ("no message", RANGE, b"", {}, False),
    ("two messages in a unary call", RANGE, message(KEY) * 2, {}, False),
    ("a compressed flag without an encoding", RANGE, message(KEY, flag=1), {}, False),
    ("an encoding that nobody knows", RANGE, message(KEY, flag=1),
     {"extra": [("grpc-encoding", "brotli")]}, False),
    ("a timeout that is none", RANGE, message(KEY), {"extra": [("grpc-timeout", "soon")]}, False),
    ("another content type", RANGE, message(KEY), {"content": "text/plain"}, False),
    ("GET instead of POST", RANGE, message(KEY), {"method": "GET"}, False),
    ("129 operations", TXN, message(rpc.TxnRequest(success=[
        rpc.RequestOp(request_put=rpc.PutRequest(key=b"%d" % n)) for n in range(129)
    ]).SerializeToString()), {}, True),
    ("an operation without content", TXN,
     message(rpc.TxnRequest(success=[rpc.RequestOp()]).SerializeToString()), {}, True),
]

# Real etcd takes what is refused here, or is known to answer by accident.
OWN = {
    "a body cut off": {3, 13, "reset"},
    "no message": {3, 13, 12, "reset"},
    "two messages in a unary call": {0, 3, 12, 13, "reset"},
    "a path that is none": {12, 13, "400", "404", "reset"},
    "a timeout that is none": {3, 13, "400", "reset"},
    "another content type": {13, 2, 3, 12, "415", "200", "404", "reset"},
    "GET instead of POST": {12, 13, "415", "405", "404", "reset"},
    "a message of 4 GiB announced": {8, 13, "reset"},
}


def requests(checks, ours, theirs):
    for name, path, body, options, is_exact in REQUESTS:
        def call(client):
            got = client.finish(client.start(path, body, **options))
            return status(got), status_message(got)
        try:
            a = one_connection(ours, call)
        except (ConnectionError, OSError) as error:
            a = ("reset", str(error))
        try:
            b = one_connection(theirs, call)
        except (ConnectionError, OSError) as error:
            b = ("reset", str(error))
        if name in OWN:
            checks.check(f"{name}: {b[0]}", a[0] in OWN[name] | {b[0]}, f"ours {a}, theirs {b}")
        elif is_exact:
            checks.equal(f"{name}: {b[0]}", a, b)
        else:
            checks.check(f"{name}: {b[0]}", a[0] == b[0], f"ours {a}, theirs {b}")
    for depth in (10, 63, 64):
        def answer_of(client):
            return status(client.call(TXN, nested(depth)))
        checks.equal(f"a transaction {depth} deep", one_connection(ours, answer_of), one_connection(theirs, answer_of))
    for depth in (100, 5000):
        got = one_connection(ours, lambda client: status(client.call(TXN, nested(depth))))
        checks.check(f"a transaction {depth} deep: {got}", got in {0, 3, 8, 13}, got)


def conversation(checks, endpoint):
    """An ordinary conversation, read by a library that refuses what the standard forbids."""
    client = Http2Client(endpoint, window=20_000)
    value = os.urandom(1_000_000)
    put = client.call(PUT, rpc.PutRequest(key=b"k", value=value).SerializeToString())
    checks.equal("h2: a put of 1 MB under flow control", status(put), 0)
    checks.equal("h2: content type", put["headers"].get("content-type"), "application/grpc")
    got = client.call(RANGE, KEY)
    read = rpc.RangeResponse.FromString(got["body"][5:])
    checks.check("h2: a range of 1 MB in windows of 20 kB", read.kvs[0].value == value)
    stalled = client.start(RANGE, message(KEY))
    small = client.call(RANGE, rpc.RangeRequest(key=b"absent").SerializeToString())
    checks.equal("h2: a stalled stream does not stall the next", status(small), 0)
    checks.equal("h2: the stalled one is served in the end", status(client.finish(stalled)), 0)
    streams = [client.start(RANGE, message(rpc.RangeRequest(key=b"x").SerializeToString())) for _ in range(90)]
    answers = [status(client.finish(stream)) for stream in streams]
    checks.equal("h2: 90 streams at once", answers, [0] * 90)
    client.call(PUT, rpc.PutRequest(key=b"k", value=b"small").SerializeToString())
    client.h2.ping(b"12345678")
    client.flush()
    before = len(client.events)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and "PingAckReceived" not in {
        type(event).__name__ for event in client.events[before:]
    }:
        client.receive()
    checks.check("h2: PING answered", time.monotonic() < deadline)
    cancelled = client.start("/etcdserverpb.Watch/Watch", message(rpc.WatchRequest(
        create_request=rpc.WatchCreateRequest(key=b"k")).SerializeToString()))
    client.h2.reset_stream(cancelled, 8)
    client.flush()
    checks.equal("h2: serves after a cancelled stream", status(client.call(RANGE, KEY)), 0)
    padded = client.h2.get_next_available_stream_id()
    client.h2.send_headers(padded, [
        (":method", "POST"), (":scheme", "http"), (":path", RANGE), (":authority", "localhost"),
        ("content-type", "application/grpc+proto"), ("te", "trailers"), ("x-own", "y" * 3000),
    ])
    client.h2.send_data(padded, message(KEY), end_stream=True, pad_length=200)
    client.flush()
    checks.equal("h2: padding and foreign headers", status(client.finish(padded)), 0)
    client.close()


def events_of(client, stream, wanted, seconds=60):
    """Reads a watch stream until so many events have come; the values' first bytes, in order."""
    body, heard, position = b"", [], 0
    deadline = time.monotonic() + seconds
    while len(heard) < wanted and time.monotonic() < deadline:
        while position < len(client.events):
            event = client.events[position]
            position += 1
            if getattr(event, "stream_id", None) == stream and hasattr(event, "data"):
                body += event.data
                client.h2.acknowledge_received_data(event.flow_controlled_length, stream)
        client.flush()
        while len(body) >= 5 and len(body) >= 5 + int.from_bytes(body[1:5], "big"):
            end = 5 + int.from_bytes(body[1:5], "big")
            response = rpc.WatchResponse.FromString(body[5:end])
            heard += [event.kv.value[:4] for event in response.events]
            body = body[end:]
        if len(heard) < wanted:
            client.receive()
    return heard


def slow_watchers(checks, node):
    """Watchers that do not read: they cost a bounded amount, and miss nothing once they do."""
    watch = message(rpc.WatchRequest(
        create_request=rpc.WatchCreateRequest(key=b"slow")).SerializeToString())
    clients = [Http2Client(node.etcd) for _ in range(30)]
    streams = [client.start("/etcdserverpb.Watch/Watch", watch) for client in clients]
    for client in clients:
        while not any(hasattr(event, "data") for event in client.events):
            client.receive()
    stubs = Stubs(node.etcd)
    before, puts, size = node.resident_bytes, 400, 64 << 10
    for number in range(puts):
        value = b"%04d" % number + bytes(size)
        stubs.kv.Put(rpc.PutRequest(key=b"slow", value=value), timeout=10)
    grown = node.resident_bytes - before
    # The history itself is 25 MiB; kept for each watcher it would be 750.
    checks.check("watchers that do not read cost little", grown < 150 << 20, f"{grown >> 20} MiB")
    heard = events_of(clients[0], streams[0], puts)
    checks.equal("and hear everything once they read", heard, [b"%04d" % n for n in range(puts)])
    stubs.close()
    for client in clients:
        client.close()


def health(checks, endpoint):
    path = "/grpc.health.v1.Health/Check"
    whole = one_connection(endpoint, lambda client: client.call(path, b""))
    checks.equal("grpc health: serving", (status(whole), whole["body"][5:]), (0, b"\x08\x01"))
    unknown = one_connection(endpoint, lambda client: client.call(path, b"\x0a\x04none"))
    checks.equal("grpc health: an unknown service", (status(unknown), status_message(unknown)), (5, "unknown service"))


def curl(*arguments):
    done = subprocess.run(
        ["curl", "-sS", "-m", "5", "-w", "\n%{http_code}", *arguments], capture_output=True, text=True)
    body, _, code = done.stdout.rpartition("\n")
    return code, body


def http(checks, node, system):
    for name, address in (("client", node.etcd), ("http", node.http)):
        if system == "etcd" and name == "http":
            continue
        code, body = curl(f"http://{address}/health")
        checks.check(
            f"curl /health on the {name} port", code == "200" and json.loads(body)["health"] == "true", body)
        code, body = curl(f"http://{address}/version")
        checks.check(
            f"curl /version on the {name} port",
            code == "200" and {"etcdserver", "etcdcluster"} <= set(json.loads(body)), body)
        if system == "martlet":
            for path in ("/livez", "/readyz"):
                code, body = curl(f"http://{address}{path}")
                checks.check(f"curl {path} on the {name} port", (code, body) == ("200", "ok\n"), body)
        code, _ = curl(f"http://{address}/nothing-of-the-kind")
        checks.check(f"curl of an unknown path on the {name} port", code == "404", code)
    code, body = curl(
        "--http2-prior-knowledge", "-X", "POST", "-H", "content-type: application/grpc", "-H", "te: trailers",
        "--data-binary", "\n", "-o", "/dev/null", f"http://{node.etcd}{RANGE}")
    checks.equal("curl by HTTP/2", code, "200")


def h2load(checks, endpoint):
    with tempfile.NamedTemporaryFile() as body:
        body.write(message(KEY))
        body.flush()
        done = subprocess.run(
            ["h2load", "-n", "5000", "-c", "10", "-m", "20", "-d", body.name,
             "-H", "content-type: application/grpc", "-H", "te: trailers", f"http://{endpoint}{RANGE}"],
            capture_output=True, text=True, timeout=60)
    good = "5000 succeeded, 0 failed, 0 errored" in done.stdout
    checks.check("h2load: 5,000 ranges on 10 connections of 20 streams", good, done.stdout)


def compare(checks, system):
    with Cluster(system) as ours, Cluster("etcd") as theirs:
        subject = Subject(checks, ours)
        conversation(checks, ours.endpoints[0])
        health(checks, ours.endpoints[0])
        http(checks, ours.nodes[0], system)
        h2load(checks, ours.endpoints[0])
        requests(checks, ours.endpoints[0], theirs.endpoints[0])
        subject.still_serves("bad requests")
        slow_watchers(checks, ours.nodes[0])
        subject.still_serves("slow watchers")
        broken_frames(subject)
        garbage_connections(subject)
        floods(subject)
        subject.stubs.close()
