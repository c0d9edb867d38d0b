"""kcat, which is librdkafka 2.0.2 of Debian: records in and out, by each codec, and in a group."""

import json
import subprocess
import time

from cluster import Cluster

SECONDS = 60


def kcat(brokers, *arguments, stdin=b""):
    done = subprocess.run(
        ["kcat", "-b", brokers, *arguments], input=stdin, capture_output=True, timeout=SECONDS)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def consume(brokers, topic, *arguments):
    """The records of a topic, up to its end, as kcat's JSON."""
    code, out, err = kcat(
        brokers, "-C", "-t", topic, "-e", "-q", "-J", "-o", "beginning", *arguments)
    if code != 0:
        raise RuntimeError(f"kcat ended with {code}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def records(checks, title, brokers):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        topic = f"by-{codec}"
        sent = [f"{codec} {number} " + "x" * 100 for number in range(200)]
        code, _, err = kcat(
            brokers, "-P", "-t", topic, "-z", codec, "-K", "|", "-H", "kind=test",
            stdin="\n".join(f"k{place % 7}|{one}" for place, one in enumerate(sent)).encode())
        checks.equal(f"{title}: produce by {codec}", (code, err), (0, ""))
        found = consume(brokers, topic)
        checks.equal(f"{title}: what was sent by {codec}", [one["payload"] for one in found], sent)
        checks.equal(f"{title}: offsets by {codec}", [one["offset"] for one in found],
                     list(range(200)))
        checks.equal(f"{title}: headers and keys by {codec}",
                     {(one["key"], tuple(one["headers"])) for one in found},
                     {(f"k{number}", ("kind", "test")) for number in range(7)})


def offsets(checks, title, brokers):
    kcat(brokers, "-P", "-t", "offsets", stdin=b"\n".join(b"%d" % n for n in range(10)))
    for start, expected in (("3", 7), ("-2", 2), ("end", 0)):
        found = consume(brokers, "offsets", "-p", "0", "-o", start)
        checks.equal(f"{title}: from offset {start}", len(found), expected)
    for moment, expected in (("-1", "10"), ("-2", "0"), ("0", "0")):
        code, out, _ = kcat(brokers, "-Q", "-t", f"offsets:0:{moment}")
        checks.equal(f"{title}: the offset of time {moment}", (code, out.split()[-1:]),
                     (0, [expected]))


def groups(checks, title, brokers):
    kcat(brokers, "-P", "-t", "grouped", stdin=b"\n".join(b"%d" % n for n in range(20)))
    arguments = ("-G", "kcat-group", "-e", "-q", "-X", "auto.offset.reset=earliest", "grouped")
    code, out, err = kcat(brokers, *arguments)
    checks.equal(f"{title}: a group reads all", (code, out.split()), (0, [str(n) for n in range(20)]))
    kcat(brokers, "-P", "-t", "grouped", stdin=b"20\n21")
    code, out, err = kcat(brokers, *arguments)
    checks.equal(f"{title}: and goes on where it was", (code, out.split()), (0, ["20", "21"]))


def listing(brokers, wanted):
    """What kcat lists, once it has what is wanted: nodes tell of themselves after they are ready."""
    deadline = time.monotonic() + SECONDS
    while True:
        _, out, _ = kcat(brokers, "-L")
        if wanted in out or time.monotonic() > deadline:
            return out
        time.sleep(0.2)


def compare(checks, _system):
    for count in (1, 3):
        title = f"kcat, {count} node" + ("s" if count > 1 else "")
        with Cluster("martlet", count) as cluster:
            brokers = ",".join(node.kafka for node in cluster.nodes)
            listed = listing(brokers, f"{count} brokers")
            checks.check(f"{title}: lists the brokers", f"{count} brokers" in listed, listed)
            records(checks, title, brokers)
            offsets(checks, title, brokers)
            groups(checks, title, brokers)
