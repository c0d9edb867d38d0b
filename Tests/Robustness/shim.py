"""The page by which the rig tells a node's preloaded library (faults.c) what to do."""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

FIELDS = ("realtime_offset_ns", "sync_delay_ns", "failing_syncs", "failed_syncs", "slow_syncs",
          "wrong_times", "lies", "told_lies")


def compile_library(folder):
    """The library, built with the machine's C compiler; Swift brings one."""
    compiler = shutil.which("cc") or shutil.which("clang") or "cc"
    library = folder / "faults.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library),
         str(Path(__file__).with_name("faults.c")), "-ldl"],
        check=True,
    )
    return library


class Shim:
    """One node's page; its numbers are read and set as attributes."""

    def __init__(self, library, path):
        path.write_bytes(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            object.__setattr__(self, "_page", mmap.mmap(file.fileno(), mmap.PAGESIZE))
        object.__setattr__(
            self, "environment", {"LD_PRELOAD": str(library), "FAULTS_CONTROL": str(path)})

    def __getattr__(self, name):
        return struct.unpack_from("<q", self._page, 8 * FIELDS.index(name))[0]

    def __setattr__(self, name, value):
        struct.pack_into("<q", self._page, 8 * FIELDS.index(name), value)
