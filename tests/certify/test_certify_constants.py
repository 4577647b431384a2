"""Tested: Lipschitz constants against an independent recomputation (mpmath), LT-21, and lower bounds by brute force."""

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
import torch

from lemmas.lipschitz_transformers import composition, deep_context_bound
from proofcheck.certify import certificate as composing
from proofcheck.certify import certify
from proofcheck.certify import layers as module
from proofcheck.certify.adversary import as_double
from proofcheck.certify.numbers import as_ball, bound, document, rounded_up, text
from proofcheck.certify.roundoff import Arithmetic
from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.reference.balls import upper

F64 = torch.float64
MODELS = [(2, 1, 1, 0), (4, 3, 4, 1), (3, 2, 3, 2), (1, 1, 2, 3), (5, 2, 6, 4)]


def norm(M):
    return mpmath.mpf(float(np.linalg.svd(M.to(F64).numpy(), compute_uv=False)[0]))


def by_hand(network, R, Delta):
    """The constants of a dense network, formula by formula, in mpmath: lift, LT-10, LT-06 to LT-09, read-out."""
    mp = mpmath.mp
    lift, out = norm(network.lift), norm(network.readout)
    r, spread = lift * R, lift * Delta
    C, P = {k: mp.mpf(0) for k in ("paper", "w1", "winf")}, {k: mp.mpf(1) for k in ("paper", "w1", "winf")}
    for layer in network.layers:
        eta = mp.mpf(layer.step)
        if isinstance(layer, MLPStep):
            offset = layer.W.to(F64).T @ torch.relu(layer.b.to(F64))
            r += eta * mp.mpf(float(offset.norm()))
            continue
        a = norm(layer.A)
        B, D, t = a * r**2, a * min(spread, 2 * r), a * r
        c = {
            "paper": eta * a * ((1 + B) * mp.exp(2 * B) + B * mp.exp(4 * B)),
            "w1": eta * (a + D * t) * mp.exp(D * r),
            "winf": eta * mp.sqrt(a**2 + (D * t) ** 2 / 4),
        }
        for k in C:
            C[k], P[k] = C[k] + c[k] * P[k], (1 + c[k]) * P[k]
        r, spread = r + eta * a * r, spread + eta * D
    return lift * out, {k: C[k] * lift * out for k in C}


def to_mp(value):
    fraction = value if isinstance(value, Fraction) else upper(value)
    return mpmath.mpf(fraction.numerator) / fraction.denominator


@pytest.mark.parametrize("diameter", [None, Fraction(1, 2)])
@pytest.mark.parametrize("model", MODELS)
def test_constants_are_never_below_an_independent_value(deep, model, diameter):
    network = deep(*model)
    certificate = certify(network, radius=Fraction(1), diameter=diameter)
    assert certificate.ok
    query, context = by_hand(network, 1, 2 if diameter is None else 0.5)
    # the independent value has float norms: n u relative, amplified by exponents up to 100 and a few layers
    slack = mpmath.mpf(2) ** -36
    assert query * (1 - slack) <= to_mp(certificate.query) <= query * (1 + slack)
    for key, value in context.items():
        assert value * (1 - slack) <= to_mp(certificate.context[key]) <= value * (1 + slack), key


def test_the_independent_value_is_a_check(deep, monkeypatch):
    """Control: half of one lemma's constant falls below it."""
    monkeypatch.setattr(module, "bound", lambda *a, **k: bound(*a, **k) / 2)
    network = deep(4, 3, 4, 1)
    certificate = certify(network, radius=Fraction(1))
    assert to_mp(certificate.context["winf"]) < by_hand(network, 1, 2)[1]["winf"] * 0.9


def test_two_attention_layers_are_lt_21():
    """Identities around two layers: the constants of the deep bound, evaluated from its own expression."""
    eye = torch.eye(2, dtype=F64)
    network = Network(eye, (AttentionStep(eye / 2, 0.5), AttentionStep(eye / 4, 1.0)), eye)
    certificate = certify(network, radius=Fraction(1))
    values = {"eta1": Fraction(1, 2), "a1": Fraction(1, 2), "eta2": Fraction(1), "a2": Fraction(1, 4), "R": Fraction(1)}
    for key, name in (("w1", "context_constant"), ("winf", "context_constant_inf")):
        expected = deep_context_bound.BOUNDS[name].subs(
            {
                s: sp.Rational(v.numerator, v.denominator)
                for s, v in ((s, values[s.name]) for s in deep_context_bound.BOUNDS[name].free_symbols)
            }
        )
        exact = mpmath.mpf(str(sp.N(expected, 30)))
        found = to_mp(certificate.context[key])
        # D <= |A| 2R at the second layer too, where LT-21 takes the larger 2 |A| r_1
        assert found <= exact * (1 + mpmath.mpf(2) ** -60)
        assert found > exact * 0.5
    first = certify(Network(eye, network.layers[:1], eye), radius=Fraction(1)).context["w1"]
    on_ball = bound("context_bound_sharp", "on_ball", eta=Fraction(1, 2), a=Fraction(1, 2), R=Fraction(1))
    assert upper(first) == pytest.approx(float(upper(on_ball)), rel=1e-15)


def test_composition_is_the_lemmas_formula(deep):
    certificate = certify(deep(4, 3, 6, 2), radius=Fraction(1))
    queries = [sp.Integer(1)] * 6
    contexts = [sp.Rational(str(upper(layer.context["winf"]))) for layer in certificate.layers]
    exact = Fraction(str(sp.nsimplify(composition.context_constant(queries, contexts))))
    outer = certificate.lift_norm * certificate.readout_norm
    assert 1 <= upper(certificate.composition["winf"]) / (exact * outer) < 1 + Fraction(1, 2**100)


def test_a_dense_model_is_one_block(deep):
    certificate = certify(deep(4, 3, 6, 2), radius=Fraction(1))
    for key in composing.CONSTANTS:
        ratio = upper(certificate.context[key]) / upper(certificate.composition[key])
        assert abs(ratio - 1) < Fraction(1, 2**60)


def quotients(network, seed, R=1.0, count=400, n=4):
    """Difference quotients on random pairs: query, context in W_infinity by coupling, context in W_1 by coupling."""
    g = torch.Generator().manual_seed(seed)

    def ball(*shape):
        x = torch.randn(*shape, network.d, dtype=F64, generator=g)
        return x / x.norm(dim=-1, keepdim=True) * R * torch.rand(*shape, 1, dtype=F64, generator=g) ** (1 / network.d)

    y, z, x, w = ball(count, n), ball(count, n), ball(count, 1), ball(count, 1)
    z = torch.where(torch.rand(count, 1, 1, generator=g) < 0.5, y + (z - y) * 1e-3, z)
    masses = torch.rand(count, n, dtype=F64, generator=g) ** 4 + 1e-3
    masses = masses / masses.sum(-1, keepdim=True)
    mu, nu = Measure(y, masses), Measure(z, masses)
    at = network(mu, x)
    query = ((at - network(mu, w)).norm(dim=-1) / (x - w).norm(dim=-1)).max()
    gap = (at - network(nu, x)).norm(dim=-1)[:, 0]
    moved = (y - z).norm(dim=-1)
    return float(query), float((gap / (masses * moved).sum(-1)).max()), float((gap / moved.amax(-1)).max())


@pytest.mark.parametrize("model", MODELS)
def test_no_pair_exceeds_the_constants(deep, model):
    network = deep(*model)
    certificate = certify(network, radius=Fraction(1))
    query, w1, winf = quotients(network, model[-1])
    assert query <= float(certificate.query)
    assert w1 <= upper(certificate.context["w1"]) <= upper(certificate.context["paper"])
    assert winf <= upper(certificate.context["winf"]) <= upper(certificate.context["w1"])


def test_a_rejected_model_has_honest_constants():
    """Steps three times too large: q > 1 is counted, and pairs reach it."""
    eye = torch.eye(2, dtype=F64)
    network = Network(eye, (MLPStep(eye, 5 * eye.sum(0), 6.0), AttentionStep(eye, 6.0)), eye)
    certificate = certify(network, radius=Fraction(1))
    assert [layer.verdict.word for layer in certificate.layers] == ["not admissible"] * 2
    assert certificate.layers[0].growth == 5
    query, w1, winf = quotients(network, 0)
    assert 1 < query <= certificate.query
    assert w1 <= upper(certificate.context["w1"])
    assert winf <= upper(certificate.context["winf"])


def side_by_side(first, second):
    """Two networks on disjoint coordinates (LT-12), their layers one after the other."""
    m, n = first.width, second.width

    def pad(M, above, below):
        top, rows = torch.zeros(above, M.shape[1], dtype=F64), torch.zeros(below, M.shape[1], dtype=F64)
        return torch.cat((top, M, rows))

    def embed(layer, left, right):
        if isinstance(layer, MLPStep):
            W = torch.nn.functional.pad(layer.W, (left, right))
            return MLPStep(W, layer.b, layer.step)
        return AttentionStep(torch.nn.functional.pad(layer.A, (left, right, left, right)), layer.step)

    lift = torch.cat((first.lift, second.lift))
    layers = [embed(s, 0, n) for s in first.layers] + [embed(s, m, 0) for s in second.layers]
    return Network(lift, tuple(layers), torch.cat((first.readout, second.readout), 1))


def test_blocks_do_not_pay_for_each_other(deep):
    """Disjoint networks: steps and constants of each part as alone, the whole at most their sum."""
    parts = deep(3, 2, 4, 1), deep(4, 2, 4, 2)
    alone = [certify(p, radius=Fraction(1)) for p in parts]
    whole = side_by_side(*parts)
    joint = certify(whole, radius=Fraction(1))
    for layer, part in zip(joint.layers, [*alone[0].layers, *alone[1].layers], strict=True):
        assert layer.verdict.safe == part.verdict.safe
        assert [upper(c) for c in layer.context.values()] == [upper(c) for c in part.context.values()]
    for key in composing.CONSTANTS:
        sums = sum(upper(c.context[key]) for c in alone)
        assert upper(joint.context[key]) <= sums * (1 + Fraction(1, 2**60))
        assert upper(joint.context[key]) < upper(joint.composition[key])
    query, w1, winf = quotients(whole, 5)
    assert query <= joint.query
    assert w1 <= upper(joint.context["w1"])
    assert winf <= upper(joint.context["winf"])


def test_blocks_that_meet_are_joined(deep):
    """Control for the test above: an MLP layer across both parts, then attention that reads both."""
    parts = deep(3, 2, 4, 1), deep(4, 2, 4, 2)
    network = side_by_side(*parts)
    across = MLPStep(torch.ones(1, 7, dtype=F64), torch.ones(1, dtype=F64), 0.2)
    A = torch.ones(7, 7, dtype=F64) / 20
    network = Network(network.lift, (*network.layers, across, AttentionStep(A, 0.5)), network.readout)
    certificate = certify(network, radius=Fraction(1))
    assert certificate.ok
    query, w1, winf = quotients(network, 6)
    assert query <= certificate.query
    assert w1 <= upper(certificate.context["w1"])
    assert winf <= upper(certificate.context["winf"])
    assert certificate.layers[-1].diameter <= 2 * certificate.lift_norm


def test_radii_and_diameters_hold_every_context(deep):
    network = deep(4, 2, 6, 3)
    certificate = certify(network, radius=Fraction(1), diameter=Fraction(1))
    g = torch.Generator().manual_seed(0)
    y = torch.randn(200, 5, 2, dtype=F64, generator=g)
    y = y / y.norm(dim=-1, keepdim=True) * torch.rand(200, 5, 1, dtype=F64, generator=g) / 2  # diameter at most 1
    shift = torch.randn(200, 1, 2, dtype=F64, generator=g)
    y = y + shift / shift.norm(dim=-1, keepdim=True) / 2
    states = network.propagate(Measure(y, torch.full((200, 5), 0.2, dtype=F64)), y)
    for layer, (mu, x) in zip(certificate.layers, states, strict=False):
        assert float(x.norm(dim=-1).max()) <= layer.radius
        if layer.diameter is not None:
            assert float(torch.cdist(mu.points, mu.points).max()) <= layer.diameter


def test_huge_constants_print_as_numbers():
    eye = torch.eye(1, dtype=F64)
    huge = certify(Network(eye, (AttentionStep(eye, 1.0),) * 3, eye), radius=Fraction(40), diameter=Fraction(1))
    shown = document(huge.context["w1"])
    assert shown["text"].endswith(tuple("0123456789"))
    assert "e+" in shown["text"]
    tower = certify(Network(eye, (AttentionStep(eye, 1.0),) * 3, eye), radius=Fraction(10) ** 20, diameter=Fraction(1))
    shown = document(tower.context["w1"])
    assert shown["float"] is None
    assert shown["text"].startswith("10^(")
    beyond = certify(Network(eye, (AttentionStep(eye, 1.0),), eye), radius=Fraction(10) ** 60)
    assert document(beyond.context["w1"]) == {"text": "above every number Arb can hold", "float": None, "log10": None}
    assert document(beyond.context["winf"])["log10"] == pytest.approx(120, abs=1)


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [
        (Fraction(1), "1", "1"),
        (Fraction(1, 3), "0.333334", "0.333333"),
        (Fraction(2, 3) * 10**8, "6.66667e+07", "6.66666e+07"),
        (Fraction(999999999, 10**9), "1", "0.999999"),
        (Fraction(1, 7 * 10**9), "1.42858e-10", "1.42857e-10"),
        (Fraction(10) ** 5000 / 3, "3.33334e+4999", "3.33333e+4999"),
        (Fraction(123456), "123456", "123456"),
        (Fraction(1, 1000), "0.001", "0.001"),
        (Fraction(0), "0", "0"),
    ],
)
def test_decimals_are_rounded_outward(value, up, down):
    assert (text(value), text(value, up=False)) == (up, down)


def test_balls_print_above_their_value():
    with flint.ctx.workprec(100):
        e434 = flint.arb(1000).exp()
    assert text(e434) == "1.97008e+434"
    assert Fraction(text(e434)) > upper(e434) > Fraction("1.97007e+434")
    assert text(as_ball(Fraction(1, 3))) == "0.333334"
    with flint.ctx.workprec(100):
        assert text(flint.arb(10) ** 20000) == "1e+20000" or text(flint.arb(10) ** 20000).startswith("1.00001e")


@pytest.mark.parametrize("value", [Fraction(1), Fraction(1, 3), Fraction(10**50, 7), Fraction(7, 10**50), Fraction(0)])
def test_rounding_keeps_the_upper_side(value):
    found = rounded_up(value, 60)
    assert value <= found <= value * (1 + Fraction(1, 2**58))


def test_a_bound_needs_its_symbols():
    with pytest.raises(ArgumentError, match="'R'"):
        bound("context_bound", "context_constant", eta=Fraction(1), a=Fraction(1))
    with pytest.raises(ArgumentError, match="no lemma module"):
        bound("no_such_lemma", "context_constant")
    assert math.isclose(
        upper(bound("context_bound_w_inf", "on_ball", eta=Fraction(2), a=Fraction(0), R=Fraction(1))), 0
    )


def coupled_to_one(sign):
    """MLP whose units, all active, push coordinate 1 by -sign * 4; then attention that moves 0 and reads 1."""
    W = torch.tensor([[0.0, sign]], dtype=F64)
    A = torch.tensor([[0.0, 0.25], [0.0, 0.0]], dtype=F64)
    layers = (MLPStep(W, torch.tensor([8.0], dtype=F64), 0.5), AttentionStep(A, 0.5))
    eye = torch.eye(2, dtype=F64)
    return Network(eye, layers, eye)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_push_of_a_single_coordinate_counts_whatever_its_sign(sign):
    # |x_1| <= 1 becomes |x_1 - sign relu(sign x_1 + 8) / 2| = |x_1 / 2 - 4 sign| <= 4.5;
    # the push with its sign would be a negative radius
    network = coupled_to_one(sign)
    certificate = certify(network, radius=Fraction(1))
    attention = certificate.layers[1]
    assert attention.radius == 5  # 1 + 4: LT-10
    point = torch.tensor([[0.0, -sign]], dtype=F64)
    reached = network.propagate(Measure(point, torch.ones(1, dtype=F64)), point)[1][1]
    assert attention.radius >= Fraction(float(reached.norm())) == Fraction(9, 2)
    # a constant below step ||A|| would be below LT-07 at D = 0
    assert all(upper(attention.context[k]) >= Fraction(1, 8) for k in attention.context)


def test_blocks_that_read_each_other_are_not_exceeded():
    # sparse layers and lifts of small rank: pairs of contexts that share their weights, tokens moved inside the ball
    generator = torch.Generator().manual_seed(5)

    def sparse(k, m, density=0.4):
        kept = torch.rand(k, m, generator=generator) < density
        return torch.randn(k, m, dtype=F64, generator=generator) * kept

    for _ in range(60):
        layers = []
        for _ in range(4):
            b = 3 * torch.randn(2, dtype=F64, generator=generator)
            layers += [MLPStep(sparse(2, 4), b, 0.5), AttentionStep(sparse(4, 4), 0.5)]
        network = Network(sparse(4, 2, 0.7), tuple(layers[:6]), sparse(1, 4, 0.7))
        certificate = certify(network, radius=Fraction(1))
        y = torch.randn(200, 3, 2, dtype=F64, generator=generator)
        y = y / y.norm(dim=-1, keepdim=True)
        moved = 0.05 * torch.randn(200, 3, 2, dtype=F64, generator=generator)
        z = y + moved
        z = z / z.norm(dim=-1, keepdim=True).clamp(min=1)
        weights = torch.softmax(2 * torch.randn(200, 3, dtype=F64, generator=generator), -1)
        gap = (network(Measure(y, weights), y) - network(Measure(z, weights), y)).norm(dim=-1).amax(-1)
        cost = (y - z).norm(dim=-1)
        for name, size in (
            ("w1", (weights * cost).sum(-1)),
            ("paper", (weights * cost).sum(-1)),
            ("winf", cost.amax(-1)),
        ):
            bound_here = (
                float(certificate.context[name].log()) if not certificate.context[name].is_zero() else -math.inf
            )
            assert float((gap / size).max().clamp(min=1e-300).log()) <= max(bound_here, math.log(1e-11)) + 1e-9, name


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_roundoff_counts_results_below_the_normal_range(dtype, monkeypatch):
    # products of entries near 10^-3 are below the normal numbers of float16: a relative error bounds none of them
    generator = torch.Generator().manual_seed(1)

    def small(*shape):
        return (1e-3 * torch.randn(*shape, generator=generator)).to(dtype)

    b = small(2)
    network = Network(small(3, 2), (MLPStep(small(2, 3), b, 0.5), AttentionStep(small(3, 3), 0.5)), small(2, 3))
    y = small(64, 4, 2)
    weights = torch.full((64, 4), 0.25, dtype=dtype)
    real = as_double(network)(Measure(y.to(F64), weights.to(F64)), y.to(F64))
    worst = (network(Measure(y, weights), y).to(F64) - real).norm(dim=-1).max()
    bound_here = certify(network, radius=Fraction(1, 100), tokens=4).roundoff
    assert Fraction(float(worst)) <= upper(bound_here)
    # the same without the underflow: false in float16 only
    monkeypatch.setattr(Arithmetic, "lost", lambda self, operations, entries: flint.arb(0))
    relative = certify(network, radius=Fraction(1, 100), tokens=4).roundoff
    assert (Fraction(float(worst)) > upper(relative)) == (dtype == torch.float16)
