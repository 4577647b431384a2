"""`pytest --proofcheck-paper FILE.tex`: one test for each marked formula and each included file of a paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class PaperFile(pytest.File):
    """A paper; compared once, when its tests are collected."""

    def __init__(self, *, notation: Path | None = None, allow_weaker: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.notation, self.allow_weaker = notation, allow_weaker

    def collect(self) -> Iterator[pytest.Item]:
        from proofcheck.errors import ProofcheckError
        from proofcheck.paper.check import check_paper

        try:
            report = check_paper(self.path, self.notation)
        except (ProofcheckError, OSError) as error:
            yield PaperItem.from_parent(self, name="readable", failure=str(error))
            return
        if not report.formulas:
            failure = "no marked formula: write `% proofcheck: LEMMA BOUND` before one."
            yield PaperItem.from_parent(self, name="marked", failure=failure)
        for formula in report.formulas:
            result = formula.comparison
            rows = [f"{formula.file}:{formula.line}:{formula.column}: {result.verdict.value}, {result.reason}"]
            rows += [f"paper   {result.paper or formula.formula}", f"proved  {result.proved}"]
            name = f"{formula.file}:{formula.line}::{formula.lemma}::{formula.bound}"
            accepted = formula.is_accepted(self.allow_weaker)
            yield PaperItem.from_parent(self, name=name, failure="" if accepted else "\n".join(rows))
        for item in report.included:
            failure = "" if item.is_accepted else f"{item.file}:{item.line}: {item.path} is {item.state}. {item.reason}"
            yield PaperItem.from_parent(self, name=f"{item.file}:{item.line}::{item.path}", failure=failure)


class PaperItem(pytest.Item):
    """One formula or one included file; fails with the text of `proofcheck paper`."""

    def __init__(self, *, failure: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.failure = failure

    def runtest(self) -> None:
        if self.failure:
            raise PaperDisagrees(self.failure)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, PaperDisagrees):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class PaperDisagrees(Exception):
    """A paper is not what the lemmas say; the text is the whole message."""
