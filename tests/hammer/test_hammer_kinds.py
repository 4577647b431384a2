"""Tested: each statement holds on every family, its exact twin agrees with torch, and planted bugs are found.
Not tested: the lemmas' own HAMMER entries (tests/lemmas)."""

import pytest
import sympy as sp
import torch
from hammer_trials import ALL, SHARP, stand_in, weakened
from hypothesis import given

from proofcheck.errors import ArgumentError
from proofcheck.hammer import families
from proofcheck.hammer.confirm import Status, confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import KINDS, kind_of
from proofcheck.hammer.strategies import configurations
from proofcheck.hammer.trial import trial
from torch_impl import layers
from torch_impl.measures import Measure

SIZES = ((1, 1), (2, 3), (3, 8))


def drawn(kind, shape="gaussian", d=2, n=3, **kwargs):
    config = Configuration(shape, d=d, n=n, **{"batch": 24, "pairs": 3, "seed": 11, **kwargs})
    return kind.draw(config, config.generator())


def test_every_kind_is_on_trial_here():
    assert {t.prop.kind for t in ALL.values()} == set(KINDS) - {"flow"}  # test_hammer_flow has it


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", sorted(families.available()[0]))
def test_true_statements_survive_every_family(name, shape):
    kind = kind_of(ALL[name])
    for d, n in SIZES:
        case = drawn(kind, shape, d, n)
        for look in (case, kind.sharpen(case)):
            ratio = kind.ratio(look)
            assert not bool(torch.isnan(ratio).any())
            assert float(ratio.max()) <= 1, f"{shape} d={d} n={n}"
        i, j = kind.worst(case, kind.ratio(case), 1)[0]
        assert confirm(kind, kind.pick(case, i, j)).status in (Status.HOLDS, Status.ROUNDING)


@pytest.mark.parametrize("name", ALL)
def test_true_statements_survive_in_single_precision(name):
    kind = kind_of(ALL[name])
    case = drawn(kind, dtype=torch.float32)
    assert float(kind.ratio(case).max()) <= 1
    assert kind.check_code(kind.pick(case, 1)).status is Status.HOLDS


@pytest.mark.parametrize("name", SHARP)
def test_a_weakened_bound_is_refuted_exactly_at_a_seed_and_the_true_one_is_not(name):
    config = Configuration(d=2, n=2)
    true, false = kind_of(SHARP[name]), kind_of(weakened(name))
    for seed in true.seeds(config):
        assert confirm(true, seed).status in (Status.HOLDS, Status.ROUNDING)
    if name == "diameter":  # its supremum is a limit of small steps; the climbing test covers it
        return
    decision = confirm(false, false.seeds(config)[0])
    assert decision.refuted
    assert decision.level == "statement"


@pytest.mark.parametrize("name", SHARP)
def test_net_ratio_never_exceeds_the_plain_one(name):
    kind = kind_of(SHARP[name])
    case = drawn(kind)
    raw = kind.raw_ratio(case).clamp_min(0)
    assert bool((kind.ratio(case) <= raw * (1 + 1e-9)).all())


def uniformly(m):
    return Measure(m.points, torch.full_like(m.weights, 1 / m.weights.shape[-1]))


def shortened(m):
    return Measure(m.points[:, :-1], m.weights[:, :-1]) if m.weights.shape[-1] > 1 else m


def scaled(step):
    return step[:, None, None]


BUGS = {
    "mlp with +": ("mlp", lambda x, W, b, s: 2 * x - layers.gradient_mlp(x, W, b, s)),
    "mlp step 3": ("mlp", lambda x, W, b, s: layers.gradient_mlp(x, W, b, 1.5 * s)),
    "mlp no bias": ("mlp", lambda x, W, b, s: layers.gradient_mlp(x, W, 0 * b, s)),
    "mlp abs": ("mlp", lambda x, W, b, s: x - scaled(s) * (x @ W.mT + b[:, None]).abs() @ W),
    "mlp decreasing": ("mlp", lambda x, W, b, s: x - scaled(s) * torch.relu(-(x @ W.mT + b[:, None])) @ W),
    "attention with +": ("attention_sharp", lambda m, x, A, s: 2 * x - layers.gradient_attention(m, x, A, s)),
    "attention transposed": ("attention_sharp", lambda m, x, A, s: layers.gradient_attention(m, x, A.mT, s)),
    "attention step 12": ("attention_sharp", lambda m, x, A, s: layers.gradient_attention(m, x, A, 1.5 * s)),
    "attention weights": ("attention_sharp", lambda m, x, A, s: layers.gradient_attention(uniformly(m), x, A, s)),
    "attention mask": ("attention_sharp", lambda m, x, A, s: layers.gradient_attention(shortened(m), x, A, s)),
    "attention temperature": (
        "attention_sharp",
        lambda m, x, A, s: x + layers.gradient_attention(m, 2 * x, A, s) - 2 * x,
    ),
    "softmax temperature": ("softmax", lambda z: torch.softmax(1.01 * z, -1)),
    "softmax axis": ("softmax", lambda z: torch.softmax(z, 0)),
    "softmax unnormalised": ("softmax", lambda z: torch.exp(z - z.amax(-1, keepdim=True))),
    "composition weights": ("composition", lambda m, x, q, c: layers.affine_mean(uniformly(m), x, q, c)),
    "composition swapped": ("composition", lambda m, x, q, c: layers.affine_mean(m, x, c, q)),
    "radius with +": ("radius", lambda m, x, A, s: 2 * x - layers.gradient_attention(m, x, A, s)),
    "mean of y": ("mean", lambda m, x, A: layers.attention_mean(m, x @ A, torch.eye(A.shape[-1]).to(A).expand_as(A))),
    "covariance uncentred": (
        "covariance",
        lambda m, x, A: (
            layers.attention_covariance(m, x, A)
            + layers.attention_mean(m, x, A).unsqueeze(-1) * layers.attention_mean(m, x, A).unsqueeze(-2)
        ),
    ),
    "log-partition without weights": ("derivatives", lambda m, x, A: layers.log_partition(uniformly(m), x, A)),
    "sorted downwards": ("sorting", lambda x: layers.sorting_step(x.flip(-1)).flip(-1)),
}


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_refuted(bug):
    name, function = BUGS[bug]
    kind = kind_of(ALL[name].with_function(function))
    case = drawn(kind)
    found = [kind.check_code(kind.pick(case, i)) for i in range(6)]
    assert any(d.refuted and d.level == "code" for d in found)


@pytest.mark.parametrize("bug", ["mlp with +", "mlp step 3", "attention with +", "softmax temperature"])
def test_some_bugs_break_the_bound_itself_in_floats(bug):
    name, function = BUGS[bug]
    kind = kind_of(ALL[name].with_function(function))
    assert any(float(kind.ratio(c).max()) > 1 for s in ("two_point", "gaussian") for c in [drawn(kind, s)])


@pytest.mark.parametrize("name", ALL)
def test_nan_from_the_code_is_unknown_never_holds(name):
    t = ALL[name]
    kind = kind_of(t.with_function(lambda *args: t.function(*args) * float("nan")))
    case = drawn(kind)
    assert bool(torch.isnan(kind.ratio(case)).any())
    assert confirm(kind, kind.pick(case, 0)).status is Status.UNKNOWN


def test_nan_in_the_input_is_unknown():
    kind = kind_of(SHARP["attention_sharp"])
    case = kind.pick(drawn(kind), 0)
    case["points"] = case["points"] * float("nan")
    assert confirm(kind, case).status is Status.UNKNOWN


def test_one_atom_is_a_translation_at_every_step():
    kind = kind_of(SHARP["attention_sharp"])
    case = drawn(kind, n=1)
    assert float(kind.ratio(case).max()) == 0
    assert confirm(kind, kind.pick(case, 0)).status is Status.HOLDS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "nonexpansive"}, "kind must be one of"),
        ({"quantities": {"D": "girth"}}, "no quantity 'girth'"),
        ({"function": "missing_layer"}, "a callable 'module:name' required"),
    ],
)
def test_a_wrong_hammer_entry_is_named(change, message):
    entry = {"kind": "nonexpansive_query", "function": "gradient_attention", "quantities": {"D": "image_diameter"}}
    entry |= change

    def hammered():
        t = stand_in("X", entry["kind"], entry["function"], 8 / sp.Symbol("D") ** 2, entry["quantities"])
        return kind_of(t).ratio(drawn(kind_of(t)))

    with pytest.raises(ArgumentError, match=message):
        hammered()


def test_a_bound_that_does_not_exist_is_named():
    import types

    t = ALL["mlp"]
    with pytest.raises(ArgumentError, match="bound must be a key of BOUNDS"):
        trial(types.SimpleNamespace(ID="X", HAMMER=t.prop, BOUNDS={}))


def test_decimals_in_a_bound_are_decided_as_the_floats_they_are():
    w = sp.Symbol("w", positive=True)
    kind = kind_of(SHARP["mlp"].with_bound(2.002 / w**2))
    decision = confirm(kind, kind.seeds(Configuration())[0])
    assert decision.refuted
    assert decision.witness["step"] == "1001/500" or 2 < float(sp.Rational(decision.witness["step"])) <= 2.002


@pytest.mark.parametrize("name", ["mlp", "attention_sharp", "softmax", "composition", "radius", "derivatives"])
@given(config=configurations(max_n=16, batch=8, pairs=2))
def test_true_statements_survive_whatever_hypothesis_configures(name, config):
    kind = kind_of(ALL[name])
    case = kind.draw(config, config.generator())
    assert float(kind.ratio(case).max()) <= 1
    assert kind.check_code(kind.pick(case, 0)).status is Status.HOLDS
