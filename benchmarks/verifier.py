"""bound-propagation, a public verifier: interval and linear bounds of attention and of an MLP step, in its operations.

It knows linear maps, exponentials, reciprocals, products and relu; softmax and attention are written in these. Its
bounds are computed in floats and not rounded outwards.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.interleaved import absent, version
from benchmarks.interval_baseline import Box

MODULE, PACKAGE = "bound_propagation", "bound-propagation"
PAIRWISE = 16  # tokens up to which the softmax is also written in differences of scores
ATTENTION = ("IBP, peer", "CROWN-IBP, peer", "CROWN, peer", "CROWN in differences, peer")
STEP = ("IBP, peer", "CROWN, peer")


def installed() -> bool:
    return importlib.util.find_spec(MODULE) is not None


def named() -> str:
    """The package and its version, or that it is not there."""
    return version(MODULE, PACKAGE) or absent(PACKAGE)


def attention_ways(X: Tensor, A: Tensor, V: Tensor, radius: float) -> dict[str, Callable[[], Box]]:
    """Bounds of the first token's output over a box of tokens; empty where the package is not installed."""
    if not installed():
        return {}
    peer: Any = importlib.import_module(MODULE)
    box = peer.HyperRectangle.from_eps(X.flatten()[None], radius)
    plain = peer.BoundModelFactory().build(attention_network(X, A, V, pairwise=False))
    ways: dict[str, Callable[[], Box]] = {
        ATTENTION[0]: lambda: _ends(plain.ibp(box)),
        ATTENTION[1]: lambda: _ends(plain.crown_ibp(box).concretize()),
        ATTENTION[2]: lambda: _ends(plain.crown(box).concretize()),
    }
    if X.shape[0] <= PAIRWISE:
        differences = peer.BoundModelFactory().build(attention_network(X, A, V, pairwise=True))
        ways[ATTENTION[3]] = lambda: _ends(differences.crown(box).concretize())
    return ways


def step_ways(x: Tensor, W: Tensor, b: Tensor, tau: float, radius: float) -> dict[str, Callable[[], Box]]:
    """Bounds of x - tau W^T relu(W x + b) over a box; empty where the package is not installed."""
    if not installed():
        return {}
    peer: Any = importlib.import_module(MODULE)
    box = peer.HyperRectangle.from_eps(x[None], radius)
    branch = nn.Sequential(_linear(W, b), nn.ReLU(), _linear(-tau * W.mT))
    net = peer.BoundModelFactory().build(peer.Add(nn.Identity(), branch))
    return {STEP[0]: lambda: _ends(net.ibp(box)), STEP[1]: lambda: _ends(net.crown(box).concretize())}


def attention_network(X: Tensor, A: Tensor, V: Tensor, *, pairwise: bool) -> nn.Module:
    """X.flatten() -> V sum_j p_j x_j with scores <A x_1, x_j>; X gives the shape only.

    pairwise: p_j = 1 / sum_k exp(s_k - s_j), n^2 exponentials; else exp(s_j) (1 / sum_k exp(s_k)).
    """
    peer: Any = importlib.import_module(MODULE)
    n, d = X.shape
    eye, one = torch.eye(n, dtype=X.dtype), torch.ones(1, n, dtype=X.dtype)
    first = torch.zeros(n * d, n * d, dtype=X.dtype)
    first[:, :d] = A.repeat(n, 1)
    sums = torch.kron(eye, torch.ones(1, d, dtype=X.dtype))
    both = torch.cat([first, torch.eye(n * d, dtype=X.dtype)])
    scores = nn.Sequential(_linear(both), peer.VectorMul(), _linear(sums))
    if pairwise:
        differences = torch.kron(one.reshape(n, 1), eye) - torch.kron(eye, one.reshape(n, 1))
        shares = (_linear(differences), peer.Exp(), _linear(torch.kron(eye, one)), peer.Reciprocal())
    else:
        total = nn.Sequential(_linear(one.expand(n, n)), peer.Reciprocal())
        shares = (peer.Exp(), peer.Parallel(_linear(eye), total), peer.VectorMul())
    weights = nn.Sequential(scores, *shares, _linear(sums.mT))
    mean = _linear(torch.kron(one, torch.eye(V.shape[0], dtype=X.dtype)))
    return nn.Sequential(peer.Parallel(weights, _linear(torch.kron(eye, V))), peer.VectorMul(), mean)


def _linear(weight: Tensor, bias: Tensor | None = None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    layer.weight.data = weight.clone()
    if bias is not None:
        layer.bias.data = bias.clone()
    return layer


def _ends(bounds: Any) -> Box:
    return bounds.lower[0].detach().numpy(), bounds.upper[0].detach().numpy()
