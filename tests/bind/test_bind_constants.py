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
    (
        "norms.py",
        "certified_norm_squared",
        "Fraction(4) ** shift",
    ): "a power of two that undoes a scaling of W",
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
    ("rounding.py", "sqrt_up", "2 * k"): "4**k under the root is 2**k outside",
    ("rounding.py", "sqrt_up", "-2 * k"): "4**k under the root is 2**k outside",
    ("rounding.py", "sqrt_up", "Fraction(2) ** k"): "4**k under the root is 2**k outside",
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
