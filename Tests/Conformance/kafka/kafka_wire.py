"""kafka-python's codecs against ours: the unit tests compare bytes with a file that it writes.

Here it is written again, so that the file is what the client of today says.
"""

import subprocess
from pathlib import Path

from cluster import ROOT

PYTHON = ROOT / ".build-venv-kafka" / "bin" / "python"
VECTORS = ROOT / "Tests" / "Unit" / "KafkaWireTests" / "Vectors" / "kafka-python.txt"


def compare(checks, _):
    done = subprocess.run(
        [str(PYTHON), str(Path(__file__).with_name("wire_vectors.py")), "--check", str(VECTORS)],
        capture_output=True, text=True, timeout=300,
    )
    said = (done.stdout + done.stderr).strip()[-2000:]
    checks.check("kafka-python's messages are those of the unit tests", done.returncode == 0, said)
