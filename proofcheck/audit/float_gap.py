"""True over the reals, off by at most e in floats: how far torch code strays from its formula, dtype by dtype.

On random draws (values rounded to the dtype first, so that they are the exact input) the code's output is compared
with the formula in rationals or balls. Reported per dtype: the worst excess |code - exact|, the roundoff bound there,
and the worst quotient of the two, which is <= 1 where the bound is right.

Bounds, with u the unit roundoff of the dtype and the counts of `proofcheck.hammer`:
    mlp           2 u |x| + 1.1 (d + k + 8) u step |W|_F (|W|_F |x| + |b|)
    attention     2 u |x| + step s min(1.1 r, 2.2),  s = |A|_F max|y|,  r the relative error of the tilted weights
    softmax       min(1.1 (4 max|z| + n + 8) u, 1.5)
    mean, Cov     min(2 r, 2.2) s,  min(8 r, 4.4) s^2
    deep          the counts of `proofcheck.hammer.kinds.deep_context`, at most 2.2 r_L (r_L bounds what T can reach)
    composition   L (2 n + 6) u prod_l max(|q_l| + |c_l|, 1) max|y|
    sort          4 u |x|_1
    blocks        the counts of `proofcheck.hammer.kinds.identity_blocks`
    other kinds   what their `compared` says, where it is below a tenth of the value's size, else 2.2 times that size
First-order counts with a margin for higher orders, used where (number of roundings) u < 0.1; the second entries of
the minima bound the error by the diameter of the values and hold always. Each bound adds what underflow can do.
A draw whose output is not finite is counted as overflow: there the code has no value to compare. In float64 these
draws are far from overflow, so that one such output fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.hammer import exact
from proofcheck.hammer.exact import Number, arb
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.kinds.context_attention import ContextAttention
from proofcheck.hammer.kinds.context_lipschitz import ContextLipschitz
from proofcheck.hammer.kinds.deep_context import DeepContext
from proofcheck.hammer.kinds.domain_radius import DomainRadius
from proofcheck.hammer.kinds.identity import _FORMULAS, Identity
from proofcheck.hammer.kinds.lipschitz_constant import LipschitzConstant, softmax
from proofcheck.hammer.kinds.nonexpansive_query import NonexpansiveQuery
from proofcheck.hammer.layers import Attention, Case
from proofcheck.hammer.trial import resolve, trial
from torch_impl.measures import Measure

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
U64 = 2.0**-53
BITS = 256
SHAPES = ("gaussian", "uniform", "sphere")
SIZES = ((1, 2), (2, 3), (8, 16))  # (d, n)


@dataclass(frozen=True)
class FloatGap:
    """One dtype on one device. excess and bound are of the draw with the largest quotient; worst is over all draws."""

    dtype: str
    device: str
    draws: int
    overflow: int
    unbounded: int
    worst: float
    excess: float
    bound: float
    quotient: float

    def to_json(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class _Compared:
    """A value of the code, its formula, and its roundoff bound."""

    got: Tensor
    formula: Callable[[], list[Number]]
    bound: float


def measure_float_gap(
    lemma: Any,
    *,
    dtypes: Sequence[torch.dtype] = DTYPES,
    devices: Sequence[str] | None = None,
    draws: int = 4,
    seed: int = 0,
) -> list[FloatGap]:
    """The float gap of the code that a lemma speaks of; empty for a lemma without a property.

    Args:
        devices: cpu, and cuda where there is one, if None.
        draws: for each of 3 families and 3 sizes.

    Raises:
        ArgumentError: the property of the lemma names what does not exist.
    """
    on_trial = trial(lemma)
    if on_trial is None:
        return []
    kind = kind_of(on_trial)
    found = devices or (("cpu", "cuda") if torch.cuda.is_available() else ("cpu",))
    return [_gap(kind, dtype, device, draws, seed) for device in found for dtype in dtypes]


def _gap(kind: Kind, dtype: torch.dtype, device: str, draws: int, seed: int) -> FloatGap:
    count = overflow = unbounded = 0
    worst = 0.0
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)  # quotient, excess, bound
    for case in _cases(kind, dtype, device, draws, seed):
        for compared in _comparisons(kind, case, dtype):
            count += 1
            if not bool(torch.isfinite(compared.got).all()):
                overflow += 1
                continue
            excess = _distance(compared)
            worst = max(worst, excess)
            if not math.isfinite(compared.bound):
                unbounded += 1
            elif compared.bound > 0:
                at = max(at, (excess / compared.bound, excess, compared.bound))
            elif excess > 0:
                at = (math.inf, excess, compared.bound)
    name = str(dtype).removeprefix("torch.")
    return FloatGap(name, device, count, overflow, unbounded, worst, at[1], at[2], at[0])


def _cases(kind: Kind, dtype: torch.dtype, device: str, draws: int, seed: int) -> Iterator[Case]:
    """Cases of batch 1 whose entries are numbers of `dtype`."""
    for number, (shape, (d, n)) in enumerate((shape, size) for shape in SHAPES for size in SIZES):
        config = Configuration(shape, d=d, n=n, batch=draws, pairs=1, seed=seed * 1009 + number)
        case = kind.draw(config, config.generator())
        if isinstance(kind, NonexpansiveQuery):
            case["step"] = kind.step(case).value
        rounded = {name: value.to(dtype).to(device) for name, value in case.items()}
        for i in range(draws):
            row = kind.pick(rounded, i)
            if all(bool(torch.isfinite(v).all()) for v in row.values()) and _has_mass(row):
                yield row


def _has_mass(case: Case) -> bool:
    return all(bool((case[name] > 0).any()) for name in ("weights", "other_weights") if name in case)


def _comparisons(kind: Kind, case: Case, dtype: torch.dtype) -> Iterator[_Compared]:
    sample = kind.sample({name: value for name, value in case.items()})
    # the counts are evaluated in float64 at the rounded values, then scaled to the dtype
    wide = {name: value.to("cpu", torch.float64) for name, value in case.items()}
    if "weights" in wide:  # padding takes no part, and its log would be infinite
        wide["weights"] = torch.where(wide["weights"] > 0, wide["weights"], wide["weights"].amax(-1, keepdim=True))
    u, tiny = torch.finfo(dtype).eps / 2, torch.finfo(dtype).tiny
    function = kind.trial.function
    if isinstance(kind, NonexpansiveQuery | DomainRadius | ContextAttention):
        layer = kind.layer
        query, eta = sample["x"], sample["step"]
        got = layer.call(function, case, case["x"], case["step"])
        if isinstance(layer, Attention):
            relative, size = _tilted_error(layer, wide, u)
            bound = 2 * u * _length(wide["x"]) + float(wide["step"]) * size * min(1.1 * relative, 2.2)
        else:
            k, d = case["W"].shape[-2:]
            small = (d + k + 8) * u < 0.1
            bound = float(layer.error(wide, wide["x"], wide["step"])) * u / U64 if small else math.inf
            size = _length(wide["W"]) * (_length(wide["W"]) * _length(wide["x"]) + _length(wide["b"]))
        bound += _underflow(case, tiny) * (1 + float(wide["step"]) * (1 + size))

        def formula() -> list[Number]:
            return [a - eta * b for a, b in zip(query, layer.pull(sample, query), strict=True)]

        yield _Compared(got, formula, bound)
    elif isinstance(kind, LipschitzConstant):
        x = wide["x"]
        relative = 1.1 * (4 * float(x.abs().amax()) + x.shape[-1] + 8) * u
        bound = (relative if relative < 0.11 else 1.5) + _underflow(case, tiny)
        yield _Compared(function(case["x"]), lambda: softmax(sample["x"]), bound)
    elif isinstance(kind, ContextLipschitz):
        size = max(float(wide["points"].abs().amax()), float(wide["x"].abs().amax()))
        bound = float(kind._error(wide, torch.full((1, 1), size, dtype=torch.float64)).max()) * u / U64
        bound += _underflow(case, tiny) * (1 + bound / u)
        got = kind._final(case, "points", "weights")
        # the weights are rounded to the dtype and not normalised by the layer: their sum is part of the error
        missing = abs(float(case["weights"].double().sum()) - 1)
        growth = float((wide["q"].abs() + wide["c"].abs()).clamp_min(1).prod())
        bound += kind.depth * missing * growth * size
        yield _Compared(got, lambda: [kind._exact_final(sample, "points", "weights")], bound)
    elif isinstance(kind, DeepContext):
        radius, error = (float(v.max()) for v in (kind.reach(wide), kind._final(wide, "points")[1]))
        bound = min(error * u / U64 if error * u / U64 < 0.1 * radius else math.inf, 2.2 * radius)
        growth = math.prod(1 + _length(value) for value in wide.values())
        got = kind._final(case, "points")[0]
        yield _Compared(got, lambda: kind._exact_final(sample, "points"), bound + _underflow(case, tiny) * growth)
    elif isinstance(kind, Identity):
        yield from _identities(kind, case, wide, sample, u, tiny)
    else:
        flush = _underflow(case, tiny) * math.prod(1 + _length(value) for value in wide.values())
        for look in kind.compared(case, wide):
            bound = look.allowed * u / U64
            bound = bound if bound < 0.1 * look.size else 2.2 * look.size
            yield _Compared(look.got, look.formula, bound + flush)


def _identities(kind: Identity, case: Case, wide: Case, sample: Any, u: float, tiny: float) -> Iterator[_Compared]:
    query = sample["x"]
    if kind.block is not None:
        route = kind.block
        bound = float(route.error(wide, u).max())
        flush = _underflow(case, tiny) * math.prod(1 + _length(v) for v in wide.values())
        yield _Compared(route.call(kind.trial.function, case), lambda: route.formula(sample), bound + flush)
        return
    if "sort" in kind.routes:
        bound = 4 * u * float(wide["x"].abs().sum()) + 4 * tiny
        yield _Compared(kind.trial.function(case["x"]), lambda: _FORMULAS["sort"](sample, query), bound)
        return
    relative, size = _tilted_error(kind.layer, wide, u)
    mu = Measure(case["points"], case["weights"])
    flush = _underflow(case, tiny) * (1 + size) ** 2
    routes = (("gradient", "attention_mean", min(2 * relative, 2.2) * size),
              ("hessian", "attention_covariance", min(8 * relative, 4.4) * size**2))  # fmt: skip
    for route, name, bound in routes:
        if route in kind.routes:
            got = resolve(f"torch_impl.layers:{name}")(mu, case["x"], case["A"])
            yield _Compared(got, lambda route=route: _FORMULAS[route](sample, query), bound + flush)


def _tilted_error(layer: Attention, wide: Case, u: float) -> tuple[float, float]:
    """Relative error of the tilted weights at unit roundoff u (inf from 0.1 on), and |A|_F max|y|."""
    relative, size = layer.mean_error(wide, wide["x"])
    scaled = float(relative.max()) * u / U64
    return (scaled if scaled < 0.1 else math.inf), float(size.max())


def _underflow(case: Case, tiny: float) -> float:
    """Each intermediate number may lose up to the smallest normal number: how many there are times that."""
    return 4 * tiny * (8 + sum(value.numel() for value in case.values()))


def _length(value: Tensor) -> float:
    return float(value.flatten().norm())


def _distance(compared: _Compared) -> float:
    """|code - exact|, rounded up."""
    value = exact.nested(compared.got.to("cpu", torch.float64).reshape(-1))
    with exact.precision(BITS):
        gaps = [a - b for a, b in zip(value, compared.formula(), strict=True)]
        upper = exact.upper(exact.norm2(gaps))  # a rational, so that the root of a ball around 0 is never taken
        return float(arb(upper).sqrt().upper()) if upper > 0 else 0.0


def check_float_gap(lemma: Any) -> Mapping[str, Any]:
    """The part of a check: the gap per dtype; an excess above its roundoff bound is a failure.

    Raises:
        PartSkipped: the lemma speaks of no code.
        PartFailed: the code strays farther from its formula than roundoff explains.
    """
    gaps = measure_float_gap(lemma)
    if not gaps:
        raise PartSkipped("no torch property to compare")
    figures = {
        "dtypes": [gap.to_json() for gap in gaps],
        "float64": f"{gaps[0].worst:.1e}",
        "float32": next((f"{gap.worst:.1e}" for gap in gaps if gap.dtype == "float32"), "-"),
    }
    for gap in gaps:
        if gap.draws == 0:
            raise PartFailed(f"{gap.dtype} on {gap.device}: nothing was compared; the kind has no `compared`.", figures)
        where = f"{gap.dtype} on {gap.device}"
        if gap.dtype == "float64" and gap.overflow:
            raise PartFailed(f"{where}: {gap.overflow} of {gap.draws} outputs are NaN or infinite.", figures)
        if gap.dtype == "float64" and gap.unbounded == gap.draws:
            raise PartFailed(f"{where}: no roundoff bound applies, so nothing was decided.", figures)
        if gap.quotient > 1:
            raise PartFailed(f"{where}: off by {gap.excess:.3g}, roundoff explains {gap.bound:.3g}.", figures)
    return figures
