"""A folder filled at once: a killed run leaves it as it was, never half of an export.

What a killed run can leave is its temporary folder `.NAME.XXXXXXXX.tmp`. A run holds a lock on its own as long as it
lives, so the next run for NAME can tell a leftover from the folder of a run at work, and removes it.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from proofcheck.errors import ArgumentError

try:
    import fcntl
except ImportError:  # Windows: leftovers stay, a person removes them
    fcntl = None


def require_empty(folder: Path) -> None:
    """Raises: ArgumentError, unless `folder` is an empty folder or not there yet."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"export: a folder required, got the file {folder}. Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise ArgumentError(f"export: an empty folder required, got {folder}. Name a new one: nothing is overwritten.")


@contextlib.contextmanager
def filled_at_once(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` to write in; what it holds takes its place when all is written.

    Raises:
        ArgumentError: the place cannot be written.
        OSError: the disk is full, say; nothing is left there.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        temporary, handle = _own_temporary(folder)
    except OSError as error:
        raise ArgumentError(
            f"export: a place that can be written required, got {folder} ({error.strerror}). Nothing was written."
        ) from error
    try:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp makes 0700; results are meant to be read by others
        if folder.is_dir():
            for item in sorted(temporary.iterdir()):
                os.replace(item, folder / item.name)
        else:
            os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files (relative path -> text) into `folder`, all or none.

    Raises:
        ArgumentError: the place cannot be written.
        OSError: the disk is full, say; nothing is left there.
    """
    with filled_at_once(folder) as temporary:
        for name, text in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def _own_temporary(folder: Path) -> tuple[Path, int | None]:
    """A new temporary folder beside `folder`, and the open handle that locks it."""
    while True:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
        if fcntl is None:
            return temporary, None
        with contextlib.suppress(FileNotFoundError):  # taken for a leftover before it was locked
            handle = os.open(temporary, os.O_RDONLY)
            with contextlib.suppress(OSError):  # a file system without locks: nobody takes it for a leftover there
                fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                return temporary, handle
            os.close(handle)


def _remove_leftovers(folder: Path) -> None:
    if fcntl is None:
        return
    for path in folder.parent.glob(f".{glob.escape(folder.name)}.????????.tmp"):
        with contextlib.suppress(OSError):  # of a run at work, or not ours
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(handle)
