"""Which atom went where: labels x_i -> y_i from the image measure alone, by weights with distinct subset sums.

If all subset sums of (a_i) differ, the mass of an atom of f(mu) = sum_i a_i delta_{y_i} says which labels sit on it
(lemma MM-11). a_i proportional to 2^i is such a choice for every n; decoding is then reading binary digits, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure

MOST_ENUMERATED = 20  # 2^20 subset sums; weights of superincreasing order need no enumeration
MOST_NORMALISED = 50  # up to here 2^-n is larger than the roundoff of the largest weights
MOST_BINARY = 1022  # 2^-1022 is the smallest normal float64


def binary_weights(n: int) -> tuple[Fraction, ...]:
    """a_i = 2^i/(2^n - 1), i = 0, ..., n - 1: positive, sum 1, all subset sums distinct.

    From n = 51 on a_i = 2^(i - n), whose sum 1 - 2^-n is 1 in float64: the floats of the others would not be generic.

    Raises:
        ArgumentError: n < 1, or n > 1022 (their floats would vanish).
    """
    if not 1 <= n <= MOST_BINARY:
        raise ArgumentError(
            f"binary_weights: required 1 <= n <= {MOST_BINARY}, got n={n}. Weights 2^i of more atoms leave the range "
            "of float64. Split the measure into parts."
        )
    return tuple(Fraction(2**i, 2**n - 1 if n <= MOST_NORMALISED else 2**n) for i in range(n))


def generic_weights(weights: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    """Weights with distinct subset sums near the given ones: proportional to k_i + 2^i/2^n, k_i = weights over a common
    denominator. The integer part of a sum does not interfere with its fraction, whose binary digits name the set.

    Their distance to the given ones is at most 2/(sum_i k_i + 1) in l1, so generic weights are dense.

    Raises:
        ArgumentError: no weights, or one is not positive.
    """
    exact = [Fraction(a) for a in weights]
    if not exact or min(exact) <= 0:
        raise ArgumentError(f"generic_weights: required positive weights, got {list(weights)}. Drop the empty atoms.")
    common = 1
    for a in exact:
        common = common * a.denominator // _gcd(common, a.denominator)
    raw = [a * common + Fraction(2**i, 2 ** len(exact)) for i, a in enumerate(exact)]
    total = sum(raw, Fraction(0))
    return tuple(a / total for a in raw)


def subset_gap(weights: Sequence[Fraction]) -> Fraction:
    """The smallest difference of two subset sums, 0 if two agree: half of it is what a mass may be off.

    Raises:
        ArgumentError: more weights than can be enumerated.
    """
    sums = sorted(total for total, _ in _subset_sums(weights))
    return min((b - a for a, b in pairwise(sums)), default=Fraction(0))


class Decoder:
    """From a mass to the set of labels whose weights sum to it.

    Superincreasing weights (each larger than the sum of the smaller ones) are decoded from the largest down, with any
    number of them; others by enumeration. Exact: a float is taken at its exact value.
    """

    def __init__(self, weights: Sequence[Fraction]) -> None:
        """Raises ArgumentError where two sets of labels have one mass, or there are too many weights to enumerate."""
        self.weights = list(weights)
        self.order = sorted(range(len(self.weights)), key=self.weights.__getitem__, reverse=True)
        below, slacks = Fraction(0), []
        for i in reversed(self.order):
            slacks.append(self.weights[i] - below)
            below += self.weights[i]
        self.superincreasing = min(slacks, default=Fraction(1)) > 0
        self.gap = min(slacks, default=Fraction(1)) if self.superincreasing else subset_gap(self.weights)
        if self.gap == 0:
            raise ArgumentError(
                "decode: required weights with distinct subset sums, got two sets of one mass. Their labels cannot be "
                "told apart. Use generic_weights(weights) or binary_weights(n)."
            )

    def decode(self, mass: Fraction, tolerance: Fraction | None = None) -> tuple[int, ...]:
        """The labels, where their weights sum to `mass` within `tolerance`: None is just below half of the gap.

        Raises:
            ArgumentError: no set is that near: mass was split, lost or created.
        """
        rest, chosen = mass, []
        if self.superincreasing:
            for i in self.order:
                if 2 * rest > 2 * self.weights[i] - self.gap:
                    rest -= self.weights[i]
                    chosen.append(i)
        else:
            total, nearest = min(_subset_sums(self.weights), key=lambda pair: abs(mass - pair[0]))
            rest, chosen = mass - total, list(nearest)
        if 2 * abs(rest) >= self.gap or (tolerance is not None and abs(rest) > tolerance):
            raise ArgumentError(
                f"decode: required the mass of a set of atoms, got mass={float(mass)!r}. No subset of the weights sums "
                "to it: the map split, lost or created mass, so it does not carry weights (not support preserving)."
            )
        return tuple(sorted(chosen))


def decode(mass: Fraction, weights: Sequence[Fraction], tolerance: Fraction | None = None) -> tuple[int, ...]:
    """`Decoder(weights).decode(mass, tolerance)`, for a single mass.

    Raises:
        ArgumentError: the weights are not generic, or no set of labels has that mass.
    """
    return Decoder(weights).decode(mass, tolerance)


def merged(image: Measure, tolerance: float = 0.0) -> tuple[Tensor, list[Fraction], list[tuple[int, ...]]]:
    """Atoms closer than `tolerance` merged: (points (k, d'), exact masses, indices of each group); no batch axes.

    Raises:
        ArgumentError: the image has batch axes.
    """
    if image.points.ndim != 2:
        raise ArgumentError(
            f"merged: required one measure (n, d), got points {tuple(image.points.shape)}. Loop over the batch."
        )
    masses = [Fraction(float(w)) for w in image.weights]
    groups: list[list[int]] = []
    for i, point in enumerate(image.points):
        if masses[i] == 0:
            continue
        near = (g for g in groups if float((image.points[g[0]] - point).abs().max()) <= tolerance)
        found = next(near, None)
        if found is None:
            groups.append([i])
        else:
            found.append(i)
    points = torch.stack([image.points[g[0]] for g in groups])
    return points, [sum((masses[i] for i in g), Fraction(0)) for g in groups], [tuple(g) for g in groups]


def recover_labels(
    image: Measure, weights: Sequence[Fraction], tolerance: float = 0.0, mass_tolerance: Fraction | None = None
) -> Tensor:
    """y_i for each label i, from the image measure alone: (n, d'). `weights`: those of the source, in label order.

    tolerance: images this near are one atom.   mass_tolerance: see `Decoder.decode`.

    Raises:
        ArgumentError: some mass of the image is no subset sum, or a label is missing.
    """
    points, masses, _ = merged(image, tolerance)
    places = torch.full((len(weights), points.shape[-1]), float("nan"), dtype=points.dtype, device=points.device)
    seen: set[int] = set()
    decoder = Decoder(weights)
    for point, mass in zip(points, masses, strict=True):
        labels = decoder.decode(mass, mass_tolerance)
        places[list(labels)] = point
        seen |= set(labels)
    if len(seen) != len(weights):
        lost = sorted(set(range(len(weights))) - seen)
        raise ArgumentError(
            f"recover_labels: required every label on some atom of the image, got none for {lost[:4]}. Their mass is "
            "lost. The map does not carry weights."
        )
    return places


def _subset_sums(weights: Sequence[Fraction]) -> list[tuple[Fraction, tuple[int, ...]]]:
    n = len(weights)
    if n > MOST_ENUMERATED:
        raise ArgumentError(
            f"subset sums: required at most {MOST_ENUMERATED} weights, or superincreasing ones, got {n}. There are 2^n "
            "sets. Use binary_weights(n)."
        )
    return [
        (sum((weights[i] for i in chosen), Fraction(0)), chosen)
        for size in range(n + 1)
        for chosen in combinations(range(n), size)
    ]


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
