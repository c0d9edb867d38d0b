"""The command line as a stranger meets it: bin/martlet with wrong words, ports and directories.

Every refusal is three lines on standard error, nothing on standard output, and the exit code that
docs/reference/cli.md promises.
"""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from cluster import MARTLET, address


def run(*words, folder=None, given=b""):
    """Output, errors and exit code of a command that ends by itself."""
    done = subprocess.run(
        [str(MARTLET), *words], capture_output=True, timeout=30, cwd=folder, input=given
    )
    return done.stdout, done.stderr.decode(), done.returncode


class Started:
    """A node or a demo that runs until it is told to end."""

    def __init__(self, folder, *words):
        self.process = subprocess.Popen(
            [str(MARTLET), *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def banner(self, word, seconds=30):
        """What it says on standard output, up to a line that has the word."""
        said = ""
        deadline = time.monotonic() + seconds
        while word not in said and time.monotonic() < deadline:
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            if ready:
                part = os.read(self.process.stdout.fileno(), 65536)
                if not part:
                    break
                said += part.decode()
        return said

    def end(self, how=signal.SIGINT):
        """Its exit code, and all that it has logged."""
        self.process.send_signal(how)
        errors = self.process.communicate(timeout=30)[1]
        return self.process.returncode, errors.decode()


def refused(checks, name, outcome, failure, code, fix=None):
    """Three lines, of which the first says the failure and the last the fix.

    A node may have logged something before it found that it could not go on.
    """
    output, errors, exit_code = outcome
    lines = [line for line in errors.splitlines() if not line.startswith("time=")]
    holds = (
        len(lines) == 3 and lines[0].startswith("error: ") and lines[1].startswith("cause: ")
        and lines[2].startswith("fix:   ") and failure in lines[0]
        and (fix is None or fix in lines[2]) and exit_code == code and output == b""
    )
    checks.check(f"command line, {name}", holds, f"{exit_code}\n{errors}{output!r}")


def compare(checks, _):
    _words(checks)
    with tempfile.TemporaryDirectory(prefix="conformance-command-line-") as folder:
        _node(checks, Path(folder))
        _log(checks, Path(folder))


def _words(checks):
    start = ["start", "--dev"]
    none = address()
    cases = {
        "a mistyped command": (["strt"], "'martlet strt'", 64, "martlet start"),
        "a mistyped command below": (["kv", "gte", "a"], "'martlet kv gte'", 64, "martlet kv get"),
        "nothing given": (["start"], "--name, --data-dir, --cluster are missing", 64, "--dev"),
        "a contradiction": ([*start, "--name", "n1"], "--name contradicts --dev", 64, None),
        "no address": ([*start, "--etcd", "2379"], "'2379' is not an address", 64, None),
        "a port of 0": ([*start, "--http", "127.0.0.1:0"], "is not an address", 64, None),
        "one port twice":
            ([*start, "--etcd", none, "--http", none], "--etcd and --http are both", 64, None),
        "an unknown level": ([*start, "--log-level", "inof"], "--log-level inof", 64, "info"),
        "a folder as file": ([*start, "--config", "/"], "cannot read /", 64, None),
        "a missing file": ([*start, "--config", "/no/file"], "cannot read /no/file", 64, None),
        "a folder that cannot be":
            ([*start, "--data-dir", "/dev/null/x"], "cannot use /dev/null/x", 1, None),
        "nobody there": (["kv", "get", "a", "--endpoints", none], "no node answers", 69, None),
        "no such host":
            (["kv", "get", "a", "--endpoints", "no.such.invalid:1"], "no node answers", 69, None),
        "no endpoint": (["kv", "get", "a", "--endpoints", ""], "'' is not an address", 64, None),
        "TLS": (["kv", "get", "a", "--endpoints", "https://a:1"], "asks for TLS", 64, "etcdctl"),
        "no time": (["kv", "get", "a", "--timeout", "0"], "--timeout 0", 64, None),
        "a demo without nodes": (["demo", "--nodes", "0"], "--nodes 0", 64, None),
        "a demo without ports": (["demo", "--base-port", "65530"], "--base-port", 64, None),
    }
    for name, (words, failure, code, fix) in cases.items():
        refused(checks, name, run(*words), failure, code, fix)
    outcome = run("start", "--dve")
    checks.check("command line, a mistyped flag", "'--dev'" in outcome[1] and outcome[2] == 64, outcome)
    said = run("kv", "get", "a", "--endpoints", none)[1]
    checks.check(
        "command line, the system's own words",
        said.splitlines()[1] == f"cause: {none}: Connection refused", said,
    )
    checks.equal("command line, version", *(run(word)[0] for word in ("version", "--version")))


def _node(checks, folder):
    etcd, http, other, more = (address() for _ in range(4))
    (folder / "file").write_text("name = n1\nhttp_port = 1\n")
    refused(
        checks, "an unknown key", run("start", "--config", "file", folder=folder),
        "file:2: unknown key 'http_port'", 64,
    )
    words = ["start", "--dev", "--data-dir", "data", "--etcd", etcd, "--http", http,
             "--kafka", address()]
    with Started(folder, *words) as node:
        said = node.banner("Ready.")
        checks.check("command line, a node says where it is", etcd in said and http in said, said)
        second = ["start", "--dev", "--data-dir", "data", "--etcd", other, "--http", more,
                  "--kafka", address()]
        refused(checks, "a directory in use", run(*second, folder=folder), "data is in use", 1)
        second[3] = "second"
        second[5] = etcd
        taken = run(*second, folder=folder)
        refused(checks, "a port in use", taken, f"cannot listen on {etcd}", 1, "ss -ltnp")
        checks.check("command line, why", "Address already in use\n" in taken[1], taken[1])
        cluster = f"n1={etcd},n2={more}"
        peer = ["--name", "n1", "--data-dir", "third", "--cluster", cluster]
        taken = run("start", *peer, "--etcd", other, "--http", address(),
                    "--kafka", address(), folder=folder)
        refused(checks, "a peer's port in use", taken, f"cannot listen on {etcd}", 1)
        _keys(checks, etcd)
        # The HTTP port's answer is no HTTP/2, or is lost as the port closes the connection.
        wrong = run("kv", "get", "a", "--endpoints", http)
        if wrong[2] == 69:
            refused(checks, "the wrong port", wrong, "no node answers", 69)
        else:
            refused(checks, "the wrong port", wrong, "the answer makes no sense", 1)
        code, log = node.end()
        checks.check("command line, Ctrl-C ends a node in order", code == 0, log)
        checks.check("command line, and it says so", "msg=stopped" in log, log)
    with Started(folder, *words) as node:
        node.banner("Ready.")
        checks.equal("command line, what was written is there",
                     run("kv", "get", "bytes", "--values-only", "--endpoints", etcd)[0],
                     b"a\xc3\xbf\n")
        checks.equal("command line, SIGTERM ends it, too", node.end(signal.SIGTERM)[0], 0)


def _keys(checks, etcd):
    checks.equal("command line, put", run("kv", "put", "bytes", "aÿ", "--endpoints", etcd)[0], b"OK\n")
    outcome = run("kv", "put", "", "x", "--endpoints", etcd)
    refused(checks, "an empty key", outcome, "etcdserver: key is not provided", 1, "correct the request")
    outcome = run("kv", "get", "a", "--revision", "99", "--endpoints", f"http://{etcd}/")
    refused(checks, "a future revision", outcome, "required revision is a future revision", 1)
    status = run("cluster", "status", "--endpoints", etcd)[0].decode().splitlines()
    checks.check(
        "command line, status", len(status) == 2 and not any(line.endswith(" ") for line in status),
        status,
    )
    # etcdctl writes what no argument can hold.
    subprocess.run(
        ["etcdctl", "--endpoints", etcd, "put", "raw"], input=b"a\xff\x01b", check=True,
        capture_output=True, env={**os.environ, "ETCDCTL_API": "3"},
    )
    raw = run("kv", "get", "raw", "--values-only", "--endpoints", etcd)[0]
    checks.equal("command line, values are printed byte for byte", raw, b"a\xff\x01b\n")


def _log(checks, folder):
    etcd, http = address(), address()
    words = ["start", "--dev", "--data-dir", "logged", "--etcd", etcd, "--http", http,
             "--kafka", address()]
    with Started(folder, *words, "--log-format", "json") as node:
        node.banner("Ready.")
        # Its leadership is a line of the log; it comes before the first healthy answer.
        _wait_healthy(http)
        lines = [json.loads(line) for line in node.end()[1].splitlines()]
    messages = [line["msg"] for line in lines]
    # Leadership may be had before everything listens.
    checks.check("command line, a JSON log tells of start and end",
                 "started" in messages[:3] and messages[-1] == "stopped", messages)
    checks.check("command line, and tells who leads", "leads the group" in messages, messages)
    with Started(folder, *words, "--log-level", "warn") as node:
        node.banner("Ready.")
        checks.equal("command line, a log from warnings on is silent", node.end(), (0, ""))


def _wait_healthy(http, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{http}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"not ready within {seconds} s")
