"""Disks that are full, slow, broken, small, rotten, or without power."""

import signal
import time
import urllib.request

from nemeses import Nemesis

MEDIAN_SYNC_SECONDS = 0.002


class FullDisk(Nemesis):
    """One node's disk, or every node's, has no space for the journal's second file; then it has."""

    name = "disk-full"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        count = self.chance.choice([1, 3])
        self.victims = self.chance.sample(self.cluster.nodes, count)

    def prepare(self):
        for node in self.victims:
            node.disk.fill(left_mebibytes=2)

    def inflict(self, until):
        self.note(f"the disk is full of {' '.join(node.name for node in self.victims)}")
        self.write_bulk()
        while not self.effects and self.pause(0.1, until):
            self.effects = sum(metric(node, "martlet_storage_full") for node in self.victims)
        self.pause(self.chance.uniform(2, 5), until)
        for node in self.victims:
            node.disk.free()
        self.pause(until, until)

    def heal(self):
        for node in self.victims:
            node.disk.free()
        super().heal()


class FailingSync(Nemesis):
    """One sync fails, as the kernel tells it: once. The node must stop; it is started again."""

    name = "fsync-error"
    needs_shim = True
    may_stop = True

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.5, 1.5), until):
            node = self.cluster.leader() if self.chance.random() < 0.5 else self.any_node()
            before = node.shim.failed_syncs
            node.shim.failing_syncs = 1
            deadline = time.monotonic() + 5
            while not node.has_stopped() and time.monotonic() < deadline:
                time.sleep(0.02)
            if node.is_running and node.shim.failed_syncs > before:
                raise AssertionError(f"{node.name} goes on after a sync that failed")
            self.effects += node.shim.failed_syncs - before
            node.shim.failing_syncs = 0
            self.note(f"a sync of {node.name} failed")
            self.pause(self.chance.uniform(0.1, 1), until)
            self.revive(node)
            self.cluster.wait_ready([node])

    def heal(self):
        for node in self.cluster.nodes:
            node.shim.failing_syncs = 0
        super().heal()


class SmallDevice(Nemesis):
    """The device holds less than it says: what the file system took is lost on its way down, and the
    sync tells of it. The node must stop; it is started again on a device that is whole."""

    name = "device-error"
    undersized = ("n2",)
    may_stop = True

    def inflict(self, until):
        node = self.cluster.nodes[1]
        self.write_bulk()
        while not node.has_stopped():
            if not self.pause(0.1, until):
                raise AssertionError("the node does not stop, though its device takes nothing more")
        self.effects += 1
        self.note(f"{node.name} stopped, as its device takes nothing more")
        if self.pause(1, until):
            self.repair(node)
            self.cluster.wait_ready([node])
        self.pause(until, until)

    def repair(self, node):
        node.disk.unmount()
        node.disk.resize(1 << 30)
        node.disk.repair()
        node.disk.mount()
        node.start()
        self.note(f"{node.name}'s device is whole again")

    def heal(self):
        node = self.cluster.nodes[1]
        node.has_stopped()
        if not node.is_running:
            self.repair(node)
        super().heal()


class SlowDisk(Nemesis):
    """Each sync of one node takes a hundred times as long; the leader's among them."""

    name = "slow-disk"
    needs_shim = True

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            node = self.cluster.leader() if self.chance.random() < 0.5 else self.any_node()
            node.shim.sync_delay_ns = int(100 * MEDIAN_SYNC_SECONDS * 1e9)
            self.note(f"{node.name}'s disk is slow")
            self.pause(self.chance.uniform(2, 4), until)
            node.shim.sync_delay_ns = 0

    def heal(self):
        for node in self.cluster.nodes:
            self.effects += node.shim.slow_syncs
            node.shim.sync_delay_ns = 0
        super().heal()


class PowerLoss(Nemesis):
    """All nodes lose power at once: they go on from what their devices had at that moment."""

    name = "power-loss"

    def inflict(self, until):
        while self.pause(self.chance.uniform(1.5, 3.0), until):
            self.lose()

    def lose(self):
        nodes = self.cluster.nodes
        for node in nodes:
            node.process.send_signal(signal.SIGSTOP)
        for node in nodes:
            (node.disk.mount_point / "unsynced").write_bytes(b"lost with the power")
        copies = [node.disk.copy() for node in nodes]
        for node in nodes:
            node.end(signal.SIGKILL)
        for node, copied in zip(nodes, copies):
            node.disk.replace(copied)
            if not node.disk.is_lost("unsynced"):
                raise AssertionError("a copy of the device has what was never synced")
            self.start(node)
        self.note("all nodes lost power")
        self.cluster.wait_ready(nodes)

    def start(self, node):
        self.effects += 1
        node.start()


class LyingSync(PowerLoss):
    """A planted fault: syncs that do nothing on any node, and then no power. What was acknowledged is
    gone, which is not promised to survive, and which the checkers must see."""

    name = "lying-sync"
    needs_shim = True

    def inflict(self, until):
        for node in self.cluster.nodes:
            node.shim.lies = 1
        self.pause(2.5, until)
        # The nodes stand still before their syncs are honest again.
        self.lose()
        self.pause(until, until)

    def start(self, node):
        self.effects += node.shim.told_lies
        node.shim.lies = 0
        node.start()


class BitFlips(Nemesis):
    """Bits flip in a stopped follower's files, and it is repaired by the others.

    One node at a time, and the next only once the last has its voice back: more is not promised.
    """

    name = "bit-flips"

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.5, 1.5), until):
            node = self.cluster.follower(self.chance)
            node.end(signal.SIGKILL)
            logged = len(node.log)
            for file in self.chance.sample(self.files(node), 1):
                self.flip(file)
                self.note(f"bits of {node.name}'s {file.name} flipped")
            node.start()
            self.cluster.wait_ready([node])
            self.effects += "damage on the disk" in node.log[logged:]
            while metric(node, "martlet_groups_damaged") and self.pause(0.1, until):
                pass
            if metric(node, "martlet_groups_damaged"):
                return

    def files(self, node):
        found = [*node.data.rglob("journal/journal-*"), *node.data.rglob("*.snap")]
        return sorted(file for file in found if file.stat().st_size > 8192)

    def flip(self, path):
        """In what is used of it, but for the last batches: those may be a crash's torn end."""
        content = path.read_bytes()
        used = len(content.rstrip(b"\0"))
        if used < 8192:
            return
        with open(path, "r+b") as file:
            for _ in range(5):
                place = self.chance.randrange(4096, max(4097, used * 2 // 3))
                file.seek(place)
                file.write(bytes([content[place] ^ 1 << self.chance.randrange(8)]))


def metric(node, name):
    """A number that the node tells of itself."""
    page = urllib.request.urlopen(f"http://{node.http}/metrics", timeout=5).read().decode()
    for line in page.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise RuntimeError(f"{node.name} has no metric {name}")
