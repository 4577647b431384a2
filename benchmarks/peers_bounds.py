"""Attention over a box of tokens: our enclosures and closed bounds against interval and linear bounds of a verifier."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from benchmarks import verifier
from benchmarks.interleaved import Timed, absent, interleaved
from benchmarks.interval_baseline import Box, at_points, ends, mean_value, propagated
from benchmarks.report import Report, milliseconds
from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.layers import gradient_mlp
from torch_impl.reference.attention_balls import _jacobian, jacobian_norm_lower, norm_upper
from torch_impl.reference.ball_arrays import Array, Ball, exactly
from torch_impl.smoothness_bounds import smoothness_bounds

COMMAND = "python -m benchmarks peers_bounds"
SIZES = tuple((n, d) for n in (4, 16, 64) for d in (2, 8))
RADII = (1e-3, 1e-2, 1e-1)
UNITS = 16
STEPS, RESTARTS = 25, 4  # of the ascent that shows which widths are needed
OURS = ("mean value, balls", "AS-08", "intervals (baseline)")


class Instance(NamedTuple):
    """Tokens (n, d) and matrices (d, d)."""

    X: Tensor
    A: Tensor
    V: Tensor


def run() -> list[Report]:
    torch.set_num_threads(1)
    return [outputs(), constants(), steps()]


def instance(n: int, d: int) -> Instance:
    """Normal tokens, matrices of norm about 2 / sqrt(d) and 2."""
    generator = torch.Generator().manual_seed(n + 1000 * d)
    X, A, V = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, d, d))
    return Instance(X, A / d, V / d**0.5)


def outputs() -> Report:
    """The first token's output when every entry of every token moves by at most the radius."""
    peers = verifier.ATTENTION if verifier.installed() else (absent(verifier.PACKAGE),)
    rows = []
    for n, d in SIZES:
        given = instance(n, d)
        for radius in RADII:
            low, high = needed(given, radius)
            found = interleaved(ours(given, radius) | verifier.attention_ways(*given, radius), rounds=3)
            where = f"n = {n}, d = {d}, radius {radius:g}"
            rows.append(
                (f"{n}, {d}", f"{radius:g}", *(cell(where, name, found, low, high) for name in (*OURS, *peers)))
            )
        print(f"outputs, n = {n}, d = {d}: done", file=sys.stderr)
    note = (
        "Sum over the output's coordinates of the width of each bound, over the width that projected gradient "
        "ascent shows to be needed (its points evaluated in balls), so at least 1; median time of interleaved "
        "runs. A bound of ours that an attained output leaves ends the run; at a peer's, by how much of the width "
        "is written. The columns in balls and intervals are rounded outwards and hold for real arithmetic; AS-08 "
        "and the peer are computed in floats. Mean value: f(X) + [J] r, the Jacobian enclosed over the box. AS-08: "
        "the closed bound on the ball that holds the box; made for Euclidean balls, it pays sqrt(d) for a box of "
        "the sup norm, and holds on the whole ball, for every query and any number of tokens. Peer: "
        f"{verifier.named()}, GPL-3.0; attention in its exponentials, products and reciprocals, as e^s / sum, and "
        f"in n^2 differences of scores as 1 / sum of e^difference for n <= {verifier.PAIRWISE}. Its alpha-CROWN, which "
        "optimises the relaxations for longer and is tighter still, was not run. A smaller number is a tighter bound. "
        "auto_LiRPA: the newest on PyPI, 0.3, requires torch below 1.13 and imports numpy.lib.arraysetops, which NumPy "
        "2 has no more: it does not load."
    )
    return Report("Attention over a box: output bounds", COMMAND, ("n, d", "radius", *OURS, *peers), rows, note)


def ours(given: Instance, radius: float) -> dict[str, Callable[[], Box]]:
    """Our ways to bound the first token's output over the box."""
    ways = (mean_value, closed, propagated)
    return {name: lambda way=way: way(*given, radius) for name, way in zip(OURS, ways, strict=True)}


def closed(X: Tensor, A: Tensor, V: Tensor, radius: float) -> Box:
    """AS-08 on the ball that holds the box: |f(X')_1 - f(X)_1| <= C max_j |x'_j - x_j| <= C sqrt(d) r."""
    reach = radius * math.sqrt(X.shape[1])
    sizes = {"v": torch.linalg.matrix_norm(V, 2), "a": torch.linalg.matrix_norm(A, 2)}
    bound = lemma_bound("attention_smoothness.max_token_norm", "max_token")
    constant = float(evaluate(bound, {**sizes, "R": X.norm(dim=-1).max() + reach}))
    low, high = at_points(X[None], A, V)
    return low[0] - constant * reach, high[0] + constant * reach


def needed(given: Instance, radius: float) -> Box:
    """Ends that the output attains in the box: below the true maximum, above the true minimum, (d,) each."""
    X, A, V = given
    d = X.shape[1]
    sides = torch.cat([torch.eye(d, dtype=X.dtype), -torch.eye(d, dtype=X.dtype)]).repeat_interleave(RESTARTS, 0)
    start = torch.rand(len(sides), *X.shape, generator=torch.Generator().manual_seed(0), dtype=X.dtype)
    moved = X + radius * (2 * start - 1)
    moved[::RESTARTS] = X
    best, kept = torch.full((len(sides),), -torch.inf, dtype=X.dtype), moved.clone()
    for step in range(STEPS + 1):
        moved = moved.detach().requires_grad_(True)
        value = ((torch.softmax(moved[:, :1] @ A.mT @ moved.mT, -1) @ moved @ V.mT)[:, 0] * sides).sum(-1)
        better = value.detach() > best
        best = torch.where(better, value.detach(), best)
        kept = torch.where(better[:, None, None], moved.detach(), kept)
        (gradient,) = torch.autograd.grad(value.sum(), moved)
        length = 2 * radius * (1 - step / (STEPS + 1))  # the first step ends in a corner
        moved = _inside(moved.detach() + length * gradient.sign(), X, radius)
    chosen = best.view(2 * d, RESTARTS).argmax(-1) + RESTARTS * torch.arange(2 * d)
    low, high = at_points(kept[chosen], A, V)
    each = np.arange(d)
    return high[d:][each, each], low[:d][each, each]


def constants() -> Report:
    """|D_X f|_2 of the whole map, over the box."""
    rows = []
    for n, d in SIZES:
        given = instance(n, d)
        for radius in RADII:
            least = steepest(given, radius)
            bodies: dict[str, Callable[[], float]] = {
                "balls": lambda g=given, r=radius: enclosed_norm(g, r),
                "closed": lambda g=given, r=radius: norm_on_ball(g, r),
            }
            cells = []
            for name, timed in interleaved(bodies, rounds=1).items():
                ratio = cast(float, timed.answer) / least
                if not ratio >= 1:
                    raise _unsound(f"n = {n}, d = {d}, radius {radius}", name, f"{ratio:.6g} of a constant attained")
                cells.append(f"{ratio:.3g} ({milliseconds(timed.seconds)})")
            rows.append((f"{n}, {d}", f"{radius:g}", f"{least:.4g}", *cells))
        print(f"constants, n = {n}, d = {d}: done", file=sys.stderr)
    note = (
        "Bounds of the Lipschitz constant of the whole map, over the largest |J(X')| that the centre and corners "
        "of the box show. Balls: |J| for the Jacobian enclosed over the box, rounded outwards; inf where a score's "
        "interval is longer than 2. Closed: the smallest bound of AS-01 and AS-01U on the ball that holds the box, "
        f"for every X in that ball, in floats. {verifier.PACKAGE} bounds outputs, not derivatives, and slopes of "
        "CROWN are no Lipschitz constants: it has no column."
    )
    columns = ("n, d", "radius", "attained", "balls", "closed")
    return Report("Attention over a box: Lipschitz constants", COMMAND, columns, rows, note)


def steepest(given: Instance, radius: float, tries: int = 8) -> float:
    """A float below max |D_X f|_2 over the box: the largest |J e| / |e| at the centre or a corner, in balls."""
    X, A, V = given
    generator = torch.Generator().manual_seed(1)
    best, at, along = -1.0, X, X
    for k in range(tries):
        sign = X.sign() if k == 1 else torch.randint(0, 2, X.shape, generator=generator).to(X.dtype) * 2 - 1
        here = _inside(X + radius * sign, X, radius) if k else X
        J = torch.func.jacrev(lambda Y: self_attention(Y, A, V))(here).reshape(X.numel(), X.numel())
        _, size, right = torch.linalg.svd(J)
        if float(size[0]) > best:
            best, at, along = float(size[0]), here, right[0].reshape(X.shape)
    return jacobian_norm_lower(at, A, V, along.contiguous())


def enclosed_norm(given: Instance, radius: float) -> float:
    """|J| for the Jacobian of the whole map enclosed over the box, rounded up."""
    X, A, V = (t.numpy() for t in given)
    with np.errstate(all="ignore"):  # what overflows ends as an infinite radius
        box = Ball(X, np.full(X.shape, radius))
        return norm_upper(_jacobian(box, exactly(A), exactly(V), exactly(np.zeros(X.shape[1])), None))


def norm_on_ball(given: Instance, radius: float) -> float:
    """The smallest closed bound on the ball that holds the box."""
    reach = float(given.X.norm(dim=-1).max()) + radius * math.sqrt(given.X.shape[1])
    return min(float(value) for value in smoothness_bounds(*given, radius=reach)[1:])


def steps() -> Report:
    """x - tau W^T relu(W x + b) over a box, tau = 2/|W|^2 (LT-01)."""
    peers = verifier.STEP if verifier.installed() else (absent(verifier.PACKAGE),)
    rows = []
    for d in (2, 8):
        generator = torch.Generator().manual_seed(d)
        W, b, x = (torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((UNITS, d), (UNITS,), (d,)))
        tau = float(2 / torch.linalg.matrix_norm(W, 2).square())
        for radius in RADII:
            low, high = step_needed(x, W, b, tau, radius)
            value, reach = gradient_mlp(x, W, b, tau).numpy(), radius * math.sqrt(d)
            bodies: dict[str, Callable[[], Box]] = {"LT-01": lambda v=value, r=reach: (v - r, v + r)}
            found = interleaved(bodies | verifier.step_ways(x, W, b, tau, radius))
            where = f"step, d = {d}, radius {radius:g}"
            cells = [cell(where, name, found, low, high) for name in ("LT-01", *peers)]
            rows.append((f"{d}", f"{radius:g}", *cells))
    note = (
        f"tau = 2/|W|^2, {UNITS} units; widths as above, over those that corners of the box attain. LT-01 says that "
        "the step is 1-Lipschitz for every b and x, and is used as just that: f(x) +- r sqrt(d). Where no unit "
        "changes sign in the box the step is affine and CROWN is exact up to rounding, which may leave it short."
    )
    return Report("A gradient step of an MLP over a box", COMMAND, ("d", "radius", "LT-01", *peers), rows, note)


def step_needed(x: Tensor, W: Tensor, b: Tensor, tau: float, radius: float, tries: int = 1024) -> Box:
    """Ends that the step attains at corners of the box, evaluated in balls: (d,) each."""
    generator = torch.Generator().manual_seed(0)
    sign = torch.randint(0, 2, (tries, len(x)), generator=generator).to(x.dtype) * 2 - 1
    corners = exactly(_inside(x + radius * sign, x, radius).numpy())
    before = corners @ exactly(W.numpy().T) + exactly(b.numpy())
    low, high = (np.maximum(end, 0.0) for end in ends(before))
    middle = (low + high) / 2
    after = Ball(middle, np.nextafter(np.maximum(high - middle, middle - low), np.inf))
    low, high = ends(corners - exactly(np.array(tau)) * (after @ exactly(W.numpy())))
    return high.min(0), low.max(0)


def cell(where: str, name: str, found: Mapping[str, Timed], low: Array, high: Array) -> str:
    """Width over the needed width, and the time; at a peer's, by what share of that width an attained output leaves it.

    Raises:
        ArgumentError: a bound of ours is left.
    """
    if name not in found:
        return "-"
    lower, upper = cast(Box, found[name].answer)
    ratio = float((upper - lower).sum() / (high - low).sum())
    left = float((np.maximum(lower - low, high - upper) / (high - low)).max())
    if left <= 0:
        return f"{ratio:.3g} ({milliseconds(found[name].seconds)})"
    if "peer" not in name:
        raise _unsound(where, name, f"left by {left:.3g} of the needed width")
    return f"{ratio:.3g}, *short by {left:.0e}* ({milliseconds(found[name].seconds)})"


def _unsound(where: str, name: str, why: str) -> ArgumentError:
    return ArgumentError(
        f"peers_bounds: every bound of ours must hold all attained values, got {name} at {where}: {why}. It is "
        "unsound. Report it with this input."
    )


def _inside(moved: Tensor, X: Tensor, radius: float) -> Tensor:
    """Rounded into [X - r, X + r] as floats have these ends."""
    return torch.minimum(torch.maximum(moved, X - radius), X + radius)
