"""Processes that die, stand still, or believe another time."""

import signal

from nemeses import Nemesis

HOUR_NANOSECONDS = 3_600_000_000_000


class Nothing(Nemesis):
    """For comparison."""

    name = "none"
    is_harmless = True

    def inflict(self, until):
        self.pause(until, until)


class Kill(Nemesis):
    """SIGKILL to any node, again and again."""

    name = "kill"

    def victims(self):
        return [self.any_node()]

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            victims = self.victims()
            for node in victims:
                self.effects += node.is_running
                node.end(signal.SIGKILL)
            self.note(f"killed {' '.join(node.name for node in victims)}")
            self.pause(self.chance.uniform(0.1, 1.5), until)
            for node in victims:
                node.start()
            self.cluster.wait_ready(victims)


class KillLeader(Kill):
    name = "kill-leader"

    def victims(self):
        return [self.cluster.leader()]


class KillAll(Kill):
    name = "kill-all"

    def victims(self):
        return self.chance.sample(self.cluster.nodes, 3)


class Freeze(Nemesis):
    """SIGSTOP, mostly to the leader, for longer and shorter than an election takes."""

    name = "freeze"

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.3, 1.0), until):
            node = self.cluster.leader() if self.chance.random() < 0.7 else self.any_node()
            node.process.send_signal(signal.SIGSTOP)
            self.pause(self.chance.choice([0.2, 0.6, 1.5, 3.0]), until)
            self.effects += node.is_frozen
            node.process.send_signal(signal.SIGCONT)
            self.note(f"froze {node.name}")

    def heal(self):
        for node in self.cluster.nodes:
            if node.is_running:
                node.process.send_signal(signal.SIGCONT)
        super().heal()


class ClockJumps(Nemesis):
    """Every node's wall clock jumps by hours, back and forth, for itself; some start anew with it."""

    name = "clock"
    needs_shim = True

    def inflict(self, until):
        while self.pause(self.chance.uniform(0.1, 0.6), until):
            node = self.any_node()
            node.shim.realtime_offset_ns = int(self.chance.uniform(-48, 48) * HOUR_NANOSECONDS)
            self.note(f"{node.name}'s clock is {node.shim.realtime_offset_ns // 10**9} s off")
            if self.chance.random() < 0.15:
                node.end(signal.SIGKILL)
                node.start()
                self.cluster.wait_ready([node])

    def heal(self):
        for node in self.cluster.nodes:
            self.effects += node.shim.wrong_times
            node.shim.realtime_offset_ns = 0
        super().heal()
