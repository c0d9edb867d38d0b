"""Namespaces of our own, so that nothing of a run is left on the machine, however it ends.

The rig runs as process 1 of a PID namespace: when it dies, the kernel ends whatever it started.
Network, mounts and loop devices are those of namespaces that die with it. Only the folder is left,
which the process outside removes.
"""

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = "ROBUSTNESS_FOLDER"
HUB = "10.77.0.1"
PDEATHSIG = 1


class Impossible(SystemExit):
    def __init__(self, cause, fix):
        super().__init__(f"error: the nodes cannot be isolated\ncause: {cause}\nfix:   {fix}")


def enter():
    """Goes on inside; the folder for all that the run writes. Outside, this does not return."""
    if FOLDER in os.environ:
        _be_inside()
        return Path(os.environ[FOLDER])
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
               "--propagation", "private"]
    _check(unshare)
    folder = tempfile.mkdtemp(prefix="robustness-")
    child = subprocess.Popen(
        [*unshare, sys.executable, *sys.argv], env={**os.environ, FOLDER: folder},
        preexec_fn=_die_with_parent,
    )

    def end(*_):
        child.kill()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        end()
        code = child.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code if code >= 0 else 128 - code)


def _die_with_parent():
    ctypes.CDLL(None, use_errno=True).prctl(PDEATHSIG, signal.SIGKILL)


def _check(unshare):
    if os.geteuid() != 0:
        raise Impossible("network and mount namespaces need root", "run it as root, as CI does")
    for tool in ("ip", "iptables", "nsenter", "mkfs.ext4", "e2fsck"):
        if shutil.which(tool) is None:
            raise Impossible(f"there is no {tool}", "make setup")
    probe = subprocess.run([*unshare, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise Impossible(probe.stderr.strip(), "run it where namespaces may be made (CAP_SYS_ADMIN)")


def _be_inside():
    os.makedirs("/run/netns", exist_ok=True)
    command("mount", "-t", "tmpfs", "-o", "size=1m", "robustness", "/run/netns")
    command("ip", "link", "set", "lo", "up")
    command("ip", "link", "add", "hub", "type", "bridge", "forward_delay", "0")
    command("ip", "addr", "add", f"{HUB}/24", "dev", "hub")
    command("ip", "link", "set", "hub", "up")


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Host:
    """A network namespace on the hub, with an address."""

    def __init__(self, name, number):
        self.name = name
        self.address = f"10.77.0.{10 + number}"
        command("ip", "netns", "add", name)
        atexit.register(self.remove)
        command("ip", "link", "add", f"{name}-hub", "type", "veth", "peer", "name", "eth0",
                "netns", name)
        command("ip", "link", "set", f"{name}-hub", "master", "hub", "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "addr", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")

    @property
    def prefix(self):
        """Words before a command that is to run here; it replaces them and keeps their number."""
        return ["nsenter", f"--net=/run/netns/{self.name}"]

    def run(self, *words):
        return command(*self.prefix, *words)

    def iptables(self, *words):
        return self.run("iptables", "-w", *words)

    @property
    def dropped(self):
        """How many packets the present rules have dropped."""
        listed = self.iptables("-L", "-v", "-x", "-n")
        return sum(int(line.split()[0]) for line in listed.splitlines() if " DROP " in line
                   and not line.startswith("Chain"))

    def clear(self):
        for table in ("filter", "nat"):
            self.iptables("-t", table, "-F")

    def remove(self):
        atexit.unregister(self.remove)
        command("ip", "netns", "delete", self.name)
