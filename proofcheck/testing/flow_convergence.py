"""Does a residual Transformer converge to its Vlasov flow at the stated rate? (Lemma MM-25.)

    report = check_flow_convergence(build, X, A, V, T)      # build(N): a module of N layers, (n, d) -> (n, d)
    report.holds, report.order, report.ratio, report.cause
    assert_flow_convergence(build, X, A, V, T)              # raises, with errors, bound and cause

N layers x + (T/N) Att(mu_k, x) are within (M T/(2N)) (e^{L T} - 1) of the flow x' = Att(mu_t, x). Two things are asked:
that every error is at most this bound, and that the error falls like 1/N between the two deepest networks (order above
3/4, half way between 1/N and 1/sqrt(N); errors that the solver cannot resolve are left out). Where one fails, the cause
is the hypothesis that predicts the shallowest network's output best:

    frozen context      every layer attends to the first tokens
    step T/sqrt(N)      the scaling of random depth, too large by sqrt(N)
    step T              no scaling with depth
    log n scaling       scores multiplied by log n
    transposed A        scores <x, A y>: queries and keys exchanged
    no 1/sqrt(k)        scores too large by sqrt(d)
    causal mask         rows see the tokens before them only
    sink softmax        1 added to the denominator of the softmax
"""

from __future__ import annotations

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
from torch_impl.vlasov import depth_flow, vlasov_flow
from torch_impl.vlasov_bounds import log_depth_error

TokenMap = Callable[[Tensor], Tensor]
DEPTHS = (8, 16, 32, 64)
MIN_ORDER = 0.75
UNKNOWN = "unknown"


@dataclass(frozen=True)
class FlowReport:
    """errors[k] = max_i |x_i - X_T(x_i)| at depths[k], and the logarithms of MM-25's bounds.

    order: of the decay between the two deepest networks, None where the solver cannot resolve it; ratio: worst
    error / bound; cause: the likely cause where `holds` is False.
    """

    name: str
    holds: bool
    depths: tuple[int, ...]
    errors: tuple[float, ...]
    log_bounds: tuple[float, ...]
    order: float | None
    cause: str = ""

    def __bool__(self) -> bool:
        return self.holds

    @property
    def ratio(self) -> float:
        """The worst error / bound; NaN errors count as infinite."""
        return max(_ratio(e, b) for e, b in zip(self.errors, self.log_bounds, strict=True))

    def __str__(self) -> str:
        shown = ", ".join(f"N={n}: {e:.3g}" for n, e in zip(self.depths, self.errors, strict=True))
        order = "not resolved" if self.order is None else f"{self.order:.2f}"
        text = f"distance to the Vlasov flow {shown}; order {order}; worst error / bound of MM-25 {self.ratio:.3g}"
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
        build: N -> a module or function of N layers, (n, d) -> (n, d); called in float64.
        X: (n, d) tokens, equal weights.   A, V: (d, d).   T: time, > 0.
        depths: numbers of layers, each twice the one before.   batched: forward wants (1, n, d).

    Raises:
        ArgumentError: depths do not double, T is not positive, or a network returns another shape.
    """
    depths = tuple(depths)
    if len(depths) < 2 or any(b != 2 * a for a, b in itertools.pairwise(depths)) or depths[0] < 1:
        raise ArgumentError(
            f"check_flow_convergence: required at least two depths, each twice the one before, got depths={depths}. "
            "The order is read off a doubling."
        )
    if not T > 0:
        raise ArgumentError(f"check_flow_convergence: required T > 0, got T={T!r}. At T = 0 nothing moves.")
    X, A, V = (t.detach().to(torch.float64) for t in (X, A, V))
    mu = measure(X)
    with torch.no_grad():
        flow = vlasov_flow(mu, A, V, T).measure.points
        floor = 10 * _gap(vlasov_flow(mu, A, V, T, rtol=1e-11).measure.points, flow)
        outputs = [_run(build(n), X, n, batched) for n in depths]
        errors = tuple(_gap(out, flow) for out in outputs)
        first = build(depths[0])
    radius, a, v = float(X.norm(dim=-1).max()) * (1 + 1e-12), certified_norm(A), certified_norm(V)
    bounds = tuple(log_depth_error(n, R0=radius, a=float(a), v=float(v), T=T) for n in depths)
    order = _order(errors, floor)
    # each layer rounds: (d + n + 16) u times the size of a token, and there are N
    rounding = (X.shape[0] + X.shape[1] + 16) * 2.0**-53 * float(flow.abs().max() + X.abs().max()) * max(depths)
    within = all(_ratio(max(e - floor - rounding, 0.0), b) <= 1 for e, b in zip(errors, bounds, strict=True))
    holds = within and all(map(math.isfinite, errors)) and (order is None or order >= MIN_ORDER)
    name = type(first).__name__ if isinstance(first, nn.Module) else getattr(build, "__name__", "network")
    cause = "" if holds else _cause(outputs[0], X, A, V, T, depths[0])
    return FlowReport(name, holds, depths, errors, bounds, order, cause)


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


def _run(network: nn.Module | TokenMap, X: Tensor, n: int, batched: bool) -> Tensor:
    if isinstance(network, nn.Module):
        network = network.double()
    out = network(X[None])[0] if batched else network(X)
    if out.shape != X.shape:
        raise ArgumentError(
            f"check_flow_convergence: required outputs {tuple(X.shape)} as the tokens, got {tuple(out.shape)} at "
            f"N={n}. A flow moves tokens within their space. Leave out embedding and read-out."
        )
    return out


def _gap(x: Tensor, y: Tensor) -> float:
    gap = float((x - y).norm(dim=-1).max())
    return gap if math.isfinite(gap) else math.inf


def _ratio(error: float, log_bound: float) -> float:
    if error == 0:
        return 0.0
    if not math.isfinite(error) or log_bound == -math.inf:
        return math.inf
    return math.exp(min(700.0, math.log(error) - log_bound))


def _order(errors: Sequence[float], floor: float) -> float | None:
    """log2(err(N)/err(2N)) of the deepest doubling; -inf if an error is infinite, None below the solver's floor."""
    before, after = errors[-2:]
    if not math.isfinite(after):
        return -math.inf
    if max(before, after) <= floor or after == 0:
        return None
    return math.log2(before / after) if before > 0 and math.isfinite(before) else math.inf


def _cause(out: Tensor, X: Tensor, A: Tensor, V: Tensor, T: float, n: int) -> str:
    """The hypothesis whose N layers come nearest to the output, if ten times nearer than the correct layers."""
    correct = _gap(depth_flow(measure(X), A, V, T, n).measure.points, out)
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
