"""What a client's program tells the one that started it: a line of JSON for each check."""

import json
import time


def check(what, holds, detail=""):
    print(json.dumps([what, bool(holds), str(detail)[:1000]]), flush=True)


def equal(what, ours, wanted):
    check(what, ours == wanted, f"ours: {ours!r}\nwanted: {wanted!r}")


def until(what, condition, seconds=60):
    """Waits for something that comes about by itself."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    check(what, False, f"not within {seconds} s")
    return None
