"""Write files whole: a killed run leaves the old file or the new one, never half of one.

What a killed run can leave beside is its temporary file, `.NAME.XXXXXXXX.tmp`. A writer holds a lock on its own as long
as it lives, so the next writer of NAME can tell a leftover from the file of a run at work, and removes it.
"""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: an open file cannot be removed there, which says the same as a lock
    fcntl = None

SUFFIX = ".tmp"


def write_text_atomic(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` (UTF-8) to `path` through a temporary file in the same folder and `os.replace`.

    Parent folders are made. The temporary file is removed if anything fails; leftovers of killed runs are removed.

    Raises:
        OSError: the folder cannot be written or the disk is full; an existing `path` is untouched.
    """
    write_bytes_atomic(path, text.encode("utf-8"))


def write_bytes_atomic(path: str | os.PathLike[str], content: bytes) -> None:
    """The same for bytes.

    Raises:
        OSError: the folder cannot be written or the disk is full; an existing `path` is untouched.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target.parent, target.name)
    handle, temporary = _own_temporary(target)
    closed = False
    try:
        with memoryview(content) as rest:
            written = 0
            while written < len(rest):
                written += os.write(handle, rest[written:])
        os.fsync(handle)
        os.chmod(temporary, 0o644)  # mkstemp makes 0600; results are meant to be read by others
        if fcntl is None:
            closed = True
            os.close(handle)  # Windows replaces no open file
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        if not closed:
            os.close(handle)


def remove_leftovers(folder: Path, name: str | None = None) -> int:
    """Remove the temporary files that killed runs left in `folder`, of the file `name` or of every file.

    Those of a run at work stay. Returns how many were removed; what cannot be removed is left for another time.
    """
    pattern = f".{'*' if name is None else glob.escape(name)}.*{SUFFIX}"
    return sum(_remove_if_left(path) for path in folder.glob(pattern))


def _own_temporary(target: Path) -> tuple[int, str]:
    """A new temporary file beside `target`, open and locked."""
    while True:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=SUFFIX, dir=target.parent)
        if fcntl is None:
            return handle, temporary
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: nobody will take this file for a leftover there
            return handle, temporary
        if os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # taken for a leftover before it was locked


def _remove_if_left(path: Path) -> bool:
    try:
        if fcntl is None:
            path.unlink()
            return True
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
    except OSError:
        return False
    return True
