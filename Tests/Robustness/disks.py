"""File systems of the nodes' own: ext4 in files, mounted by loop devices.

What a file holds is what reached the device; a copy of it is what a loss of power would leave. No
commit by time (commit=300), so that what is copied while nobody syncs does not change.
"""

import os
import subprocess
import time
from pathlib import Path

from isolation import command

MIB = 1 << 20


class Disk:
    def __init__(self, folder, mebibytes=384, spare_mebibytes=None):
        """`spare_mebibytes`: how much more than an empty file system the device really holds, if that
        is less than it says."""
        self.folder = folder
        self.mount_point = folder / "disk"
        self.store = folder / "store"
        self.mount_point.mkdir()
        self.store.mkdir()
        self.is_undersized = spare_mebibytes is not None
        if self.is_undersized:
            command("mount", "-t", "tmpfs", "-o", "size=1g", "robustness", str(self.store))
        self.image = self.store / "image"
        with open(self.image, "wb") as file:
            file.truncate(mebibytes * MIB)
        command("mkfs.ext4", "-q", "-F", "-m", "0", "-N", "4096", "-J", "size=8",
                "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self.image))
        self.mount()
        if self.is_undersized:
            used = os.stat(self.image).st_blocks * 512
            self.resize(used + spare_mebibytes * MIB)

    @property
    def ballast(self):
        return self.mount_point / "ballast"

    def mount(self):
        command("mount", "-o", "loop,noatime,commit=300,errors=remount-ro",
                str(self.image), str(self.mount_point))

    def unmount(self, seconds=20):
        """Waits for those that still have files open: a killed process takes a moment to go."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                command("umount", str(self.mount_point))
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def repair(self):
        """As at boot; the file system's own journal is replayed. Up to 3: errors corrected."""
        checked = subprocess.run(
            ["e2fsck", "-fy", str(self.image)], capture_output=True, text=True, timeout=60)
        if checked.returncode > 3:
            raise RuntimeError(f"e2fsck: {checked.stdout}{checked.stderr}")

    def fill(self, left_mebibytes):
        """No more is left; what others write at the same time may win some."""
        _fill(self.ballast)
        with open(self.ballast, "r+b") as file:
            file.truncate(max(0, file.seek(0, os.SEEK_END) - left_mebibytes * MIB))

    def free(self):
        self.ballast.unlink(missing_ok=True)

    def resize(self, held_bytes):
        """How much the device holds from now on, whatever it says."""
        command("mount", "-o", f"remount,size={held_bytes}", str(self.store))

    def is_lost(self, name):
        """Whether a file that was never synced is gone, or its content is."""
        path = self.mount_point / name
        return not path.exists() or path.stat().st_size == 0

    def copy(self):
        """A copy of what is on the device now."""
        copied = self.store / "copy"
        command("cp", "--sparse=always", str(self.image), str(copied))
        return copied

    def replace(self, copied):
        self.unmount()
        os.replace(copied, self.image)
        self.mount()

    def remove(self):
        self.unmount()
        if self.is_undersized:
            command("umount", str(self.store))


def _fill(path: Path):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for size in (MIB, 4096):
            part = bytes(size)
            while True:
                try:
                    if os.write(descriptor, part) < size:
                        break
                except OSError:
                    break
    finally:
        os.close(descriptor)
