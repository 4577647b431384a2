"""max_i min_j g_ij as a network of LT-01 and LT-04 layers: sparse, a logarithmic number of layers, every step exact.

    g(mu, x) = <query, x> + weight int phi dmu + offset                       (`construct_geometry.Interpolant`)

Coordinates, all lifted linearly, and layers in order:
  1. d = 1: one copy of the token for each cell, clamped by ONE MLP layer with the rows -1 and +1 on it,
         y + relu(c - y) - relu(y - c') = clamp(y, c, c'),   |W|^2 = 2, step 1 = 2/|W|^2;
     d >= 2: one coordinate <u_m, y> for each (potential, place, direction), folded by max over m and min over places.
  2. ONE attention layer integrates everything (LT-14): pair p has a fresh coordinate t_p (a zero row of the lift), and
     A = -c T with T's row t_p = weight_p times the coordinates that make up phi_p. The query's t are 0, so all scores
     are 0, the softmax is the weights of mu, and the step eta = 1/c gives t_p = weight_p int phi_p dmu.
  3. Pair p also has s_p = <query_p, x>. Minimum and maximum of sums compare without forming them (LT-13 with
     v = (1, 1)): the row W = (1, 1, -1, -1) on (s_1, t_1, s_2, t_2), bias = offset_1 - offset_2, step 1/2 = 2/|W|^2,
         s_1 + t_1 - relu(s_1 + t_1 + offset_1 - s_2 - t_2 - offset_2) = min - offset_1.
     Rows of one layer act on disjoint coordinates. Offsets travel along in the biases, never in a coordinate.
  4. A zero coordinate becomes the last offset (W = -1, bias = offset, step 1); the read-out adds it.

Why one clamp layer, one attention layer and no averaging: page A's blocks one after the other would need several
layers for each of the pairs; side by side (LT-12) they need the layers of one. c is a power of two, so eta c = 1
exactly, so small that LT-10's bound admits eta: D <= |A| |lift| diam(Omega).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError, InternalError
from torch_impl.bounds import admissible_step
from torch_impl.construct_geometry import Interpolant, rounded_offset
from torch_impl.network import AttentionStep, MLPStep, Network, Step
from torch_impl.potentials import LinePotential, PolyhedralPotential
from torch_impl.reference.exact import Vector, dot


class Slot(NamedTuple):
    """A value of the network: the sum of these coordinates plus a constant that no coordinate holds."""

    coordinates: tuple[int, ...]
    offset: Fraction


@dataclass
class Fold:
    """max or min of slots and other folds; `advance` halves it by one layer."""

    kind: str
    items: list[Slot | Fold]


class Row(NamedTuple):
    """relu(sum of plus - sum of minus + bias), a row of W with entries +-1."""

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    bias: Fraction


Entries = dict[tuple[int, int], Fraction]


@dataclass
class _Build:
    """The network so far: lift rows, one for each coordinate, and layers as lists of rows or as attention entries."""

    d: int
    lift: list[Vector] = field(default_factory=list)
    layers: list[tuple[str, list[Row] | Entries]] = field(default_factory=list)

    def coordinate(self, row: Vector | None = None) -> int:
        self.lift.append(row if row is not None else tuple(Fraction(0) for _ in range(self.d)))
        return len(self.lift) - 1


def compile_network(groups: Sequence[Sequence[Interpolant]], d: int, *, radius: Fraction) -> Network:
    """The network of max over groups of min over the group, float64, every step admissible for tokens in |y| <= radius.

    Raises:
        ArgumentError: no group, an empty group, or offsets of 2^8 and more (scale the target).
    """
    if not groups or not all(groups):
        raise ArgumentError("compile_network: required at least one group and no empty group.")
    build = _Build(d)
    one = build.coordinate()
    flat = [g for group in groups for g in group]
    places = _line_features(build, flat) if d == 1 else _polyhedral_features(build, flat)
    integrate: Entries = {}
    slots: list[Slot] = []
    for g, entries in zip(flat, places, strict=True):
        t, s = build.coordinate(), build.coordinate(g.query)
        integrate |= {(t, k): g.weight * sign for k, sign in entries.items() if g.weight}
        slots.append(Slot((s, t), g.offset))
    if integrate:
        build.layers.append(("attention", integrate))
    source = iter(slots)
    tree = Fold("max", [Fold("min", [next(source) for _ in group]) for group in groups])
    value = _fold_all(build, tree)
    # the constant coordinate is set by the first MLP layer, which has disjoint rows whatever they are
    constant_row = Row((), (one,), value.offset)
    if value.offset < 0:
        constant_row = Row((one,), (), -value.offset)
    first = next((rows for kind, rows in build.layers if kind == "mlp"), None)
    if isinstance(first, list) and _common_step(first) == 1:
        first.append(constant_row)
    else:
        build.layers.insert(0, ("mlp", [constant_row]))
    return _network(build, (*value.coordinates, one), radius)


def constant_network(value: Fraction, d: int) -> Network:
    """(mu, x) -> value: what one net point determines."""
    build = _Build(d)
    one = build.coordinate()
    value = rounded_offset(value)
    build.layers.append(("mlp", [Row((), (one,), value) if value >= 0 else Row((one,), (), -value)]))
    return _network(build, (one,), Fraction(1))


def advance(fold: Fold) -> list[Row]:
    """Replace pairs of slots by their max or min; the rows of one layer that does it. Finished folds become slots."""
    rows: list[Row] = []
    ready: list[Slot | Fold] = []
    waiting: Slot | None = None
    for item in fold.items:
        if isinstance(item, Fold):
            inner = advance(item)
            rows += inner
            ready.append(item.items[0] if len(item.items) == 1 else item)
            continue
        if waiting is None:
            waiting = item
            continue
        a, b = waiting, item
        waiting = None
        if fold.kind == "min":
            rows.append(Row(a.coordinates, b.coordinates, a.offset - b.offset))
        else:
            rows.append(Row(b.coordinates, a.coordinates, b.offset - a.offset))
        ready.append(a)
    if waiting is not None:
        ready.append(waiting)
    fold.items = ready
    return rows


def _fold_all(build: _Build, *folds: Fold) -> Slot:
    """Run folds side by side to their ends; the slot of the first one."""
    for fold in folds:
        for k, item in enumerate(fold.items):
            if isinstance(item, Fold) and len(item.items) == 1:
                fold.items[k] = item.items[0]
    while any(len(fold.items) > 1 or isinstance(fold.items[0], Fold) for fold in folds):
        rows = [row for fold in folds for row in advance(fold)]
        if rows:
            build.layers.append(("mlp", rows))
    first = folds[0].items[0]
    if isinstance(first, Fold):
        raise InternalError("construct: a fold did not end in a slot.")
    return first


def _line_features(build: _Build, flat: Sequence[Interpolant]) -> list[dict[int, int]]:
    """Cells that some potential uses, clamped; for each pair the coordinates and signs of its phi."""
    cells: dict[tuple[Fraction, Fraction], int] = {}
    found: list[dict[int, int]] = []
    for g in flat:
        if not isinstance(g.potential, LinePotential):
            raise InternalError("construct: a potential on the line was expected.")
        ends = zip(g.potential.breaks, g.potential.breaks[1:], strict=False)
        used = {end: s for end, s in zip(ends, g.potential.slopes, strict=True) if s and g.weight}
        for end in used:
            if end not in cells:
                cells[end] = build.coordinate((Fraction(1),))
        found.append({cells[end]: s for end, s in used.items()})
    if cells:
        rows = [Row((), (k,), low) for (low, _), k in cells.items()]
        build.layers.append(("mlp", rows + [Row((k,), (), -high) for (_, high), k in cells.items()]))
    return found


def _polyhedral_features(build: _Build, flat: Sequence[Interpolant]) -> list[dict[int, int]]:
    """For each distinct potential the fold min over places of max over directions; for each pair its coordinate."""
    folds: dict[int, Fold] = {}
    for g in flat:
        phi = g.potential
        if not isinstance(phi, PolyhedralPotential):
            raise InternalError("construct: a potential in R^d was expected.")
        if g.weight and id(phi) not in folds:
            cones: list[Slot | Fold] = [
                Fold("max", [Slot((build.coordinate(u),), b) for u, b in zip(phi.directions, row, strict=True)])
                for row in phi.offsets
            ]
            folds[id(phi)] = Fold("min", cones)
    if folds:
        _fold_all(build, *folds.values())
    found: list[dict[int, int]] = []
    for g in flat:
        slot = folds[id(g.potential)].items[0] if g.weight else Slot((), Fraction(0))
        if isinstance(slot, Fold) or slot.offset:
            raise InternalError("construct: a potential was not folded to its first place, whose offset is 0.")
        found.append(dict.fromkeys(slot.coordinates, 1))
    return found


def _common_step(rows: Sequence[Row]) -> Fraction:
    """2/|W|^2 for W with these rows. Gram entries: rows overlap in at most one coordinate each (clamps) or not at all.

    |W|^2 <= |W|_1 |W|_inf, exact here: 2 for clamps, 2 for one coordinate on each side, 4 for two.
    """
    widest = max(len(row.plus) + len(row.minus) for row in rows)
    count: dict[int, int] = {}
    for row in rows:
        for k in (*row.plus, *row.minus):
            count[k] = count.get(k, 0) + 1
    step = admissible_step("mlp_step", "tau_max", "w", Fraction(widest * max(count.values())), power=2)
    if step is None:
        raise InternalError("construct: a layer without rows.")
    return min(step, Fraction(1))


def _network(build: _Build, readout: Sequence[int], radius: Fraction) -> Network:
    m = len(build.lift)
    lift = torch.tensor([[_exact_float(c) for c in row] for row in build.lift], dtype=torch.float64)
    lift_square = sum((dot(row, row) for row in build.lift), Fraction(0))
    layers: list[Step] = []
    for kind, content in build.layers:
        if kind == "mlp" and isinstance(content, list):
            layers.append(_mlp(content, m))
        elif isinstance(content, dict):
            layers.append(_attention(content, m, lift_square * 4 * radius**2))
    out = torch.zeros(1, m, dtype=torch.float64)
    out[0, list(readout)] = 1.0
    return Network(lift, tuple(layers), out)


def _mlp(rows: Sequence[Row], m: int) -> MLPStep:
    entries = [(r, k, 1.0) for r, row in enumerate(rows) for k in row.plus]
    entries += [(r, k, -1.0) for r, row in enumerate(rows) for k in row.minus]
    bias = torch.tensor([_exact_float(row.bias) for row in rows], dtype=torch.float64)
    return MLPStep(_sparse(entries, (len(rows), m)), bias, float(_common_step(rows)))


def _attention(entries: Entries, m: int, domain_square: Fraction) -> AttentionStep:
    """A = -c T, step 1/c, c = 2^-k: 1/c <= 8/(c^2 |T|^2 domain^2) with a factor 2 to spare for outward rounding.

    |T|^2 <= min(|T|_F^2, |T|_1 |T|_inf), as in `norms`; domain >= the diameter of the lifted domain (LT-10).
    """
    rows: dict[int, Fraction] = {}
    columns: dict[int, Fraction] = {}
    for (t, k), value in entries.items():
        rows[t] = rows.get(t, Fraction(0)) + abs(value)
        columns[k] = columns.get(k, Fraction(0)) + abs(value)
    square = min(sum((v * v for v in entries.values()), Fraction(0)), max(rows.values()) * max(columns.values()))
    largest = admissible_step("attention_step_sharp", "eta_max", "D", square * domain_square, power=2)
    if largest is None:
        raise InternalError("construct: an attention layer on a domain of one point.")
    # eta = 1/c is admissible for A = -c T as soon as c <= largest
    c = Fraction(2) ** (math.floor(math.log2(float(largest))) - 1)
    scaled = [(t, k, _exact_float(-c * value)) for (t, k), value in entries.items()]
    return AttentionStep(_sparse(scaled, (m, m)), _exact_float(1 / c))


def norm_squared_bound(matrix: Tensor) -> Fraction:
    """min(|M|_F^2, |M|_1 |M|_inf) >= |M|_2^2 of the stored entries, exactly; strided or sparse."""
    sparse = (matrix if matrix.is_sparse else matrix.to_sparse()).coalesce()
    rows: dict[int, Fraction] = {}
    columns: dict[int, Fraction] = {}
    frobenius = Fraction(0)
    for r, k, v in zip(*sparse.indices().tolist(), sparse.values().double().tolist(), strict=True):
        size = abs(Fraction(v))
        rows[r] = rows.get(r, Fraction(0)) + size
        columns[k] = columns.get(k, Fraction(0)) + size
        frobenius += size * size
    return min(frobenius, max(rows.values(), default=Fraction(0)) * max(columns.values(), default=Fraction(0)))


def _sparse(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> Tensor:
    places = torch.tensor([[r for r, _, _ in entries], [k for _, k, _ in entries]], dtype=torch.int64)
    values = torch.tensor([v for _, _, v in entries], dtype=torch.float64)
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=True).coalesce()


def _exact_float(value: Fraction) -> float:
    number = float(value)
    if Fraction(number) != value:
        raise InternalError(f"construct: {value} is no float64.")
    return number
