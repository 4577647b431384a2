"""Self-attention layers whose local Lipschitz constant is known in closed form, for bounds that need to see the layer.

    report = classify(lambda f, X: my_bound(X, f.A, f.V), maps=known_attention())

f(X)_i = V sum_j P_ij x_j, P_i = softmax over the tokens that i may attend to of <A x_i + beta, x_j>; v = |V|_2.

    one token, equal tokens    J = (1 1^T / n) (x) V, whatever A: v
    A = 0, every token         the same: v for every n; the causal formula must not be used here
    A = 0, causal              (running means) (x) V: v sqrt((3 + sqrt 5)/4) for two tokens
    A = 0, bias b, d = 1       J_ij = V w_j, w_j = p_j (1 + (x_j - m) b): v sqrt(n) |w|
    tokens -R, R, d = 1        s = a R^2, t = tanh s: v max(|1 + s (1 - t^2)|, |t + 2 s (1 - t^2)|)   (`known_maps`)
    tokens -R, 0, R, d = 1     J commutes with the reflection of the tokens: its odd part is a number, its even part a
                               2 x 2 matrix, with p, q, r = e^s, 1, e^-s over their sum. Grows like (2/3) s: the middle
                               token ties, and no bound without |C_i A| survives it
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from proofcheck.testing.known_maps import TOKENS, KnownMap


@dataclass(frozen=True)
class AttentionMap:
    """X (n, d) -> (n, d'), with its parameters in sight: A (d, d), V (d', d), beta (d,) or None."""

    A: Tensor
    V: Tensor
    mask: Literal["causal"] | None = None
    beta: Tensor | None = None

    def __call__(self, X: Tensor) -> Tensor:
        theta = X @ self.A.mT if self.beta is None else X @ self.A.mT + self.beta
        scores = theta @ X.mT
        if self.mask is not None:
            n = X.shape[0]
            scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), -torch.inf)
        return torch.softmax(scores, dim=-1) @ X @ self.V.mT


def known_attention() -> list[KnownMap]:
    """All of them; each `f` is an `AttentionMap`."""
    return [*_plain(), *_biased(), *_pairs(), *_triples()]


def _plain() -> list[KnownMap]:
    V = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, -2.0]], dtype=torch.float64)  # v = 3
    A = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 0.0, -1.0]], dtype=torch.float64)
    X = torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    zero, scattered = torch.zeros_like(A), X * torch.arange(1.0, max(TOKENS) + 1, dtype=torch.float64).unsqueeze(-1)
    found = [KnownMap("attention, one token", AttentionMap(A, V), X, 3.0)]
    for n in TOKENS:
        equal, law = X.expand(n, 3).clone(), "attention on equal tokens"
        found.append(KnownMap(f"attention, {n} equal tokens", AttentionMap(A, V), equal, 3.0, law))
        mean = AttentionMap(zero, V)
        found.append(KnownMap(f"attention, A = 0, n = {n}", mean, scattered[:n], 3.0, "attention with A = 0"))
    golden = 3 * math.sqrt((3 + math.sqrt(5)) / 4)
    running = AttentionMap(zero, V, mask="causal")
    return [*found, KnownMap("causal attention, A = 0, two tokens", running, scattered[:2], golden)]


def _biased() -> list[KnownMap]:
    x, b, v = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), 1.5, 2.0
    p = torch.softmax(b * x, 0)
    w = p * (1 + (x - (p * x).sum()) * b)
    f = AttentionMap(_number(0.0), _number(v), beta=torch.tensor([b], dtype=torch.float64))
    return [KnownMap("attention, A = 0 with a bias", f, x.unsqueeze(-1), v * math.sqrt(3) * float(w.norm()))]


def _pairs() -> list[KnownMap]:
    found = []
    for a, R, v in ((1.0, 0.875, 1.0), (-1.0, 1.0, 2.0), (0.5, 2.0, 0.5)):
        s = a * R * R
        t = math.tanh(s)
        decay = 1 - t * t
        constant = v * max(abs(1 + s * decay), abs(t + 2 * s * decay))
        X = torch.tensor([[-R], [R]], dtype=torch.float64)
        found.append(KnownMap(f"attention, tokens -+{R}, a = {a}", AttentionMap(_number(a), _number(v)), X, constant))
    return found


def _triples() -> list[KnownMap]:
    found = []
    for a, R in ((1.0, 0.5), (1.0, 3.0), (-1.0, 1.5)):
        s = a * R * R
        p, q, r = (e / sum(map(math.exp, (s, 0.0, -s))) for e in map(math.exp, (s, 0.0, -s)))
        m = p - r  # of the token R, in units of R
        variance = p + r - m * m
        J_33, J_32, J_31 = p * (1 + (1 - m) * s) + s * variance, q * (1 - m * s), r * (1 - (1 + m) * s)
        even = ((J_33 + J_31, math.sqrt(2) * J_32), (math.sqrt(2) / 3, 1 / 3 + 2 * s / 3))
        constant = max(abs(J_33 - J_31), _norm(even))
        X = torch.tensor([[-R], [0.0], [R]], dtype=torch.float64)
        found.append(
            KnownMap(f"attention, tokens 0, -+{R}, a = {a}", AttentionMap(_number(a), _number(1.0)), X, constant)
        )
    return found


def _norm(M: tuple[tuple[float, float], tuple[float, float]]) -> float:
    """|M|_2 = (|z| + |w|)/2 for z = (a + d) + i (c - b), w = (a - d) + i (c + b)."""
    (a, b), (c, d) = M
    return (math.hypot(a + d, c - b) + math.hypot(a - d, c + b)) / 2


def _number(value: float) -> Tensor:
    return torch.tensor([[value]], dtype=torch.float64)
