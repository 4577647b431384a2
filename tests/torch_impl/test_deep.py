"""The trainable deep model: admissible steps after any optimiser, frozen and saved as it runs, nonexpansive."""

import math
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy as sp
import torch

from proofcheck.errors import ArgumentError
from torch_impl import bounds
from torch_impl.deep import DeepTransformer
from torch_impl.measures import Measure, diameter, measure
from torch_impl.network import AttentionStep
from torch_impl.network_file import load_network, network_from, save_network
from torch_impl.reference.exact import exact_matrix, is_positive_semidefinite

F64, F32 = torch.float64, torch.float32
LAYERS = ("mlp", "attention", "mlp", "attention")
DIAMETER = 3.0


def deep(dtype=F64, **options):
    torch.manual_seed(0)
    settings = {"layers": LAYERS, "diameter": DIAMETER, "hidden": 5, "lift_norm": 1.5, "readout_norm": 1.0, **options}
    return DeepTransformer(2, 4, 3, dtype=dtype, **settings)


def inputs(dtype=F64, seed=0, batch=6, n=5):
    """Tokens and queries within diameter 3."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(batch, n + 2, 2, generator=generator, dtype=F64) * 2 - 1
    weights = torch.rand(batch, n, generator=generator, dtype=F64) + 0.05
    weights = (weights / weights.sum(-1, keepdim=True)).to(dtype)
    return Measure(points[:, :n].to(dtype), weights), points[:, n:].to(dtype)


def covers(M, square):
    """square I - M^T M is positive semidefinite, in Fractions: |M|^2 <= square."""
    columns = list(zip(*exact_matrix(M), strict=True))
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns] for u in columns]
    n = len(gram)
    return is_positive_semidefinite(tuple(tuple(square * (i == j) - gram[i][j] for j in range(n)) for i in range(n)))


def norm_square_between(M, bits=40):
    """(low, high), low < |M|^2 <= high, high/low = 1 + 2^-bits about: bisection on exact semidefiniteness."""
    high = sum(v * v for row in exact_matrix(M) for v in row)
    low = Fraction(0)
    for _ in range(bits):
        middle = (low + high) / 2
        low, high = (low, middle) if covers(M, middle) else (middle, high)
    return low, high


def inadmissible(network):
    """Layers whose step is above the lemma's, decided in Fractions from the stored entries (|Q|^2 to 2^-40)."""
    bad = []
    lift_square = norm_square_between(network.lift)[0]
    for k, layer in enumerate(network.layers):
        step = Fraction(layer.step)
        attention = isinstance(layer, AttentionStep)
        # attention: eta |A|^2 |Q|^2 diam^2 <= 8;  MLP: tau |W|^2 <= 2
        limit = 8 / (lift_square * Fraction(DIAMETER) ** 2) if attention else Fraction(2)
        matrix = layer.A if attention else layer.W
        if step < 0 or (step > 0 and not covers(matrix, limit / step)):
            bad.append(k)
    return bad


def train(model, lr, optimiser=torch.optim.SGD, rounds=6):
    """A fit of random targets; yields after every optimiser step."""
    mu, x = inputs(model.lift.dtype)
    target = torch.randn(*x.shape[:-1], 3, generator=torch.Generator().manual_seed(1)).to(x.dtype)
    steps = optimiser(model.parameters(), lr=lr)
    for _ in range(rounds):
        steps.zero_grad()
        (model(mu, x) - target).square().mean().backward()
        steps.step()
        yield model


@pytest.mark.parametrize("dtype", [F64, F32])
@pytest.mark.parametrize(("optimiser", "lr"), [(torch.optim.SGD, 0.3), (torch.optim.Adam, 0.5), (torch.optim.SGD, 1e6)])
@pytest.mark.parametrize("theta", [None, 1.0])
def test_every_step_stays_admissible_through_training(dtype, optimiser, lr, theta):
    model = deep(dtype, theta=theta)
    start = [p.detach().clone() for p in model.parameters()]
    for _ in train(model, lr, optimiser, rounds=3):
        assert inadmissible(model.network()) == []
        assert all(used <= admissible for used, admissible in model.steps())
    assert any(not torch.equal(p, q) for p, q in zip(model.parameters(), start, strict=True))


def test_every_step_stays_admissible_under_blows():
    """Parameters set to anything finite, not only where gradients lead."""
    model = deep()
    generator = torch.Generator().manual_seed(3)
    for _ in range(12):
        for p in model.parameters():
            size = 10.0 ** float(torch.randint(-30, 30, (), generator=generator))
            p.data = torch.randn(p.shape, generator=generator, dtype=F64) * size
        network = model.network()
        assert inadmissible(network) == []
        assert covers(network.lift, Fraction(1.5) ** 2)
        assert covers(network.readout, Fraction(1))


def test_a_parametrisation_without_the_norm_leaves_the_bound():
    """Control: the same training with steps as free parameters, and the check sees it."""
    model = deep()
    frozen = [used for used, _ in model.steps()]
    for _ in train(model, 0.5, torch.optim.Adam, rounds=4):
        pass
    network = model.network()
    assert inadmissible(network) == []
    free = [type(layer)(*matrices(layer), used) for layer, used in zip(network.layers, frozen, strict=True)]
    assert inadmissible(type(network)(network.lift, tuple(free), network.readout)) != []


def matrices(layer):
    return (layer.A,) if isinstance(layer, AttentionStep) else (layer.W, layer.b)


def test_one_float_above_the_largest_step_is_seen():
    """Control: W of norm exactly 2 has tau_max = 1/2; theta = 1 gives no more, and the next float is refused."""
    model = deep(layers=("mlp",), hidden=4, theta=1.0)
    model.layers[0].W.data = torch.diag(torch.tensor([2.0, 1.0, 1.0, 1.0], dtype=F64))
    network = model.network()
    assert network.layers[0].step <= 0.5
    assert network.layers[0].step >= 0.5 * (1 - 2**-38)
    layer = network.layers[0]
    above = type(layer)(layer.W, layer.b, math.nextafter(0.5, 1.0))
    assert inadmissible(network) == []
    assert inadmissible(type(network)(network.lift, (above,), network.readout)) == [0]


def test_the_step_comes_from_the_lemma(monkeypatch):
    """Control: a lemma with another constant moves the step; nothing here retypes it."""
    model = deep(theta=1.0)
    before = model.steps()
    w, D = sp.symbols("w D", positive=True)
    bounds._in_powers.cache_clear()
    monkeypatch.setattr(bounds, "lemma_bound", lambda lemma, key: 3 / w**2 if lemma == "mlp_step" else 9 / D**2)
    try:
        assert model.steps()[0][0] == pytest.approx(1.5 * before[0][0], rel=2**-50)
        assert model.steps()[1][0] == pytest.approx(9 / 8 * before[1][0], rel=2**-50)
        assert inadmissible(model.network()) != []
    finally:
        bounds._in_powers.cache_clear()


@pytest.mark.parametrize("dtype", [F64, F32])
def test_the_frozen_network_is_the_model(dtype):
    model, (mu, x) = deep(dtype), inputs(dtype)
    network = model.network()
    with torch.no_grad():
        assert torch.equal(model(mu, x), network(mu, x))
    # with gradients matmul may sum in another order: a few units in the last place of each of four layers
    with_gradients = model(mu, x).detach()
    assert float((with_gradients - network(mu, x)).abs().max()) <= 1000 * torch.finfo(dtype).eps
    assert not any(t.requires_grad for t in (network.lift, network.readout, *matrices(network.layers[0])))
    model.layers[0].W.data.mul_(3)
    assert not torch.equal(model(mu, x).detach(), network(mu, x))  # a copy, not a view


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_saved_model_is_the_network(tmp_path, suffix):
    model, (mu, x) = deep(), inputs()
    path = tmp_path / f"model{suffix}"
    if suffix == ".pt":
        torch.save(model.state_dict(), path)
    else:
        save_network(model.network(), path)
    with torch.no_grad():
        assert torch.equal(load_network(path)(mu, x), model(mu, x))


@pytest.mark.parametrize("theta", [None, 0.75])
def test_a_state_dict_is_read_back(theta):
    model, (mu, x) = deep(theta=theta), inputs()
    for _ in train(model, 0.3):
        pass
    state = model.state_dict()
    assert network_from(state).layers[1].step == model.steps()[1][0]
    torch.manual_seed(5)
    other = deep(theta=theta)
    for p in other.parameters():
        p.data.normal_()
    other.load_state_dict(state)
    for (a, _), (b, _) in zip(other.steps(), model.steps(), strict=True):
        assert a == pytest.approx(b, rel=2**-50)  # theta goes through its logit
    assert torch.equal(other.state_dict()["lift"], state["lift"])
    with torch.no_grad():
        assert torch.allclose(other(mu, x), model(mu, x), rtol=0, atol=1e-13)


def test_a_state_dict_above_a_bound_is_refused():
    model = deep()
    good = model.state_dict()

    def refused(match, **change):
        with pytest.raises(RuntimeError, match=match):
            model.load_state_dict({**good, **change})

    admissible = torch.tensor(model.steps()[1][1], dtype=F64)
    model.load_state_dict({**good, "layers.1.step": admissible})
    refused(r"layers\.1\.step must be at most", **{"layers.1.step": admissible * (1 + 1e-6)})
    refused(r"layers\.1\.step must be at most", **{"layers.1.step": -admissible})
    refused(r"layers\.0\.step must be at most", **{"layers.0.step": torch.tensor(math.nan)})
    refused(r"layers\.0: a step", **{"layers.0.W": good["layers.0.W"] * math.nan})
    refused(r"lift must have a norm of at most 1\.5", lift=good["lift"] * 10)
    without = {k: v for k, v in good.items() if k != "layers.2.step"}
    with pytest.raises(RuntimeError, match=r"layers\.2: a step"):
        model.load_state_dict(without)
    fixed = deep(theta=1.0)
    with pytest.raises(RuntimeError, match=r"must be 1\.0 of the admissible one"):
        fixed.load_state_dict({**fixed.state_dict(), "layers.0.step": admissible * 0})


def test_gradients_are_those_of_the_real_step():
    """d Lambda / d W agrees with differences: the estimate of the norm is differentiated, not held fixed."""
    model, (mu, x) = deep(layers=("mlp", "attention")), inputs()
    loss = model(mu, x).square().sum()
    loss.backward()
    for p in (model.layers[0].W, model.layers[1].A, model.layers[1].theta, model.lift):
        direction = torch.randn(p.shape, generator=torch.Generator().manual_seed(2), dtype=F64)
        slope = float((p.grad * direction).sum())
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                p += sign * 1e-5 * direction
                values.append(float(model(mu, x).square().sum()))
                p -= sign * 1e-5 * direction
        # the Schatten norm that sets the value and the singular vector that sets the slope differ in the third digit
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(slope, rel=0.02, abs=0.02 * float(loss.detach()))


def test_nonexpansive_in_x_and_diameters_do_not_grow():
    """At every depth, random contexts and pairs of queries, the largest steps; control: steps 1.2 times as large."""

    def worst(network):
        gap, spread = 0.0, 0.0
        for seed in range(20):
            mu, x = inputs(seed=seed, batch=32)
            states = network.propagate(mu, x)
            distances = [torch.linalg.vector_norm(q[:, 0] - q[:, 1], dim=-1) for _, q in states]
            spreads = [diameter(c) for c, _ in states]
            for before, after in pairwise(distances):
                gap = max(gap, float((after / before).max()))
            for before, after in pairwise(spreads):
                spread = max(spread, float((after / before).max()))
        return gap, spread

    model = deep(theta=1.0, hidden=1, layers=("mlp", "attention") * 3)
    for k in (0, 2, 4):
        model.layers[k].b.data.fill_(20.0)  # the unit is active everywhere: the step reflects along W
    for k in (1, 3, 5):
        model.layers[k].A.data = 3 * torch.eye(4, dtype=F64)
    network = model.network()
    gap, spread = worst(network)
    # a distance of two rows of size <= 2^8 is off by 2^-44 after a layer, and no pair above is closer than 2^-12
    assert gap <= 1 + 2**-30
    assert spread <= 1 + 2**-30
    steeper = [type(layer)(*matrices(layer), layer.step * 1.2) for layer in network.layers]
    gap, _ = worst(type(network)(network.lift, tuple(steeper), network.readout))
    assert gap > 1 + 1e-3


def test_no_condition_is_the_identity():
    model, (mu, x) = deep(layers=("mlp", "attention")), inputs()
    for p in (model.layers[0].W, model.layers[1].A):
        p.data.zero_()
    assert model.steps() == [(0.0, math.inf), (0.0, math.inf)]
    assert torch.equal(model(mu, x), x @ model.resolve()[0].entries.mT @ model.resolve()[2].entries.mT)
    assert deep(diameter=0.0).steps()[1] == (0.0, math.inf)


def test_what_diverged_is_named():
    for name in ("lift", "readout", "layers.0.W", "layers.0.b", "layers.1.A", "layers.1.theta"):
        model, (mu, x) = deep(), inputs()
        model.get_parameter(name).data.fill_(math.nan)
        with pytest.raises(ArgumentError, match=rf"{name} must be finite.*learning rate"):
            model(mu, x)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"layers": ("mlp", "norm")}, r"layers\[1\]='norm'"),
        ({"diameter": -1.0}, "diameter"),
        ({"diameter": math.inf}, "diameter"),
        ({"theta": 0.0}, "theta"),
        ({"theta": 1.5}, "theta"),
        ({"hidden": 0}, "hidden"),
        ({"lift_norm": 0.0}, "lift_norm"),
        ({"matrix_norm": math.nan}, "matrix_norm"),
    ],
)
def test_arguments_out_of_range(options, match):
    with pytest.raises(ArgumentError, match=match):
        deep(**options)


def test_a_measure_in_a_batch_is_a_measure():
    """One network for every number of tokens: padding and a batch change nothing but roundoff."""
    model, (mu, x) = deep(), inputs()
    alone = model(measure(mu.points[0], mu.weights[0] / mu.weights[0].sum()), x[0])
    assert torch.allclose(alone, model(mu, x)[0], rtol=0, atol=1e-13)
