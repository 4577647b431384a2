"""What a check of one lemma found, as data that survives a round trip through JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from proofcheck.verdict import Verdict

OK, FAILED, SKIPPED = "ok", "failed", "skipped"
# the parts that are tests of their own in pytest; a sample of mutants is part of `proofcheck check` besides
PARTS = (
    "proof table", "derivation", "certificate", "model", "counterexample", "refuted", "code", "graph", "hammer",
    "sharpness", "float gap",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of a check: status, figures worth showing, and the reason if it is not ok."""

    name: str
    status: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class LemmaResult:
    """Verdict and parts for one lemma. `assumed` lists the facts of the lemma and of everything it uses."""

    id: str
    verdict: Verdict
    reason: str
    assumed: tuple[str, ...]
    label: str
    claims: tuple[str, ...]
    parts: tuple[Part, ...]
    seconds: float

    @property
    def failed(self) -> list[Part]:
        return [part for part in self.parts if part.status == FAILED]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict.value}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> LemmaResult:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: `data` is not what `to_json` makes.
        """
        texts = [data[key] for key in ("id", "reason", "label")]
        for part in data["parts"]:
            texts += [part["name"], part["status"], part["detail"]]
            if not isinstance(part["figures"], Mapping):
                raise TypeError("figures must be a mapping")
        for key in ("assumed", "claims"):
            if not isinstance(data[key], list | tuple):
                raise TypeError(f"{key} must be a list")
            texts += data[key]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a field that must be a text is none")
        return LemmaResult(
            id=data["id"],
            verdict=Verdict(data["verdict"]),
            reason=data["reason"],
            assumed=tuple(data["assumed"]),
            label=data["label"],
            claims=tuple(data["claims"]),
            parts=tuple(Part(**part) for part in data["parts"]),
            seconds=float(data["seconds"]),
        )


class PartFailed(Exception):
    """Raised inside a part to end it as failed; `figures` are shown all the same."""

    def __init__(self, detail: str, figures: Mapping[str, Any] | None = None) -> None:
        self.detail, self.figures = detail, dict(figures or {})
        super().__init__(detail)


class PartSkipped(PartFailed):
    """Raised inside a part that cannot run here; the reason is shown."""


def run_part(name: str, body: Callable[[], Mapping[str, Any]]) -> Part:
    """Run one part; whatever goes wrong in it becomes a failure with a reason, so that the others still run."""
    start = perf_counter()
    status, detail = OK, ""
    try:
        figures = body()
    except PartSkipped as skip:
        status, figures, detail = SKIPPED, skip.figures, skip.detail
    except PartFailed as failure:
        status, figures, detail = FAILED, failure.figures, failure.detail
    except Exception as error:  # a lemma file may raise anything, and a refusal by the kernel is an exception
        status, figures, detail = FAILED, {}, f"{type(error).__name__}: {error}"
    return Part(name, status, dict(figures), detail, round(perf_counter() - start, 4))
