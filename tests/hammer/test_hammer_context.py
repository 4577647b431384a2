"""Tested: couplings bound distances, false context bounds and false code are refuted by an exact witness, deep and not.
Not tested: what every kind has in common (test_hammer_kinds, test_hammer_adversary)."""

import itertools

import pytest
import sympy as sp
import torch
from flint import fmpq
from hammer_trials import ALL, DEEP, INFINITY, SHARP, R, a, a1, a2, eta, eta1, eta2, on_ball, r, stand_in, t
from hammer_trials import D as diameter

from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign, couplings, exact
from proofcheck.hammer.confirm import Status, confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.context_attention import _beyond
from torch_impl import layers
from torch_impl.measures import Measure
from torch_impl.wasserstein import wasserstein

ATTAINED = SHARP | INFINITY
CONTEXTS = ("context", "context_ball", "context_inf", "context_inf_ball")
DEEPS = ("deep", "deep_inf", "deep_mlp")

FALSE = {
    "exponent D |x| / 2": ("context", eta * (a + diameter * t) * sp.exp(diameter * r / 2)),
    "no exponential": ("context", eta * (a + diameter * t)),
    "no D |A^T x|": ("context", eta * a * sp.exp(diameter * r)),
    "half of D |A^T x|": ("context", eta * (a + diameter * t / 2) * sp.exp(diameter * r)),
    "no step": ("context", (a + diameter * t) * sp.exp(diameter * r)),
    "exponent B on a ball": ("context_ball", eta * a * (1 + 2 * a * R**2) * sp.exp(a * R**2)),
    "1 + B on a ball": ("context_ball", eta * a * (1 + a * R**2) * sp.exp(2 * a * R**2)),
    "the first term of the paper's bound": ("context_ball", eta * a * (1 + a * R**2) * sp.exp(2 * a * R**2)),
    "eta |A| alone": ("context_inf", eta * a),
    "D^2/8 under the root": ("context_inf", eta * sp.sqrt(a**2 + diameter**2 * t**2 / 8)),
    "|A|^2 R^4/2 under the root": ("context_inf_ball", eta * a * sp.sqrt(1 + a**2 * R**4 / 2)),
    "layers do not multiply": ("deep", on_ball(eta1, a1, R) + on_ball(eta2, a2, R * (1 + eta1 * a1))),
    "the radius does not grow": ("deep", (1 + on_ball(eta1, a1, R)) * (1 + on_ball(eta2, a2, R)) - 1),
    "the last layer only": ("deep", on_ball(eta2, a2, R * (1 + eta1 * a1))),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_bound_is_refuted_by_sampling_with_at_most_two_pairs(name):
    trial, bound = FALSE[name]
    result = campaign(ATTAINED[trial].with_bound(bound), measures=300, adversary=False, workers=1)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "statement"
    assert result.counterexample["atoms"] <= 2
    witness = result.counterexample["witness"]
    between = float(sp.Rational(witness["between"]))
    assert float(witness["constant"]) * (1 - 1e-15) <= between <= float(witness["quotient"]) * (1 + 1e-15)


def uniformly(m):
    return Measure(m.points, torch.full_like(m.weights, 1 / m.weights.shape[-1]))


def unnormalised(m, x, A, step):
    v = m.points @ A.mT
    return x - step[:, None, None] * ((x @ v.mT).exp() * m.weights[:, None]) @ v


def shortened(m):
    return Measure(m.points[:, :-1], m.weights[:, :-1]) if m.weights.shape[-1] > 1 else m


CODE = {
    "softmax not normalised": unnormalised,
    "A transposed": lambda m, x, A, s: layers.gradient_attention(m, x, A.mT, s),
    "weights dropped": lambda m, x, A, s: layers.gradient_attention(uniformly(m), x, A, s),
    "last token dropped": lambda m, x, A, s: layers.gradient_attention(shortened(m), x, A, s),
    "score without x": lambda m, x, A, s: x - s[:, None, None] * (m.weights[:, None] @ (m.points @ A.mT)),
    "+ for -": lambda m, x, A, s: 2 * x - layers.gradient_attention(m, x, A, s),
    "both signs": lambda m, x, A, s: -layers.gradient_attention(m, x, A, s),
    "half a step": lambda m, x, A, s: layers.gradient_attention(m, x, A, s / 2),
}


@pytest.mark.parametrize("bug", CODE)
@pytest.mark.parametrize("name", ["context", "context_inf", "deep"])
def test_a_planted_bug_is_refuted_with_at_most_two_pairs(name, bug):
    result = campaign(ALL[name].with_function(CODE[bug]), measures=300, adversary=False, workers=1)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "code"
    assert result.counterexample["atoms"] <= 2


@pytest.mark.parametrize("name", [*CONTEXTS, *DEEPS])
def test_sampling_alone_approaches_the_bound(name):
    result = campaign(ATTAINED[name], measures=300, seed=5, adversary=False, workers=1)
    assert result.passed
    assert result.best >= 0.9995


def test_the_paper_s_bound_holds_and_is_not_attained_on_a_large_ball():
    kind = kind_of(ALL["context_paper"])
    (case,) = kind.seeds(Configuration(d=2, n=2))
    assert 0.2 < float(kind.ratio(case)) < 0.4  # (3 e^2 - 1) / (2 e^2 + e^4 - 1) = 0.3095 in the limit
    assert confirm(kind, case).status is Status.HOLDS


def test_on_the_line_the_root_of_the_w_infinity_bound_is_not_attained():
    kind = kind_of(SHARP["context_inf"])
    config = Configuration("two_point", d=1, n=2, batch=64, pairs=4, seed=3)
    case = kind.draw(config, config.generator())
    assert kind.seeds(config) == []
    assert float(kind.ratio(case).max()) < 0.99


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("shape", ["gaussian", "coincident", "near_dirac", "tiny_weights"])
def test_the_cost_of_a_drawn_coupling_is_at_least_the_distance(shape, d):
    config = Configuration(shape, d=d, n=5, batch=12, seed=9)
    kind = kind_of(SHARP["context"])
    case = kind.draw(config, config.generator())
    cost = couplings.cost(case, "w1")
    solved = wasserstein(Measure(case["points"], case["weights"]), Measure(case["other"], case["weights"]))
    reach = torch.cat([case["points"], case["other"]], 1).abs().amax((1, 2))
    assert bool((solved <= cost.value + cost.error + 1e-12 * reach).all())  # 1e-12: POT's own tolerance
    assert bool((cost.value <= couplings.cost(case, "winf").value * (1 + 1e-12)).all())
    for i in range(3):
        sample = kind.sample(kind.pick(case, i))
        for distance in couplings.DISTANCES:
            exactly = exact.to_float(couplings.exact_cost(sample, distance))
            measured = couplings.cost(kind.pick(case, i), distance)
            assert exactly <= float(measured.value + measured.error)
            if d > 1:
                assert exactly >= float(measured.value - measured.error)


def quantiles(places, weights, parts):
    """The measure as `parts` atoms of equal weight, in order."""
    return sorted(y for y, w in zip(places, weights, strict=True) for _ in range(int(w * parts)))


def test_w_infinity_on_the_line_is_the_best_assignment():
    third, half = fmpq(1, 3), fmpq(1, 2)
    mu, nu = ([fmpq(0), fmpq(5), fmpq(2)], [third] * 3), ([fmpq(4), fmpq(-1)], [half] * 2)
    left, right = quantiles(*mu, 6), quantiles(*nu, 6)
    best = min(max(abs(y - z) for y, z in zip(left, p, strict=True)) for p in set(itertools.permutations(right)))
    assert couplings.line_winf(mu, nu) == best == 3
    assert couplings.line_w1(mu, nu) == sum(abs(y - z) for y, z in zip(left, right, strict=True)) / 6
    assert couplings.line_winf(mu, mu) == 0


def crossed(kind):
    """Two far atoms that move by 1/4, coupled crosswise."""
    one = torch.ones(1, dtype=torch.float64)
    points = torch.tensor([[[4.0, 0.0], [-4.0, 0.0]]], dtype=torch.float64)
    shift = torch.tensor([0.25, 0.0], dtype=torch.float64)
    return kind.sample(
        {
            "points": points,
            "other": points.flip(1) + shift,
            "weights": torch.full((1, 2), 0.5, dtype=torch.float64),
            "A": torch.eye(2, dtype=torch.float64)[None],
            "x": torch.tensor([[[0.125, 0.0]]], dtype=torch.float64),
            "step": one,
        }
    )


def test_a_cheaper_coupling_is_looked_for_in_the_plane():
    kind = kind_of(SHARP["context"].with_bound(eta * a / 2))
    sample = crossed(kind)
    assert exact.to_float(couplings.exact_cost(sample, "w1")) > 7
    solved = couplings.solved_cost(sample)
    assert solved is not None
    assert fmpq(1, 4) <= solved <= fmpq(1, 4) + fmpq(1, 2**50)
    decision = kind.decide(sample)
    assert decision.refuted
    assert sp.Rational(decision.witness["cost"]) == sp.Rational(str(solved))
    assert not kind_of(SHARP["context"]).decide(sample).refuted


def test_the_ratio_beyond_a_translation_exceeds_1_exactly_where_the_bound_fails():
    grid = torch.tensor([0.0, 0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
    change, base, bound = (v.flatten() for v in torch.meshgrid(grid, grid, grid, indexing="ij"))
    assert torch.equal(_beyond(change, base, bound) > 1, change > bound)
    assert float(_beyond(*(torch.tensor(v) for v in (3.0, 2.0, 4.0)))) == 0.5


def test_a_translation_says_nothing_about_the_terms_in_the_tilt():
    kind = kind_of(SHARP["context"])
    config = Configuration(d=2, n=1, batch=8)
    assert float(kind.ratio(kind.draw(config, config.generator())).max()) <= 0


def test_a_step_that_is_not_admissible_is_outside_the_claim():
    kind = kind_of(SHARP["deep"].with_bound(DEEP / 2))
    case = kind.seeds(Configuration(d=2, n=2))[0]
    assert kind.decide(kind.sample(case)).refuted
    outside = kind.sample({**case, "steps": case["steps"] * 2.0**40})
    assert "not admissible" in kind.decide(outside).detail


@pytest.mark.parametrize("names", ["attention attention", "attention mlp attention", "mlp attention"])
def test_drawn_steps_are_admissible_in_every_precision(names):
    layers_ = tuple(names.split())
    kind = kind_of(stand_in("X", "deep_context", "gradient_attention", 1 + R, {"R": "radius"}, layers=layers_))
    for dtype in (torch.float64, torch.float32):
        config = Configuration("gaussian", d=2, n=3, batch=16, dtype=dtype)
        case = kind.draw(config, config.generator())
        climbed = kind.build({k: v + 0.1 for k, v in kind.parameters(case).items()})
        for one in (case, climbed):
            assert all(kind._admissible(kind.sample(kind.pick(one, i))) for i in range(16))


@pytest.mark.parametrize(
    ("kind", "quantities", "options", "message"),
    [
        ("context_attention", {"R": "radius"}, {"distance": "w2"}, "distance'] must be one of w1, winf"),
        ("context_attention", {"R": "girth"}, {}, "no quantity 'girth'"),
        ("deep_context", {"R": "radius"}, {"distance": "w2"}, "distance'] must be one of w1, winf"),
        ("deep_context", {"R": "step_3"}, {}, "no quantity 'step_3'"),
        ("deep_context", {"R": "radius"}, {"layers": ("mlp",)}, "one attention layer at least"),
        ("deep_context", {"R": "radius"}, {"layers": ("conv",)}, "must be 'attention' and 'mlp'"),
    ],
)
def test_a_wrong_entry_is_named(kind, quantities, options, message):
    def hammered():
        found = kind_of(stand_in("X", kind, "gradient_attention", 1 + R, quantities, **options))
        config = Configuration(d=2, n=2, batch=2)
        return found.ratio(found.draw(config, config.generator()))

    with pytest.raises(ArgumentError, match=message.replace("[", r"\[").replace("]", r"\]")):
        hammered()
