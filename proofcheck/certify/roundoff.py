"""How far floats take the model from its real map, for every context of the domain: rigorous, not first order.

Model of arithmetic: each operation is exact up to a factor 1 + e, |e| <= u, and the smallest normal number t (results
below it are rounded to a coarser grid or flushed to 0: the rule in float16, never felt in float64); sums in any order,
fused or not; exp and log up to 4u (torch's are within 2u); nothing overflows. gamma_k = k u / (1 - k u). So k
operations for each of m entries add k sqrt(m) t (1 + gamma_k) to what gamma_k says.
One layer, given float tokens and queries within `error` of the real ones, errs in four ways:
    its own rounding        a dot product of k terms: gamma_k |M|_F |x|; softmax below
    the query               q_l error                                                    LT-01, LT-05
    the tokens              c_l error, c_l the W_infinity constant                       LT-08, each token moved
so error' = q_l error + c_l error + rounding: the composition of LT-09 with a source in each layer, block by block.
Softmax: scores off by e, then the maximum subtracted and exponentiated; p_j is off by a factor within
exp(2 e) (1 + gamma_{2n+32}), and by 2t where exp or the quotient underflows (the largest term is 1).
Contexts: at most n tokens, each of weight 0 or at least 1/n.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import torch
from flint import arb

from proofcheck.certify.numbers import PRECISION, as_ball

EXP_LOG = 4  # units of roundoff


@dataclass(frozen=True)
class Arithmetic:
    """Unit roundoff and smallest normal number of a dtype, and the number of tokens n."""

    unit: Fraction
    tiny: Fraction
    tokens: int

    @classmethod
    def of(cls, dtype: torch.dtype, tokens: int) -> Arithmetic:
        info = torch.finfo(dtype)
        return cls(Fraction(info.eps) / 2, Fraction(info.tiny), tokens)

    def gamma(self, k: int) -> arb:
        """k u / (1 - k u); infinite from k u = 1 on."""
        ku = k * self.unit
        return as_ball(ku / (1 - ku)) if ku < 1 else arb("+inf")

    def lost(self, operations: int, entries: int) -> arb:
        """What underflow adds to a vector of so many entries, each the result of so many operations."""
        return operations * as_ball(self.tiny) * arb(entries).sqrt() * (1 + self.gamma(operations))


def dot_error(arithmetic: Arithmetic, terms: int, frobenius: Fraction, size: arb, entries: int) -> arb:
    """Of M x, `entries` rows with at most `terms` entries each: gamma |M|_F |x|, and underflow."""
    with flint.ctx.workprec(PRECISION):
        return (arithmetic.gamma(terms) * as_ball(frobenius) * size + arithmetic.lost(2 * terms, entries)).upper()


def mlp_error(
    arithmetic: Arithmetic,
    norm: Fraction,
    frobenius: Fraction,
    shape: tuple[int, int],
    bias: Fraction,
    step: Fraction,
    size: arb,
    counts: tuple[int, int],
) -> arb:
    """Rounding of x - step W^T relu(W x + b) at |x| <= size: W of this norm, |b| <= bias.

    shape: most entries in a column and in a row of W.   counts: units, and entries of x.
    """
    with flint.ctx.workprec(PRECISION):
        a, f, b = as_ball(norm), as_ball(frobenius), as_ball(bias)
        hidden = arithmetic.gamma(shape[1] + 1) * (f * size + b) + arithmetic.lost(2 * shape[1] + 1, counts[0])
        reach = a * size + b + hidden
        direction = arithmetic.gamma(shape[0]) * f * reach + a * hidden + arithmetic.lost(2 * shape[0], counts[1])
        return _stepped(arithmetic, direction, a * reach + direction, step, size, counts[1])


def attention_error(
    arithmetic: Arithmetic,
    norm: Fraction,
    frobenius: Fraction,
    shape: tuple[int, int],
    step: Fraction,
    query: arb,
    token: arb,
    entries: int,
) -> arb:
    """Rounding of x - step E_x[A y] at |x| <= query, |y| <= token.

    shape: rows of A, and most entries in one.   entries: of x, at least as many as rows.
    """
    n, u = arithmetic.tokens, as_ball(arithmetic.unit)
    with flint.ctx.workprec(PRECISION):
        values = arithmetic.gamma(shape[1]) * as_ball(frobenius) * token + arithmetic.lost(2 * shape[1], shape[0])
        reach = as_ball(norm) * token + values
        logs = arb(n).log() * (1 + EXP_LOG * u)
        scores = (query * reach * (1 + arithmetic.gamma(shape[0])) + logs) * (1 + u)
        off = query * values + arithmetic.gamma(shape[0]) * query * reach + EXP_LOG * u * logs + u * scores
        off += arithmetic.lost(2 * shape[0] + 3, 1)
        theta = (2 * (off + 2 * u * scores)).exp() * (1 + arithmetic.gamma(2 * n + 32)) - 1
        lost = 2 * n * as_ball(arithmetic.tiny)
        total = 1 + theta + lost
        under = arithmetic.lost(2 * n, shape[0])
        mean = (theta + lost) * reach + values + arithmetic.gamma(n) * total * reach + under
        return _stepped(arithmetic, mean, total * reach * (1 + arithmetic.gamma(n)) + under, step, query, entries)


def _stepped(arithmetic: Arithmetic, off: arb, reach: arb, step: Fraction, size: arb, entries: int) -> arb:
    """Of x - step g where the float g is off by `off` and at most `reach`; the step itself is rounded once."""
    s, twice = as_ball(step), arithmetic.gamma(2)
    # a step that underflows is off by t as well
    moved = s * (off + twice * reach) + as_ball(arithmetic.tiny) * reach * (1 + twice)
    return (moved + as_ball(arithmetic.unit) * (size + s * reach * (1 + twice)) + arithmetic.lost(3, entries)).upper()
