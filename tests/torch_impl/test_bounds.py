"""A lemma's expression is evaluated, exactly or in floats, and nothing else is read."""

import math
from fractions import Fraction

import pytest
import sympy as sp
import torch

from proofcheck.errors import ArgumentError
from torch_impl import bounds
from torch_impl.bounds import admissible_step, evaluate, lemma_bound

w, D = sp.symbols("w D", positive=True)
x = sp.Symbol("x", real=True)


def test_fractions_are_exact():
    third = Fraction(1, 3)
    assert evaluate(2 / w**2, {"w": third}) == 18
    assert evaluate((1 + x) * (1 - x) + sp.Rational(1, 7), {"x": third}) == 1 - third**2 + Fraction(1, 7)
    assert evaluate(sp.sqrt(w) + sp.Max(x, 2) - sp.Min(x, 2) + sp.Abs(x), {"w": Fraction(4, 9), "x": -3}) == (
        Fraction(2, 3) + 2 + 3 + 3
    )
    assert evaluate(w ** sp.Rational(-3, 2), {"w": Fraction(4)}) == Fraction(1, 8)
    assert evaluate(sp.exp(x) + sp.log(1 + x), {"x": 0}) == 1


@pytest.mark.parametrize("expr", [sp.sqrt(w), sp.exp(w), sp.log(w), 1 + sp.E * w])
def test_irrational_values_are_refused_exactly_and_computed_in_floats(expr):
    with pytest.raises(ArgumentError, match="not rational"):
        evaluate(expr, {"w": Fraction(2)})
    if expr.has(sp.E * w):
        return
    value = float(expr.subs(w, 2))
    assert math.isclose(evaluate(expr, {"w": 2.0}), value, rel_tol=4 * 2**-53)
    tensor = evaluate(expr, {"w": torch.tensor([2.0, 2.0], dtype=torch.float64)})
    assert torch.allclose(tensor, torch.full_like(tensor, value), rtol=4 * 2**-53, atol=0)


def test_tensors_follow_ieee_and_carry_gradients():
    t = torch.tensor([2.0, 0.0], dtype=torch.float64, requires_grad=True)
    value = evaluate(2 / w**2 + 0 * w, {"w": t})
    assert value.tolist() == [0.5, math.inf]
    assert torch.autograd.grad(value[0], t)[0][0] == -0.5
    assert evaluate(sp.Max(x, 1) - sp.Min(x, 1), {"x": torch.tensor([3.0, -1.0])}).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("expr", "values", "message"),
    [
        (2 / w**2, {}, "a value is required for every symbol"),
        (2 / w**2, {"w": Fraction(0)}, "denominator"),
        (2 / w**2, {"w": 0.0}, "denominator"),
        (2 / w**2, {"w": "3"}, "must be a number"),
        (2 / w**2, {"w": True}, "must be a number"),
        (sp.sin(x), {"x": 1.0}, "got sin"),
        (x**w, {"x": 1.0, "w": 1.0}, "exponents"),
        (x ** sp.Rational(1, 3), {"x": 8}, "exponents"),
        (sp.pi * x, {"x": 1.0}, "got Pi"),
        (sp.sqrt(x), {"x": -1.0}, "not defined"),
        (sp.sqrt(x), {"x": -1}, "not rational"),
        (sp.oo + 0 * x, {"x": 1}, "got"),
    ],
)
def test_anything_else_is_refused(expr, values, message):
    with pytest.raises(ArgumentError, match=message):
        evaluate(expr, values)


@pytest.mark.parametrize(
    ("lemma", "key", "symbol"),
    [
        ("mlp_step", "tau_max", "w"),
        ("attention_step", "eta_max", "beta"),
        ("attention_step_sharp", "eta_max", "D"),
    ],
)
def test_the_steps_are_read_from_the_lemmas_and_decrease(lemma, key, symbol):
    expr = lemma_bound(lemma, key)
    assert {s.name for s in expr.free_symbols} == {symbol}
    steps = [admissible_step(lemma, key, symbol, Fraction(v)) for v in (1, 2, 3)]
    assert steps[0] > steps[1] > steps[2] > 0
    assert admissible_step(lemma, key, symbol, Fraction(0)) is None


def test_a_squared_quantity_gives_an_exact_step_where_the_quantity_is_irrational():
    """|W|^2 = 2 has an irrational norm, and the sorting step 1 = 2/2 sits exactly on the bound."""
    assert admissible_step("mlp_step", "tau_max", "w", Fraction(2), power=2) == 1


def test_unknown_lemmas_and_foreign_symbols_are_refused(monkeypatch):
    with pytest.raises(ArgumentError, match="no lemma module"):
        lemma_bound("no_such_lemma", "tau_max")
    with pytest.raises(ArgumentError, match="no bound"):
        lemma_bound("mlp_step", "no_such_key")
    monkeypatch.setattr(bounds, "LEMMAS", "no_such_package")
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):  # a broken installation is not "no lemma"
        lemma_bound("mlp_step", "tau_max")
    monkeypatch.undo()
    with pytest.raises(ArgumentError, match="must depend on"):
        admissible_step("mlp_step", "tau_max", "beta", Fraction(1))
    monkeypatch.setattr(bounds, "lemma_bound", lambda lemma, key: sp.sqrt(w))
    with pytest.raises(ArgumentError, match="not rational"):
        admissible_step("mlp_step", "irrational", "w", Fraction(2))
