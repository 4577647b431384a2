"""Is this torch module a map of measures? Its laws (lemma MM-02), and what most likely breaks the one that fails.

    report = check_measure_map(module, d=8)      # forward (n, d) -> (n, d'), any n
    report.holds, report.law, report.cause, report.witness
    assert_measure_map(module, d=8)              # raises, with the law, the cause and the witness

A module is a map of measures iff F(X)_i = G(mu_X, x_i), mu_X the empirical measure: permuting tokens permutes outputs,
and repeating all tokens changes nothing. The law that fails is a fact, with the smallest witness found. The cause is a
diagnosis from further calls, by what kind of layer behaves so:

    dropout                  two calls differ, and agree from the same seed
    state between calls      two calls differ, from the same seed too
    causal mask              permutation changes outputs, and no output changes with a later token
    positional encoding      equal tokens get different outputs, or permutation changes them in another way: tables,
                             rotations, biases by distance, windows, convolutions, recurrence
    un-normalised sum        the change grows with the number of copies, for tokens that are all equal: a sum, or one
                             divided by less than n
    sink softmax             the change dies out like 1/copies, even for tokens that are all equal
    no self-attention        the change dies out like 1/copies, not for equal tokens; of two tokens, an output is one
                             function of its own token plus one of the other
    unbiased variance        the same, and no such sum
    log n scaling            the change does not die out like 1/copies, for some tokens: scores grow with their number
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.predicates import FEW, Report, TokenMap, in_context_map, token_law

COPIES = (8, 16, 32)  # doublings on which a law of growth is read off
UNKNOWN = "unknown"


@dataclass(frozen=True)
class MeasureMapReport:
    """holds: no law failed in `tried` inputs; else the law, its likely cause, the witness (n, d) and the deviation."""

    name: str
    holds: bool
    tried: int
    law: str = ""
    cause: str = ""
    detail: str = ""
    witness: Tensor | None = None
    deviation: float = 0.0
    tolerance: float = 0.0

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.holds:
            return f"{self.name}: no violation of the laws of a map of measures in {self.tried} inputs"
        tokens = self.witness.tolist() if self.witness is not None else None
        if self.witness is not None and len(self.witness) > FEW:
            tokens = f"{len(self.witness)} in all, see witness"
        return (
            f"{self.name} is no map of measures: {self.law} fails ({self.detail}; deviation {self.deviation:.3g}, "
            f"roundoff estimate {self.tolerance:.1g}). Likely cause: {self.cause}. Tokens: {tokens}"
        )


def check_measure_map(
    module: nn.Module | TokenMap,
    *,
    d: int,
    batched: bool = False,
    tokens: tuple[int, ...] = (1, 2, 3, 5),
    scale: float = 1.0,
    seed: int = 0,
) -> MeasureMapReport:
    """Try the laws of a map of measures on `module`, few tokens first, and name what fails.

    Args:
        module: forward (n, d) -> (n, d') for every n; an nn.Module is called in float64 and in its own mode.
        d: width of a token.   batched: forward wants (1, n, d).   tokens: numbers of tokens to try.
        scale: size of the tokens.

    Raises:
        ArgumentError: forward fails for some number of tokens, or returns no float64 row for each token; d, tokens or
            scale are no sizes (`tokens` needs a number above 1: one token alone decides nothing).
    """
    function, name = _function(module, batched)
    report = in_context_map(function, d, tokens=tokens, scale=scale, seed=seed)
    found = report.violation
    if report.holds or found is None:
        return MeasureMapReport(name, True, report.tried)
    with torch.no_grad():
        cause = _cause(report, function, d, scale, seed)
    return MeasureMapReport(
        name, False, report.tried, found.law, cause, found.detail, found.witness, found.deviation, found.tolerance
    )


def assert_measure_map(module: nn.Module | TokenMap, **options: object) -> None:
    """`check_measure_map`, raising AssertionError with law, cause and witness where a law fails.

    Raises:
        AssertionError: a law fails.
        ArgumentError: as in `check_measure_map`.
    """
    report = check_measure_map(module, **options)  # pyright: ignore[reportArgumentType]
    if not report:
        raise AssertionError(str(report))


def _cause(report: Report, function: TokenMap, d: int, scale: float, seed: int) -> str:
    law = report.violation.law if report.violation is not None else ""
    generator = torch.Generator().manual_seed(seed + 1)
    X = scale * torch.randn(4, d, dtype=torch.float64, generator=generator)
    if law == "deterministic":
        return "dropout" if _same_from_one_seed(function, X) else "state between calls"
    if law == "equal tokens":
        return "positional encoding"
    if not bool(torch.isfinite(function(X)).all()):
        return UNKNOWN
    # few tokens can hide a position: two of them are permuted by a reflection, which distances do not see
    if law == "permutation" or token_law("permutation", function, X) is not None:
        return "causal mask" if _ignores_later_tokens(function, X) else "positional encoding"
    rate = _rate(function, X)
    # many directions: scores that are negative, or cut off at 0, may hide a sum from one of them
    more = scale * torch.randn(16, d, dtype=torch.float64, generator=generator)
    witness = report.violation.witness if report.violation is not None else X
    constant = [_rate(function, x.expand(2, d).contiguous()) for x in torch.cat((X, more, witness[:FEW]))]
    moved = [r for r in constant if r is not None]
    # a sum over n^p, p < 1, grows by 2^(1 - p) a doubling, in every direction; a sink does so only where scores are
    # far below 0, until the copies outweigh it
    if min(moved, default=0.0) > 2**0.25:
        return "un-normalised sum"
    if rate is None:
        return UNKNOWN
    if moved and rate < 2 / 3:
        return "sink softmax"
    # scores times log n may die out too, like a power of copies that depends on the tokens
    rates = (rate, *(_rate(function, Y) for Y in more.reshape(-1, 4, d)))
    if all(r is not None and abs(r - 0.5) < 0.1 for r in rates):
        return "no self-attention" if _adds_up(function, X[:2], X[2:]) else "unbiased variance"
    return "un-normalised sum" if rate > 1.5 else "log n scaling"


def _same_from_one_seed(function: TokenMap, X: Tensor) -> bool:
    """Whether two calls agree that draw the same random numbers; the caller's generator is put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        one = function(X)
        torch.manual_seed(0)
        return bool(torch.equal(one, function(X)))


def _adds_up(function: TokenMap, X: Tensor, Y: Tensor) -> bool:
    """Whether F(a, b)_1 = r(a) + s(b): the second difference from (a, b) to (a', b') vanishes.

    So it is for attention that leaves out its own token: the other one alone has all the weight.
    """
    (a, b), (c, e) = X, Y
    pairs = [function(torch.stack(pair))[0] for pair in ((a, b), (a, e), (c, b), (c, e))]
    second = float((pairs[0] - pairs[1] - pairs[2] + pairs[3]).abs().max())
    return second <= 2.0**-40 * max(1.0, *(float(p.abs().max()) for p in pairs))


def _ignores_later_tokens(function: TokenMap, X: Tensor) -> bool:
    """Whether the outputs before the last one stay, bit by bit or nearly, when the last token moves."""
    moved = X.clone()
    moved[-1] += 1
    before, after = function(X)[:-1], function(moved)[:-1]
    return float((before - after).abs().max()) <= 2.0**-40 * max(1.0, float(before.abs().max()))


def _rate(function: TokenMap, X: Tensor) -> float | None:
    """|F(X^4k) - F(X^2k)| / |F(X^2k) - F(X^k)|, k = 8; None where nothing changes beyond roundoff.

    2 for a sum, 1/2 for what dies out like 1/copies.
    """
    n = len(X)
    first, second, third = (function(X.repeat(k, 1))[:n] for k in COPIES)
    one, two = float((second - first).abs().max()), float((third - second).abs().max())
    size = max(1.0, float(third.abs().max()))
    return two / one if one > 2.0**-40 * size else None


def _function(module: nn.Module | TokenMap, batched: bool) -> tuple[TokenMap, str]:
    inner: Callable[[Tensor], Tensor] = module
    if isinstance(module, nn.Module):
        kinds = {p.dtype for p in module.parameters() if p.is_floating_point()} - {torch.float64}
        if kinds:
            raise ArgumentError(
                f"check_measure_map: required parameters in float64, got {sorted(map(str, kinds))}. In lower precision "
                "roundoff hides small violations. Call module.double() on a copy."
            )
    name = type(module).__name__ if isinstance(module, nn.Module) else getattr(module, "__name__", "function")
    return (lambda X: inner(X.unsqueeze(0)).squeeze(0)) if batched else inner, name
