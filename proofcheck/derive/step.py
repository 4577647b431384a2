"""Solving for the largest admissible step instead of stating it.

    p(t) = c_2 t**2 + c_1 t + c_0 <= 0 on [0, t_max]       t_max: the nonnegative root of p, by exact solving
    |1 - t k| <= 1 for all k in [k_0, K]                   the worst k is an end of the interval (convexity in k)

The step bounds of the layers follow from their worst-case curvature: `mlp_step` from the Gram identity of
|u - tau z|**2, `attention_step` from Var <= E[t**2], `sharp_attention_step` from the largest variance on an interval.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.relational import GreaterThan, LessThan, Relational

from proofcheck.errors import ArgumentError

from .gram import InnerProduct, norm2, vectors
from .normal_form import normal_form_equal


def _sign(coefficient: sp.Expr) -> int:
    value = sp.factor(coefficient)
    for holds, sign in ((value.is_zero, 0), (value.is_positive, 1), (value.is_negative, -1)):
        if holds:
            return sign
    raise ArgumentError(
        f"largest_step: coefficients of known sign required, got {value}. Create its symbols with positive=True."
    )


def _nonpositive(condition: Any) -> Any:
    """p with `condition` equivalent to p <= 0."""
    if isinstance(condition, LessThan):
        return sp.Add(condition.lhs, -condition.rhs)  # type: ignore[operator]
    if isinstance(condition, GreaterThan):
        return sp.Add(condition.rhs, -condition.lhs)  # type: ignore[operator]
    if isinstance(condition, Relational) or not isinstance(condition, sp.Expr):
        raise ArgumentError(f"largest_step: p, p <= q or p >= q required, got {condition}.")
    return condition


def largest_step(condition: sp.Basic, step: sp.Symbol) -> Any:
    """max {T >= 0 : `condition` holds for all steps in [0, T]}; oo if it always holds.

    Args:
        condition: p <= q, p >= q, or an expression p that stands for p <= 0; of degree <= 2 in `step`.
        step: the unknown t >= 0. Other symbols carry their signs (positive=True).

    Raises:
        ArgumentError: the degree is higher, a sign is unknown, or t = 0 is not admissible.
    """
    p: Any = sp.expand(_nonpositive(condition))
    if not p.is_polynomial(step) or sp.Poly(p, step).degree() > 2:
        raise ArgumentError(f"largest_step: a polynomial of degree <= 2 in {step} required, got {p}.")
    c0, c1, c2 = (p.coeff(step, n) for n in range(3))
    at_zero = _sign(c0)
    if at_zero > 0:
        raise ArgumentError(f"largest_step: a condition that holds at {step} = 0 required, got {c0} <= 0.")
    bending = _sign(c2)
    if bending == 0:
        slope = _sign(c1)
        bound = sp.oo if slope <= 0 else -c0 / c1
    elif bending > 0:
        if at_zero == 0:
            bound = sp.S.Zero if _sign(c1) >= 0 else -c1 / c2
        else:
            bound = (-c1 + sp.sqrt(c1**2 - 4 * c0 * c2)) / (2 * c2)
    elif _sign(c1) <= 0:
        bound = sp.oo
    else:
        raise ArgumentError(f"largest_step: an interval of admissible steps required, {p} <= 0 is not one.")
    if bound != sp.oo and not normal_form_equal(p.subs(step, bound), sp.S.Zero):
        raise ArgumentError(f"largest_step: the root {bound} of {p} is not confirmed by the normal form.")
    return sp.factor(bound) if bound != sp.oo else bound


def largest_contraction_step(largest: sp.Expr, smallest: sp.Expr = sp.S.Zero) -> Any:
    """The largest t with |1 - t k| <= 1 for all curvatures k in [smallest, largest].

    |1 - t k| is convex in k, so an end of the interval is the worst; there (1 - t k)**2 - 1 <= 0 is solved for t.
    """
    t = sp.Symbol("t", nonnegative=True)
    bounds = [largest_step((1 - t * k) ** 2 - 1, t) for k in (smallest, largest)]
    return sp.Min(*bounds)


def largest_value(expression: sp.Expr, variable: sp.Symbol) -> Any:
    """The maximum over all real values of `variable` of a concave quadratic, at the zero of its derivative."""
    if sp.Poly(expression, variable).degree() != 2 or _sign(sp.expand(expression).coeff(variable, 2)) >= 0:
        raise ArgumentError(f"largest_value: a concave quadratic in {variable} required, got {expression}.")
    (vertex,) = sp.solve(sp.diff(expression, variable), variable)
    return sp.factor(expression.subs(variable, vertex))


def mlp_step(width: sp.Expr) -> Any:
    """The largest tau with |u - tau z| <= |u| for the worst slopes and u, where width = ||W||.

    z = W^T d, d = D W u: <u, z> = <W u, d> >= |d|**2 =: p (equality when all slopes are 1), and |z|**2 <= width**2 p
    (equality along the top singular vector). Both equalities hold at once: the worst case.
    """
    tau, p = sp.Symbol("tau", nonnegative=True), sp.Symbol("p", positive=True)
    u, z = vectors("u z")
    gain = norm2(u) - norm2(u - z * tau)
    worst = gain.subs({InnerProduct("u", "z"): p, InnerProduct("z", "z"): width**2 * p})
    return largest_step(worst >= 0, tau)


def attention_step(beta: sp.Expr) -> Any:
    """The largest eta when the Hessian lies in [0, beta], beta = sup |A y|**2: Var t = E[t**2] - E[t]**2 <= beta."""
    mean = sp.Symbol("m", real=True)
    return largest_contraction_step(largest_value(beta - mean**2, mean))


def sharp_attention_step(diameter: sp.Expr) -> Any:
    """The largest eta when the scores lie in intervals of length `diameter` along every direction.

    The variance there is largest for two atoms at the ends, of mass p and 1 - p: p(1 - p) diameter**2 (Popoviciu).
    """
    p = sp.Symbol("p", real=True)
    return largest_contraction_step(largest_value(p * (1 - p) * diameter**2, p))
