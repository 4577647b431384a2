"""Multi-head softmax attention on row vectors: heads as data, and the map of all of them together.

    head h     scores <Q_h x_i + b_q, K_g x_j + b_k> s,   s = 1/sqrt(k) unless told
    output     f(X)_i = W concat_h ( sum_j P^h_ij (V_g x_j + b_v) ) + b_o

g = g(h) is the group of head h, as in torch h // (heads / groups): heads of a group share keys and values. So head h is
`attention.self_attention` with A = s K_g^T Q_h, beta = s K_g^T b_q and W_h V_g for V; b_k adds the same number to every
score of a row and cancels.
Deviations from torch.nn.MultiheadAttention: a mask says True where a token may attend (there: where it may not; in
scaled_dot_product_attention: where it may), and the outputs of padding tokens are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, _allowed

_WHERE = "multi_head_attention"


class Head(NamedTuple):
    """One head: Q and K (k, d), V (k', d), W (d', k') its columns of the output projection, b_q (k,) or None.

    scale: of the scores, None for 1/sqrt(k). Biases of keys, values and output move no derivative and have no place.
    """

    Q: Tensor
    K: Tensor
    V: Tensor
    W: Tensor
    b_q: Tensor | None = None
    scale: float | None = None

    @property
    def factor(self) -> float:
        """s."""
        return self.Q.shape[-2] ** -0.5 if self.scale is None else self.scale

    @property
    def A(self) -> Tensor:
        """s K^T Q, (d, d)."""
        return self.factor * (self.K.mT @ self.Q)

    @property
    def beta(self) -> Tensor | None:
        """s K^T b_q, (d,)."""
        return None if self.b_q is None else self.factor * (self.b_q @ self.K)


@dataclass(frozen=True)
class Heads:
    """All heads of a layer.

    Args:
        Q: (heads, k, d).   K: (groups, k, d).   V: (groups, k', d).   W: (d', heads k').
        b_q: (heads, k).   b_k: (groups, k).   b_v: (groups, k').   b_o: (d',).   None for no bias.
        scale: of the scores, None for 1/sqrt(k).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or the groups do not divide the heads.
    """

    Q: Tensor
    K: Tensor
    V: Tensor
    W: Tensor
    b_q: Tensor | None = None
    b_k: Tensor | None = None
    b_v: Tensor | None = None
    b_o: Tensor | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        Q, K, V, W = self.Q, self.K, self.V, self.W
        h, k, d = Q.shape if Q.ndim == 3 else (0, 0, 0)
        g, v = (V.shape[0], V.shape[1]) if V.ndim == 3 else (0, 0)
        fits = 0 not in (h, k, d, g, v) and K.shape == (g, k, d) and V.shape == (g, v, d) and W.shape[1:] == (h * v,)
        biases = (("b_q", self.b_q, (h, k)), ("b_k", self.b_k, (g, k)), ("b_v", self.b_v, (g, v)))
        biases = (*biases, ("b_o", self.b_o, tuple(W.shape[:1])))
        wrong = [f"{name} {tuple(b.shape)}" for name, b, shape in biases if b is not None and b.shape != shape]
        if not fits or wrong or h % g:
            shapes = ", ".join(f"{name} {tuple(M.shape)}" for name, M in zip("QKVW", (Q, K, V, W), strict=True))
            raise ArgumentError(
                "Heads: required Q (heads, k, d), K (groups, k, d), V (groups, k', d), W (d', heads k'), "
                f"b_q (heads, k), b_k (groups, k), b_v (groups, k'), b_o (d',), got {', '.join([shapes, *wrong])}. "
                "The number of groups must divide the number of heads."
            )
        given = [t for t in (Q, K, V, W, self.b_q, self.b_k, self.b_v, self.b_o) if t is not None]
        if len({(t.dtype, t.device) for t in given}) > 1 or not Q.is_floating_point():
            listed = ", ".join(f"{t.dtype} on {t.device}" for t in given)
            raise ArgumentError(f"Heads: tensors must share a floating dtype and a device, got {listed}. Use .to(...).")

    @property
    def factor(self) -> float:
        """s."""
        return self.Q.shape[1] ** -0.5 if self.scale is None else self.scale

    def split(self) -> list[Head]:
        """One `Head` each, with the keys and values of its group and its columns of W."""
        per_group = self.Q.shape[0] // self.K.shape[0]
        columns = self.W.split(self.V.shape[1], dim=1)
        return [
            Head(Q, self.K[h // per_group], self.V[h // per_group], columns[h], self._bias(h), self.scale)
            for h, Q in enumerate(self.Q)
        ]

    def _bias(self, head: int) -> Tensor | None:
        return None if self.b_q is None else self.b_q[head]


def multi_head_attention(X: Tensor, heads: Heads, *, mask: Mask = None, padding: Tensor | None = None) -> Tensor:
    """f(X)_i = W concat_h( sum_j P^h_ij (V_g x_j + b_v) ) + b_o: (*batch, n, d').

    Args:
        X: (*batch, n, d).   heads: of the same dtype and device.
        mask: None, "causal", or bool (n, n) or (*batch, n, n), True where token i may attend to token j; for all heads.
        padding: bool (*batch, n), True for tokens and False for padding, which no token attends to and whose output
            is 0; or None.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or a token may attend to nothing.
    """
    _check(X, heads, padding)
    if padding is not None:
        X = X.masked_fill(~padding.unsqueeze(-1), 0.0)  # whatever stands there changes no value and no gradient
    q, k, v = (_project(X, M, b) for M, b in ((heads.Q, heads.b_q), (heads.K, heads.b_k), (heads.V, heads.b_v)))
    per_group = heads.Q.shape[0] // heads.K.shape[0]
    k, v = (t.repeat_interleave(per_group, dim=-3) for t in (k, v))
    scores = heads.factor * (q @ k.mT)
    allowed = _allowed(mask, X)
    if padding is not None:
        allowed = _with_padding(allowed, padding)
    if allowed is not None:
        scores = scores.masked_fill(~allowed.unsqueeze(-3), -torch.inf)
    values = torch.softmax(scores, dim=-1) @ v
    output = values.transpose(-3, -2).flatten(-2) @ heads.W.mT
    output = output if heads.b_o is None else output + heads.b_o
    return output if padding is None else output * padding.unsqueeze(-1)


def heads_of(module: nn.MultiheadAttention) -> Heads:
    """The heads of torch's own module, as views of its parameters; use it for self-attention.

    Raises:
        ArgumentError: keys or values of another width, extra keys (add_bias_kv, add_zero_attn), or dropout in training.
    """
    d, h = module.embed_dim, module.num_heads
    if module.kdim != d or module.vdim != d:
        raise ArgumentError(
            f"heads_of: required keys and values of the width {d} of the queries, got kdim={module.kdim}, "
            f"vdim={module.vdim}. Self-attention has one sequence."
        )
    if module.bias_k is not None or module.add_zero_attn:
        raise ArgumentError(
            f"heads_of: required a softmax over tokens only, got add_bias_kv={module.bias_k is not None}, "
            f"add_zero_attn={module.add_zero_attn}. An extra key is a sink: the rows of P no longer sum to 1."
        )
    if module.training and module.dropout > 0:
        raise ArgumentError(f"heads_of: required no dropout, got dropout={module.dropout} in training. Call .eval().")
    Q, K, V = module.in_proj_weight.unflatten(0, (3, h, d // h))
    W, b_o = module.out_proj.weight, module.out_proj.bias
    if module.in_proj_bias is None:
        return Heads(Q, K, V, W, b_o=b_o)
    b_q, b_k, b_v = module.in_proj_bias.unflatten(0, (3, h, d // h))
    return Heads(Q, K, V, W, b_q, b_k, b_v, b_o)


def _project(X: Tensor, M: Tensor, b: Tensor | None) -> Tensor:
    """(*batch, n, d) and (h, k, d) to (*batch, h, n, k)."""
    image = X.unsqueeze(-3) @ M.mT
    return image if b is None else image + b.unsqueeze(-2)


def _with_padding(allowed: Tensor | None, padding: Tensor) -> Tensor:
    """Who may attend to whom; a padding token attends to itself, so that its softmax exists."""
    n = padding.shape[-1]
    itself = torch.eye(n, dtype=torch.bool, device=padding.device)
    everyone = torch.ones_like(itself) if allowed is None else allowed
    rows, columns = padding.unsqueeze(-1), padding.unsqueeze(-2)
    merged = (everyone & rows & columns) | (itself & ~rows)
    if not bool(merged.any(-1).all()):
        raise ArgumentError(
            f"{_WHERE}: required in every row of mask a token to attend to that is no padding, got an empty row. "
            "Its softmax would be 0/0. Let a token attend to itself."
        )
    return merged


def _check(X: Tensor, heads: Heads, padding: Tensor | None) -> None:
    d = heads.Q.shape[-1]
    if X.ndim < 2 or X.shape[-1] != d or X.shape[-2] == 0:
        raise ArgumentError(f"{_WHERE}: X must be (*batch, n, {d}), n >= 1, got X.shape={tuple(X.shape)}.")
    if (X.dtype, X.device) != (heads.Q.dtype, heads.Q.device):
        raise ArgumentError(
            f"{_WHERE}: X and heads must share dtype and device, got {X.dtype} on {X.device} and {heads.Q.dtype} on "
            f"{heads.Q.device}. Use .to(...)."
        )
    if padding is not None and (padding.dtype != torch.bool or padding.shape != X.shape[:-1]):
        raise ArgumentError(
            f"{_WHERE}: padding must be bool {tuple(X.shape[:-1])}, got {tuple(padding.shape)} ({padding.dtype}). "
            "True means a token."
        )
