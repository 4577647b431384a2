"""Does a residual Transformer converge to its Vlasov flow at the stated rate? (Lemma MM-25.)

    report = check_flow_convergence(build, X, A, V, T)      # build(N): a module of N layers, (n, d) -> (n, d)
    report.holds, report.order, report.ratio, report.cause
    assert_flow_convergence(build, X, A, V, T)              # raises, with errors, bound and cause

N layers F_N of x + (T/N) Att(mu_k, x) are within (M T/(2N)) (e^{L T} - 1) of the flow x' = Att(mu_t, x). Three things
are asked:

    bound    every error is at most this bound
    order    the error falls faster than 1/sqrt(N) at every doubling of N (order above 1/2), and at the last two like
             1/N: order at least 3/4, half way between (correct layers may start below it: 0.56 from 8 to 16)
    limit    |2 F_2N - F_N - flow|, where errors like 1/N cancel, falls like 1/N^2 at the last doubling: order at least
             3/2. A network with another limit keeps that distance: order 0, however small the fault

Errors that the solver cannot resolve are left out. Where one fails, the cause is the hypothesis that predicts the
shallowest network's output best:

    frozen context      every layer attends to the first tokens
    step T/sqrt(N)      the scaling of random depth, too large by sqrt(N)
    step T              no scaling with depth
    log n scaling       scores multiplied by log n
    transposed A        scores <x, A y>: queries and keys exchanged
    no 1/sqrt(k)        scores too large by sqrt(d)
    causal mask         rows see the tokens before them only
    sink softmax        1 added to the denominator of the softmax
    too few layers      every network is the correct one, and the depths are too small to show a rate
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend, self_attention
from torch_impl.measures import measure
from torch_impl.norms import certified_norm
from torch_impl.vlasov import ATOL, depth_flow, vlasov_flow
from torch_impl.vlasov_bounds import log_depth_error

TokenMap = Callable[[Tensor], Tensor]
DEPTHS = (8, 16, 32, 64)
MIN_ORDER = 0.75
FIRST_ORDER = 0.5
MIN_LIMIT_ORDER = 1.5
UNKNOWN = "unknown"


@dataclass(frozen=True)
class FlowReport:
    """errors[k] = max_i |x_i - X_T(x_i)| at depths[k], and the logarithms of MM-25's bounds.

    orders: of the decay at each doubling, None where the solver cannot resolve it; order: the last of them;
    limit_order: of the extrapolated errors |2 F_2N - F_N - flow| at the last doubling; ratio: worst error / bound;
    cause: the likely cause where `holds` is False.
    """

    name: str
    holds: bool
    depths: tuple[int, ...]
    errors: tuple[float, ...]
    log_bounds: tuple[float, ...]
    orders: tuple[float | None, ...]
    limit_order: float | None
    cause: str = ""

    def __bool__(self) -> bool:
        return self.holds

    @property
    def order(self) -> float | None:
        """The order of the deepest doubling."""
        return self.orders[-1]

    @property
    def ratio(self) -> float:
        """The worst error / bound; NaN errors count as infinite."""
        return max(_ratio(e, b) for e, b in zip(self.errors, self.log_bounds, strict=True))

    def __str__(self) -> str:
        shown = ", ".join(f"N={n}: {e:.3g}" for n, e in zip(self.depths, self.errors, strict=True))
        orders = ", ".join("not resolved" if o is None else f"{o:.2f}" for o in self.orders)
        limit = "not resolved" if self.limit_order is None else f"{self.limit_order:.2f}"
        text = (
            f"distance to the Vlasov flow {shown}; orders {orders} (above {FIRST_ORDER}, the last two "
            f"at least {MIN_ORDER}), extrapolated {limit} (at least {MIN_LIMIT_ORDER}); "
            f"worst error / bound of MM-25 {self.ratio:.3g}"
        )
        if self.holds:
            return f"{self.name} converges to its Vlasov flow at rate 1/N: {text}"
        return f"{self.name} does not converge to its Vlasov flow at rate 1/N. Likely cause: {self.cause}. {text}"


def check_flow_convergence(
    build: Callable[[int], nn.Module | TokenMap],
    X: Tensor,
    A: Tensor,
    V: Tensor,
    T: float,
    *,
    depths: Sequence[int] = DEPTHS,
    batched: bool = False,
) -> FlowReport:
    """Compare networks of growing depth with the flow of softmax attention <A x, y>, values V y, on the tokens X.

    Args:
        build: N -> a module or function of N layers, (n, d) -> (n, d); called in float64 (a module in another
            precision as a copy; the module itself stays as it is).
        X: (n, d) tokens, equal weights.   A, V: (d, d).   T: time, > 0.
        depths: three or more numbers of layers, each twice the one before.   batched: forward wants (1, n, d).

    Raises:
        ArgumentError: depths are no three integers that double, T is not positive, X, A or V are not finite or of
            other shapes, or a network returns no float64 tensor of the shape of X.
    """
    depths = _checked_depths(depths)
    _check_system(X, A, V, T)
    X, A, V = (t.detach().to(torch.float64) for t in (X, A, V))
    mu, size = measure(X), float(X.abs().max())
    # an absolute tolerance in units of the tokens: at |X| = 1e-300 the default one would accept any step
    atol = max(ATOL * min(1.0, size), math.ulp(0.0))
    with torch.no_grad():
        flow = vlasov_flow(mu, A, V, T, atol=atol).measure.points
        floor = 10 * _gap(vlasov_flow(mu, A, V, T, rtol=1e-11, atol=atol).measure.points, flow)
        networks = [build(n) for n in depths]
        outputs = [_run(network, X, n, batched) for network, n in zip(networks, depths, strict=True)]
    errors = tuple(_gap(out, flow) for out in outputs)
    limits = tuple(_gap(2 * b - a, flow) for a, b in itertools.pairwise(outputs))
    radius, a, v = float(_lengths(X).max()) * (1 + 1e-12), certified_norm(A), certified_norm(V)
    bounds = tuple(log_depth_error(n, R0=radius, a=float(a), v=float(v), T=T) for n in depths)
    # each layer rounds: (d + n + 16) u times the size of a token, and there are N
    rounding = (X.shape[0] + X.shape[1] + 16) * 2.0**-53 * (float(flow.abs().max()) + size) * max(depths)
    within = all(_ratio(max(e - floor - rounding, 0.0), b) <= 1 for e, b in zip(errors, bounds, strict=True))
    orders = tuple(_order(one, two, floor) for one, two in itertools.pairwise(errors))
    # 2 F_2N - F_N has three times the roundoff; an error below it says nothing of a rate
    limit_order = _order(limits[-2], limits[-1], floor) if limits[-1] > floor + 3 * rounding else None
    holds = within and all(map(math.isfinite, errors))
    holds = holds and all(order is None or order > FIRST_ORDER for order in orders)
    holds = holds and all(order is None or order >= MIN_ORDER for order in orders[-2:])
    holds = holds and (limit_order is None or limit_order >= MIN_LIMIT_ORDER)
    first = networks[0]
    name = type(first).__name__ if isinstance(first, nn.Module) else getattr(build, "__name__", "network")
    cause = "" if holds else _cause(outputs, flow, X, A, V, T, depths)
    return FlowReport(name, holds, depths, errors, bounds, orders, limit_order, cause)


def assert_flow_convergence(
    build: Callable[[int], nn.Module | TokenMap], X: Tensor, A: Tensor, V: Tensor, T: float, **options: object
) -> None:
    """`check_flow_convergence`, raising AssertionError with errors, bound and cause.

    Raises:
        AssertionError: an error exceeds the bound, or falls more slowly than 1/N.
        ArgumentError: as in `check_flow_convergence`.
    """
    report = check_flow_convergence(build, X, A, V, T, **options)  # pyright: ignore[reportArgumentType]
    if not report:
        raise AssertionError(str(report))


def _checked_depths(depths: Sequence[int]) -> tuple[int, ...]:
    found = tuple(depths)
    integers = all(isinstance(n, int) and not isinstance(n, bool) for n in found)
    if not integers or len(found) < 3 or found[0] < 1 or any(b != 2 * a for a, b in itertools.pairwise(found)):
        raise ArgumentError(
            f"check_flow_convergence: required three or more integers, each twice the one before, got depths={found}. "
            "Two doublings tell a rate from a wrong limit. Pass (8, 16, 32)."
        )
    return found


def _check_system(X: Tensor, A: Tensor, V: Tensor, T: float) -> None:
    if isinstance(T, bool) or not isinstance(T, int | float) or not (T > 0 and math.isfinite(T)):
        raise ArgumentError(
            f"check_flow_convergence: required a finite number T > 0, got T={T!r}. At T = 0 nothing moves. Pass 1.0."
        )
    if X.ndim != 2 or 0 in X.shape or any(t.shape != (X.shape[-1],) * 2 for t in (A, V)):
        raise ArgumentError(
            f"check_flow_convergence: required X (n, d) with n, d >= 1 and A, V (d, d), got X {tuple(X.shape)}, "
            f"A {tuple(A.shape)}, V {tuple(V.shape)}. Leave out batch axes."
        )
    for name, value in (("X", X), ("A", A), ("V", V)):
        if not bool(torch.isfinite(value).all()):
            raise ArgumentError(
                f"check_flow_convergence: required finite tokens and matrices, got {name} with NaN or infinity. No "
                "flow starts there. Look for the step that made it."
            )


def _run(network: nn.Module | TokenMap, X: Tensor, n: int, batched: bool) -> Tensor:
    if isinstance(network, nn.Module):
        state = itertools.chain(network.parameters(), network.buffers())
        if any(t.is_floating_point() and t.dtype != torch.float64 for t in state):
            network = copy.deepcopy(network).double()  # .double() alone would change the caller's module
    if not callable(network):
        raise ArgumentError(
            f"check_flow_convergence: required build(N) to return a module or function, got {network!r} at N={n}. "
            "build makes the network. Return it, do not call it."
        )
    out = network(X[None]) if batched else network(X)
    shape = (1, *X.shape) if batched else tuple(X.shape)
    if not isinstance(out, Tensor) or tuple(out.shape) != shape:
        got = tuple(out.shape) if isinstance(out, Tensor) else repr(out)[:80]
        raise ArgumentError(
            f"check_flow_convergence: required outputs {shape} as the tokens, got {got} at "
            f"N={n}. A flow moves tokens within their space. Leave out embedding and read-out."
        )
    if out.dtype != torch.float64:
        raise ArgumentError(
            f"check_flow_convergence: required outputs in float64 for tokens in float64, got {out.dtype} at N={n}. In "
            "lower precision roundoff hides the rate. Leave out casts."
        )
    return (out[0] if batched else out).detach()


def _lengths(X: Tensor) -> Tensor:
    """Euclidean lengths of the rows; scaled, since squares underflow below 1e-162 and overflow above 1e154."""
    size = X.abs().max()
    return size * (X / size).norm(dim=-1) if float(size) > 0 else X.new_zeros(X.shape[:-1])


def _gap(x: Tensor, y: Tensor) -> float:
    if not bool(torch.isfinite(x).all() and torch.isfinite(y).all()):
        return math.inf
    gap = float(_lengths(x - y).max())
    return gap if math.isfinite(gap) else math.inf


def _ratio(error: float, log_bound: float) -> float:
    if error == 0:
        return 0.0
    if not math.isfinite(error) or log_bound == -math.inf:
        return math.inf
    return math.exp(min(700.0, math.log(error) - log_bound))


def _order(before: float, after: float, floor: float) -> float | None:
    """log2(err(N)/err(2N)) of one doubling; -inf if an error is infinite, None below the solver's floor."""
    if not math.isfinite(after):
        return -math.inf
    if max(before, after) <= floor or after == 0:
        return None
    if before == 0:
        return -math.inf
    return math.log2(before) - math.log2(after) if math.isfinite(before) else math.inf


def _cause(
    outputs: Sequence[Tensor], flow: Tensor, X: Tensor, A: Tensor, V: Tensor, T: float, depths: Sequence[int]
) -> str:
    """The hypothesis whose N layers come nearest to the output, if ten times nearer than the correct layers."""
    right = [depth_flow(measure(X), A, V, T, n).measure.points for n in depths]
    # roundoff of the layers, against an error of theirs that is far larger
    if all(_gap(r, out) <= 2.0**-30 * _gap(out, flow) < math.inf for r, out in zip(right, outputs, strict=True)):
        return "too few layers"
    n, out = depths[0], outputs[0]
    correct = _gap(right[0], out)
    gaps = {name: _gap(_stack(layer, X, n), out) for name, layer in _hypotheses(X, A, V, T, n).items()}
    best = min(gaps, key=lambda name: gaps[name])
    return best if gaps[best] < correct / 10 and gaps[best] < math.inf else UNKNOWN


def _stack(layer: TokenMap, X: Tensor, n: int) -> Tensor:
    for _ in range(n):
        X = layer(X)
    return X


def _hypotheses(X: Tensor, A: Tensor, V: Tensor, T: float, n: int) -> Mapping[str, TokenMap]:
    h, tokens, d = T / n, len(X), X.shape[-1]

    def residual(step: float, scores: Tensor, mask: str | None = None) -> TokenMap:
        return lambda Y: Y + step * self_attention(Y, scores, V, mask=mask)

    def sink(Y: Tensor) -> Tensor:
        mass = (Y @ A.mT @ Y.mT).exp()
        return Y + h * mass / (1 + mass.sum(-1, keepdim=True)) @ Y @ V.mT

    return {
        "frozen context": lambda Y: Y + h * attend(measure(X), Y, A, V),
        "step T/sqrt(N)": residual(T / math.sqrt(n), A),
        "step T": residual(T, A),
        "log n scaling": residual(h, A * math.log(tokens)),
        "transposed A": residual(h, A.mT),
        "no 1/sqrt(k)": residual(h, A * math.sqrt(d)),
        "causal mask": residual(h, A, "causal"),
        "sink softmax": sink,
    }
