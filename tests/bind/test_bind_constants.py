"""Same constant: no bound of a lemma is typed again in torch_impl, and admissible steps follow the lemma."""

import importlib
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp
import torch

import torch_impl
from proofcheck import registry
from proofcheck.bind.constants import bound_numbers, retyped
from torch_impl import bounds, layers
from torch_impl.measures import measure
from torch_impl.modules import GradientAttention, GradientMLP

ROOT = Path(torch_impl.__file__).parent
# (file, function, expression): why the number in it is not a lemma's constant
ALLOWED = {
    ("gamma_head.py", "realised", "2 * count"): "coordinates of q end at d + 2 d'",
    ("label_recovery.py", "binary_weights", "2**i"): "weights proportional to 2^i",
    ("label_recovery.py", "binary_weights", "2**n"): "weights proportional to 2^i",
    ("label_recovery.py", "generic_weights", "2**i"): "binary digits that name a label",
    ("label_recovery.py", "generic_weights", "2 ** len(exact)"): "binary digits that name a label",
    ("label_recovery.py", "Decoder.decode", "2 * rest"): "nearer than half of the gap, without dividing",
    ("label_recovery.py", "Decoder.decode", "2 * self.weights[i]"): "nearer than half of the gap, without dividing",
    ("label_recovery.py", "Decoder.decode", "2 * abs(rest)"): "nearer than half of the gap, without dividing",
    ("predicates.py", "roundings", "8 * n"): "roundings of a layer, counted",
    ("predicates.py", "in_context_map", "1.0"): "the scale of the tokens",
    ("predicates.py", "in_context_map_weighted", "1.0"): "the scale of the tokens",
    ("predicates.py", "support_preserving", "1.0"): "the scale of the tokens",
    (
        "predicates.py",
        "support_preserving",
        "max(1.0, float(image.points.abs().max()))",
    ): "roundoff relative to at least 1",
    ("predicates.py", "_weighted_law", "2 * n"): "twice the atoms where one is split",
    ("predicates.py", "_weighted_law", "mu.weights[:1] / 2"): "two halves of an atom",
    ("predicates.py", "_tolerance", "2.0**-20"): "relative change of a difference quotient",
    ("predicates.py", "_tolerance", "max(float(X.abs().max()), 1.0)"): "roundoff relative to at least 1",
    ("predicates.py", "_smaller", "4 * better.tolerance"): "a simpler witness must stay clearly above roundoff",
    ("predicates.py", "_unit", "torch.finfo(X.dtype).eps / 2"): "unit roundoff",
    ("attention.py", "residual_attention", "1.0"): "the step of a residual layer without depth scaling",
    ("gaussian_attention.py", "_riccati_step", "(moved + moved.mT) / 2"): "symmetric part",
    ("gaussian_attention.py", "_safe_step", "2 * math.e"): "a step within which |S Z^{-1} Y| <= 1/2",
    ("gaussian_attention.py", "gaussian_layer", "1.0"): "the step of a residual layer without depth scaling",
    ("gaussian_attention.py", "multi_head_layer", "1.0"): "the step of a residual layer without depth scaling",
    ("gaussian_attention.py", "precision", "4 * d"): "roundoffs of a product of d terms, twice",
    ("gaussian_attention.py", "riccati_flow", "4 * S.shape[-1]"): "roundoffs of a product of d terms, twice",
    ("gaussian_variants.py", "l2_attend", "keys.square().sum(-1).unsqueeze(-2) / 2"): "the score -|Q x - K y|^2/2",
    ("hermite_context.py", "hypercube", "0.5**d"): "the weight of one of 2^d corners",
    ("hermite_context.py", "hypercube", "2**d"): "a cube has 2^d corners",
    ("linear_attention.py", "blow_up_time", "4 * M.shape[-1]"): "roundoffs of a product of d terms, twice",
    ("linear_attention.py", "flow_map", "2 * lam"): "(1 - 2 lam t z)^{-1/2}, the formula itself",
    ("linear_attention.py", "linear_layer", "1.0"): "the step of a residual layer without depth scaling",
    ("linear_attention.py", "square_root", "(M + M.mT) / 2"): "symmetric part",
    ("linear_attention.py", "square_root", "4 * d"): "roundoffs of a product of d terms, twice",
    ("space_time.py", "causal_layer", "1.0"): "the step of a residual layer without depth scaling",
    ("construct_targets.py", "KernelRegression.scale", "4 * self.C / 9"): "a property of the target, not of a lemma",
    ("norms.py", "_largest_image", "2 * size.shape[-1]"): "counts the squares that may underflow",
    (
        "norms.py",
        "_gershgorin_square",
        "2 * row[i]",
    ): "Gershgorin: g_ii - sum_j!=i |g_ij| = 2 g_ii - sum_j |g_ij|",
    (
        "reference/balls.py",
        "_dyadic",
        "Fraction(2) ** int(exponent)",
    ): "mantissa * 2**exponent of a ball's midpoint",
    ("huggingface_source.py", "check_size", "4 * width"): "weights of a model: keys, queries, values, outputs",
    ("huggingface_source.py", "check_size", "2 * inner"): "weights of a model: two matrices of the MLP",
    ("rounding.py", "sqrt_up", "2 * k"): "4**k under the root is 2**k outside",
    ("rounding.py", "sqrt_up", "-2 * k"): "4**k under the root is 2**k outside",
    ("rounding.py", "sqrt_up", "Fraction(2) ** k"): "4**k under the root is 2**k outside",
    ("construct.py", "construct", "2 * reach"): "2 R is the diameter of the domain",
    ("construct.py", "construct", "2 * rounding"): "how finely values of the target are rounded",
    ("construct.py", "construct", "2.0**-40"): "how finely values of the target are rounded",
    ("construct.py", "layer_facts", "square * lift * 4"): "(2 R)^2, R the radius of the domain",
    ("construct.py", "unpruned_size", "2 * net_size"): "N (N - 1) interpolants, two coordinates each",
    (
        "construct_compile.py",
        "_attention",
        "Fraction(2) ** (math.floor(math.log2(float(largest))) - 1)",
    ): "diameter 2 R, a power of two below the bound, a read-out",
    ("construct_compile.py", "_network", "lift_square * 4"): "diameter 2 R, a power of two below the bound, a read-out",
    (
        "construct_compile.py",
        "_network",
        "out[0, list(readout)] = 1.0",
    ): "diameter 2 R, a power of two below the bound, a read-out",
    ("construct_geometry.py", "rounded_offset", "2**8"): "how finely numbers are rounded",
    ("construct_geometry.py", "rounded_offset", "2**OFFSET_BITS"): "how finely numbers are rounded",
    ("construct_net.py", "_cell", "2 * count"): "counts and dyadic places of the covering net",
    ("construct_net.py", "_cell", "2 ** (CENTRE_BITS + 1)"): "counts and dyadic places of the covering net",
    ("construct_net.py", "_centres", "2 * a"): "counts and dyadic places of the covering net",
    ("construct_net.py", "_centres", "2 * count"): "counts and dyadic places of the covering net",
    ("construct_net.py", "_centres", "2**CENTRE_BITS"): "counts and dyadic places of the covering net",
    (
        "construct_net.py",
        "_suspects",
        "max(1.0, float(np.abs(v).max()), float(table.max(initial=0.0)))",
    ): "counts and dyadic places of the covering net",
    ("construct_net.py", "sampled_net", "2 * d"): "counts and dyadic places of the covering net",
    ("construct_net.py", "sampled_net", "2**bits"): "counts and dyadic places of the covering net",
    ("construct_net.py", "shapes", "2 * k"): "counts and dyadic places of the covering net",
    (
        "construct_pairs.py",
        "_interpolants",
        "np.divide(v[i] - v, gaps, out=np.zeros_like(v), where=gaps > 0).clip(-1.0, 1.0)",
    ): "LT-16: |alpha| <= 1, and a margin of the float preselection",
    ("construct_pairs.py", "module", "2.0**-36"): "LT-16: |alpha| <= 1, and a margin of the float preselection",
    ("construct_roundoff.py", "_norm", "2**-20"): "roundoff: unit, or how many operations were counted",
    ("construct_roundoff.py", "module", "2.0**-53"): "roundoff: unit, or how many operations were counted",
    ("construct_roundoff.py", "roundoff_bound", "2 * _U"): "roundoff: unit, or how many operations were counted",
    ("construct_roundoff.py", "roundoff_bound", "2**-20"): "roundoff: unit, or how many operations were counted",
    (
        "construct_roundoff.py",
        "roundoff_bound",
        "4 * abs(math.log(lowest))",
    ): "roundoff: unit, or how many operations were counted",
    ("construct_targets.py", "Blend.theta", "Fraction(1, 2)"): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "ClippedDistance.batched",
        "torch.full_like(places[..., 0], 0.5)",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "ClippedDistance.batched",
        "wasserstein_1d(measure, Measure(places, halves)).clamp(max=0.25)",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "ClippedDistance.exact",
        "Fraction(1, 2)",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "ClippedDistance.exact",
        "Fraction(1, 4)",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "KernelRegression.batched",
        "(x[..., :1] - y[..., 0].unsqueeze(-2)).abs() / 2",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "KernelRegression.exact",
        "abs(x[0] - y[0]) / 2",
    ): "part of a target of the demonstration, chosen freely",
    (
        "construct_targets.py",
        "KernelRegression.scale",
        "4 * self.C",
    ): "part of a target of the demonstration, chosen freely",
    ("construct_verify.py", "attack", "2 * roundoff"): "roundoff of what is compared",
    ("construct_verify.py", "net_distances", "2.0**-53"): "roundoff of what is compared",
    ("construct_verify.py", "verify", "2.0**-40"): "roundoff of what is compared",
    ("deep.py", "DeepTransformer.__init__", "2.0**-100"): "a margin for roundoff, in units of the dtype",
    (
        "deep.py",
        "DeepTransformer._resolved",
        "min(float(fraction.detach()), 1.0)",
    ): "a fraction of the admissible step is at most 1",
    ("deep.py", "_MLPParameters.__init__", "torch.randn(hidden, **kind) / 2"): "where training starts",
    ("deep.py", "_capped", "4 * math.sqrt(min(W.shape))"): "a margin for roundoff, in units of the dtype",
    ("deep.py", "_read_state", "2.0**-1000"): "a margin for roundoff, in units of the dtype",
    ("deep.py", "_read_state", "2.0**-53"): "a margin for roundoff, in units of the dtype",
    (
        "deep.py",
        "_recovered",
        "4 * (norm_bound_roundoff(matrix) + norm_bound_roundoff(lift))",
    ): "a margin for roundoff, in units of the dtype",
    ("deep.py", "_upper", "2**48"): "a margin for roundoff, in units of the dtype",
    ("deep.py", "module", "2.0**-30"): "a margin for roundoff, in units of the dtype",
    ("deep_context.py", "context_estimate", "2 * r"): "the diameter of a ball is twice its radius",
    (
        "extremal_tokens.py",
        "leader_tokens",
        "r / 2",
    ): "the tokens of AS-02; their gap is a derivation step of the lemma",
    ("extremal_tokens.py", "singular_tokens", "r / 2"): "the tokens of AS-02B; their gap is a claim of the lemma",
    ("extremal_tokens.py", "_gamma", "value / 8"): "AS-02's gamma of an eigenvalue, a symbol of its bounds",
    ("l2_attention.py", "l2_weights", "2 * y"): "the cross term of |y_i - y_j|^2",
    ("l2_attention.py", "phi_inverse.enough", "2.0**-48"): "a margin for roundoff",
    ("l2_attention.py", "phi_inverse", "max(1.0, math.log(others))"): "where a bisection starts",
    ("l2_attention.py", "phi_inverse", "2.0**-42"): "where a bisection stops",
    ("l2_attention.py", "phi_inverse", "(low + high) / 2"): "bisection",
    ("network_file.py", "module", "2**31"): "the largest file that is read",
    ("norm_bound.py", "module", "2**40"): "roundoff: unit, underflow, or how many operations were counted",
    ("norm_bound.py", "module", "2.0**-1000"): "roundoff: unit, underflow, or how many operations were counted",
    ("norm_bound.py", "module", "2.0**-50"): "roundoff: unit, underflow, or how many operations were counted",
    ("norm_bound.py", "module", "2.0**-53"): "roundoff: unit, underflow, or how many operations were counted",
    (
        "norm_bound.py",
        "norm_bound",
        "2 * (k * n + 2)",
    ): "roundoff: unit, underflow, or how many operations were counted",
    ("norm_bound.py", "norm_bound", "2 * (n + 2)"): "roundoff: unit, underflow, or how many operations were counted",
    (
        "norm_bound.py",
        "norm_bound",
        "Fraction(2) ** shifts[0]",
    ): "roundoff: unit, underflow, or how many operations were counted",
    (
        "norm_bound.py",
        "norm_bound_roundoff",
        "4 * (k + d)",
    ): "roundoff: unit, underflow, or how many operations were counted",
    ("norms.py", "_square_above", "Fraction(4) ** shift"): "a power of two that undoes a scaling of W",
    ("norms.py", "_square_below", "Fraction(4) ** shift"): "a power of two that undoes a scaling of W",
    ("norms.py", "module", "2**24"): "the largest matrix that is enclosed entry by entry",
    (
        "potentials.py",
        "_inside_ball",
        "2**DIRECTION_BITS",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "covering_cosine",
        "2 * ((count + 1) // 2)",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "covering_cosine",
        "2 * n",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "covering_cosine",
        "2**DIRECTION_BITS",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "covering_cosine",
        "4 * n",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "covering_cosine",
        "angle**2 / 2",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "polyhedral_potential",
        "2**bits",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "unit_directions",
        "2 * d",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
    (
        "potentials.py",
        "unit_directions",
        "2 * n",
    ): "how finely directions are rounded, how many there are, or |1 - cos a| <= a^2/2",
}


def numbers():
    return bound_numbers(b for header in registry.headers() for b in registry.load(header).bounds.values())


def test_numbers_of_the_lemmas():
    assert {Fraction(2), Fraction(8), Fraction(1, 2)} <= numbers()
    assert Fraction(3) not in numbers()


def test_no_bound_is_typed_again():
    found = {
        (str(path.relative_to(ROOT)), literal.where, literal.text)
        for path in sorted(ROOT.rglob("*.py"))
        for literal in retyped(path.read_text(encoding="utf-8"), numbers())
    }
    new = found - set(ALLOWED)
    assert not new, f"constants of bounds typed again, or new entries for ALLOWED with a reason: {sorted(new)}"
    assert not set(ALLOWED) - found, f"no longer there: {sorted(set(ALLOWED) - found)}"


@pytest.mark.parametrize(
    "code",
    [
        "def f(w): return 2 / w**2",
        "def f(w): return 2.0 / (w * w)",
        "def f(D): return Fraction(8) / D**2",
        "def f(beta): return (1 / beta) * 2",
        "def f(x): return 0.5 * x",
        "def f(x, W, b): return gradient_mlp(x, W, b, 1.0)",
        "def f(x, step=2.0): return x",
        "STEP = 2.0",
        "class C:\n    step: float = 8.0",
        "def f(x): return -(2) * x",
        "def f(x): return x / Fraction(1, 2)",
    ],
)
def test_a_retyped_constant_is_seen(code):
    assert retyped(code, numbers())


@pytest.mark.parametrize(
    "code",
    [
        "def f(x): return x.sum(-2)",
        "x = y**2",
        "x = z.shape[:-2]",
        "n = 1 / m",
        "k = n // 2",
        "v = 3 * x",
        "n = 2",
        "x = f(2)",
    ],
)
def test_axes_exponents_and_indices_are_not(code):
    assert not retyped(code, numbers())


@pytest.fixture
def lemma(monkeypatch):
    """lemma(name, key, factor): multiplies BOUNDS[key] of a lemma for the length of a test."""

    def change(name, key, factor):
        module = importlib.import_module(f"lemmas.lipschitz_transformers.{name}")
        monkeypatch.setitem(module.BOUNDS, key, factor * module.BOUNDS[key])
        bounds._in_powers.cache_clear()

    yield change
    monkeypatch.undo()
    bounds._in_powers.cache_clear()


def steps():
    torch.manual_seed(0)
    mlp = GradientMLP(2, 3, dtype=torch.float64)
    context = measure(torch.tensor([[0.0, 1.0], [2.0, 0.0]], dtype=torch.float64))
    made = {"mlp_step": mlp.admissible_step()}
    for bound, name in (("sharp", "attention_step_sharp"), ("paper", "attention_step")):
        torch.manual_seed(0)
        layer = GradientAttention(2, bound=bound, dtype=torch.float64)
        made[name] = float(layer.admissible_step(context))
    torch.manual_seed(0)
    made["domain"] = GradientAttention(2, domain_diameter=2.0, dtype=torch.float64)._domain_step()
    return made


CASES = [("mlp_step", "tau_max"), ("attention_step_sharp", "eta_max"), ("attention_step", "eta_max")]


@pytest.mark.parametrize(("name", "key"), CASES)
def test_steps_follow_the_lemma(name, key, lemma):
    """Three halves of the bound give three halves of the step, and no other step moves.

    Both steps are exact rationals rounded down to float64: their ratio is 3/2 up to two roundings.
    """
    before = steps()
    lemma(name, key, sp.Rational(3, 2))
    after = steps()
    moved = {name, "domain"} if name == "attention_step_sharp" else {name}
    for step, value in before.items():
        factor = Fraction(3, 2) if step in moved else Fraction(1)
        assert abs(Fraction(after[step]) / Fraction(value) - factor) <= factor * Fraction(4, 2**53), step


def test_sorting_step_follows_the_lemma(lemma):
    pair = torch.tensor([3.0, 1.0], dtype=torch.float64)
    assert layers.sorting_step(pair).tolist() == [1.0, 3.0]
    lemma("sorting_step", "tau", sp.Rational(1, 2))
    assert layers.sorting_step(pair).tolist() == [2.0, 2.0]
