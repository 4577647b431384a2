"""Write the files of a new lemma: whole, and never over one that is there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from proofcheck.errors import ArgumentError
from proofcheck.files import write_text_atomic
from proofcheck.scaffold.names import Names
from proofcheck.scaffold.skeleton import contract_text, lemma_text


@dataclass(frozen=True)
class Written:
    """The files that were made, the lemma file first."""

    lemma: Path
    test: Path
    others: tuple[Path, ...]


def write(names: Names, *, root: Path, tests: Path) -> Written:
    """Write lemma file, test file and, for a new folder, its `__init__.py`.

    Args:
        root: the folder of the package `lemmas`.
        tests: the folder of the lemmas' test files.

    Raises:
        ArgumentError: a file is already there, or a folder leads out of `root`.
        OSError: a file cannot be written; those written before it are removed again.
    """
    folder = root / names.paper
    if folder.resolve().parent != root.resolve() or (folder.exists() and not folder.is_dir()):
        raise ArgumentError(
            f"new: --paper must be a folder of {root.name}, got {names.paper!r}, which leads elsewhere."
        )
    if not tests.is_dir():
        raise ArgumentError(f"new: the tests need a folder that exists, got {tests}. Make it, or name one: --tests.")
    lemma, test, package = folder / f"{names.stem}.py", tests / f"test_{names.stem}.py", folder / "__init__.py"
    for path in (lemma, test):
        if path.exists() or path.is_symlink():
            raise ArgumentError(f"new: a new file required, got {path}, which exists. Nothing was written.")
    texts = {lemma: lemma_text(names), test: contract_text(names)}
    if not package.exists():
        texts = {package: f'"""Lemmas of {names.paper}."""\n', **texts}
    made: list[Path] = []
    try:
        for path, text in texts.items():
            write_text_atomic(path, text)
            made.append(path)
    except OSError:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    return Written(lemma, test, tuple(path for path in made if path not in (lemma, test)))
