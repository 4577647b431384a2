"""Collects lemmas as tests: `lemmas/<paper>/<lemma>.py::LT-01::certificate`, one test for each part of a check.

Off unless asked for: `pytest --proofcheck`, or `proofcheck = true` in the pytest section of a project's configuration.
With `--proofcheck` the installed lemmas are collected wherever pytest runs; with the ini option, lemma files are
collected like test files, so that `testpaths` and the paths on the command line decide.

`pytest --proofcheck-paper FILE.tex` (ini: `proofcheck_papers`) collects the marked formulas of a paper as tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from proofcheck.header import Header
    from proofcheck.paper.pytest_items import PaperFile


# lemma file -> its parts that this process has run: the comparison with the pin takes them as they came out
PARTS_RUN: pytest.StashKey[dict[Path, dict[str, Any]]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proofcheck")
    group.addoption("--proofcheck", action="store_true", help="collect the installed lemmas as tests")
    group.addoption(
        "--proofcheck-measures",
        type=int,
        default=4096,
        metavar="N",
        help="hammer budget of each lemma (default 4096)",
    )
    group.addoption(
        "--proofcheck-paper",
        action="append",
        default=[],
        metavar="FILE.tex",
        help="collect the marked formulas of this paper as tests; repeatable (ini: proofcheck_papers)",
    )
    group.addoption(
        "--proofcheck-notation",
        metavar="MAP.toml",
        help="the papers' LaTeX of the lemmas' symbols (ini: proofcheck_notation)",
    )
    group.addoption(
        "--proofcheck-allow-weaker", action="store_true", help="formulas that claim less than is proved pass"
    )
    parser.addini("proofcheck_papers", "papers whose marked formulas are tests", type="paths", default=[])
    parser.addini("proofcheck_notation", "the papers' LaTeX of the lemmas' symbols", default="")
    parser.addini("proofcheck", "collect lemma files as tests", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("proofcheck"):
        from proofcheck import registry

        root = str(registry.lemmas_root())
        if root not in config.args:
            config.args.append(root)
    for paper in _papers(config):
        if config.getoption("proofcheck_paper") and str(paper) not in config.args:
            config.args.append(str(paper))


def _papers(config: pytest.Config) -> list[Path]:
    """The papers of the command line (from where pytest runs) and of the configuration (from its file)."""
    asked = [Path(config.invocation_params.dir, paper) for paper in config.getoption("proofcheck_paper") or ()]
    return asked or list(config.getini("proofcheck_papers"))


def _paper_file(file_path: Path, parent: pytest.Collector) -> PaperFile | None:
    config = parent.config
    if file_path.resolve() not in [paper.resolve() for paper in _papers(config)]:
        return None
    from proofcheck.paper.pytest_items import PaperFile

    word, inis = config.getoption("proofcheck_notation"), config.getini("proofcheck_notation")
    notation = Path(config.invocation_params.dir, word) if word else config.rootpath / inis if inis else None
    weaker = bool(config.getoption("proofcheck_allow_weaker"))
    return PaperFile.from_parent(parent, path=file_path, notation=notation, allow_weaker=weaker)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    config = parent.config
    if file_path.suffix == ".tex":
        return _paper_file(file_path, parent)
    if not (config.getoption("proofcheck") or config.getini("proofcheck")) or file_path.suffix != ".py":
        return None
    from proofcheck import registry

    if file_path.name.startswith("_") or file_path.parent.parent.resolve() != registry.lemmas_root().resolve():
        return None
    return LemmaFile.from_parent(parent, path=file_path)


class LemmaFile(pytest.File):
    """A lemma file; its one child carries the lemma's id."""

    def collect(self) -> Iterator[LemmaNode]:
        from proofcheck.header import read_header

        header = read_header(self.path)
        yield LemmaNode.from_parent(self, name=header.id, header=header)


class LemmaNode(pytest.Collector):
    """The parts of one lemma's check, and its pin."""

    def __init__(self, *, header: Header, **rest: Any) -> None:
        super().__init__(**rest)
        self.header = header

    def collect(self) -> Iterator[LemmaItem]:
        from proofcheck.audit.result import PARTS

        for part in (*PARTS, "pinned"):
            yield LemmaItem.from_parent(self, name=part.replace(" ", "_"), header=self.header, part=part)


class LemmaItem(pytest.Item):
    """One part of a check; the failure text names the lemma and the reason."""

    def __init__(self, *, header: Header, part: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.header, self.part = header, part

    def runtest(self) -> None:
        from proofcheck import registry
        from proofcheck.audit import check, manifest
        from proofcheck.audit.result import PartFailed, run_part

        among = registry.headers(self.path.parent.parent)
        lemma = registry.load(self.header)
        options = check.Options(measures=int(self.config.getoption("proofcheck_measures") or 1))
        bodies = check.bodies(lemma, among, options)
        if self.part == "pinned":
            # the hammer's part is a test of its own: a refutation fails there
            options = check.Options(hammer=False)
            done = self.config.stash.get(PARTS_RUN, {}).get(self.path)
            result = check.check_lemma(self.header, among, options, done)
            difference = manifest.drift(result, manifest.read(self.path.parent.parent))
            if difference:
                raise PartFailed(difference)
            return
        part = run_part(self.part, bodies[self.part])
        self.config.stash.setdefault(PARTS_RUN, {}).setdefault(self.path, {})[self.part] = part
        self.user_properties += [(f"proofcheck {name}", value) for name, value in part.figures.items()]
        if part.status == "skipped":
            pytest.skip(part.detail)
        if part.status == "failed":
            raise PartFailed(part.detail)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from proofcheck.audit.result import PartFailed
        from proofcheck.errors import ProofcheckError

        if isinstance(excinfo.value, PartFailed | ProofcheckError):
            return f"{self.header.id} {self.header.title}, {self.part}:\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.header.id}::{self.name}"
