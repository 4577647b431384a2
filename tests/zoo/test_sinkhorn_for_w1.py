"""Entropic values bound W1 from neither side: a ratio to one acquits the guilty or accuses the innocent."""

from fractions import Fraction

import numpy as np
import ot
import torch
from harness import caught, changed, finding, replay

from torch_impl.layers import affine_mean
from torch_impl.measures import measure
from torch_impl.reference.exact import exact_measure
from torch_impl.wasserstein import coupling_upper_bound_exact, wasserstein_exact_1d

EPSILON = 0.5
MU, NU = [0.0, 1.0], [0.25, 1.25]  # weights 1/2


def plan_and_cost(mu, nu):
    cost = np.abs(np.subtract.outer(mu, nu))
    half = np.full(2, 0.5)
    return ot.sinkhorn(half, half, cost, EPSILON), cost


def transport_cost(mu, nu):
    """<P, C> of the entropic plan: above W1."""
    plan, cost = plan_and_cost(mu, nu)
    return float((plan * cost).sum())


def objective(mu, nu):
    """<P, C> + epsilon sum P (log P - 1): below W1, here even below 0."""
    plan, cost = plan_and_cost(mu, nu)
    return float((plan * cost).sum() + EPSILON * (plan * (np.log(plan) - 1)).sum())


def exact_coupling_cost(mu, nu):
    return coupling_upper_bound_exact(*(measure(_column(p)) for p in (mu, nu)))


def _column(points):
    return torch.tensor(points, dtype=torch.float64).unsqueeze(-1)


def moved(c):
    """|G(mu, 0) - G(nu, 0)| of the layer G(mu, x) = x + c mean(mu)."""
    x = torch.zeros(1, 1, dtype=torch.float64)
    values = [float(affine_mean(measure(_column(p)), x, 1.0, c)) for p in (MU, NU)]
    return abs(values[0] - values[1])


def acquits(distance, c):
    return moved(c) <= distance(MU, NU)


def find(distance):
    """Does a check with this distance say that the layer with c = 5/4 is 1-Lipschitz in the measure?"""
    if not acquits(distance, 1.25):
        return None
    says = (
        f"the check divides {moved(1.25):g} by {float(distance(MU, NU)):.4g}; the coupling that moves every atom by "
        "1/4 costs 1/4, so W1 <= 1/4."
    )
    return finding("|G(mu, x) - G(nu, x)| <= W1(mu, nu) for c = 5/4", says, c=1.25, mu=MU, nu=NU)


def violated(c, mu, nu):
    shift = abs(c * (sum(mu) / len(mu) - sum(nu) / len(nu)))
    return shift > wasserstein_exact_1d(*(exact_measure([[y] for y in p]) for p in (mu, nu)))


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=transport_cost, fixed=exact_coupling_cost)
    assert not replay(changed(found, c=1), violated)


def test_the_objective_accuses_the_innocent():
    assert not acquits(objective, 1.0)
    assert acquits(exact_coupling_cost, 1.0)
    assert not violated(Fraction(1), [Fraction(v) for v in MU], [Fraction(v) for v in NU])
