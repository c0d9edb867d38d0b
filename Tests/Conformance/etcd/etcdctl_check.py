"""etcdctl's own load: a minute of writes at a steady rate.

That no write takes over 500 ms, which it asks too, is up to the disk and the rest of the machine.
"""

from cluster import Cluster, etcd_binary
from etcdctl_sessions import Shell

SECONDS_MAX = 120


def said_by(shell, *words):
    """What the command printed, line by line; its bar of progress writes over itself."""
    running = shell.begin("check", *words)
    running.process.wait(SECONDS_MAX)
    return running.stop()[0].replace("\r", "\n")


def compare(checks, system):
    with Cluster(system) as cluster:
        shell = Shell(etcd_binary("etcdctl"), cluster)
        said = said_by(shell, "perf", "--load=s")
        passed = "PASS: Throughput" in said and "ERROR" not in said
        checks.check("etcdctl 3.5.1 check perf", passed, said[-500:])
