"""Networks out of networks: products, affine combinations, constants; and by re-export lattice and integrals.

    product(f, g)      (f, g)(mu, x), layer after layer on the product of the feature spaces       LT-12
    affine(f, V, b)    V f + b, in the read-out; constants from a zero coordinate                   LT-13
    maximum, minimum, max_min, max_min_affine     `blocks_lattice`                                  LT-13, LT-19
    integral(f, osc)   int f(mu, y) dmu(y)        `blocks_integral`                                 LT-14

Every step that is added is admissible by LT-01 or LT-05, decided with exact arithmetic on the stored numbers; the
steps of the arguments are kept. Norms of lifts and read-outs are free: the Lipschitz constants of the result are
those of the function it computes, not those that its layers and read-out multiply up to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.blocks_integral import integral
from torch_impl.blocks_lattice import coordinates, max_min, max_min_affine, max_min_affines, max_mins
from torch_impl.blocks_matrices import assemble, dense, extend, scalar
from torch_impl.bounds import admissible_step
from torch_impl.network import AttentionStep, MLPStep, Network, Step
from torch_impl.rounding import float_down

__all__ = [
    "affine",
    "constant",
    "coordinates",
    "integral",
    "linear",
    "max_min",
    "max_min_affine",
    "max_min_affines",
    "max_mins",
    "maximum",
    "minimum",
    "product",
    "with_constant",
]


def linear(weights: Sequence[Sequence[float]] | Tensor, dtype: torch.dtype = torch.float64) -> Network:
    """x -> V x without layers: lift the identity, read-out V = weights (o, d).

    Raises:
        ArgumentError: weights are not a finite (o, d).
    """
    V = torch.as_tensor(weights, dtype=dtype)
    if V.ndim != 2:
        raise ArgumentError(f"linear: weights must be (o, d), got shape {tuple(V.shape)}. Write one row per read-out.")
    return Network(torch.eye(V.shape[1], dtype=dtype, device=V.device), (), V)


def constant(value: float, d: int, dtype: torch.dtype = torch.float64) -> Network:
    """The constant `value` on R^d: a zero coordinate that becomes 1, read out with `value`."""
    if d < 1:
        raise ArgumentError(f"constant: tokens must have at least one coordinate, got d={d}.")
    zero = Network(torch.zeros(1, d, dtype=dtype), (), torch.zeros(1, 1, dtype=dtype))
    step = _constant_step(zero.lift, 0)
    return Network(zero.lift, (step,), torch.full((1, 1), value, dtype=dtype))


def product(*networks: Network) -> Network:
    """(mu, x) -> (f_1, ..., f_k)(mu, x) on the product of the feature spaces, read-outs one below the other (LT-12).

    Attention layers stay apart, as diag(0, A_i, 0): two of them under one softmax would add their scores, which is
    another map. MLP layers of different networks become one block-diagonal layer where it is exact: W -> c W,
    b -> c b, step -> step/c^2 changes neither the layer nor step |W|^2, and c = sqrt(step_i/step_1) is used only if
    it is a power of two. Else they follow each other, padded with zeros.

    Raises:
        ArgumentError: no network, or different input dimensions, dtypes or devices.
    """
    if not networks:
        raise ArgumentError("product: at least one network is required, got none.")
    first = networks[0].lift
    for k, f in enumerate(networks):
        if f.d != networks[0].d or f.lift.dtype != first.dtype or f.lift.device != first.device:
            raise ArgumentError(
                f"product: all networks must share d, dtype and device ({networks[0].d}, {first.dtype}, "
                f"{first.device}), got ({f.d}, {f.lift.dtype}, {f.lift.device}) at position {k}. "
                "Lift to a common input or use .to(...)."
            )
    starts = [0]
    for f in networks:
        starts.append(starts[-1] + f.width)
    width, outputs, layers = starts[-1], 0, []
    waiting = [list(f.layers) for f in networks]
    while any(waiting):
        heads = [(k, queue[0]) for k, queue in enumerate(waiting) if queue]
        attention = [(k, s) for k, s in heads if isinstance(s, AttentionStep)]
        if attention:
            k, layer = attention[0]
            A = assemble((width, width), [(layer.A, starts[k], starts[k])], first)
            layers.append(AttentionStep(A, layer.step))
            waiting[k].pop(0)
            continue
        together = _mergeable([(k, s) for k, s in heads if isinstance(s, MLPStep)])
        layers.append(_block_diagonal(together, starts, width, first))
        for k, _, _ in together:
            waiting[k].pop(0)
    lift = assemble((width, networks[0].d), [(f.lift, starts[k], 0) for k, f in enumerate(networks)], first)
    rows = []
    for k, f in enumerate(networks):
        rows.append((f.readout, outputs, starts[k]))
        outputs += f.readout.shape[0]
    return Network(lift, tuple(layers), assemble((outputs, width), rows, first))


def affine(f: Network, weights: Sequence[Sequence[float]] | Tensor, offsets: Sequence[float] | None = None) -> Network:
    """weights f + offsets: weights (p, o) on the o read-outs of f, offsets (p) or None.

    Only the read-out changes; offsets that are not all 0 add a coordinate that is 1 (`with_constant`). The product
    of weights and read-out is computed in floats: exact where its entries are representable.

    Raises:
        ArgumentError: shapes do not fit or an entry is not finite.
    """
    V = torch.as_tensor(weights, dtype=f.lift.dtype, device=f.lift.device)
    if V.ndim != 2 or V.shape[1] != f.readout.shape[0]:
        raise ArgumentError(
            f"affine: weights must be (p, {f.readout.shape[0]}), one column per read-out, got shape {tuple(V.shape)}."
        )
    if offsets is not None and len(offsets) != V.shape[0]:
        raise ArgumentError(f"affine: one offset per row of weights ({V.shape[0]}) is required, got {len(offsets)}.")
    if offsets is not None and any(b != 0 for b in offsets):
        f = with_constant(f)
        V = torch.cat([V, torch.tensor([[float(b)] for b in offsets], dtype=V.dtype, device=V.device)], dim=1)
    readout = torch.sparse.mm(f.readout.t(), V.t()).t() if f.readout.is_sparse else V @ f.readout
    return Network(f.lift, f.layers, assemble(tuple(readout.shape), [(readout, 0, 0)], f.lift))


def with_constant(f: Network) -> Network:
    """f with one more read-out, the constant 1: a zero coordinate t becomes 1 by W = -e_t^T, b = 1, step 1.

    1 <= 2/|W|^2 = 2: admissible by LT-01. The layer comes last, t is 0 before it.
    """
    wide = extend(f, 1)
    one = torch.ones(1, 1, dtype=f.lift.dtype, device=f.lift.device)
    o = f.readout.shape[0]
    readout = assemble((o + 1, wide.width), [(wide.readout, 0, 0), (one, o, f.width)], f.lift)
    return Network(wide.lift, (*wide.layers, _constant_step(wide.lift, f.width)), readout)


def maximum(f: Network, g: Network) -> Network:
    """max(f, g) of two scalar networks by one more MLP step (LT-13).

    On the product z = (z_1, z_2), f = <v_1, z_1>, g = <v_2, z_2> and |v_1| >= |v_2| (else exchanged): the single row
    W = (-v_1, v_2), b = 0, step = 1/|v_1|^2 <= 2/(|v_1|^2 + |v_2|^2) gives <v_1, z_1'> = f + max(g - f, 0).

    Exact over the reals if 1/|v_1|^2 is a float, as for a read-out from one coordinate with a power of two; else
    the step is rounded down, an error of at most 2u max(g - f, 0), u = 2^-53.

    Raises:
        ArgumentError: f or g is not scalar, or `product` refuses them.
    """
    return _extremum("maximum", f, g, 1)


def minimum(f: Network, g: Network) -> Network:
    """min(f, g) of two scalar networks: `maximum` with -W, <v_1, z_1'> = f - max(f - g, 0) (LT-13)."""
    return _extremum("minimum", f, g, -1)


def _extremum(where: str, f: Network, g: Network, sign: int) -> Network:
    v1, v2 = (sum((Fraction(v) ** 2 for v in scalar(where, n)), Fraction(0)) for n in (f, g))
    if v1 < v2:
        f, g, v1, v2 = g, f, v2, v1
    both = product(f, g)
    one, zero = dense(f.readout), torch.zeros_like(dense(g.readout))
    readout = assemble((1, both.width), [(torch.cat([one, zero], dim=1), 0, 0)], f.lift)
    if v1 == 0:  # both are the constant 0
        return Network(both.lift, both.layers, readout)
    row = sign * torch.cat([-one, dense(g.readout)], dim=1)
    W = assemble((1, both.width), [(row, 0, 0)], f.lift)
    wanted = admissible_step("lattice", "tau", "n", v1)
    largest = admissible_step("mlp_step", "tau_max", "w", v1 + v2, power=2)
    step = 0.0 if wanted is None or largest is None else float_down(min(wanted, largest))
    if not step > 0:
        raise ArgumentError(
            f"{where}: the step 1/|v|^2 must be a positive float, got |v|^2={float(v1)} of the larger read-out. "
            "Scale the read-outs of both networks and that of the result."
        )
    return Network(both.lift, (*both.layers, MLPStep(W, W.new_zeros(1).to_dense(), step)), readout)


def _mergeable(heads: list[tuple[int, MLPStep]]) -> list[tuple[int, MLPStep, int]]:
    """The heads that share a step with the first after W -> 2^e W, as (network, layer, e)."""
    k0, first = heads[0]
    together = [(k0, first, 0)]
    for k, layer in heads[1:]:
        if min(first.step, layer.step) <= 0:
            continue
        ratio = Fraction(layer.step) / Fraction(first.step)  # c^2
        e = ratio.numerator.bit_length() - ratio.denominator.bit_length()
        # far from overflow and underflow of c W
        if abs(e) <= 64 and e % 2 == 0 and ratio == Fraction(math.ldexp(1, e)):
            together.append((k, layer, e // 2))
    return together


def _block_diagonal(together: list[tuple[int, MLPStep, int]], starts: list[int], width: int, like: Tensor) -> MLPStep:
    rows, blocks, biases = 0, [], []
    for k, layer, e in together:
        c = math.ldexp(1, e)
        blocks.append((layer.W * c, rows, starts[k]))
        biases.append(layer.b * c)
        rows += layer.W.shape[0]
    return MLPStep(assemble((rows, width), blocks, like), torch.cat(biases), together[0][1].step)


def _constant_step(lift: Tensor, t: int) -> Step:
    """x_t = 0 -> 1: the step of LT-13 for a unit row."""
    step = admissible_step("lattice", "tau", "n", Fraction(1))
    one = torch.ones(1, dtype=lift.dtype, device=lift.device)
    W = assemble((1, lift.shape[0]), [(-one.reshape(1, 1), 0, t)], lift)
    return MLPStep(W, one, float(step or 0))
