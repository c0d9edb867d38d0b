"""What fails, and how it is made whole again: a Nemesis each."""

import time


class Nemesis:
    """Faults of one kind on a running cluster."""

    name = ""

    # Nodes get the library of faults.c.
    needs_shim = False

    # Names of nodes whose device is smaller than it says.
    undersized = ()

    # Whether a node may end by itself, as it does when its storage fails.
    may_stop = False

    # Whether there is anything to be seen of it.
    is_harmless = False

    def __init__(self, cluster, chance, write_bulk):
        self.cluster = cluster
        self.chance = chance
        self.write_bulk = write_bulk
        self.facts = []

        # How often a fault was seen to have come about: a rig whose faults do nothing passes, too.
        self.effects = 0

    def prepare(self):
        """Before the nodes are started."""

    def endpoints(self):
        """Where clients connect."""
        return self.cluster.endpoints

    def inflict(self, until):
        """Faults until then, by the monotonic clock; some may last until `heal`."""
        raise NotImplementedError

    def heal(self):
        """Everything is whole, and every node runs."""
        for node in self.cluster.nodes:
            node.host.clear()
            self.revive(node)

    def end(self):
        """After the nodes have been stopped, or instead: what was started is ended."""

    def revive(self, node):
        node.has_stopped()
        if not node.is_running:
            node.start()

    def note(self, what):
        self.facts.append(what)

    def pause(self, seconds, until):
        """Sleeps so long, but not beyond `until`; whether there is time left."""
        time.sleep(max(0, min(seconds, until - time.monotonic())))
        return time.monotonic() < until

    def any_node(self):
        return self.chance.choice(self.cluster.nodes)
