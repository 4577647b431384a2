"""Maps whose local Lipschitz constant |J|_2 at a given input is known in closed form.

    linear, rank deficient, ill-conditioned, clustered   X W^T, W = Q diag(s) R with rational rotations: max s
    token-wise linear, n = 1, 4, 16, 64                  the same, whatever n
    uniform mean                                         every token becomes the mean: 1, whatever n
    square                                               x -> x^2 entry by entry: 2 max |x|
    softmax                                              J = diag(p) - p p^T: 1/k at k equal logits, 1/2 at two
                                                         equal ones far above the rest
    two-token attention                                  tokens -+R, scores a x_i x_j, s = a R^2, t = tanh s:
                                                         J has eigenvalues 1 + s (1 - t^2) and t + 2 s (1 - t^2)

The last line: with p the weight of a token on itself, p = (1 + t)/2 and C = R^2 (1 - t^2) its variance,
J_11 = J_22 = p (1 + s (1 - t)) + s (1 - t^2) and J_12 = J_21 = (1 - p)(1 - s (1 + t)); add and subtract.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]
TOKENS = (1, 4, 16, 64)
_PYTHAGOREAN = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25))


@dataclass(frozen=True)
class KnownMap:
    """f: (n, d) -> (n', d'), float64, with |J|_2 = constant at X, up to the rounding of f's own coefficients.

    law: maps of one law differ only in n, their number of tokens; "" for a map on its own.
    """

    name: str
    f: Map
    X: Tensor
    constant: float
    law: str = ""

    @property
    def n(self) -> int:
        return self.X.shape[0]


def known_maps() -> list[KnownMap]:
    """All of them, in the order of the report."""
    return [*_linear(), *_token_wise(), *_nonlinear(), *_attention()]


def _linear() -> list[KnownMap]:
    spectra = {
        "linear": [2.754, 1.5, 0.3, 0.1],
        "rotation": [1.0, 1.0, 1.0, 1.0],
        "rotation scaled by 1/8": [0.125] * 4,
        "rotation scaled by 1000": [1000.0] * 4,
        "top two singular values within 1e-6": [1 + 1e-6, 1.0, 0.5, 0.25],
        "top two singular values within 10 %": [1.0, 0.9, 0.5, 0.25],
        "singular values 1, 0.99, 0.98, ...": [1 - k / 100 for k in range(32)],
        "condition number 1e12": [1.0, 1e-3, 1e-9, 1e-12],
        "rank one": [3.0, 0.0, 0.0, 0.0],
        "zero": [0.0, 0.0, 0.0, 0.0],
    }
    found = [KnownMap(name, _apply(_matrix(s)), _tokens(1, len(s)), max(s)) for name, s in spectra.items()]
    wide, W = _matrix([2.0, 1.0, 0.5, 0.25]), _matrix([2.0, 1.0, 0.5, 0.25])
    shift = torch.tensor([100.0, -50.0, 25.0, 80.0], dtype=torch.float64)
    found += [
        KnownMap("linear, 4 to 2 coordinates", _apply(_matrix([1.0, 1.0, 1.0, 1.0])[:2]), _tokens(1, 4), 1.0),
        KnownMap("linear, 4 to 12 coordinates", _apply(torch.cat([wide] * 3)), _tokens(1, 4), 2 * math.sqrt(3)),
        KnownMap("affine, far from 0", lambda X: X @ W.mT + shift, _tokens(1, 4), 2.0),
        KnownMap("linear, at X = 0", _apply(W), torch.zeros(1, 4, dtype=torch.float64), 2.0),
    ]
    return found


def _token_wise() -> list[KnownMap]:
    W = _matrix([2.754, 1.5, 0.3, 0.1])
    found = []
    for n in TOKENS:
        # tokens x, -x, x, ...: whatever an estimator makes of f(X) itself, it sees n times the same
        signs = 1 - 2 * (torch.arange(n, dtype=torch.float64) % 2)
        alternating = signs.unsqueeze(-1) * _tokens(1, 4)
        found.append(KnownMap(f"token-wise linear, n = {n}", _apply(W), alternating, 2.754, "token-wise linear"))
    return found + [KnownMap(f"uniform mean, n = {n}", _mean, _tokens(n, 4), 1.0, "uniform mean") for n in TOKENS]


def _nonlinear() -> list[KnownMap]:
    def row(*values: float) -> Tensor:
        return torch.tensor([values], dtype=torch.float64)

    def softmax(X: Tensor) -> Tensor:
        return torch.softmax(X, -1)

    return [
        KnownMap("square", torch.square, row(1.0, -3.0, 0.5, 2.0), 6.0),
        KnownMap("softmax, two equal logits", softmax, row(0.0, 0.0), 0.5),
        KnownMap("softmax, two equal logits far above the rest", softmax, row(0.0, 0.0, -64.0, -64.0), 0.5),
        KnownMap("softmax, eight equal logits", softmax, row(*[1.0] * 8), 0.125),
    ]


def _attention() -> list[KnownMap]:
    found = []
    for a, R in ((1.0, 0.875), (1.0, 0.25), (-1.0, 1.0), (0.5, 2.0)):
        s = a * R * R
        t = math.tanh(s)
        decay = 1 - t * t
        constant = max(abs(1 + s * decay), abs(t + 2 * s * decay))
        X = torch.tensor([[-R], [R]], dtype=torch.float64)
        found.append(KnownMap(f"attention, two tokens -+{R}, A = {a}", _two_token(a), X, constant))
    return found


def _two_token(a: float) -> Map:
    def attention(X: Tensor) -> Tensor:
        return torch.softmax(a * (X @ X.mT), dim=-1) @ X

    return attention


def _apply(W: Tensor) -> Map:
    return lambda X: X @ W.mT


def _mean(X: Tensor) -> Tensor:
    return X.mean(0, keepdim=True).expand_as(X)


def _tokens(n: int, d: int) -> Tensor:
    """n different tokens of norm about 5, in no special position."""
    generator = torch.Generator().manual_seed(7)
    X = torch.randn(max(TOKENS), d, generator=generator, dtype=torch.float64)[:n]
    return 5 * X / X.norm(dim=-1, keepdim=True)


def _matrix(singular_values: list[float]) -> Tensor:
    """Q diag(s) R: Q and R are products of Givens rotations by Pythagorean angles, so orthogonal up to rounding."""
    d = len(singular_values)
    Q, R = _rotation(d, 0), _rotation(d, 2)
    return Q @ torch.diag(torch.tensor(singular_values, dtype=torch.float64)) @ R


def _rotation(d: int, first: int) -> Tensor:
    Q = torch.eye(d, dtype=torch.float64)
    for k in range(2 * d):
        a, b, c = _PYTHAGOREAN[(first + k) % 4]
        i, j = k % d, (k + 1 + k // d) % d
        if i != j:
            rows = Q[[i, j]]
            Q[i], Q[j] = (a * rows[0] - b * rows[1]) / c, (b * rows[0] + a * rows[1]) / c
    return Q
