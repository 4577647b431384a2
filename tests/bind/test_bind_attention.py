"""Other people's attention: torch's own modules against multi-head attention as page B defines it; residual blocks."""

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F
from torch import nn

from proofcheck.bind import compare, formula_of, real, weights
from proofcheck.bind.formulas import (
    FORMULAS,
    attention,
    attention_jacobian,
    gradient_attention,
    gradient_mlp,
    multi_head_attention,
)
from proofcheck.bind.normal import Field
from torch_impl.measures import Measure
from torch_impl.modules import GradientAttention, GradientMLP

CAUSAL = torch.ones(2, 2, dtype=torch.bool).triu(1)
QKV = {"q": real(2, 2), "k": real(3, 2), "v": real(3, 1)}


def later(i, j):
    return j > i


@pytest.mark.parametrize(("heads", "weights_too"), [(1, True), (2, False), (2, True)])
def test_multihead_attention(heads, weights_too):
    module = nn.MultiheadAttention(2, heads, batch_first=True).eval()
    result = compare(
        module,
        lambda x, parameters: multi_head_attention(x[0], heads, parameters)[None],
        {"x": real(1, 2, 2)},
        call=lambda m, x: m(x, x, x, need_weights=weights_too)[0],
    )
    assert result.verdict == "agrees", str(result)
    assert result.entries == 4
    # the path that returns the weights scales by a rounded square root, which is read as the exact one
    assert {str(v) for v in result.literals.values()} == ({"sqrt(2)/2"} if heads == 1 and weights_too else set())


def test_multihead_attention_with_causal_mask():
    module = nn.MultiheadAttention(2, 2, batch_first=True).eval()
    result = compare(
        module,
        lambda x, parameters: multi_head_attention(x[0], 2, parameters, later)[None],
        {"x": real(1, 2, 2)},
        call=lambda m, x: m(x, x, x, attn_mask=CAUSAL, need_weights=False)[0],
    )
    assert result.verdict == "agrees", str(result)
    shifted = compare(
        module,
        lambda x, parameters: multi_head_attention(x[0], 2, parameters, later)[None],
        {"x": real(1, 2, 2)},
        call=lambda m, x: m(x, x, x, attn_mask=CAUSAL.T, need_weights=False)[0],
    )
    assert shifted.verdict == "differs"
    assert shifted.entry == (0, 0, 0)


def test_scaled_dot_product_attention():
    assert compare(F.scaled_dot_product_attention, attention, QKV).verdict == "agrees"


def test_scaled_dot_product_attention_causal():
    code = lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)  # noqa: E731
    assert compare(code, lambda q, k, v: attention(q, k, v, later), QKV).verdict == "agrees"
    found = compare(code, lambda q, k, v: attention(q, k, v, lambda i, j: j > i + 1), QKV)
    assert found.entry == (0, 0)


@pytest.mark.parametrize("mask", ["boolean", "float"])
def test_scaled_dot_product_attention_masked(mask):
    kept = torch.ones(2, 3, dtype=torch.bool).tril()
    given = kept if mask == "boolean" else torch.zeros(2, 3, dtype=torch.float64).masked_fill(~kept, -torch.inf)
    result = compare(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m),
        lambda q, k, v, m: attention(q, k, v, later),
        QKV | {"mask": given},
    )
    assert result.verdict == "agrees", str(result)


def test_attention_by_hand_with_a_rounded_scale():
    """1/math.sqrt(2) is read as 1/sqrt(2), and the reading is reported."""
    code = lambda q, k, v: ((q @ k.mT) * (1 / 2**0.5)).softmax(-1) @ v  # noqa: E731
    result = compare(code, attention, QKV)
    assert result.verdict == "agrees"
    assert {text: str(value) for text, value in result.literals.items()} == {"0.7071067811865475": "sqrt(2)/2"}
    assert "0.7071067811865475 read as sqrt(2)/2" in str(result)


def test_attention_in_steps_with_a_stabiliser():
    """A hand-written stable softmax: the largest score cancels without being known."""

    def code(q, k, v):
        scores = q @ k.mT / 2**0.5
        e = (scores - scores.amax(-1, keepdim=True)).exp()
        return (e @ v) / e.sum(-1, keepdim=True)

    assert compare(code, attention, QKV).verdict == "agrees"


def test_online_softmax_over_two_blocks():
    """The running maximum and the rescaled sums of FlashAttention are the softmax."""

    def code(q, k, v):
        top, below, out = None, None, None
        for block in (slice(0, 1), slice(1, 3)):
            scores = q @ k[block].mT / 2**0.5
            here = scores.amax(-1, keepdim=True)
            new = here if top is None else torch.maximum(top, here)
            e = (scores - new).exp()
            if top is None:
                below, out = e.sum(-1, keepdim=True), e @ v[block]
            else:
                old = (top - new).exp()
                below, out = old * below + e.sum(-1, keepdim=True), old * out + e @ v[block]
            top = new
        return out / below

    assert compare(code, attention, QKV | {"q": real(1, 2)}).verdict == "agrees"


def test_jacobian_of_attention_is_r0():
    """SymPy differentiates the graph of softmax(x A^T x^T) x V^T and meets R0, entry by entry."""
    code = lambda x, A, V: ((x @ A.mT) @ x.mT).softmax(-1) @ x @ V.mT  # noqa: E731
    inputs = {"x": real(2, 1), "A": real(1, 1), "V": real(1, 1)}
    (graph,) = formula_of(code, inputs)
    x, A, V = (
        np.array([[sp.Symbol(f"{n}[{i},0]", real=True)] for i in range(k)]) for n, k in (("x", 2), ("A", 1), ("V", 1))
    )
    jacobian, field = attention_jacobian(x, A, V), Field()
    for i, out, j, c in np.ndindex(*jacobian.shape):
        assert field.equal(sp.diff(graph[i, out], x[j, c]), jacobian[i, out, j, c])
    assert not field.equal(sp.diff(graph[0, 0], x[0, 0]), jacobian[0, 0, 1, 0])


def test_modules_of_torch_impl():
    """The layers as modules, at a fixed step; their parameters are symbols."""
    mlp = GradientMLP(2, 3, step=0.25, unchecked=True)
    result = compare(
        mlp,
        lambda _, x, parameters: gradient_mlp(x, parameters["W"], parameters["b"], sp.Rational(1, 4)),
        {"measure": None, "x": real(1, 2)},
    )
    assert result.verdict == "agrees", str(result)
    layer = GradientAttention(2, step=0.5, unchecked=True)
    result = compare(
        layer,
        lambda measure, x, parameters: gradient_attention(measure, x, parameters["A"], sp.Rational(1, 2)),
        {"measure": Measure(real(2, 2), weights(2)), "x": real(1, 2)},
    )
    assert result.verdict == "agrees", str(result)
    assert FORMULAS["gradient_attention"].function is gradient_attention


class Block(nn.Module):
    """x + W2 gelu(W1 norm(x)): what most transformers have."""

    def __init__(self, norm):
        super().__init__()
        self.norm, self.up, self.down = norm, nn.Linear(2, 2), nn.Linear(2, 2, bias=False)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return x + self.drop(self.down(F.gelu(self.up(self.norm(x)))))


def normal_block(x, parameters, centred):
    p = parameters
    rows = []
    for row in x:
        mean = sum(row) / 2 if centred else 0
        size = sp.sqrt(sum((e - mean) ** 2 for e in row) / 2 + sp.Rational(1, 10**5))
        z = [(e - mean) / size * p["norm.weight"][i] for i, e in enumerate(row)]
        z = [e + p["norm.bias"][i] if centred else e for i, e in enumerate(z)]
        h = [sum(p["up.weight"][k, i] * z[i] for i in range(2)) + p["up.bias"][k] for k in range(2)]
        h = [e * (1 + sp.erf(e / sp.sqrt(2))) / 2 for e in h]
        rows.append([row[i] + sum(p["down.weight"][i, k] * h[k] for k in range(2)) for i in range(2)])
    return rows


@pytest.mark.parametrize("norm", [nn.LayerNorm(2), nn.RMSNorm(2, eps=1e-5)], ids=["LayerNorm", "RMSNorm"])
def test_feed_forward_block(norm):
    centred = isinstance(norm, nn.LayerNorm)
    block = Block(norm).eval()
    result = compare(block, lambda x, parameters: normal_block(x, parameters, centred), {"x": real(1, 2)})
    assert result.verdict == "agrees", str(result)
    swapped = lambda x, parameters: normal_block(  # noqa: E731
        x, parameters | {"norm.weight": parameters["norm.weight"][::-1]}, centred
    )
    assert compare(block, swapped, {"x": real(1, 2)}).verdict == "differs"


def test_unbiased_variance_in_a_norm_is_found():
    """(x - mean)/std with torch's default, which divides by n - 1, is no LayerNorm."""
    code = lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)  # noqa: E731
    (normal,) = formula_of(lambda x: F.layer_norm(x, (3,), eps=0.0), {"x": real(1, 3)})
    result = compare(code, lambda x: normal, {"x": real(1, 3)})
    assert result.verdict == "differs"
    assert result.entry == (0, 0)


class Tied(nn.Module):
    """x W^T W^T + k, one W under two names, k a float32 buffer."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.b.weight = self.a.weight
        self.register_buffer("k", torch.tensor([0.1, 0.2]))

    def forward(self, x):
        return self.b(self.a(x)) + self.k


def test_tied_weights_and_buffers():
    def twice(x, parameters):
        assert set(parameters) == {"a.weight", "b.weight"}
        W = parameters["a.weight"]
        square = [[sum(W[i, j] * W[j, k] for j in range(2)) for k in range(2)] for i in range(2)]
        return [[sum(square[i][k] * row[k] for k in range(2)) + sp.Rational(i + 1, 10) for i in range(2)] for row in x]

    result = compare(Tied(), twice, {"x": real(1, 2)})
    assert result.verdict == "agrees", str(result)
    assert sorted(map(str, result.literals.values())) == ["1/10", "1/5"]


def test_two_residual_layers():
    """Scores of the second layer are fractions of exponentials: exponentials of fractions stay atoms."""

    def code(x, A, B):
        for matrix in (A, B):
            x = x + ((x @ matrix) @ x.mT).softmax(-1) @ x
        return x

    def formula(x, A, B):
        for matrix in (A, B):
            x = x + attention(x.dot(matrix) * sp.sqrt(x.shape[1]), x, x)
        return x

    inputs = {"x": real(2, 1), "A": real(1, 1), "B": real(1, 1)}
    assert compare(code, formula, inputs).verdict == "agrees"
    assert compare(code, lambda x, A, B: formula(x, B, A), inputs).verdict == "differs"
