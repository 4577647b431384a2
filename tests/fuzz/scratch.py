"""A folder of this process for inputs that are read from a file; removed at the end. Canaries would appear in it.

Its name is another in every run, so no input holds it: what would touch the canary names it by the environment.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="proofcheck-fuzz-"))
CANARY = "CANARY"
_OWNER = os.getpid()
os.environ["PROOFCHECK_CANARY"] = str(FOLDER / CANARY)


def _remove() -> None:
    if os.getpid() == _OWNER:
        shutil.rmtree(FOLDER, ignore_errors=True)


atexit.register(_remove)


def written(name: str, data: bytes) -> Path:
    """The file `name` of the folder, holding `data`."""
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
