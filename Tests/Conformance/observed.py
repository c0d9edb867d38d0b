"""What a client saw, call by call, and the comparison of what it saw of two systems."""

import asyncio
import json

PART_SECONDS_MAX = 60


class Observed:
    """Observations in order, each with the name of what was asked."""

    def __init__(self):
        self.seen = []

    def note(self, name, value):
        self.seen.append((name, value))

    def part(self, name, call, *arguments):
        """Runs one part; that it broke off is an observation, too, and the rest still runs."""
        before = len(self.seen)
        try:
            call(*arguments)
        except Exception as error:  # the other system must do the same, and neither should
            self.note("broke off", f"{type(error).__name__}: {error}")
        self.seen[before:] = [(f"{name}: {what}", value) for what, value in self.seen[before:]]


def compare(checks, title, ours, theirs):
    """One check an observation, and one that no part broke off."""
    for index in range(max(len(ours), len(theirs))):
        mine = ours[index] if index < len(ours) else None
        other = theirs[index] if index < len(theirs) else None
        checks.equal(f"{title}, {(other or mine)[0]}", mine, other)
    broken = [one for one in ours if one[0].endswith("broke off")]
    checks.check(f"{title}, ran to its end", ours and not broken, broken)


class AsyncObserved(Observed):
    """The same for clients of `asyncio`, which run in processes of their own.

    `failures` are the exceptions by which the client tells that a request was refused.
    """

    def __init__(self, failures):
        super().__init__()
        self.failures = failures

    async def attempt(self, name, call):
        try:
            self.note(name, await call)
        except self.failures as error:
            self.note(name, f"{type(error).__name__}: {error}")

    async def part(self, name, call):
        before = len(self.seen)
        try:
            await asyncio.wait_for(call, PART_SECONDS_MAX)
        except Exception as error:  # the other system must do the same, and neither should
            self.note("broke off", f"{type(error).__name__}: {error}")
        self.seen[before:] = [(f"{name}: {what}", value) for what, value in self.seen[before:]]

    def print(self):
        """One JSON text; values as Python writes them, as bytes are no JSON."""
        print(json.dumps([(name, repr(value)) for name, value in self.seen]))
