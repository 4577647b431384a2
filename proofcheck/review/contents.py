"""What a review page speaks of, to the byte: hashes of its files, and an archive to check the certificates with.

The archive holds the kernel and the claim and certificate files, nothing else: unpacked anywhere,
`python3 -S -m proofcheck.kernel certificates` replays every certificate with the standard library alone.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import platform
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import proofcheck
from proofcheck.audit import artifacts
from proofcheck.header import Header

PACKAGES = ("sympy", "torch", "python-flint", "numpy", "scipy", "mpmath", "clarabel", "z3-solver")
_README = """Unpack, then, with nothing but Python 3.11 or newer:

    python3 -S -m proofcheck.kernel certificates

-S leaves every installed package out. The kernel is proofcheck/kernel/*.py.
"""


@dataclass(frozen=True)
class Hashes:
    """SHA-256 of all files below, and of the parts: lemma files, certificates, kernel, torch code."""

    all: str
    lemmas: str
    certificates: str
    kernel: str
    code: str


def hashes(among: Sequence[Header]) -> Hashes:
    """Hashes over path and bytes of every file, in the order of the paths.

    Raises:
        OSError: a file cannot be read.
    """
    package = Path(proofcheck.__file__).parent
    roots = sorted({header.path.parent.parent for header in among})
    lemma_files = [p for root in roots for p in root.rglob("*") if p.suffix in (".py", ".bib") and _wanted(p)]
    certificates = [path for header in among for path in artifacts.files_of(header)]
    pins = [root / "trust_manifest.json" for root in roots]
    parts = {
        "lemmas": _digest([*lemma_files, *(p for p in pins if p.is_file())], roots),
        "certificates": _digest(certificates, roots),
        "kernel": _digest((package / "kernel").glob("*.py"), [package]),
        "code": _digest((p for p in (package.parent / "torch_impl").rglob("*.py") if _wanted(p)), [package.parent]),
    }
    together = "".join(parts[name] for name in sorted(parts))
    return Hashes(hashlib.sha256(together.encode()).hexdigest(), **parts)


def _wanted(path: Path) -> bool:
    return "__pycache__" not in path.parts


def _digest(paths: Iterable[Path], roots: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted((_name(path, roots), path) for path in set(paths)):
        content = path.read_bytes()
        digest.update(f"{len(name)} {len(content)} {name}".encode())
        digest.update(content)
    return digest.hexdigest()


def _name(path: Path, roots: Sequence[Path]) -> str:
    root = next(root for root in roots if path.is_relative_to(root))
    return path.relative_to(root.parent).as_posix()


def versions() -> dict[str, str]:
    """Versions of proofcheck, Python and the packages that a check runs; without those not installed."""
    found = {"proofcheck": proofcheck.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def kernel_size() -> dict[str, int]:
    """Files and lines of the kernel, which is what has to be read to trust a certificate."""
    paths = sorted((Path(proofcheck.__file__).parent / "kernel").glob("*.py"))
    return {"files": len(paths), "lines": sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)}


def archive(among: Sequence[Header]) -> bytes:
    """A tar.gz of the kernel and every claim and certificate of `among`; the same bytes for the same files.

    One stream for all files: they resemble each other, and a zip file, which packs each by itself, is thrice as large.

    Raises:
        OSError: a file cannot be read.
    """
    package = Path(proofcheck.__file__).parent
    files = {
        "README.txt": _README.encode(),
        "proofcheck/__init__.py": b'"""The kernel alone."""\n',
    }
    for path in sorted((package / "kernel").glob("*.py")):
        files[f"proofcheck/kernel/{path.name}"] = path.read_bytes()
    for header in among:
        for path in artifacts.files_of(header):
            if path.name.split(".")[-2] in ("claim", "cert"):
                files[f"certificates/{path.name}"] = path.read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as bundle:
        for name in sorted(files):
            info = tarfile.TarInfo(name)  # owner and time are 0: the archive depends on its contents only
            info.size = len(files[name])
            bundle.addfile(info, io.BytesIO(files[name]))
    return gzip.compress(buffer.getvalue(), 9, mtime=0)
