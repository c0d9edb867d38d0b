"""TLS on the port of etcd's clients: etcdctl and curl with the server's certificate, and without."""

import subprocess
import tempfile
import time
from pathlib import Path

from cluster import MARTLET, address, etcd_binary


def compare(checks, system):
    if system == "etcd":
        return
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        make_certificate(folder)
        etcd, http, kafka = address(), address(), address()
        with open(folder / "log", "wb") as log:
            node = subprocess.Popen(
                [MARTLET, "start", "--dev", "--data-dir", folder / "data", "--etcd", etcd,
                 "--http", http, "--kafka", kafka, "--cert-file", folder / "server.pem",
                 "--key-file", folder / "server.key", "--client-ca-file", folder / "server.pem"],
                stdout=log, stderr=log)
        try:
            converse(checks, folder, etcd)
        finally:
            node.terminate()
            node.wait(timeout=20)


def converse(checks, folder, etcd):
    trusted = ["--cacert", folder / "server.pem"]
    identified = [*trusted, "--cert", folder / "server.pem", "--key", folder / "server.key"]
    ctl = [etcd_binary("etcdctl"), "--endpoints", f"https://{etcd}", "--command-timeout", "3s",
           "--dial-timeout", "3s"]
    deadline = time.monotonic() + 20
    while run([*ctl, *identified, "get", "a"]).returncode and time.monotonic() < deadline:
        time.sleep(0.2)
    checks.equal("tls: put", run([*ctl, *identified, "put", "a", "secret"]).stdout, "OK\n")
    checks.equal("tls: get", run([*ctl, *identified, "get", "a"]).stdout, "a\nsecret\n")
    checks.check("tls: no client certificate", run([*ctl, *trusted, "get", "a"]).returncode != 0)
    plain = [ctl[0], "--endpoints", f"http://{etcd}", *ctl[3:], "get", "a"]
    checks.check("tls: plain text on the TLS port", run(plain).returncode != 0)
    curl = ["curl", "-s", "-m", "5", *identified, f"https://{etcd}/health"]
    checks.equal("tls: curl /health", run(curl).stdout, '{"health":"true","reason":""}')


def run(command):
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=30,
        env={"ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"})


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=martlet", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", folder / "server.key",
         "-out", folder / "server.pem"],
        check=True, capture_output=True)
