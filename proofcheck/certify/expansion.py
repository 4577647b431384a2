"""Two points that one layer moves apart: the attack on a single step, decided exactly.

MLP: at a query with as many active units as can be found, x -> x - step W_a^T (W_a x + b_a) is affine; its steepest
direction is the top right singular vector v of the active rows W_a, and x, x + t v are compared in rationals.
Attention: two tokens at distance Delta along the top right singular vector of A, equal weights, and the queries
+-t q, q along A v: the ratio tends to |1 - step D^2/4|, D = ||A|| Delta (LT-05), and is decided in balls.
A pair found here lies in the domain that the certificate assumes for the layer; less of it may be reached by inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
import torch
from flint import arb

from proofcheck.certify.layers import LayerCertificate, parts
from proofcheck.certify.numbers import rounded_up
from torch_impl.network import AttentionStep, MLPStep
from torch_impl.norm_blocks import entries
from torch_impl.reference import balls
from torch_impl.reference.exact import (
    ExactMeasure,
    Vector,
    exact_matrix,
    exact_vector,
    gradient_mlp,
    squared_distance,
)
from torch_impl.rounding import sqrt_down, sqrt_up

_WIDEST = 2**17  # entries of a matrix up to which rationals are affordable
_CLIMBS = 200  # steps towards a query with more active units
_FARTHEST = Fraction(10) ** 100  # a smaller ball than the domain's is inside it, and floats hold its squares
_RADII = (1, 10, 1000)  # times the domain: an MLP step is judged on the whole space


@dataclass(frozen=True)
class Expansion:
    """A pair and how far the layer moves it apart: ratio is a lower bound of |F(x) - F(x')| / |x - x'|, exact.

    coordinates: those that the vectors list; the others are 0.   context: the tokens, for attention.
    inside: whether the pair lies in the certificate's domain of the layer.
    """

    layer: int
    ratio: Fraction
    coordinates: tuple[int, ...]
    pair: tuple[Vector, Vector]
    context: ExactMeasure | None
    inside: bool

    @property
    def expands(self) -> bool:
        return self.ratio > 1


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what leaves the floats is dropped, pair by pair
def attack_layer(layer: MLPStep | AttentionStep, certificate: LayerCertificate, radius: Fraction) -> Expansion | None:
    """The pair that the layer moves apart most, among those tried; None where nothing can be tried.

    radius: of the tokens and queries that reach the layer, where the certificate of the layer names none.
    """
    radius = min(_FARTHEST, radius if certificate.radius is None else certificate.radius)
    if certificate.square[1] == 0:
        return None
    used = _coordinates(layer)
    matrix = _sub(layer.W, used) if isinstance(layer, MLPStep) else _sub(layer.A, used)
    if matrix.size > _WIDEST:
        return None
    if isinstance(layer, MLPStep):
        rows = matrix.any(axis=1)
        b = layer.b.to(torch.float64).numpy()[rows]
        return _attack_mlp(certificate.index, used, matrix[rows], b, layer.step, radius)
    if certificate.diameter is None:
        return None
    return _attack_attention(
        certificate.index, used, matrix[used], layer.step, radius, min(_FARTHEST, certificate.diameter)
    )


def _coordinates(layer: MLPStep | AttentionStep) -> list[int]:
    """The coordinates that the attack moves: those of the component of W with the largest norm; all that A touches."""
    M = layer.W if isinstance(layer, MLPStep) else layer.A
    rows, columns, values = entries(M.coalesce() if M.is_sparse else M)
    if isinstance(layer, AttentionStep):
        return sorted({*rows.tolist(), *columns.tolist()})
    best: tuple[float, list[int]] = (-1.0, [])
    seen: set[bytes] = set()
    for part in parts(rows, columns, (M.shape[0], M.shape[1])):
        i, j = np.unique(rows[part], return_inverse=True)[1], np.unique(columns[part], return_inverse=True)[1]
        key = i.tobytes() + j.tobytes() + values[part].tobytes()
        size = (int(i.max()) + 1) * (int(j.max()) + 1)
        if key in seen or size > _WIDEST:
            continue
        seen.add(key)
        whole = np.zeros((int(i.max()) + 1, int(j.max()) + 1))
        whole[i, j] = values[part]
        best = max(best, (float(np.linalg.norm(whole, 2)), np.unique(columns[part]).tolist()))
    return best[1]


def _sub(M: torch.Tensor, columns: list[int]) -> np.ndarray:
    """The columns of M in float64, every row."""
    found = torch.index_select(M, 1, torch.tensor(columns, dtype=torch.int64))
    return found.to_dense().to(torch.float64).numpy()


def _attack_mlp(
    index: int, used: list[int], W: np.ndarray, b: np.ndarray, step: float, radius: Fraction
) -> Expansion | None:
    exact = exact_matrix(W), exact_vector(b), Fraction(step)
    best: Expansion | None = None
    for x in _active_queries(W, b, float(radius)):
        if not (np.isfinite(x).all() and np.isfinite(W @ x).all()):
            continue
        active = W @ x + b > 0
        if not active.any():
            continue
        v = np.linalg.svd(W[active], full_matrices=False)[2][0]
        # as far as no unit switches
        slack = np.abs(W @ x + b) / np.maximum(np.abs(W @ v), np.finfo(np.float64).tiny)
        t = min(float(slack.min()) / 2, max(float(radius), 1.0))
        if not 0 < t < np.inf:
            continue
        pair = exact_vector(x), exact_vector(x + t * v)
        before = squared_distance(*pair)
        if before == 0:
            continue
        after = squared_distance(*(gradient_mlp(point, *exact) for point in pair))
        inside = all(sum(c * c for c in point) <= radius**2 for point in pair)
        found = Expansion(index, sqrt_down(after / before), tuple(used), pair, None, inside)
        if best is None or (found.expands, found.inside, found.ratio) > (best.expands, best.inside, best.ratio):
            best = found
    return best


def _active_queries(W: np.ndarray, b: np.ndarray, radius: float) -> Iterator[np.ndarray]:
    """Queries, the origin first, at which more and more units are active, inside the ball and then beyond it."""
    yield np.zeros(W.shape[1])
    rng = np.random.default_rng(0)
    for factor in _RADII:
        reach = 0.9 * radius * factor
        x = np.zeros(W.shape[1])
        for k in range(_CLIMBS):
            # up the smallest of the unit values: the last unit to become active
            worst = W[int(np.argmin(W @ x + b))]
            x = x + reach / (k + 1) ** 0.75 * worst / max(float(np.linalg.norm(worst)), 1e-300)
            x = x * min(1.0, reach / max(float(np.linalg.norm(x)), 1e-300))
            if (W @ x + b > 0).all():
                break
        yield x
        for _ in range(4):
            u = rng.standard_normal(W.shape[1])
            yield reach * u / np.linalg.norm(u)


def _attack_attention(
    index: int, used: list[int], A: np.ndarray, step: float, radius: Fraction, diameter: Fraction
) -> Expansion | None:
    left, sizes, right = np.linalg.svd(A)
    half = min(diameter, 2 * radius) / 2
    if half == 0:
        return None
    v = _shrunk(right[0], half)
    tokens = tuple(v), tuple(-c for c in v)
    context = ExactMeasure(tokens, (Fraction(1, 2), Fraction(1, 2)))
    if not all(np.isfinite(part).all() for part in (left, sizes, right)):
        return None
    spread = Fraction(float(sizes[0])) * diameter
    matrix = exact_matrix(A)
    best: Expansion | None = None
    for scale in (2.0**-10, 2.0**-5, 2.0**-2, 1.0):
        # tanh(s)/s is near 1 while t D/2 is small
        t = min(Fraction(scale) * 2 / max(spread, Fraction(1e-300)), radius if radius else Fraction(1))
        q = _shrunk(left[:, 0], t)
        pair = tuple(q), tuple(-c for c in q)
        before = squared_distance(*pair)
        if before == 0:
            continue
        images = [balls.gradient_attention(context, point, matrix, Fraction(step)) for point in pair]
        with flint.ctx.workprec(balls.PRECISION):
            square = sum(((a - b) * (a - b) for a, b in zip(*images, strict=True)), arb(0))
        if not square.is_finite():
            continue
        after = sqrt_down(max(Fraction(0), balls.lower(square)))
        found = Expansion(index, after / rounded_up(sqrt_up(before)), tuple(used), pair, context, True)
        if best is None or found.ratio > best.ratio:
            best = found
    return best


def _shrunk(direction: np.ndarray, size: Fraction) -> list[Fraction]:
    """A rational vector along `direction` with norm at most `size`, and within 2^-40 of it."""
    exact = [Fraction(float(c)) for c in direction]
    norm = sqrt_up(sum((c * c for c in exact), Fraction(0)))
    unit = Fraction(2) ** (size.numerator.bit_length() - size.denominator.bit_length() - 60)
    # rounding to the unit adds at most 2^-60 sqrt(d) of the size, which the shrinking takes off before
    return [round(c * size / norm * (1 - Fraction(1, 2**41)) / unit) * unit for c in exact]
