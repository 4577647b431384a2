"""The text that an experiment reads: a file, the book in brotli's source distribution, or Python's own reference.

alice29.txt is Lewis Carroll's Alice's Adventures in Wonderland (public domain), as in the Canterbury corpus.
`pip download --no-binary :all: --no-deps brotli==1.2.1` fetches it; the archive is read in place, nothing is unpacked
and none of its code is run. Without a book the prose of Python's language reference (pydoc_data.topics) is read.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path
from typing import NamedTuple

from proofcheck.errors import ArgumentError

BOOK = "PROOFCHECK_BOOK"  # environment variable: a text file or brotli's archive
MEMBER = "/tests/testdata/alice29.txt"
ALICE = "7467306ee0feed4971260f3c87421154a05be571d944e9cb021a5713700c38f0"
_LARGEST = 20_000_000  # characters: more than any book


class Text(NamedTuple):
    """name: what it is, for captions.   sha256: of its bytes."""

    name: str
    content: str
    sha256: str


def read_text(path: str | None = None) -> Text:
    """The text at `path`, else at $PROOFCHECK_BOOK, else Python's language reference.

    Args:
        path: a UTF-8 text file, or a .tar.gz that holds tests/testdata/alice29.txt.

    Raises:
        ArgumentError: no such file, not text, an archive without the book or with another one, an empty text.
    """
    given = path if path is not None else os.environ.get(BOOK) or None
    if given is None:
        from pydoc_data.topics import topics

        raw = "\n\n".join(topics[key] for key in sorted(topics)).encode("utf-8")
        return _text("Python's language reference", raw)
    file = Path(given)
    if not file.is_file():
        raise ArgumentError(f"read_text: the text must be a file, got {given!r}. Give a text file or brotli's archive.")
    if file.suffixes[-2:] == [".tar", ".gz"]:
        return _text("Alice's Adventures in Wonderland", _member(file))
    raw = file.read_bytes()
    return _text("Alice's Adventures in Wonderland" if _digest(raw) == ALICE else file.name, raw)


def _member(file: Path) -> bytes:
    try:
        with tarfile.open(file, "r:gz") as archive:
            found = [m for m in archive.getmembers() if m.isfile() and m.name.endswith(MEMBER)]
            stream = archive.extractfile(found[0]) if found and found[0].size <= _LARGEST else None
            raw = b"" if stream is None else stream.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ArgumentError(
            f"read_text: {file.name} must be a readable archive, got: {error}. Download it again."
        ) from error
    if _digest(raw) != ALICE:
        what = "no such member" if not raw else f"a member of sha256 {_digest(raw)[:12]}"
        raise ArgumentError(
            f"read_text: {file.name} must hold {MEMBER[1:]} of sha256 {ALICE[:12]}, got {what}. "
            "pip download --no-binary :all: --no-deps brotli==1.2.1 fetches it."
        )
    return raw


def _text(name: str, raw: bytes) -> Text:
    if len(raw) > _LARGEST:
        raise ArgumentError(f"read_text: a text of at most {_LARGEST:,} bytes is required, got {len(raw):,}. Cut it.")
    try:
        content = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ArgumentError(
            f"read_text: {name} must be UTF-8 text, got {error.reason} at byte {error.start}. Convert it."
        ) from error
    if not content.strip():
        raise ArgumentError(f"read_text: {name} must hold some words, got an empty text. Give another file.")
    return Text(name, content, _digest(raw))


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
