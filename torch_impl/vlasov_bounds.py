"""The constants of the Vlasov lemmas as logarithms, rounded up: exponents of exponentials that no float could hold.

    log_exponent          log E_p, W_p(mu_T, nu_T) <= e^{E_p} W_p(mu, nu)                                     MM-23
    log_in_context        log of the constants of |x - y| and of W_p, of flow and layers                       MM-24
    log_depth_error       log of the distance of N layers to the flow, (M T/(2N)) (e^{L T} - 1)                MM-25
    depth_for             the number of layers that MM-25 asks for an accuracy

Tokens lie in a ball of radius R0, a = ||A||, v = ||V||. E_p grows like e^{2 a (R0 e^{v T})^2/p}: at R0 = 5 and
a = v = T = 1 it is about e^369, and e^{E_p} has no float. The formulas are the lemmas' own BOUNDS, enclosed in balls
(python-flint); every number that is returned is an upper bound of the real one (a lower bound for `log_separation`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import NamedTuple

import sympy as sp
from flint import arb, ctx, fmpq

from proofcheck.errors import ArgumentError
from torch_impl.bounds import lemma_bound

PRECISIONS = (128, 1024, 8192)
INFINITE = math.inf


class InContext(NamedTuple):
    """Logarithms of the constants of MM-24: |G(mu, x) - G(nu, y)| <= e^query |x - y| + e^context W_p(mu, nu)."""

    query: float
    context: float


def log_exponent(p: float, *, R0: float, a: float, v: float, T: float) -> float:
    """An upper bound of log E_p; -inf where nothing moves (v T = 0). p >= 1 may be math.inf.

    Raises:
        ArgumentError: p < 1, an argument is negative or not finite, or the radius at time T is beyond every float.
    """
    values = _values("log_exponent", p, R0, a, v, T)
    if values["v"] == 0 or values["T"] == 0:
        return -INFINITE
    return _log_upper("log_exponent", _exponent(p, values), values)


def exponent(p: float, *, R0: float, a: float, v: float, T: float) -> float:
    """An upper bound of E_p itself.

    Raises:
        ArgumentError: as `log_exponent`, or E_p is beyond every float (its logarithm is in the text).
    """
    log = log_exponent(p, R0=R0, a=a, v=v, T=T)
    if log == -INFINITE:
        return 0.0
    if log > 709:
        raise ArgumentError(
            f"exponent: required E_p below 1e308, got log E_p={log:.6g} for R0={R0!r}, a={a!r}, v={v!r}, T={T!r}. "
            "Floats end there. Use log_exponent."
        )
    values = _values("exponent", p, R0, a, v, T)
    return _round_up(_enclose("exponent", _exponent(p, values), values))


def log_in_context(p: float, *, R0: float, a: float, v: float, T: float) -> InContext:
    """Upper bounds of Lam and log(e^{E_p} - e^Lam).

    Raises:
        ArgumentError: as `exponent`.
    """
    values = _values("log_in_context", p, R0, a, v, T)
    if values["v"] == 0 or values["T"] == 0:
        return InContext(0.0, -INFINITE)
    lam = sp.Integer(0) if _flat(values) else lemma_bound("measure_maps.vlasov_stability", "query_exponent")
    with _precision(PRECISIONS[1]):
        small, large = _ball(lam, values), _ball(_exponent(p, values), values)
        # log(e^E - e^Lam) = E + log(1 - e^-(E - Lam))
        gap = 1 - (small - large).exp()
        context = large + gap.log()
    if not context.is_finite() or not math.isfinite(_round_up(context)):
        raise ArgumentError(
            f"log_in_context: required E_p below 1e308, got log E_p={log_exponent(p, R0=R0, a=a, v=v, T=T):.6g}. "
            "Floats end there. Use log_exponent."
        )
    return InContext(_round_up(small), _round_up(context))


def log_separation(*, R0: float, a: float, v: float, T: float) -> float:
    """A lower bound of log min |X_T(x) - X_T(y)|/|x - y| = -Lam: tokens of the flow never merge (MM-24).

    Raises:
        ArgumentError: as `exponent`.
    """
    return -log_in_context(INFINITE, R0=R0, a=a, v=v, T=T).query


def log_depth_error(N: int, *, R0: float, a: float, v: float, T: float) -> float:
    """An upper bound of log (M T/(2N)) (e^{L T} - 1), L = v (1 + 2 a R^2), M = v R, R = R0 e^{v T}; -inf if it is 0.

    Raises:
        ArgumentError: N < 1, or as `exponent`.
    """
    if isinstance(N, bool) or not isinstance(N, int) or N < 1:
        raise ArgumentError(f"log_depth_error: required an integer N >= 1 of layers, got N={N!r}. Pass N=1.")
    values = _values("log_depth_error", INFINITE, R0, a, v, T)
    if 0 in (values["v"], values["T"], values["R0"]):
        return -INFINITE
    values["N"] = Fraction(N)
    return _log_upper("log_depth_error", lemma_bound("measure_maps.depth_limit", "depth_error"), values)


def depth_for(accuracy: float, *, R0: float, a: float, v: float, T: float) -> int:
    """Layers that are enough for `accuracy` by MM-25: the least integer above M T (e^{L T} - 1)/(2 accuracy), >= 1.

    Raises:
        ArgumentError: accuracy <= 0, as `exponent`, or more than 1e18 layers (their logarithm is in the text).
    """
    if not (accuracy > 0 and math.isfinite(accuracy)):
        raise ArgumentError(f"depth_for: required a finite accuracy > 0, got accuracy={accuracy!r}. Pass 1e-3, say.")
    log = log_depth_error(1, R0=R0, a=a, v=v, T=T) - math.log(accuracy)
    if log > 41:
        raise ArgumentError(
            f"depth_for: required at most 1e18 layers, got log N={log:.6g} for accuracy={accuracy!r}. "
            "The bound grows like e^{L T} with L = v (1 + 2 a R^2). Shorten T or the tokens."
        )
    if log == -INFINITE:
        return 1
    values = _values("depth_for", INFINITE, R0, a, v, T) | {"eps": Fraction(accuracy)}
    return max(
        1, math.ceil(_round_up(_enclose("depth_for", lemma_bound("measure_maps.depth_limit", "layers"), values)))
    )


def _exponent(p: float, values: Mapping[str, Fraction]) -> sp.Expr:
    """The lemma's E_p; at b = a R0^2 = 0 Ei has no value, and the limit is v T (MM-23)."""
    if _flat(values):
        return sp.Symbol("v") * sp.Symbol("T")
    return lemma_bound("measure_maps.vlasov_stability", "exponent_inf" if p == INFINITE else "exponent")


def _flat(values: Mapping[str, Fraction]) -> bool:
    return values["a"] == 0 or values["R0"] == 0


def _values(where: str, p: float, R0: float, a: float, v: float, T: float) -> dict[str, Fraction]:
    numbers = {"R0": R0, "a": a, "v": v, "T": T}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float | Fraction) or not 0 <= value < INFINITE:
            raise ArgumentError(f"{where}: required finite {name} >= 0, got {name}={value!r}. It is a norm or a time.")
    if isinstance(p, bool) or not isinstance(p, int | float) or not p >= 1:
        raise ArgumentError(f"{where}: required p >= 1 or math.inf, got p={p!r}. W_p is no distance below 1.")
    found = {name: Fraction(value) for name, value in numbers.items()}
    return found if p == INFINITE else found | {"p": Fraction(p)}


def _log_upper(where: str, expr: sp.Expr, values: Mapping[str, Fraction]) -> float:
    return _round_up(_enclose(where, expr, values, log=True))


def _enclose(where: str, expr: sp.Expr, values: Mapping[str, Fraction], *, log: bool = False) -> arb:
    """A finite ball around the bound, or around its logarithm: differences of exponentials may need many bits."""
    for bits in PRECISIONS:
        with _precision(bits):
            found = _ball(expr, values)
            found = found.log() if log else found
            if found.is_finite() and found.rad() < 1e-6 * (1 + abs(found)):
                return +found
    listed = ", ".join(f"{name}={float(value):.6g}" for name, value in values.items())
    raise ArgumentError(
        f"{where}: required a bound whose logarithm exists, got {listed}. At this radius and time the exponent is "
        "an exponential beyond every float. Shorten T, or scale A, V or the tokens down."
    )


def _ball(expr: sp.Basic, values: Mapping[str, Fraction]) -> arb:
    if isinstance(expr, sp.Rational):
        return arb(fmpq(int(expr.p), int(expr.q)))
    if isinstance(expr, sp.Symbol):
        value = values[expr.name]
        return arb(fmpq(value.numerator, value.denominator))
    if expr == sp.E:
        return arb(1).exp()
    parts = [_ball(part, values) for part in expr.args]
    if isinstance(expr, sp.Add):
        return sum(parts, arb(0))
    if isinstance(expr, sp.Mul):
        return math.prod(parts, start=arb(1))
    if isinstance(expr, sp.exp):
        return parts[0].exp()
    if isinstance(expr, sp.Ei):
        return parts[0].ei()
    if isinstance(expr, sp.Pow) and isinstance(expr.exp, sp.Integer):
        n = int(expr.exp)
        power = math.prod([parts[0]] * abs(n), start=arb(1))
        return power if n >= 0 else 1 / power
    raise ArgumentError(f"vlasov_bounds: required a formula of rationals, exp, Ei and powers, got {expr}.")


def _round_up(value: arb) -> float:
    """A float that is at least every real of the ball."""
    top = float(value.upper())
    return math.nextafter(top, INFINITE)


@contextmanager
def _precision(bits: int) -> Iterator[None]:
    old, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = old
