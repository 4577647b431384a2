"""How far floats take the model from its real map, for every context of the domain: rigorous, not first order.

Model of arithmetic: each operation is exact up to a factor 1 + e, |e| <= u; sums in any order, fused or not; exp and
log up to 4u (torch's are within 2u); nothing overflows, and only exp may underflow. gamma_k = k u / (1 - k u).
One layer, given float tokens and queries within `error` of the real ones, errs in four ways:
    its own rounding        a dot product of k terms: gamma_k |M|_F |x|; softmax below
    the query               q_l error                                                    LT-01, LT-05
    the tokens              c_l error, c_l the W_infinity constant                       LT-08, each token moved
so error' = q_l error + c_l error + rounding: the composition of LT-09 with a source in each layer, block by block.
Softmax: scores off by e, then the maximum subtracted and exponentiated; p_j is off by a factor within
exp(2 e) (1 + gamma_{2n+32}), and by one smallest normal number where exp underflows (the largest term is 1).
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


def dot_error(arithmetic: Arithmetic, terms: int, frobenius: Fraction, size: arb) -> arb:
    """Of M x with at most `terms` entries a row: gamma |M|_F |x|."""
    with flint.ctx.workprec(PRECISION):
        return (arithmetic.gamma(terms) * as_ball(frobenius) * size).upper()


def mlp_error(
    arithmetic: Arithmetic,
    norm: Fraction,
    frobenius: Fraction,
    shape: tuple[int, int],
    bias: Fraction,
    step: Fraction,
    size: arb,
) -> arb:
    """Rounding of x - step W^T relu(W x + b) at |x| <= size: W of this norm, |b| <= bias."""
    with flint.ctx.workprec(PRECISION):
        a, f, b = as_ball(norm), as_ball(frobenius), as_ball(bias)
        hidden = arithmetic.gamma(shape[1] + 1) * (f * size + b)
        reach = a * size + b + hidden
        direction = arithmetic.gamma(shape[0]) * f * reach + a * hidden
        return _stepped(arithmetic, direction, a * reach + direction, step, size)


def attention_error(
    arithmetic: Arithmetic,
    norm: Fraction,
    frobenius: Fraction,
    shape: tuple[int, int],
    step: Fraction,
    query: arb,
    token: arb,
) -> arb:
    """Rounding of x - step E_x[A y] at |x| <= query, |y| <= token."""
    n, u = arithmetic.tokens, as_ball(arithmetic.unit)
    with flint.ctx.workprec(PRECISION):
        values = arithmetic.gamma(shape[1]) * as_ball(frobenius) * token
        reach = as_ball(norm) * token + values
        logs = arb(n).log() * (1 + EXP_LOG * u)
        scores = (query * reach * (1 + arithmetic.gamma(shape[0])) + logs) * (1 + u)
        off = query * values + arithmetic.gamma(shape[0]) * query * reach + EXP_LOG * u * logs + u * scores
        theta = (2 * (off + 2 * u * scores)).exp() * (1 + arithmetic.gamma(2 * n + 32)) - 1
        lost = n * as_ball(arithmetic.tiny)
        total = 1 + theta + lost
        mean = (theta + lost) * reach + values + arithmetic.gamma(n) * total * reach
        return _stepped(arithmetic, mean, total * reach * (1 + arithmetic.gamma(n)), step, query)


def _stepped(arithmetic: Arithmetic, off: arb, reach: arb, step: Fraction, size: arb) -> arb:
    """Of x - step g where the float g is off by `off` and at most `reach`; the step itself is rounded once."""
    s, twice = as_ball(step), arithmetic.gamma(2)
    return (s * (off + twice * reach) + as_ball(arithmetic.unit) * (size + s * reach * (1 + twice))).upper()
