"""Maxima of minima as networks: balanced trees of sorting steps (LT-11, LT-13, LT-19).

    max_min(f, groups)      max_i min_{k in groups[i]} (f_k + offset)      of the read-outs f_k of a network
    max_min_affine(groups)  max_i min_j (<a_ij, x> + b_ij), |a_ij| <= 1    a scalar 1-Lipschitz ResNet

Values are first brought to coordinates of their own at one common scale. Then a layer sorts disjoint pairs: its W has
one row (1, -1) per pair, rows are orthogonal, |W|^2 = 2, and the step is the 1 = 2/|W|^2 of LT-11. Depth is
logarithmic in the number of values. Everything is exact over the reals; in floats a value at scale s moves by a
few roundings of the largest value that it is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.blocks_matrices import assemble, extend, from_entries, identity
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.network import MLPStep, Network

Piece = tuple[Sequence[float], float]  # slope a, offset b of <a, x> + b
Tree = list[list[int]]  # groups of coordinates: the maximum over groups of the minimum in each


def max_min_affine(groups: Sequence[Sequence[Piece]], dtype: torch.dtype = torch.float64) -> Network:
    """max_i min_j (<a_ij, x> + b_ij) as a network of MLP steps, exactly (LT-19).

    Raises:
        ArgumentError: an empty list, |a| > 1 (decided exactly), different lengths of slopes, NaN or infinity.
    """
    return max_min_affines([groups], dtype)


def max_min_affines(outputs: Sequence[Sequence[Sequence[Piece]]], dtype: torch.dtype = torch.float64) -> Network:
    """One read-out per list of groups, all trees side by side in the same layers.

    The lift is z_k = 2 <a_k, x>; one layer of units (e_k, -e_k), |W|^2 = 2, with step 1/2 and biases -+2 b_k gives
    z_k - (z_k - 2 b_k)/2 = <a_k, x> + b_k for every real x. Without offsets lift and layer are not needed.

    Raises:
        ArgumentError: see `max_min_affine`.
    """
    trees, pieces = _numbered("max_min_affine", outputs)
    d = len(pieces[0][0])
    for slope, offset in pieces:
        if len(slope) != d or d == 0:
            raise ArgumentError(f"max_min_affine: all slopes must have one length >= 1, got {len(slope)} and {d}.")
        if not all(math.isfinite(v) for v in (*slope, offset)):
            raise ArgumentError(f"max_min_affine: slopes and offsets must be finite, got a={slope}, b={offset}.")
    a = torch.tensor([[float(v) for v in slope] for slope, _ in pieces], dtype=dtype)
    b = torch.tensor([float(offset) for _, offset in pieces], dtype=dtype)
    for row in a.tolist():
        if sum((Fraction(v) ** 2 for v in row), Fraction(0)) > 1:
            raise ArgumentError(
                f"max_min_affine: slopes must satisfy |a| <= 1, got a={row} with |a|={math.hypot(*row)!r}. A rounded "
                "unit vector may exceed 1 in its last digit: multiply it by 1 - 2**-50."
            )
    k = len(pieces)
    layers, roots = sorting_trees(k, trees, a)
    if bool(b.any()):
        eye = identity(k, a)
        lift = _bound("lift")
        W = assemble((k + k, k), [(eye, 0, 0), (-eye, k, 0)], a)
        layers = [MLPStep(W, torch.cat([-lift * b, lift * b]), _bound("tau_offset")), *layers]
        a = lift * a
    return Network(assemble((k, d), [(a, 0, 0)], a), tuple(layers), _select(roots, k, a))


def max_min(f: Network, groups: Sequence[Sequence[int]], offsets: Sequence[Sequence[float]] | None = None) -> Network:
    """max_i min_{k in groups[i]} (f_k + offset): read-outs of f by number, each as often as needed (LT-13).

    offsets: one number per entry of groups, in the same nesting.

    Raises:
        ArgumentError: an empty list, no such read-out, offsets that are not finite or not in the shape of groups.
    """
    return max_mins(f, [groups], None if offsets is None else [offsets])


def max_mins(
    f: Network,
    outputs: Sequence[Sequence[Sequence[int]]],
    offsets: Sequence[Sequence[Sequence[float]]] | None = None,
) -> Network:
    """One read-out per list of groups, see `max_min`; all trees side by side in the same layers."""
    trees, leaves = _numbered("max_min", outputs)
    o = f.readout.shape[0]
    for k in leaves:
        if not isinstance(k, int) or not 0 <= k < o:
            raise ArgumentError(f"max_min: groups must name read-outs 0, ..., {o - 1}, got {k!r}.")
    shifts = [0.0] * len(leaves)
    if offsets is not None:
        shape, shifts = _numbered("max_min", offsets)
        if shape != trees:
            raise ArgumentError("max_min: offsets must have the nesting of groups: one number per entry.")
    chosen = f.readout.index_select(0, torch.tensor(leaves, device=f.readout.device))
    base = coordinates(Network(f.lift, f.layers, chosen), shifts)
    first = base.width - len(leaves)
    layers, roots = sorting_trees(base.width, [[[first + k for k in g] for g in tree] for tree in trees], f.lift)
    scale = float(base.readout[0, first])  # the same for all
    return Network(base.lift, (*base.layers, *layers), _select(roots, base.width, f.lift) * scale)


def coordinates(f: Network, offsets: Sequence[float] | None = None) -> Network:
    """f + offsets with each read-out in a coordinate of its own, at one common scale: read-outs are 2s e_k^T.

    Fresh zero coordinates t and the units +-(V z - s t + b), V the read-outs of f: the layer is
    t' = s step (V z + b) = (V z + b)/(2s) for every real z, as relu(u) - relu(-u) = u. The scale s is the power of
    two just above the largest sum of absolute values in a row or a column of V, so that
    |W|^2 <= |W|_1 |W|_inf <= 4 s^2 and the step 1/(2 s^2) is admissible by LT-01. The other coordinates change too.

    Raises:
        ArgumentError: offsets are not finite or not one per read-out, or s or its step is no float.
    """
    o, m = f.readout.shape[0], f.width
    b = torch.tensor([0.0] * o if offsets is None else [float(v) for v in offsets], dtype=f.lift.dtype)
    if b.numel() != o or not bool(torch.isfinite(b).all()):
        raise ArgumentError(f"coordinates: offsets must be finite, one per read-out ({o}), got {offsets!r}.")
    s, eye = _scale(f.readout), identity(o, f.lift)
    half = [(f.readout, 0, 0), (-s * eye, 0, m)]
    W = assemble((o + o, m + o), half + [(-block, row + o, column) for block, row, column in half], f.lift)
    wide = extend(f, o)
    layer = MLPStep(W, torch.cat([b, -b]).to(f.lift), _bound("tau_coordinate", s=Fraction(s)))
    return Network(
        wide.lift, (*wide.layers, layer), assemble((o, m + o), [(_bound("readout", s=Fraction(s)) * eye, 0, m)], f.lift)
    )


def _scale(V: Tensor) -> float:
    """A power of two >= every sum of absolute values in a row or column of V, decided exactly; 1 for V = 0."""
    entries = V.coalesce() if V.is_sparse else V.to_sparse()
    sums: dict[tuple[int, int], Fraction] = {}
    for row, column, value in zip(*entries.indices().tolist(), entries.values().tolist(), strict=True):
        for line in ((0, row), (1, column)):
            sums[line] = sums.get(line, Fraction(0)) + abs(Fraction(value))
    size = max(sums.values(), default=Fraction(0)) or Fraction(1)
    e = math.ceil(size).bit_length() if size > 1 else 1 - math.floor(1 / size).bit_length()
    if not -500 < e < 500:
        raise ArgumentError(f"coordinates: read-outs must be near 1, got sums of about 2**{e}. Scale them.")
    return math.ldexp(1, e)


def sorting_trees(width: int, trees: Sequence[Tree], like: Tensor) -> tuple[list[MLPStep], list[int]]:
    """Layers on R^width that bring max_i min_j of the coordinates in each tree to one coordinate, and which one.

    A coordinate belongs to one tree only. Depth: ceil log2 of the longest group plus ceil log2 of the groups, in
    the worst tree.
    """
    waiting = [[list(group) for group in tree] for tree in trees]
    layers = []
    while True:
        pairs: list[tuple[int, int]] = []
        for tree in waiting:
            if any(len(group) > 1 for group in tree):
                for group in tree:  # the first of a pair keeps the minimum: a - relu(a - b)
                    pairs += list(zip(group[0::2], group[1::2], strict=False))
                    group[:] = group[0::2]
            elif len(tree) > 1:  # and with the row (-1, 1) the maximum: a + relu(b - a)
                pairs += [(-1 - a[0], -1 - b[0]) for a, b in zip(tree[0::2], tree[1::2], strict=False)]
                tree[:] = tree[0::2]
        if not pairs:
            return layers, [tree[0][0] for tree in waiting]
        signs = torch.tensor([1.0 if a >= 0 else -1.0 for a, _ in pairs])
        ends = torch.tensor([(a, b) if a >= 0 else (-1 - a, -1 - b) for a, b in pairs])
        rows = torch.arange(len(pairs))
        W = from_entries(
            (len(pairs), width), torch.cat([rows, rows]), ends.T.reshape(-1), torch.cat([signs, -signs]).to(like)
        )
        step = evaluate(lemma_bound("sorting_step", "tau"), {})
        layers.append(MLPStep(W, like.new_zeros(len(pairs)), float(step)))


def _numbered(where: str, outputs: Sequence[Sequence[Sequence]]) -> tuple[list[Tree], list]:
    """The trees with their leaves numbered from 0, and the leaves in that order."""
    trees, leaves = [], []
    for tree in outputs:
        trees.append([])
        for group in tree:
            trees[-1].append(list(range(len(leaves), len(leaves) + len(group))))
            leaves += list(group)
        if not trees[-1] or not all(trees[-1]):
            raise ArgumentError(
                f"{where}: every list of groups and every group must have an entry, got {outputs!r:.80}. "
                "A maximum or minimum over nothing is no number."
            )
    if not trees:
        raise ArgumentError(f"{where}: at least one list of groups is required, got none.")
    return trees, leaves


def _select(roots: list[int], width: int, like: Tensor) -> Tensor:
    """Read-outs e_k^T for k in roots."""
    columns = torch.tensor(roots)
    return from_entries((len(roots), width), torch.arange(len(roots)), columns, torch.ones(len(roots)).to(like))


def _bound(key: str, **values: Fraction) -> float:
    """A constant of LT-19, a power of two for these values and so a float."""
    return float(evaluate(lemma_bound("scalar_resnets", key), values))
