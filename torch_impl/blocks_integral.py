"""int f(mu, y) dmu(y) as one attention layer with equal scores (LT-14)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from proofcheck.errors import ArgumentError
from torch_impl.blocks_matrices import assemble, extend, identity
from torch_impl.bounds import admissible_step
from torch_impl.network import AttentionStep, Network


def integral(f: Network, osc: float | Sequence[float], *, c: float = 1, keep: bool = False) -> Network:
    """(mu, x) -> int f_k(mu, y) dmu(y) for every read-out f_k of f, in one attention layer (LT-14).

    Fresh coordinates t_k, 0 for every query and token, and A = c sum_k e_{t_k} w_k^T, w_k the read-outs: the scores
    <x, A y> = c sum_k t_k f_k(y) are all 0, so the softmax leaves the weights of mu alone and
    t_k becomes -step c int f_k dmu, for the query and for every token. Read out with -1/(step c).

    Args:
        f: any network.
        osc: upper bounds of sup f_k - inf f_k over the tokens that can occur (one number serves all read-outs).
            LT-05 with D^2 = c^2 sum osc_k^2 makes the step admissible exactly where they hold.
        c: a power of two.   keep: the read-outs of f come first, then the integrals.

    Returns:
        A network with o (or 2 o) read-outs. The step is the largest power of two <= 8/D^2 (1 if D = 0), so
        1/(step c) is exact. For a further integral the coordinates t are used up: each call adds fresh ones.

    Raises:
        ArgumentError: osc is negative, not finite or not one per read-out, or c is no power of two.
    """
    o, m = f.readout.shape[0], f.width
    bounds = [float(osc)] * o if isinstance(osc, int | float) else [float(v) for v in osc]
    if len(bounds) != o or not all(0 <= v < math.inf for v in bounds):
        raise ArgumentError(
            f"integral: osc must be finite bounds >= 0, one per read-out ({o}), got osc={osc!r}. "
            "For an L-Lipschitz f on tokens of diameter D, L*D is one."
        )
    if not 0 < c < math.inf or math.frexp(c)[0] != 0.5:
        raise ArgumentError(f"integral: c must be a power of two, so that 1/(step c) is exact, got c={c!r}.")
    step = _power_of_two_step(Fraction(c) ** 2 * sum((Fraction(v) ** 2 for v in bounds), Fraction(0)))
    scale = -(1 / (step * c))
    if not math.isfinite(scale) or scale == 0:
        raise ArgumentError(f"integral: 1/(step c) must be finite, got step={step!r} and c={c!r}. Take c near 1/osc.")
    wide = extend(f, o)
    A = assemble((m + o, m + o), [(f.readout * c, m, 0)], f.lift)
    fresh = scale * identity(o, f.lift)
    rows = [(f.readout, 0, 0), (fresh, o, m)] if keep else [(fresh, 0, m)]
    readout = assemble((len(rows) * o, m + o), rows, f.lift)
    return Network(wide.lift, (*wide.layers, AttentionStep(A, step)), readout)


def _power_of_two_step(diameter_squared: Fraction) -> float:
    """The largest power of two <= 8/D^2 (LT-05); 1 for D = 0, where every step is a translation."""
    largest = admissible_step("attention_step_sharp", "eta_max", "D", diameter_squared, power=2)
    if largest is None:
        return 1.0
    e = largest.numerator.bit_length() - largest.denominator.bit_length()
    if not -1000 < e < 1000:
        raise ArgumentError(f"integral: c * osc must be near 1, got a largest step of about 2**{e}. Change c.")
    if Fraction(math.ldexp(1, e)) > largest:
        e -= 1
    return math.ldexp(1, e)
