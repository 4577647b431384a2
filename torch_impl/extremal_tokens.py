"""Pairs of token sequences that attention moves far apart: the constructions behind the lower bounds, as data.

    leader_tokens        A u = lambda u: a leader alpha u and n - 1 followers beta u                     AS-02
    singular_tokens      followers z, the leader along A z; needs no real eigenvalue                     AS-02B
    quarter_turn_tokens  the same for A = a J, J a quarter turn, with half of the weight on the leader   AS-02B
    tied_tokens          one token at 0, n - 1 at R u                                                    AS-04

Each returns (before, after, factor): two sequences in the ball of radius `radius` that differ in their first token, by
`step`, and factor with |f(after) - f(before)| >= factor * step for f = self_attention(., A, V), Frobenius norm. The
factor is the lemma's bound for that very pair, not a limit, in floats and not rounded.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound

LEMMAS = "attention_smoothness"


class TokenPair(NamedTuple):
    """before, after: (n, d); factor: |f(after) - f(before)| is at least factor times their distance."""

    before: Tensor
    after: Tensor
    factor: float


class RealDirection(NamedTuple):
    """A u = value u, |u| = 1; gamma = -value if value < 0, value/8 if value > 0."""

    value: float
    u: Tensor
    gamma: float


def real_direction(A: Tensor) -> RealDirection:
    """The real eigenvalue of A (d, d) with the largest gamma.

    Raises:
        ArgumentError: A has no real eigenvalue other than 0 (a rotation): use `singular_tokens`.
    """
    values, vectors = torch.linalg.eig(A)
    # LAPACK returns conjugate pairs for the others, so an imaginary part of exactly 0 means real
    real = [i for i in range(len(values)) if values[i].imag == 0 and values[i].real != 0]
    if not real:
        raise ArgumentError(
            f"real_direction: a matrix with a real eigenvalue other than 0 required, got A with {values.tolist()}. "
            "The construction needs A u = lambda u. Take singular_tokens."
        )
    gammas = [_gamma(float(values[i].real)) for i in real]
    best = max(range(len(real)), key=gammas.__getitem__)
    u = vectors[:, real[best]].real
    return RealDirection(float(values[real[best]].real), u / u.norm(), gammas[best])


def leader_tokens(A: Tensor, V: Tensor, n: int, radius: float, step: float) -> TokenPair:
    """AS-02: the leader moves along the top right singular vector of V, on the side where its score does not drop.

    Raises:
        ArgumentError: n < 2, not 0 < step < radius, or A has no real eigenvalue.
    """
    _check("leader_tokens", n, radius, step)
    value, u, gamma = real_direction(A)
    r = radius - step
    alpha, beta = (-r, r) if value < 0 else (r, r / 2)
    e = torch.linalg.svd(V)[2][0]
    side = 1.0 if float((e @ u) * (alpha - beta)) >= 0 else -1.0
    v = float(torch.linalg.matrix_norm(V, ord=2))
    factor = _bound("attention_lower_bound", "norm_lower", v=v, n=n, gamma=gamma, R=r)
    return _pair(alpha * u, beta * u, n, step * side * e, factor)


def singular_tokens(A: Tensor, V: Tensor, n: int, radius: float, step: float) -> TokenPair:
    """AS-02B: followers (r/2) w, w the top right singular vector of A; the leader r A w/|A w| moves across A w.

    Raises:
        ArgumentError: n < 2, not 0 < step < radius, d < 2, or A = 0.
    """
    _check("singular_tokens", n, radius, step)
    if A.shape[-1] < 2 or not bool(A.any()):
        raise ArgumentError(f"singular_tokens: A != 0 with d >= 2 required, got d={A.shape[-1]}. Take leader_tokens.")
    r = math.sqrt(radius * radius - step * step)
    w = torch.linalg.svd(A)[2][0]
    image = A @ w
    _, sizes, right = torch.linalg.svd(V)
    s1, s2 = (float(right[i] @ image) for i in (0, 1))
    e = s2 * right[0] - s1 * right[1] if s1 or s2 else right[0]
    norm_a = float(image.norm())
    sigma = float(sizes[1]) if len(sizes) > 1 else 0.0
    factor = _bound("attention_lower_bound_singular", "norm_lower", sigma=sigma, a=norm_a, n=n, R=r)
    return _pair(r * image / norm_a, r / 2 * w, n, step * e / e.norm(), factor)


def quarter_turn(a: float, dtype: torch.dtype = torch.float64) -> Tensor:
    """a times the rotation of the plane by a quarter turn: (2, 2)."""
    return a * torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=dtype)


def quarter_turn_tokens(a: float, n: int, radius: float, step: float) -> TokenPair:
    """AS-02B for A = quarter_turn(a), V = I: the leader has half of the weight and moves along A z.

    Raises:
        ArgumentError: n < 3, not 0 < step < radius, or log(n - 1) > a r^2 with r = radius - step.
    """
    _check("quarter_turn_tokens", n, radius, step)
    r = radius - step
    across = math.log(n - 1) / (a * r)  # <A z, y>/|A z|
    if n < 3 or across > r:
        raise ArgumentError(
            f"quarter_turn_tokens: n >= 3 and log(n - 1) <= a r^2 required, got n={n}, a r^2={a * r * r:.6g}. "
            "Fewer tokens, or a larger radius."
        )
    z = torch.tensor([r, 0.0], dtype=torch.float64)
    y = torch.tensor([-math.sqrt(r * r - across * across), across], dtype=torch.float64)
    e = torch.tensor([0.0, 1.0], dtype=torch.float64)
    factor = _bound("attention_lower_bound_singular", "quarter_turn_lower", a=a, n=n, R=r) / (1 + step * a * r)
    return _pair(y, z, n, step * e, factor)


def tied_tokens(A: Tensor, V: Tensor, n: int, radius: float, step: float) -> TokenPair:
    """AS-04: one token at 0 moves along A^T u, the others are at R u, u the top right singular vector of V.

    Raises:
        ArgumentError: n < 2, not 0 < step < radius, A^T u = 0, or a step so long that the others' score drops.
    """
    _check("tied_tokens", n, radius, step)
    u = torch.linalg.svd(V)[2][0]
    pulled = A.mT @ u
    t = float(pulled.norm())
    if t == 0:
        raise ArgumentError("tied_tokens: A^T u != 0 required for the top right singular vector u of V, got 0.")
    e = pulled / t
    xi = step * radius * t - step * step * float(e @ A @ e)
    if xi < 0:
        raise ArgumentError(
            f"tied_tokens: a shorter step required, got step={step}: the score changes by {xi:.6g} < 0."
        )
    v = float(torch.linalg.matrix_norm(V, ord=2))
    w = float((V @ u).norm())
    # the pair's bound (AS-04.row) is the derivative's with R t replaced by xi/h, over 1 + xi
    grown = _bound("attention_not_lipschitz", "norm_lower", n=n, R=radius, t=xi / (step * radius), w=w, v=0.0)
    return _pair(torch.zeros_like(u), radius * u, n, step * e, grown / (1 + xi) - v / n)


def _pair(leader: Tensor, follower: Tensor, n: int, move: Tensor, factor: float) -> TokenPair:
    before = torch.cat([leader[None], follower.expand(n - 1, -1)])
    after = torch.cat([(leader + move)[None], follower.expand(n - 1, -1)])
    return TokenPair(before, after, factor)


def _bound(lemma: str, key: str, **values: float) -> float:
    found = evaluate(lemma_bound(f"{LEMMAS}.{lemma}", key), {name: float(value) for name, value in values.items()})
    return float(found)


def _gamma(value: float) -> float:
    return -value if value < 0 else value / 8


def _check(where: str, n: int, radius: float, step: float) -> None:
    if n < 2 or not 0 < step < radius < math.inf:
        raise ArgumentError(
            f"{where}: n >= 2 and 0 < step < radius required, got n={n}, step={step}, radius={radius}. "
            "The first token moves by step and stays in the ball."
        )
