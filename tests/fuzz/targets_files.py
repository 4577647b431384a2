# ruff: noqa: E501 (tables of words and seeds)
"""Targets: what proofcheck reads back of its own files (cache, pins, reviews, tables, witnesses), as if others wrote it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from proofcheck import cache, registry
from proofcheck.audit import artifacts, manifest
from proofcheck.audit.check import _recall
from proofcheck.audit.mutants import equivalent
from proofcheck.audit.result import LemmaResult, Part
from proofcheck.errors import ArgumentError
from proofcheck.export import witness
from proofcheck.kernel import KernelError
from proofcheck.review import changes
from proofcheck.verdict import Verdict

from .scratch import CANARY, FOLDER, written
from .target import Target, WronglyAccepted, text_of
from .targets_kernel import SEP, _model_seeds, _two, library

ENTRY = "0" * 64
WORDS = (
    "format key sum result lemmas verdict label claims assumed parts seconds id reason name status figures detail PROVED "
    "REFUTED proofcheck-cache/1 proofcheck-trust/1 proofcheck-review/1 sharp upper ok failed use facts versions hashes kernel "
    "bounds sections text sentence evidence title full uses bindings refuted callable code statement citation before after "
    "where operator assume target forall holds"
).split()


def _entry(result: Any) -> bytes:
    return json.dumps({"format": cache.FORMAT, "key": ENTRY, "result": result, "sum": _sum(result)}).encode()


def _sum(result: Any) -> str:
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def _cache_seeds() -> Sequence[bytes]:
    part = Part("certificate", "ok", {"claims": 2, "kernel": [1.5, None]}, "", 0.25)
    result = LemmaResult("LT-01", Verdict("PROVED"), "", (), "sharp", ("LT-01.step",), (part, part), 1.5)
    return [_entry(result.to_json()), _entry({"id": "x"}), _entry([])]


def _cached(data: bytes) -> Path:
    """The entry, with a checksum that fits in half of the cases: a forger would write one."""
    if len(data) % 2:
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            data = _entry(json.loads(text_of(data))["result"])
    os.environ["PROOFCHECK_CACHE"] = str(FOLDER / "cache")
    return written(f"cache/{ENTRY}.json", data)


def _cache(path: Path) -> LemmaResult | None:
    return _recall(ENTRY, lambda text: None)


def _as_written(data: bytes, value: LemmaResult | None) -> None:
    if value is None:
        return
    texts = (value.id, value.reason, value.label, *value.assumed, *value.claims)
    texts += tuple(t for part in value.parts for t in (part.name, part.status, part.detail))
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(p.figures, dict) for p in value.parts):
        raise WronglyAccepted("a cached result with a field of another type")


def _pins(path: Path) -> Any:
    return manifest.read(path.parent)


def _pinned(data: bytes, value: Any) -> None:
    result = LemmaResult("LT-01", Verdict("PROVED"), "", (), "sharp", (), (), 0.0)
    try:
        said = manifest.drift(result, value)
    except Exception as error:
        raise WronglyAccepted(f"pins that cannot be compared: {type(error).__name__}: {error}") from error
    _shows("a drift", said)


def _shows(what: str, text: str) -> None:
    """What is printed of a file: no character that a terminal obeys, none that UTF-8 cannot hold."""
    odd = [c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    if odd:
        raise WronglyAccepted(f"{what} that holds {odd[0]!a}")


@lru_cache(maxsize=1)
def _review() -> dict[str, Any]:
    claim = library()["LT-01.step"]
    lemma = {
        "id": "LT-01", "title": "a step", "verdict": "PROVED", "label": "sharp", "full": True, "assumed": [], "uses": ["LT-02"],
        "bounds": {"tau_max": {"text": "2/w**2"}}, "sections": {"Statement": "x"}, "parts": {"model": {"status": "ok"}},
        "claims": [{"name": "LT-01.step", "text": claim, "sentence": "s", "evidence": "e\nf"}],
        "refuted": [{"name": "r", "sentence": "s"}], "bindings": [{"callable": "f", "code": "x"}],
    }  # fmt: skip
    fact = {"mvi": {"statement": "s", "citation": "c"}}
    made = {"format": "proofcheck-review/1", "lemmas": [lemma], "facts": fact, "versions": {"torch": "2"}}
    return {**made, "hashes": {"kernel": "0" * 64}}


def _old_review(data: bytes) -> str:
    return text_of(data)


def _compared(text: str) -> Any:
    return changes.compare(changes.read(text, "old.json"), _review())


def _rows(data: bytes, value: Any) -> None:
    if not all(isinstance(cell, str) for row in value for cell in row.values()):
        raise WronglyAccepted("a change with a cell that is no text")
    for row in value:
        _shows("a change", "".join(row.values()))


def _used(text: str) -> Any:
    return artifacts.used_claims(text), artifacts.canonical_text(text)


def _shown(pair: tuple[str, str]) -> str:
    return witness.render(*pair)


def _equivalents(path: Path) -> Any:
    return dict(equivalent.explained.__wrapped__(path))


def _reasons(data: bytes, value: Any) -> None:
    _shows("a reason", "".join(text for entry in value.values() for text in vars(entry).values()))


@lru_cache(maxsize=1)
def _table_seeds() -> Sequence[bytes]:
    from proofcheck.experiments import table
    from proofcheck.experiments.measure import Measurement
    from proofcheck.experiments.plan import Cell

    cell = Cell("minilm", "text", 16, 0, 2, "heads", -1)
    other = Cell("random-gpt2", "adversarial", 8, 1, 0, "head", 3)
    made = Measurement(1.5, 0.25, 1.0, 2.0, 1e-9, True, 12, 3.0, None, 0.5, 0.125)
    path = FOLDER / "seed.csv"
    table.save(path, {"seed": 0, "names": ["a"]}, "python -m x", {cell: made, other: made})
    return [path.read_bytes()]


def _table(path: Path) -> Any:
    from proofcheck.experiments import table

    return table.load(path, {"seed": 0, "names": ["a"]})


def _certificates() -> Sequence[bytes]:
    folder = registry.lemmas_root() / "certificates"
    return [path.read_bytes() for path in sorted(folder.glob("*.cert.json"))[::4] if path.stat().st_size < 2_500]


def _target(
    name: str, seeds: Callable[[], Sequence[bytes]], run: Callable[[Any], Any], errors: Any, **rest: Any
) -> Target:
    rest = {"shape": "json", "words": WORDS, "allowed": frozenset(("read",)), "canary": FOLDER / CANARY, **rest}
    return Target(name, seeds, run, errors, **rest)


TARGETS = (
    _target("cache", _cache_seeds, _cache, (), modules=("proofcheck.cache", "proofcheck.audit.result"),
            prepare=_cached, judge=_as_written),
    _target("pins", lambda: [json.dumps(
            {"format": manifest.FORMAT, "lemmas": {"LT-01": {"assumed": [], "claims": [], "label": "sharp", "verdict": "PROVED"}}}
            ).encode()], _pins, (ArgumentError,), modules=("proofcheck.audit.manifest",),
            prepare=lambda data: written("pins/trust_manifest.json", data), judge=_pinned),
    _target("review", lambda: [json.dumps(_review()).encode()], _compared, (ArgumentError,),
            modules=("proofcheck.review.changes",), prepare=_old_review, judge=_rows),
    _target("gathering", _certificates, _used, (ArgumentError,), modules=("proofcheck.audit.artifacts",), prepare=text_of),
    _target("shown-witness", _model_seeds, _shown, (KernelError, ArgumentError), split=SEP, prepare=_two, lines=12_000_000,
            modules=("proofcheck.export.witness", "proofcheck.witness.evaluate")),
    _target("mutant-reasons", lambda: [json.dumps([dict.fromkeys(equivalent.FIELDS, "a reason of four words")]).encode()],
            _equivalents, (ArgumentError,), modules=("proofcheck.audit.mutants.equivalent",),
            prepare=lambda data: written("equivalent.json", data), judge=_reasons),
    _target("table", _table_seeds, _table, (ArgumentError,), shape="text", modules=("proofcheck.experiments.table",),
            prepare=lambda data: written("table.csv", data),
            words=[*WORDS, '"', "\n", "\r", ",", "# settings: ", "# command: ", "True", "nan", "inf", "1e400", "{}", "[]", "-1"]),
)  # fmt: skip
