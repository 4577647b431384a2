"""The normal form, the factor rules and the model checker agree with an evaluator that shares no code with them."""

import random
from fractions import Fraction

import pytest

from kernel import properties, terms
from kernel.evaluator import World, printed, value
from proofcheck import kernel, witness

HERE = World(
    [Fraction(1), Fraction(2)],
    {"x": Fraction(3), "u": [Fraction(1), Fraction(0)], "v": [Fraction(1), Fraction(-1)]},
    {"E": [(Fraction(1, 4), {"t": Fraction(2)}), (Fraction(3, 4), {"t": Fraction(-2)})], "F": []},
)


@pytest.mark.parametrize("seed", range(10))
def test_normal_form_has_the_value_of_the_text(seed):
    assert properties.normal_forms(kernel, random.Random(seed), 2000) > 1500


@pytest.mark.parametrize("seed", range(4))
def test_each_term_is_nonnegative_where_its_facts_hold(seed):
    assert properties.factors(kernel, random.Random(seed), 400) > 200


@pytest.mark.parametrize("seed", range(4))
def test_definitions_hold(seed):
    assert properties.definitions(kernel, random.Random(seed), 400) > 200


@pytest.mark.parametrize("seed", range(4))
def test_model_checker_agrees(seed):
    assert properties.models(kernel, witness, random.Random(seed), 400) > 200


def test_lemma_instances_have_the_value_of_the_substituted_text():
    assert properties.substitution(kernel, random.Random(5), 400) > 150


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -9),
        ("2**-1", Fraction(1, 2)),
        ("x - 1 - 1", 1),
        ("x/2*2", 3),
        ("inner(u - 2*v, v)", -5),
        ("E[t]", -1),
        ("E[t*E[t]]", 1),
        ("E[Abs(t)] + F[1]", 2),
        ("Max(x, 4) - Min(x, 4)", 1),
        ("sqrt(x**2)*exp(0)", 3),
    ],
)
def test_evaluator_itself(text, expected):
    assert value(text, HERE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-1/2 + 3/2*x^2", 13),
        ("x^-1", Fraction(1, 3)),
        ("E{t^2}*x - <u,v>", 11),
        ("F{1} + E{Max(-t,t)}", 2),
        ("Max(x,1 + x)*inv(1 + x)", 1),
        ("-x", -3),
    ],
)
def test_reader_of_normal_forms_itself(text, expected):
    assert printed(text, HERE) == expected


def test_a_wrong_normal_form_is_noticed(monkeypatch):
    """Without the pulling out of deterministic factors nothing changes in value; with a lost sign it does."""
    algebra = properties.submodule(kernel, "algebra")
    monkeypatch.setattr(algebra, "scale", lambda poly, factor: dict(poly))
    with pytest.raises(AssertionError):
        properties.normal_forms(kernel, random.Random(0), 200)


def test_worlds_include_a_zero_measure_and_several_atoms():
    drawn = [terms.world(random.Random(seed)).measures for seed in range(50)]
    assert {len(m["F"]) for m in drawn} == {0, 1, 2}
    assert {len(m["E"]) for m in drawn} == {1, 2, 3}
