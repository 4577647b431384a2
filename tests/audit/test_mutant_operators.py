"""What is tested: which changes the operators make, what they leave alone, and what identifies a mutant."""

import ast
from dataclasses import replace

import pytest

from proofcheck import registry
from proofcheck.audit.mutants import all_mutants, operators, sampled
from proofcheck.audit.mutants.code import owners
from proofcheck.audit.mutants.operators import changes

LAYER = """
def layer(measure, x, A, step):
    if x.ndim < 2:
        raise ValueError(f"required 2 axes, got {x.ndim + 1}")
    _check_context("layer", measure, x)
    values = atoms(measure) @ A.mT
    active = measure.weights > 0
    scores = x @ values.mT + log_weights(measure).unsqueeze(-2)
    return x - step * (torch.softmax(scores, dim=-1) @ values)
"""
COVARIANCE = """
def covariance(p, values, n):
    centred = values - (p @ values)
    p = softmax(values)
    return (centred * p).mT @ centred / n
"""


@pytest.fixture(scope="module")
def mutants():
    return all_mutants(registry.headers())


def made(source, where="layers:layer"):
    function = ast.parse(source).body[0]
    return {(name, ast.unparse(old), ast.unparse(new)) for name, old, new, _ in changes(function, where)}


@pytest.mark.parametrize(
    "change",
    [
        ("transpose", "A.mT", "A"),
        ("axis", "torch.softmax(scores, dim=-1)", "torch.softmax(scores, dim=-2)"),
        ("temperature", "torch.softmax(scores, dim=-1)", "torch.softmax(2 * scores, dim=-1)"),
        ("missing normalisation", "torch.softmax(scores, dim=-1)", "scores.exp()"),
        ("step factor", "step", "1.5 * step"),
        ("dropped weight", "log_weights(measure)", "0 * log_weights(measure)"),
        ("doubled weight", "log_weights(measure)", "2 * log_weights(measure)"),
        ("comparison", "measure.weights > 0", "measure.weights >= 0"),
        ("mask off by one", "measure.weights > 0", "(measure.weights > 0).roll(1, -1)"),
        ("dropped function", "atoms(measure)", "measure.points"),
    ],
)
def test_the_mistakes_of_attention_code_are_made(change):
    assert change in made(LAYER)


def test_signs_and_gradients_are_changed():
    names = {name for name, _, _ in made(LAYER)}
    assert {"sign", "dropped term", "detached gradient", "swapped factors"} <= names


def test_moments_become_unbiased():
    assert any(name == "unbiased moment" and "square" in new for name, _, new in made(COVARIANCE, "layers:covariance"))
    assert (
        "unbiased moment",
        "(centred * p).mT @ centred / n",
        "(centred * p).mT @ centred / (n - 1)",
    ) in made(COVARIANCE)


def test_guards_and_messages_stay():
    changed = [text for _, _, _, text in changes(ast.parse(LAYER).body[0], "layers:layer")]
    guard = "\n".join(ast.unparse(ast.parse(LAYER).body[0]).splitlines()[1:4])
    assert changed
    assert all(guard in text for text in changed)


def test_every_operator_is_used(mutants):
    code = {m.operator for m in mutants if m.family == "code"}
    assert code >= {
        "sign", "transpose", "axis", "dropped weight", "doubled weight", "step factor", "off by one", "mask off by one",
        "temperature", "missing normalisation", "frozen context", "swapped arguments", "unbiased moment",
        "detached gradient", "wrong power", "dropped term", "dropped factor",
    }  # fmt: skip
    theory = {m.operator for m in mutants if m.family != "code"}
    assert theory >= {
        "constant +2^-10", "constant -2^-10", "assumption dropped", "assumption turned round", "target turned round",
        "wrong quantity", "wrong power", "target: wrong power", "target: sign",
    }  # fmt: skip
    assert len(operators.OPERATORS) == 13


def test_every_mutant_differs_compiles_and_has_a_key_of_its_own(mutants):
    assert len({m.key for m in mutants}) == len(mutants) > 500
    for mutant in mutants:
        assert mutant.text != mutant.context
        assert mutant.lemmas
        if mutant.family != "claim":
            compile(mutant.text, "<mutant>", "exec")


def test_every_lemma_has_code_and_theory_mutants(mutants):
    for header in registry.headers():
        lemma = registry.load(header)
        speaks_of_code = lemma.hammers or lemma.bindings
        needed = {"code", "claim"} if speaks_of_code else {"claim"}
        assert {m.family for m in mutants if header.id in m.lemmas} >= needed, header.id


def test_a_key_changes_with_the_content_it_speaks_of(mutants):
    first = mutants[0]
    assert replace(first, context=first.context + " ").key != first.key
    assert replace(first, line=first.line + 7).key == first.key


def test_a_function_belongs_to_the_lemmas_whose_callables_reach_it():
    found = owners([registry.load(header) for header in registry.headers()])
    assert found["torch_impl.layers:gradient_mlp"][:2] == ("LT-01", "LT-11")
    attention = {"LT-02", "LT-04", "LT-05", "LT-06", "LT-07", "LT-08", "LT-10", "LT-21"}
    assert attention <= set(found["torch_impl.layers:_values_and_scores"])
    assert "LT-01" not in found["torch_impl.layers:_values_and_scores"]
    assert found["torch_impl.composition:bar"] == ("LT-09",)


def test_a_sample_is_the_same_for_the_same_seed_and_mixes_the_families(mutants):
    chosen = sampled(mutants, 9, 4)
    assert chosen == sampled(mutants, 9, 4) != sampled(mutants, 9, 5)
    assert {m.family for m in chosen} == {"code", "bound", "claim"}
    assert len(sampled(mutants, 10**6, 0)) == len(mutants)
