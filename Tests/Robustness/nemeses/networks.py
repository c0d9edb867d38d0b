"""Networks that are cut, lossy, slow, or break connections."""

import signal
import subprocess
import sys
from pathlib import Path

from isolation import HUB
from isolated import PORTS
from nemeses import Nemesis

PROXY = str(Path(__file__).resolve().parents[1] / "proxy.py")
PROXY_PORT = 7000
MARK = "1"


class Isolate(Nemesis):
    """The leader is cut off from the other nodes, sometimes from clients too."""

    name = "isolate-leader"

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            leader = self.cluster.leader()
            sources = [other.host.address for other in self.cluster.others(leader)]
            if self.chance.random() < 0.4:
                sources.append(HUB)
            for source in sources:
                leader.host.iptables("-A", "INPUT", "-s", source, "-j", "DROP")
                leader.host.iptables("-A", "OUTPUT", "-d", source, "-j", "DROP")
            self.note(f"isolated {leader.name} from {len(sources)}")
            self.pause(self.chance.uniform(1.0, 4.0), until)
            self.effects += leader.host.dropped
            leader.host.clear()


class Partition(Nemesis):
    """Any node is cut off from the two others, or each from each; no client is."""

    name = "partition"

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            nodes = self.cluster.nodes
            alone = nodes if self.chance.random() < 0.3 else [self.any_node()]
            for node in alone:
                for other in self.cluster.others(node):
                    node.host.iptables("-A", "INPUT", "-s", other.host.address, "-j", "DROP")
                    node.host.iptables("-A", "OUTPUT", "-d", other.host.address, "-j", "DROP")
            self.note(f"cut off {' '.join(node.name for node in alone)}")
            self.pause(self.chance.uniform(1.0, 4.0), until)
            for node in alone:
                self.effects += node.host.dropped
                node.host.clear()


class OneWay(Nemesis):
    """Some links carry one direction only: the leader is not heard, or hears nobody."""

    name = "one-way"

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            leader = self.cluster.leader()
            others = self.cluster.others(leader)
            chosen = self.chance.sample(others, self.chance.choice([1, 2]))
            hears = self.chance.random() < 0.5
            for other in chosen:
                source, target = (leader, other) if hears else (other, leader)
                target.host.iptables("-A", "INPUT", "-s", source.host.address, "-j", "DROP")
            names = " ".join(other.name for other in chosen)
            self.note(f"{leader.name} {'is not heard by' if hears else 'does not hear'} {names}")
            self.pause(self.chance.uniform(1.0, 4.0), until)
            for node in self.cluster.nodes:
                self.effects += node.host.dropped
                node.host.clear()


class Loss(Nemesis):
    """Of the packets between nodes and from clients a share is lost."""

    name = "loss"

    def inflict(self, until):
        while True:
            share = self.chance.choice([0.05, 0.15, 0.3])
            for node in self.cluster.nodes:
                self.effects += node.host.dropped
                node.host.clear()
                node.host.iptables("-A", "INPUT", "-m", "statistic", "--mode", "random",
                                   "--probability", str(share), "-j", "DROP")
            self.note(f"{share:.0%} of packets are lost")
            if not self.pause(3, until):
                return


class Proxied(Nemesis):
    """Proxies of our own, a process each; ended with the cluster."""

    resets = False

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.proxies = []

    def start_proxy(self, prefix, seed, routes):
        words = ["--seed", str(seed), *(["--resets"] if self.resets else []), *routes]
        proxy = subprocess.Popen(
            [*prefix, sys.executable, PROXY, *words], stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL)
        self.proxies.append(proxy)
        if proxy.stdout.readline() != b"ready\n":
            raise RuntimeError("the proxy does not start")

    def begin(self):
        for proxy in self.proxies:
            proxy.send_signal(signal.SIGUSR1)
        self.note("the proxies are faulty")

    def calm(self):
        """Each says how many faults there were."""
        for proxy in self.proxies:
            proxy.send_signal(signal.SIGUSR2)
            self.effects += int(proxy.stdout.readline())

    def inflict(self, until):
        while True:
            self.begin()
            if not self.pause(self.chance.uniform(2, 5), until):
                return
            self.calm()
            self.pause(1, until)

    def heal(self):
        self.calm()
        for node in self.cluster.nodes:
            self.revive(node)

    def end(self):
        for proxy in self.proxies:
            proxy.kill()
            proxy.wait()
            proxy.stdout.close()


class SlowPeers(Proxied):
    """Between nodes: delays, stalls, single bytes, resets."""

    name = "delay"
    resets = True

    def prepare(self):
        port = PORTS["peer"]
        for node in self.cluster.nodes:
            routes = []
            for number, other in enumerate(self.cluster.others(node)):
                routes.append(f"{PROXY_PORT + number}={other.host.address}:{port}")
                node.host.iptables(
                    "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", other.host.address,
                    "--dport", str(port), "-m", "mark", "!", "--mark", MARK,
                    "-j", "REDIRECT", "--to-ports", str(PROXY_PORT + number))
            self.start_proxy(node.host.prefix, self.chance.getrandbits(32), routes)


class BrokenClients(Proxied):
    """Between clients and nodes: delays, stalls, single bytes, resets."""

    name = "clients"
    resets = True

    def prepare(self):
        routes = [
            f"{PROXY_PORT + number}={node.etcd}"
            for number, node in enumerate(self.cluster.nodes)
        ]
        self.start_proxy([], self.chance.getrandbits(32), routes)

    def endpoints(self):
        return [f"{HUB}:{PROXY_PORT + number}" for number in range(len(self.cluster.nodes))]
