"""What the graph refuses, and in which words: never a silent pass."""

import re

import pytest
import sympy as sp
import torch
import torch.nn.functional as F
from torch import nn

from proofcheck.bind import Input, TooLarge, UnsupportedOp, compare, formula_of, positive, real, weights
from proofcheck.bind.normal import Field
from proofcheck.errors import ArgumentError

X = {"x": real(2, 2)}


def branch(x):
    return x if x.sum() > 0 else -x


def number(x):
    return x * x.sum().item()


def selected(x):
    return x[x > 0]


def in_place(x):
    return x.mul_(2)


def cast(x):
    return x * x.long()


def solve(x):
    return torch.linalg.solve(x, x)


def fourier(x):
    return torch.fft.fft(x).real


REFUSED = [
    (
        branch,
        ArgumentError,
        r"bind\.graph: control flow that does not depend on entries of tensors required, got a branch",
    ),
    (
        number,
        UnsupportedOp,
        r"bind: aten\._local_scalar_dense\.default \(node .*\), in \".*test_bind_refusals.py\", line \d+",
    ),
    (
        selected,
        UnsupportedOp,
        r"aten\.index\.Tensor \(node index\), .*: return x\[x > 0\], is not supported: it needs an index",
    ),
    (in_place, ArgumentError, r"one that changes its input 'inputs_0' in place\. .* Work on a clone"),
    (
        cast,
        UnsupportedOp,
        r"aten\._to_copy\.default .*: return x \* x\.long\(\), is not supported: it makes torch\.int64 from",
    ),
    (
        solve,
        UnsupportedOp,
        r"aten\._linalg_solve_ex\.default .*in solve: return torch\.linalg\.solve\(x, x\), is not supp",
    ),
    (
        fourier,
        ArgumentError,
        r"bind\.graph: real arithmetic required, got torch\.complex128 from aten\._fft_r2c",
    ),
    (
        lambda x: F.dropout(x, 0.5),
        ArgumentError,
        r"a deterministic function required, got aten\.native_dropout\.default",
    ),
    (lambda x: x + torch.randn(2), ArgumentError, r"a deterministic function required, got aten\.randn"),
    (
        lambda x: F.scaled_dot_product_attention(x, x, x, dropout_p=0.5),
        ArgumentError,
        r"dropout_p=0 required, got 1/2",
    ),
    (
        lambda x: x.argmax(-1),
        UnsupportedOp,
        r"aten\.argmax\.default .* is not supported: it has no symbolic meaning",
    ),
    (
        lambda x: x.gather(0, x.max(0).indices[None]),
        UnsupportedOp,
        r"aten\.unsqueeze.* it uses the place of an extreme",
    ),
    (
        lambda x: x.max(0),
        UnsupportedOp,
        r"output 'getitem_1' is a place of an extreme entry and has no formula",
    ),
    (
        lambda x: x.masked_fill(x > 0, -torch.inf),
        ArgumentError,
        r"aten\.where.*: where: a condition known in advance",
    ),
    (lambda x: torch.full_like(x, -torch.inf).softmax(-1), ArgumentError, r"got a line that is fully masked"),
    (lambda x: x / 0, ArgumentError, r"aten\.div\.Tensor \(node div\), .*: .*/0 has no real value"),
    (lambda x: x * float("nan"), ArgumentError, r"a number required, got nan"),
    (lambda x: x.floor(), UnsupportedOp, r"it needs rounding floor of an expression that is not a constant"),
    (lambda x: x.flatten()[:1].var(), ArgumentError, r"var: more than 1 entries required, got 1"),
]


@pytest.mark.parametrize(("function", "error", "message"), REFUSED, ids=[m[2][:40] for m in REFUSED])
def test_refused(function, error, message):
    with pytest.raises(error) as caught:
        formula_of(function, X)
    assert re.search(message, str(caught.value)), str(caught.value)


def test_dropout_and_running_moments_in_train_mode():
    with pytest.raises(ArgumentError, match=r"got Dropout\(p=0.5\) in train mode at '1'\. Call module\.eval\(\) first"):
        formula_of(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), X)
    with pytest.raises(ArgumentError, match=r"changes its buffer '.*' in place.*call module\.eval\(\)"):
        formula_of(nn.BatchNorm1d(2), X)
    assert formula_of(nn.BatchNorm1d(2).eval(), X)[0].shape == (2, 2)
    assert formula_of(nn.Sequential(nn.Dropout(0.0)), X)[0].shape == (2, 2)


def test_complex_and_large_inputs():
    with pytest.raises(ArgumentError, match=r"real tensors required, got input 0 of torch\.complex64"):
        formula_of(lambda x: x, {"x": torch.ones(2, dtype=torch.complex64)})
    with pytest.raises(ArgumentError, match=r"real parameters required, got weight of torch\.complex64"):
        formula_of(nn.Linear(2, 2, dtype=torch.complex64), X)
    with pytest.raises(ArgumentError, match=r"at most 512 entries, got shape=\(64, 64\) \(4096 symbols\)"):
        real(64, 64)
    with pytest.raises(ArgumentError, match=r"at most 512 entries in a tensor, got weight of shape \(64, 64\)"):
        formula_of(nn.Linear(64, 64), {"x": real(1, 64)})
    with pytest.raises(ArgumentError, match=r"a kind among real, nonnegative, positive, weights"):
        Input((2,), "complex")


def test_too_much_work_is_refused_not_endless():
    x = sp.symbols("x0:12", real=True)
    with pytest.raises(TooLarge, match="at most 2000 products of terms are allowed"):
        Field(limit=2000).convert(sum(x) ** 6)


def test_the_code_may_refuse_its_own_inputs():
    def strict(x):
        if x.shape[-1] != 3:
            raise ArgumentError("strict: 3 columns required")
        return x

    with pytest.raises(ArgumentError, match=r"^strict: 3 columns required$"):
        formula_of(strict, X)


def test_wrong_formulas_are_refused_or_differ():
    same = lambda x: x  # noqa: E731
    with pytest.raises(ArgumentError, match=r"a formula made of SymPy expressions required, got 0\.5 \(float\)"):
        compare(same, lambda x: [[0.5, 0], [0, 0]], X)
    result = compare(same, lambda x: x[0], X)
    assert str(result) == "differs: the code returns shapes [(2, 2)], the formula [(2,)]"
    assert compare(lambda x: (x, x[0]), lambda x: (x, x[0]), X).entries == 6
    with pytest.raises(ArgumentError, match=r"signs of parameters required, got \['gamma'\]"):
        compare(nn.Linear(2, 2), lambda x, parameters: x, X, signs={"gamma": "positive"})
    other = lambda x: sp.Matrix(2, 2, lambda i, j: sp.Symbol(f"x[{i},{j}]"))  # noqa: E731
    with pytest.raises(ArgumentError, match=r"a formula of the given symbols required, got x\[0,0\]"):
        compare(same, other, X)
    with pytest.raises(ArgumentError, match="one symbol for each name required, got two different t"):
        Field().equal(sp.Symbol("t"), sp.Symbol("t", real=True))


def test_undecided_is_not_agreement():
    """sin(2x) = 2 sin x cos x is true and not recognised: neither a pass nor a counterexample."""
    result = compare(lambda x: torch.sin(2 * x), lambda x: [2 * sp.sin(e) * sp.cos(e) for e in x], {"x": real(1)})
    assert result.verdict == "undecided"
    assert "no identity was recognised, and no point tried shows a difference" in str(result)


def test_a_branch_on_data_needs_a_declared_sign():
    safe = lambda x: torch.where(x > 0, x.log(), torch.zeros_like(x))  # noqa: E731
    assert compare(safe, lambda x: [sp.log(e) for e in x], {"x": positive(2)}).verdict == "agrees"
    assert compare(safe, lambda x: [sp.log(e) for e in x], {"x": real(2)}).verdict != "agrees"


def test_weights_are_positive_and_may_be_normalised():
    total = lambda w: w.sum()  # noqa: E731
    one = lambda w: sp.Integer(1)  # noqa: E731
    assert compare(total, one, {"w": weights(3)}).verdict == "agrees"
    found = compare(total, one, {"w": positive(3)})
    assert found.verdict == "differs"
    assert sp.Rational(found.code_value) == sum(found.point.values()) != 1


def test_export_leaves_torch_as_it_was():
    layer = nn.Linear(2, 2)
    before = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_rng_state()
    kept = {name: p.clone() for name, p in layer.named_parameters()}
    formula_of(layer, X)
    assert (torch.is_grad_enabled(), torch.get_default_dtype()) == before[:2]
    assert torch.equal(torch.get_rng_state(), before[2])
    assert all(p.dtype == torch.float32 and torch.equal(p, kept[n]) for n, p in layer.named_parameters())
