"""TLS: etcdctl and curl on the port of etcd's clients, and three nodes among themselves."""

import subprocess
import tempfile
import time
from pathlib import Path

import etcd3.etcdrpc as rpc
import grpc

from cluster import MARTLET, Cluster, address, etcd_binary


def compare(checks, system):
    if system == "etcd":
        return
    for_clients(checks)
    between_nodes(checks)
    joining(checks)


def for_clients(checks):
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


def between_nodes(checks):
    """Three nodes with certificates of one authority; then one of them comes with another's."""
    cluster = Cluster("martlet", 3)
    ours, theirs = cluster.folder / "ours", cluster.folder / "theirs"
    for authority in (ours, theirs):
        make_authority(authority, [node.name for node in cluster.nodes])
    plain = {node.name: list(node.command) for node in cluster.nodes}
    for node in cluster.nodes:
        node.command = plain[node.name] + peer_files(ours, node)
    with cluster:
        checks.check("peer tls: a write through each node",
                     all(put(node, f"k{node.name}") for node in cluster.nodes))
        leader = cluster.leader()
        odd = next(node for node in cluster.nodes if node is not leader)
        others = [node for node in cluster.nodes if node is not odd]
        for what, command in {
            "another authority's certificate": plain[odd.name] + peer_files(theirs, odd),
            "no certificate": plain[odd.name],
        }.items():
            odd.end()
            logged = {node.name: len(node.log) for node in others}
            odd.command = command
            odd.start()
            refused = wait(lambda: any(
                "TLS" in node.log[logged[node.name]:] or "SSL" in node.log[logged[node.name]:]
                for node in others))
            checks.check(f"peer tls: the others refuse {what}, and say so", refused,
                         [node.log[logged[node.name]:] for node in others])
            checks.check(f"peer tls: with {what} a node serves nothing", not put(odd, "odd"))
            checks.check(f"peer tls: the others go on beside {what}",
                         all(put(node, f"k{node.name}") for node in others))
        odd.end()
        odd.command = plain[odd.name] + peer_files(ours, odd)
        odd.start()
        cluster.wait_ready([odd])
        checks.check("peer tls: with its own certificate the node is back", put(odd, "back"))
    with_half = run([MARTLET, *plain["n1"][1:], *peer_files(ours, cluster.nodes[0])[:2]])
    checks.equal("peer tls: a certificate without key and authority is refused in three lines",
                 (with_half.returncode, len(with_half.stderr.splitlines())), (64, 3))


def joining(checks):
    """A node joins where clients, too, connect by TLS alone and show certificates."""
    cluster = Cluster("martlet", 1)
    first = cluster.nodes[0]
    ours = cluster.folder / "ours"
    make_authority(ours, ["n1", "n2"])
    first.command += peer_files(ours, first) + client_files(ours, first)
    first.start()
    try:
        join_by_tls(checks, cluster, first, ours)
    finally:
        cluster.stop()


def join_by_tls(checks, cluster, first, ours):
    def ctl(node, *words):
        return run([etcd_binary("etcdctl"), "--endpoints", f"https://{node.etcd}",
                    "--cacert", ours / "ca.pem", "--cert", ours / "n1.pem",
                    "--key", ours / "n1.key", "--command-timeout", "3s", *words])

    checks.check("join by tls: the first node serves",
                 wait(lambda: ctl(first, "put", "a", "1").returncode == 0), first.log[-1000:])
    second = cluster.new_node("n2")
    add = ["member", "add", "n2", f"--peer-urls=https://{second.peer}", "--learner"]
    # On a busy machine etcdctl may give up a moment before its answer: what counts is that it is done.
    checks.check("join by tls: it is added",
                 wait(lambda: ctl(first, *add).returncode == 0
                      or second.peer in ctl(first, "member", "list").stdout),
                 ctl(first, "member", "list"))
    plain = list(second.command)
    second.command = plain + peer_files(ours, second) + client_files(ours, second)
    refused = run(second.command)
    checks.check("join by tls: in plain text nobody answers, in three lines",
                 refused.returncode != 0 and len(refused.stderr.splitlines()) == 3, refused)
    by_tls = [f"https://{first.etcd}" if word == first.etcd else word for word in plain]
    half = run(by_tls)
    checks.check("join by tls: without certificates it is refused, and told which flags",
                 half.returncode == 64 and "--peer-ca-file" in half.stderr, half)
    second.command = by_tls + peer_files(ours, second) + client_files(ours, second)
    second.start()
    learned = ["get", "a", "--consistency=s", "--print-value-only"]
    checks.check("join by tls: it joins and has what was written",
                 wait(lambda: ctl(second, *learned).stdout == "1\n"), second.log[-1500:])


def client_files(folder, node):
    return ["--cert-file", str(folder / f"{node.name}.pem"),
            "--key-file", str(folder / f"{node.name}.key"),
            "--client-ca-file", str(folder / "ca.pem")]


def put(node, key):
    try:
        with grpc.insecure_channel(node.etcd) as channel:
            rpc.KVStub(channel).Put(rpc.PutRequest(key=key.encode(), value=b"1"), timeout=4)
        return True
    except grpc.RpcError:
        return False


def wait(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds()


def peer_files(folder, node):
    return ["--peer-cert-file", str(folder / f"{node.name}.pem"),
            "--peer-key-file", str(folder / f"{node.name}.key"),
            "--peer-ca-file", str(folder / "ca.pem")]


def make_authority(folder, names):
    """An authority and a certificate of it for each node, as docs/operations/certificates.md says."""
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *key, "-days", "2", "-subj", f"/CN={folder.name}",
            "-keyout", "ca.key", "-out", "ca.pem")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in names:
        openssl(folder, "req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.csr")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem")


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
