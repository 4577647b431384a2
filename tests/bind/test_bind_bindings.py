"""Each lemma's torch callables compute the lemma's formulas."""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy as sp
import torch

import torch_impl
from proofcheck import registry
from proofcheck.audit.code import check_graph
from proofcheck.audit.result import PartFailed
from proofcheck.bind import check_bindings, formula_of, real, weights
from proofcheck.bind.check import check_callable
from proofcheck.bind.formulas import FORMULAS, formula
from proofcheck.bind.normal import Field
from proofcheck.errors import ArgumentError
from proofcheck.lemma import Binding
from torch_impl import layers
from torch_impl.measures import Measure

CONTEXT = {"measure": Measure(real(2, 2), weights(2)), "x": real(1, 2), "A": real(2, 2)}


MODULES = {
    name: importlib.import_module(f"torch_impl.{name}")
    for name in sorted(path.stem for path in Path(torch_impl.__file__).parent.glob("[!_]*.py"))
}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_layer_computes_the_formula(name):
    (module,) = (
        module
        for module in MODULES.values()
        if name in vars(module) and vars(module)[name].__module__ == module.__name__
    )
    result = check_callable(name, getattr(module, name), FORMULAS[name])
    assert result.ok, result.detail
    assert result.entries >= 6
    assert len(result.sizes) == len(FORMULAS[name].cases)
    assert not result.literals


def test_every_lemma_names_a_callable_and_a_formula():
    bindings = [b for header in registry.headers() for b in registry.load(header).bindings]
    assert len(bindings) >= 10
    for binding in bindings:
        module, name = binding.callable.split(":")
        assert callable(getattr(importlib.import_module(module), name))
        assert formula(binding.formula).name == name


def test_results_are_those_of_the_lemma(monkeypatch):
    lemma = SimpleNamespace(bindings=(Binding("torch_impl.layers:softmax", "softmax"),))
    (result,) = check_bindings(lemma)
    assert (result.callable, result.verdict, result.entries) == ("torch_impl.layers:softmax", "agrees", 12)
    assert result.sizes == ("z 1", "z 2", "z 3", "z 2x3")
    monkeypatch.setattr(layers, "softmax", lambda scores: torch.softmax(scores, dim=0))
    (result,) = check_bindings(lemma)
    assert result.verdict == "differs"
    assert result.detail.startswith("at z 2x3: differs first at entry [0, 0]")


def test_check_reports_the_graph(monkeypatch):
    """`proofcheck check` fails the part and prints the differing formulas."""
    lemma = registry.load(registry.find("SM-01"))
    figures = check_graph(lemma)
    assert (figures["agree"], figures["entries"]) == (1, 12)
    assert json.loads(json.dumps(figures))["bindings"][0]["verdict"] == "agrees"
    monkeypatch.setattr(layers, "softmax", lambda scores: torch.softmax(2 * scores, dim=-1))
    with pytest.raises(PartFailed, match=r"(?s)torch_impl.layers:softmax differs from exp\(z_i\).*exp\(2\*z\[0\]\)"):
        check_graph(lemma)


def test_missing_callables_and_formulas_are_named():
    with pytest.raises(ArgumentError, match=r"a callable 'module:name' required, got 'torch_impl.layers:nothing'"):
        check_bindings(SimpleNamespace(bindings=(Binding("torch_impl.layers:nothing", "softmax"),)))
    with pytest.raises(ArgumentError, match=r"a formula required, got 'x - step'. Known are affine_mean,"):
        check_bindings(SimpleNamespace(bindings=(Binding("torch_impl.layers:softmax", "x - step"),)))
    with pytest.raises(ArgumentError, match="has no attribute 'absent'"):
        formula("proofcheck.bind.formulas:absent")


# ---- derivatives of what the code computes


def test_attention_mean_is_the_gradient_of_the_log_partition():
    """LT-02 on the code itself: SymPy differentiates the graph of one callable and meets the graph of another."""
    (values,), (gradient,), (hessian,) = (
        formula_of(getattr(layers, name), CONTEXT)
        for name in ("log_partition", "attention_mean", "attention_covariance")
    )
    x = [sp.Symbol(f"x[0,{i}]", real=True) for i in range(2)]
    field = Field()
    for i in range(2):
        assert field.equal(sp.diff(values[0], x[i]), gradient[0, i])
        for j in range(2):
            assert field.equal(sp.diff(gradient[0, i], x[j]), hessian[0, i, j])
    assert not field.equal(sp.diff(values[0], x[0]), gradient[0, 1])
