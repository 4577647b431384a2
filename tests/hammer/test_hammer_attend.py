"""Tested: false constants of attention in W_1, W_2, W_4, W_infinity and false code are refuted exactly; exact costs.
Not tested: what every kind has in common (test_hammer_kinds, test_hammer_adversary), the entries of lemmas."""

import pytest
import sympy as sp
import torch
from hammer_trials import ALL, D, R, a, eta, stand_in, t, w

from proofcheck.errors import ArgumentError
from proofcheck.hammer import attend, campaign, exact
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from torch_impl.attention import attend as attention
from torch_impl.attention import residual_attention
from torch_impl.measures import Measure

ATTEND, RESIDUAL = "torch_impl.attention:attend", "torch_impl.attention:residual_attention"
p = sp.Symbol("p", positive=True)
SPREAD = sp.sqrt(1 + a**2 * R**4)

FALSE = {
    "W_1, exponent halved": ("context_attend", "w1", w * (1 + D * t) * sp.exp(D * t / 2)),
    "W_1, no exponential": ("context_attend", "w1", w * (1 + D * t)),
    "W_1, weights do not move": ("context_attend", "w1", w * sp.exp(D * t)),
    "W_1, half of D t": ("context_attend", "w1", w * (1 + D * t / 2) * sp.exp(D * t)),
    "W_2, no exponential": ("context_attend", "w2", w * (1 + D * t)),
    "W_2, a third of the exponent": ("context_attend", "w2", w * (1 + D * t) * sp.exp(D * t / 6)),
    "W_4, no exponential": ("context_attend", "w4", w * sp.sqrt(1 + D**2 * t**2 / 4)),
    "W_inf, |V| alone": ("context_attend", "winf", w),
    "W_inf, D^2/8": ("context_attend", "winf", w * sp.sqrt(1 + D**2 * t**2 / 8)),
    "the query, D^2/8": ("query_attend", "", w * a * D**2 / 8),
    "the query, no |A|": ("query_attend", "", w * D**2 / 4),
    "the map, no exponential": ("push_attend", "w2", w * (a * R**2 + SPREAD)),
    "the map, W_inf without the tilt": ("push_attend", "winf", w * (1 + a * R**2 / 4)),
}


def on_trial(kind, distance, bound, function=ATTEND, **options):
    names = {"w": "value_norm", "a": "operator_norm", "R": "radius", "D": "diameter", "t": "query_image_norm"}
    names |= {"p": "exponent", "eta": "step"}
    used = {s.name: names[s.name] for s in bound.free_symbols}
    return stand_in("X", kind, function, bound, used, **({"distance": distance} if distance else {}), **options)


@pytest.mark.parametrize("name", FALSE)
def test_a_false_constant_is_refuted_with_at_most_two_pairs(name):
    kind, distance, bound = FALSE[name]
    result = campaign(on_trial(kind, distance, bound), measures=2_000, adversary=False, workers=1)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "statement"
    assert result.counterexample["atoms"] <= 2


def test_a_quarter_of_the_exponent_is_not_enough_in_any_w_p():
    """A quarter of the exponent D t/p falls in W_1, W_2 and W_4; p is a symbol of the bound."""
    for distance in ("w1", "w2", "w4"):
        false = w * (1 + D * t) * sp.exp(sp.Rational(1, 4) * D * t / p)
        assert campaign(on_trial("context_attend", distance, false), measures=400, workers=1).decision == "REFUTED"


CODE = {
    "A transposed": lambda m, x, A, V: attention(m, x, A.mT, V),
    "V dropped": lambda m, x, A, V: attention(m, x, A, torch.eye(V.shape[-1], dtype=V.dtype).expand_as(V)),
    "V transposed": lambda m, x, A, V: attention(m, x, A, V.mT),
    "weights dropped": lambda m, x, A, V: attention(
        Measure(m.points, torch.full_like(m.weights, 1 / m.weights.shape[-1])), x, A, V
    ),
    "scores ignored": lambda m, x, A, V: attention(m, x, 0 * A, V),
}


@pytest.mark.parametrize("bug", CODE)
@pytest.mark.parametrize("name", ["context_attend", "query_attend", "push_attend"])
def test_a_planted_bug_is_refuted(name, bug):
    result = campaign(ALL[name].with_function(CODE[bug]), measures=300, adversary=False, workers=1)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "code"


def test_a_step_of_the_wrong_sign_is_refuted():
    def backwards(m, x, A, V, h):
        return residual_attention(m, x, A, V, -h)

    result = campaign(ALL["push_residual"].with_function(backwards), measures=300, adversary=False, workers=1)
    assert result.decision == "REFUTED"


@pytest.mark.parametrize("order", [1, 2, 4, None])
def test_float_costs_enclose_the_exact_ones_and_grow_with_p(order):
    kind = kind_of(ALL["context_attend"])
    config = Configuration("gaussian", d=2, n=4, batch=8, seed=2)
    case = kind.draw(config, config.generator())
    cost = attend.cost(case, order)
    for i in range(8):
        value = exact.to_float(attend.exact_cost(kind.sample(kind.pick(case, i)), order))
        assert abs(value - float(cost.value[i])) <= float(cost.error[i]) + 2**-52 * value
    assert bool((cost.value <= attend.cost(case, None).value * (1 + 2**-40)).all())
    assert bool((attend.cost(case, 1).value <= cost.value * (1 + 2**-40)).all())


@pytest.mark.parametrize(
    ("kind", "quantities", "options", "message"),
    [
        ("context_attend", {"R": "radius"}, {"distance": "w3"}, "must be one of w1, w2, w4, winf"),
        ("context_attend", {"R": "girth"}, {}, "no quantity 'girth'"),
        ("context_attend", {"R": "exponent"}, {"distance": "winf"}, "no quantity 'exponent'"),
        ("push_attend", {"R": "radius"}, {"distance": "L2"}, "must be one of w1, w2, w4, winf"),
    ],
)
def test_a_wrong_entry_is_named(kind, quantities, options, message):
    def hammered():
        found = kind_of(stand_in("X", kind, ATTEND, 1 + R, quantities, **options))
        config = Configuration(d=2, n=2, batch=2)
        return found.ratio(found.draw(config, config.generator()))

    with pytest.raises(ArgumentError, match=message):
        hammered()


def test_a_residual_layer_that_forgets_the_identity_has_no_such_constant():
    false = eta * w * (a * R**2 + SPREAD)
    result = campaign(on_trial("push_attend", "winf", false, RESIDUAL), measures=300, adversary=False, workers=1)
    assert result.decision == "REFUTED"
