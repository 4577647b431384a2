"""Predicates on any torch callable: is it an in-context map, does it preserve supports; with the law that fails.

    in_context_map(F, d)          F(X) for tokens X (n, d): permutation, equal tokens, repetition       (lemma MM-02)
    in_context_map_weighted(G, d) G(mu, x): order of the atoms, splitting an atom, an atom of mass 1e-300
    support_preserving(f, d)      f(mu) for a Measure: weights carried; strictly: distinct atoms stay distinct  (MM-11)

A report names the first law that fails and the smallest witness found: few tokens first, then entries set to 0 or
rounded while the law still fails. A law fails where the deviation exceeds a roundoff estimate: `ROUNDINGS(n, d)` unit
roundoffs, relative to the output, and to the input times the largest difference quotient seen at the witness (an
algorithm of that many roundings, taken to be backward stable). No violation found is no proof. All is in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.label_recovery import binary_weights, merged, recover_labels
from torch_impl.measures import Measure

TokenMap = Callable[[Tensor], Tensor]
WeightedMap = Callable[[Measure, Tensor], Tensor]
MeasureMap = Callable[[Measure], Measure]
REPEATS = (2, 3)
FEW = 16  # up to here every roll of the tokens is tried, and a witness is made simpler entry by entry
NEGLIGIBLE = 1e-300


@dataclass(frozen=True)
class Violation:
    """law: its name; witness: the tokens (n, d), or atoms; deviation > tolerance, both in the largest entry."""

    law: str
    witness: Tensor
    deviation: float
    tolerance: float
    detail: str


@dataclass(frozen=True)
class Report:
    """holds: no violation found in `tried` inputs; violation: the smallest one found."""

    holds: bool
    tried: int
    violation: Violation | None = None
    laws: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True)
class SupportReport:
    """preserving: weights are carried; strictly: distinct atoms stay distinct; the first law that fails, if any."""

    preserving: bool
    strictly: bool
    tried: int
    violation: Violation | None = None
    merges: Violation | None = field(default=None)


def roundings(n: int, d: int) -> int:
    """Roundings of a layer on n tokens in R^d, generously: scores 2 d, softmax n, mean n, projections 4 d, and 64."""
    return 64 + 8 * n + 16 * d


def in_context_map(
    function: TokenMap, d: int, *, tokens: tuple[int, ...] = (1, 2, 3, 5), scale: float = 1.0, seed: int = 0
) -> Report:
    """Does F(X)_i depend on the token x_i and the empirical measure of X only?

    Laws, in the order in which they are tried: "deterministic", "finite", "equal tokens", "permutation", "repetition".

    Args:
        function: (n, d) -> (n, d') for every n it is asked for.   d: width of a token.
        tokens: numbers of tokens, smallest first.   scale: size of the random tokens.

    Raises:
        ArgumentError: the function fails, returns no float64 row for a token, or d, tokens or scale are no sizes.
    """
    _check_sizes("in_context_map", d, tokens, scale)
    laws = ("deterministic", "finite", "equal tokens", "permutation", "repetition")
    tried = 0
    with torch.no_grad():
        for X in _tokens(d, tokens, scale, seed):
            tried += 1
            found = next((v for v in (token_law(law, function, X) for law in laws) if v is not None), None)
            if found is not None:
                return Report(False, tried, _smaller(found, lambda Y, law=found.law: token_law(law, function, Y)), laws)
    return Report(True, tried, None, laws)


def in_context_map_weighted(
    function: WeightedMap, d: int, *, atoms: tuple[int, ...] = (1, 2, 3, 5), scale: float = 1.0, seed: int = 0
) -> Report:
    """Does G(mu, x) depend on the measure mu only, and not on how it is written?

    Laws: "deterministic", "order of the atoms", "atom split" (a delta_y = a/2 delta_y + a/2 delta_y), "negligible atom"
    (mass 1e-300; float64 only).

    Args:
        function: (Measure, queries (q, d)) -> (q, d').   The rest as in `in_context_map`.

    Raises:
        ArgumentError: the function fails, returns no float64 row for a query, or d, atoms or scale are no sizes.
    """
    _check_sizes("in_context_map_weighted", d, atoms, scale)
    laws = ("deterministic", "order of the atoms", "atom split", "negligible atom")
    tried = 0
    with torch.no_grad():
        for X in _tokens(d, atoms, scale, seed):
            tried += 1
            found = next((v for v in (_weighted_law(law, function, X) for law in laws) if v is not None), None)
            if found is not None:
                return Report(
                    False, tried, _smaller(found, lambda Y, law=found.law: _weighted_law(law, function, Y)), laws
                )
    return Report(True, tried, None, laws)


def support_preserving(
    function: MeasureMap, d: int, *, atoms: tuple[int, ...] = (1, 2, 3, 5, 12), scale: float = 1.0, seed: int = 0
) -> SupportReport:
    """Is f(sum a_i delta_{x_i}) = sum a_i delta_{y_i} (weights carried), and are the y_i distinct (strictly)?

    Weights are proportional to 2^i, so that the masses of the image name the labels; images closer than the roundoff
    estimate count as one atom. Laws: "weights carried", "cardinality".

    Raises:
        ArgumentError: the function returns no Measure without batch axes, or d, atoms or scale are no sizes.
    """
    _check_sizes("support_preserving", d, atoms, scale)
    merges, tried = None, 0
    with torch.no_grad():
        for X in _tokens(d, atoms, scale, seed):
            if len(torch.unique(X, dim=0)) < len(X):
                continue
            tried += 1
            weights = torch.tensor([float(a) for a in binary_weights(len(X))], dtype=X.dtype)
            source = Measure(X, weights)
            image = function(source)
            if not isinstance(image, Measure):
                raise ArgumentError(
                    f"support_preserving: required f to return a Measure, got {type(image).__name__}. Wrap it: "
                    "Measure(points (n, d'), weights (n,))."
                )
            n = len(X)
            tolerance = roundings(n, d) * _unit(X) * max(1.0, float(image.points.abs().max()))
            allowed = Fraction(roundings(n, d) * _unit(X))  # weights may be normalised again, not more
            try:
                recover_labels(image, [Fraction(float(a)) for a in weights], tolerance, allowed)
            except ArgumentError as error:
                total = float(image.weights.sum())
                violation = Violation("weights carried", X, abs(total - 1), 0.0, str(error))
                return SupportReport(False, False, tried, violation, merges)
            count = len(merged(image, tolerance)[0])
            if count < n and merges is None:
                detail = f"{n} distinct atoms have {count} distinct images"
                merges = Violation("cardinality", X, float(n - count), 0.0, detail)
    return SupportReport(True, merges is None, tried, merges, merges)


# ------------------------------------------------------------------------------------------------ laws


def token_law(law: str, function: TokenMap, X: Tensor) -> Violation | None:
    """How one of the laws of `in_context_map` fails at the tokens X (n, d), or None.

    Raises:
        ArgumentError: the function fails, or returns no float64 row for a token.
    """
    n = len(X)
    base = _rows(function, X)
    if law == "deterministic":
        again = _rows(function, X)
        return None if _same(base, again) else _violation(law, X, base, again, 0.0, "two calls differ: .eval()?")
    if law == "finite":
        finite = bool(torch.isfinite(base).all())
        return None if finite else Violation(law, X, float("inf"), 0.0, "NaN or infinity for finite tokens")
    tolerance = _tolerance(function, X, base, max(REPEATS) * n)
    if law == "equal tokens":
        # positions show where tokens do not: all tokens equal to the first one
        equal = X[:1].repeat(max(n, 2), 1)
        out = _rows(function, equal)
        return _violation(law, equal, out, out[:1].expand_as(out), tolerance, "equal tokens, other outputs")
    if law == "permutation":
        for order, detail in _orders(n):
            found = _violation(law, X, _rows(function, X[order]), base[order], tolerance, detail)
            if found is not None:
                return found
        return None
    for r in REPEATS:
        found = _violation(law, X, _rows(function, X.repeat(r, 1))[:n], base, tolerance, f"all tokens {r} times")
        if found is not None:
            return found
    return None


def _weighted_law(law: str, function: WeightedMap, X: Tensor) -> Violation | None:
    n = len(X)
    weights = torch.arange(1, n + 1, dtype=X.dtype)
    mu = Measure(X, weights / weights.sum())

    def at(nu: Measure) -> Tensor:
        return _rows(lambda Y: function(nu, Y), X)

    base = at(mu)
    tolerance = _tolerance(lambda Y: function(Measure(Y, mu.weights), Y), X, base, 2 * n, (1,))
    if law == "deterministic":
        again = at(mu)
        return None if _same(base, again) else _violation(law, X, base, again, 0.0, "two calls differ: .eval()?")
    if law == "order of the atoms":
        back = torch.arange(n).flip(0)
        return _violation(law, X, at(Measure(X[back], mu.weights[back])), base, tolerance, "atoms reversed")
    if law == "atom split":
        split = Measure(torch.cat((X, X[:1])), torch.cat((mu.weights, mu.weights[:1] / 2)))
        split.weights[0] /= 2
        return _violation(law, X, at(split), base, tolerance, "the first atom as two halves")
    extra = mu.weights.new_tensor([NEGLIGIBLE])
    if float(extra) == 0:
        return None
    probed = Measure(torch.cat((X, X[:1] + 1)), torch.cat((mu.weights, extra)))
    return _violation(law, X, at(probed), base, tolerance, "an atom of mass 1e-300 more")


# ------------------------------------------------------------------------------------------------ parts


def _tokens(d: int, counts: tuple[int, ...], scale: float, seed: int) -> Iterator[Tensor]:
    """Integer tokens first, then random ones, few tokens first."""
    generator = torch.Generator().manual_seed(seed)
    for n in sorted(counts):
        first = torch.zeros(n, d, dtype=torch.float64)
        first[:, 0] = torch.arange(n, dtype=torch.float64)
        yield scale * first
        yield scale * (first.roll(1, -1) + 1)
        for _ in range(3):
            yield scale * torch.randn(n, d, dtype=torch.float64, generator=generator)


def _orders(n: int) -> Iterator[tuple[Tensor, str]]:
    """All rolls of few tokens; of more tokens four rolls and a random permutation."""
    for shift in range(1, n) if n <= FEW else (1, 2, n // 2, n - 1):
        yield torch.arange(n).roll(shift), f"rolled by {shift}"
    if n > FEW:
        yield torch.randperm(n, generator=torch.Generator().manual_seed(n)), "randomly permuted"


def _check_sizes(where: str, d: int, counts: tuple[int, ...], scale: float) -> None:
    if isinstance(d, bool) or not isinstance(d, int) or d < 1:
        raise ArgumentError(f"{where}: required an integer width d >= 1 of tokens, got d={d!r}. Pass the model's.")
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in counts)
    if not whole or max(counts, default=0) < 2:
        raise ArgumentError(
            f"{where}: required integers n >= 1, one of them at least 2, got the numbers of tokens {counts}. One token "
            "alone shows no order and no mask. Pass (1, 2, 3, 5)."
        )
    if not (isinstance(scale, int | float) and math.isfinite(scale) and scale > 0):
        raise ArgumentError(f"{where}: required a finite scale > 0 of the tokens, got scale={scale!r}. Pass 1.0.")


def _rows(function: TokenMap, X: Tensor) -> Tensor:
    try:
        out = function(X)
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        raise ArgumentError(
            f"in-context map: the function fails for {len(X)} tokens ({_first_line(error)}). It must accept any number "
            "of tokens (n, d); one that is built for one n is no map of measures. Wrap batch axes and masks."
        ) from error
    if not isinstance(out, Tensor) or out.ndim != 2 or len(out) != len(X):
        got = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
        raise ArgumentError(
            f"in-context map: required one row for each of any number of tokens, {tuple(X.shape)}, got {got}. Return "
            "(n, d'); a module with a batch axis is wrapped as lambda X: module(X[None])[0]."
        )
    if out.dtype != torch.float64:
        raise ArgumentError(
            f"in-context map: required outputs in float64 for tokens in float64, got {out.dtype}. In lower precision "
            "roundoff looks like a violation. Leave out casts, and call module.double() on a copy."
        )
    return out.detach()


def _tolerance(function: TokenMap, X: Tensor, base: Tensor, n: int, repeats: tuple[int, ...] = (1, *REPEATS)) -> float:
    """roundings u (|F(X)| + q |X|), q the largest difference quotient at X and its repetitions, change 2^-20."""
    change, moved = 2.0**-20, 0.0
    size = max(float(X.abs().max()), 1.0)
    for r in repeats:
        Y = X.repeat(r, 1)
        # an irregular pattern of signs, not the same in the copies
        signs = torch.where((torch.arange(Y.numel()) ** 2 % 7 < 3).reshape(Y.shape), -change, change).to(X.dtype)
        before, after = _rows(function, Y), _rows(function, Y + size * signs)
        moved = max(moved, float((after - before).abs().max()) / change)
    return roundings(n, X.shape[-1]) * _unit(X) * (float(base.abs().max()) + moved)


def _violation(law: str, X: Tensor, one: Tensor, two: Tensor, tolerance: float, detail: str) -> Violation | None:
    deviation = float((one - two).abs().max())
    if deviation <= tolerance:
        return None
    return Violation(law, X.clone(), deviation, tolerance, detail)  # NaN counts as a violation


def _smaller(found: Violation, test: Callable[[Tensor], Violation | None]) -> Violation:
    """Entries set to 0, then rounded to integers and tenths, while the law still fails; of few tokens only."""
    if len(found.witness) > FEW:
        return found
    for replace in (torch.zeros_like, torch.round, lambda t: torch.round(10 * t) / 10):
        for i in range(found.witness.numel()):
            X = found.witness.clone()
            flat = X.view(-1)
            new = replace(flat[i])
            if float(new) == float(flat[i]):
                continue
            flat[i] = new
            better = test(X)
            found = better if better is not None and better.deviation > 4 * better.tolerance else found
    return found


def _same(one: Tensor, two: Tensor) -> bool:
    return bool(((one == two) | (one.isnan() & two.isnan())).all())


def _unit(X: Tensor) -> float:
    return torch.finfo(X.dtype).eps / 2


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
