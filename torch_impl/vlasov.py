"""The Vlasov flow of softmax attention, as a residual Transformer of depth N and by an adaptive solver.

    depth_flow     x_{k+1} = x_k + (T/N) Att(mu_k, x_k), mu_{k+1} the image of mu_k               N layers
    vlasov_flow    x' = Att(mu_t, x), mu_t the image of mu_0 under the flow, t in [0, T]          DOP853 (SciPy)

Att(mu, x) = V E_x[y] with scores <A x, y>, as in `attention.attend`. Queries x are carried along without being seen:
they are tokens of weight 0. Depth and flow differ by at most BOUNDS["depth_error"] of MM-25 (`vlasov_bounds`).
Source: castin2024smooth (arXiv:2312.14820) and furuya2024context (arXiv:2408.01367), as remembered.
Shapes: points (*batch, n, d), weights (*batch, n), queries (*batch, q, d), A and V (d, d) or with the batch in front.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend, residual_attention
from torch_impl.measures import Measure, atoms

# DOP853 is of order 8: SciPy's own floor of rtol is 100 u, and errors below it are those of the velocity itself
RTOL, ATOL = 1e-13, 1e-15


class State(NamedTuple):
    """What has become of the context and of the queries at one time; `queries` has q = 0 rows if none were given."""

    measure: Measure
    queries: Tensor


def depth_flow(measure: Measure, A: Tensor, V: Tensor, T: float, N: int, x: Tensor | None = None) -> State:
    """The state after N residual attention layers of step T/N; differentiable.

    Args:
        measure: points (*batch, n, d), weights (*batch, n).   x: (*batch, q, d) queries, or None.
        A, V: (d, d) or (*batch, d, d).   T: time, >= 0.   N: number of layers, >= 1.

    Raises:
        ArgumentError: N < 1, T is negative or not finite, NaN or infinity is given, or shapes do not fit.
    """
    return depth_states(measure, A, V, T, N, x)[-1]


def depth_states(measure: Measure, A: Tensor, V: Tensor, T: float, N: int, x: Tensor | None = None) -> list[State]:
    """The states of `depth_flow` after 0, 1, ..., N layers.

    Raises:
        ArgumentError: as `depth_flow`.
    """
    _check_time("depth_flow", T)
    _check_finite("depth_flow", A=A, V=V, measure=atoms(measure), **({} if x is None else {"x": x}))
    if isinstance(N, bool) or not isinstance(N, int) or N < 1:
        raise ArgumentError(
            f"depth_flow: required an integer N >= 1 of layers, got N={N!r}. The step is T/N. Pass N=1 for one layer."
        )
    h, states = T / N, [_start("depth_flow", measure, x)]
    for _ in range(N):
        context, queries = states[-1]
        moved = Measure(residual_attention(context, context.points, A, V, h), context.weights)
        states.append(State(moved, queries if x is None else residual_attention(context, queries, A, V, h)))
    return states


def vlasov_flow(
    measure: Measure, A: Tensor, V: Tensor, T: float, x: Tensor | None = None, *, rtol: float = RTOL, atol: float = ATOL
) -> State:
    """The flow at time T by SciPy's DOP853 in float64 (not differentiable); rtol and atol are the solver's.

    Raises:
        ArgumentError: T is negative or not finite, shapes do not fit, a batch dimension of A or V is missing in the
            measure, NaN or infinity is given or reached, a tolerance is not finite and >= 0, or the solver gives up
            (its message and the time it reached are in the text).
    """
    _check_time("vlasov_flow", T)
    if not (0 <= rtol < math.inf and 0 <= atol < math.inf and rtol + atol > 0):
        raise ArgumentError(
            f"vlasov_flow: required finite rtol, atol >= 0, not both 0, got rtol={rtol!r}, atol={atol!r}. The solver "
            f"would not end. Defaults: rtol={RTOL}, atol={ATOL}."
        )
    _check_finite("vlasov_flow", A=A, V=V, measure=atoms(measure), **({} if x is None else {"x": x}))
    state = _start("vlasov_flow", measure, x)
    points, queries = state.measure.points, state.queries
    n, like = points.shape[-2], points
    A64, V64, weights = (t.detach().to(torch.float64).cpu() for t in (A, V, measure.weights))
    shape = (*points.shape[:-2], n + queries.shape[-2], points.shape[-1])

    def velocity(time: float, flat: np.ndarray) -> np.ndarray:
        tokens = torch.from_numpy(flat).reshape(shape)
        found = attend(Measure(tokens[..., :n, :], weights), tokens, A64, V64).reshape(-1).numpy()
        if not np.isfinite(found).all():  # the solver would halve its step for ever
            raise ArgumentError(
                f"vlasov_flow: required finite velocities up to T={T!r}, got NaN or infinity at t={float(time):.6g}. "
                "Tokens or their scores are too long for float64. Scale A, V or T down."
            )
        return found

    start = torch.cat([atoms(measure), queries], -2).detach().to(torch.float64).cpu().reshape(-1).numpy()
    velocity(0.0, start)  # shapes are refused here, in their own words
    if T > 0:
        found = solve_ivp(velocity, (0.0, float(T)), start, method="DOP853", rtol=rtol, atol=atol, t_eval=[float(T)])
        if not found.success:
            reached = float(found.t[-1]) if len(found.t) else 0.0
            raise ArgumentError(
                f"vlasov_flow: required a flow up to T={T!r}, got stuck after t={reached:.6g}: {found.message} "
                "Tokens may be too long for float64 scores. Scale A, V or T down."
            )
        start = found.y[:, -1]
    tokens = torch.from_numpy(np.ascontiguousarray(start)).reshape(shape).to(like)
    return State(Measure(tokens[..., :n, :], measure.weights), tokens[..., n:, :])


def _check_time(where: str, T: float) -> None:
    if isinstance(T, bool) or not isinstance(T, int | float) or not math.isfinite(T) or T < 0:
        raise ArgumentError(
            f"{where}: required a finite time T >= 0, got T={T!r}. For the reverse flow negate V and take -T."
        )


def _check_finite(where: str, **tensors: Tensor) -> None:
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor.detach()).all()):
            raise ArgumentError(f"{where}: required a finite {name}, got {name} with NaN or infinity. No flow has it.")


def _start(where: str, measure: Measure, x: Tensor | None) -> State:
    points = measure.points
    if x is None:
        return State(measure, points[..., :0, :])
    if x.ndim != points.ndim or x.shape[:-2] != points.shape[:-2] or x.shape[-1] != points.shape[-1]:
        raise ArgumentError(
            f"{where}: required queries (*batch, q, d) with the batch and d of the points, got x {tuple(x.shape)} "
            f"and points {tuple(points.shape)}. A single query keeps its axis: (1, d)."
        )
    return State(measure, x)
