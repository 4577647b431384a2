"""How a lemma file states its claims and models: one call each, the text made by `build_claim`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from proofcheck.errors import InternalError
from proofcheck.lemma import Claim

from .claims import build_claim
from .declarations import Functionals

Rational = int | str | Fraction
Atom = tuple[Rational, Mapping[str, Rational | Sequence[Rational]]]


def statement(
    name: str,
    sentence: str,
    assume: Mapping[str, str],
    target: str,
    *,
    vectors: str | Iterable[str] = (),
    random: str | Iterable[str] = (),
    functionals: Functionals = (),
) -> Claim:
    """The claim `name`: under the assumptions (what each says in words -> EXPR), `target`.

    Raises:
        ExprError: a text is not in the language.
        InternalError: an assumption or the target is a chain, so that numbers and words would not match.
    """
    texts = build_claim(name, assume.values(), target, vectors=vectors, random=random, functionals=functionals)
    if len(texts) != 1:
        raise InternalError(f"{name}: a lemma's target is one relation, got a chain {target!r}.")
    return Claim(name, texts[0], sentence, tuple(assume))


def model(
    scalars: Mapping[str, Rational] | None = None,
    vectors: Mapping[str, Sequence[Rational]] | None = None,
    *,
    metric: Sequence[Rational] | None = None,
    **functionals: Sequence[Atom],
) -> dict[str, Any]:
    """A model as data: `model({"tau": 2}, {"u": [1, 0]}, E=[("1/2", {"t": 0, "X": [1, 0]}), ...])`.

    Coordinates are Euclidean unless `metric` gives <x, y> = sum_k metric_k x_k y_k.
    """
    rows = [
        *(vectors or {}).values(),
        *(v for atoms in functionals.values() for _, values in atoms for v in values.values()),
    ]
    lengths = [len(row) for row in rows if isinstance(row, Sequence) and not isinstance(row, str)]
    weights = metric if metric is not None else [1] * max(lengths, default=0)

    def split(values: Mapping[str, Any]) -> dict[str, Any]:
        numbers = {x: str(v) for x, v in values.items() if isinstance(v, int | str | Fraction)}
        return {
            "scalars": numbers,
            "vectors": {x: [str(c) for c in v] for x, v in values.items() if x not in numbers},
        }

    return {
        "format": "proofcheck-model/1",
        "metric": [str(m) for m in weights],
        **split({**(scalars or {}), **(vectors or {})}),
        "functionals": {
            label: [{"weight": str(weight), **split(values)} for weight, values in atoms]
            for label, atoms in functionals.items()
        },
    }
