"""What clients do: each module has a Workload, with keys of its own that begin with its name."""

import random
import threading
import time

from recording import Client

PAUSE_SECONDS = 0.01


class Workload:
    """Some clients, each a thread, until told to end."""

    name = ""
    clients = 4

    def __init__(self, history, endpoints, seed, recorder):
        self.history = history
        self.endpoints = endpoints
        self.seed = seed
        self.recorder = recorder
        self.is_ended = threading.Event()
        self.threads = []
        self.watchers = []

    def key(self, *words):
        return "/".join((self.name, *map(str, words))).encode()

    def start(self):
        for watcher in self.watchers:
            watcher.start()
        for number in range(self.clients):
            thread = threading.Thread(target=self._drive, args=(number,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def _drive(self, number):
        chance = random.Random(f"{self.name} {self.seed} {number}")
        client = Client(self.history, self.name, number, self.endpoints)
        while not self.is_ended.is_set():
            self.step(client, chance)
            time.sleep(PAUSE_SECONDS)
        client.close()

    def step(self, client, chance):
        """One thing that a client does."""
        raise NotImplementedError

    def end(self, seconds=30):
        self.is_ended.set()
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))
