"""A folder filled at once: a killed run leaves it as it was, never half of an export."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from proofcheck.errors import ArgumentError


def require_empty(folder: Path) -> None:
    """Raises: ArgumentError, unless `folder` is an empty folder or not there yet."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"export: a folder required, got the file {folder}. Name a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise ArgumentError(f"export: an empty folder required, got {folder}. Name a new one: nothing is overwritten.")


@contextmanager
def filled_at_once(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` to write in; what it holds takes its place when all is written.

    Raises:
        ArgumentError: the place cannot be written.
        OSError: the disk is full, say; nothing is left there.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
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
