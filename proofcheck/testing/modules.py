"""Expanding pairs of layers and linear maps, decided exactly; and modules that choose their own step.

    gradient layer   F(x) = x - step * g(x):  |F(x) - F(y)|^2 > |x - y|^2  <=>  2 <u, e> < step |e|^2,
                     u = x - y, e = g(x) - g(y)                         (rationals for an MLP, balls for attention)
    linear map       |M x|^2 > L^2 |x|^2                                (rationals)

Floats propose a pair (singular vectors of a Jacobian); it counts only when the inequality is decided exactly.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.exact import fmpq
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.nonexpansive_query import NonexpansiveQuery
from proofcheck.hammer.layers import AbstractLayer, Case, Mlp, layer
from proofcheck.testing.adapters import trial_of
from torch_impl.norms import certified_norm_exact
from torch_impl.reference.exact import Matrix, dot, exact_matrix, is_positive_semidefinite

CENTRES = 64  # random centres that are tried besides the known ones
_EXACT_SIDE = 24  # up to here |M| <= L is decided by elimination where the certified norm leaves it open
SIZES = ((1, 1), (1, 2), (2, 1), (3, 3), (4, 6), (8, 16))  # (d, hidden units or atoms) that a module is tried at


@dataclass(frozen=True)
class Expansion:
    """Two points that a map moves apart, as exact rationals; `fields` is everything else that defines the map.

    `ratio` is |F(x) - F(y)| / |x - y|, rounded, for reading; `constant` is what it was claimed not to exceed.
    """

    fields: Mapping[str, Any]
    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    constant: Fraction
    ratio: float

    def text(self) -> str:
        rows = {**self.fields, "x": list(self.x), "y": list(self.y)}
        shown = "\n".join(f"    {name} = {_shown(value)}" for name, value in rows.items())
        return f"|F(x) - F(y)| / |x - y| = {self.ratio:.12g} exceeds {self.constant}, decided exactly, at\n{shown}"


class StepTooLarge(AssertionError):
    """A module's own step exceeds its lemma's bound; `expansion` is a pair that shows it."""

    def __init__(self, message: str, expansion: Expansion | None) -> None:
        super().__init__(message)
        self.expansion = expansion


def expanding_pair(name: str, case: Case, step: Fraction | float, *, seed: int = 0) -> Expansion | None:
    """Two points that the gradient layer "mlp" or "attention" of `case` moves apart with this step, or None.

    Args:
        name: "mlp" with fields W (k, d), b (k,), or "attention" with points (n, d), weights (n,), A (d, d).
        case: these fields, without batch, in float64. They are taken at their exact values.
        step: taken at its exact value.

    Returns:
        A pair for which |F(x) - F(y)| > |x - y| was decided exactly. None says nothing: no pair was found.

    Raises:
        ArgumentError: another name, a field that is missing, or a step that is not finite.
    """
    lay = layer(name)
    missing = sorted(set(lay.axes) - set(case))
    if missing:
        raise ArgumentError(f"expanding_pair: {name} needs fields {sorted(lay.axes)}, got none for {missing}.")
    fields = {k: case[k].detach().to(device="cpu", dtype=torch.float64).unsqueeze(0) for k in lay.axes}
    eta = exact.rational(step)
    centres, top = _centres(lay, fields, float(step), seed)
    exactly = _exact_fields(lay, fields)
    for k in range(len(centres)):
        size = 2.0 ** math.ceil(math.log2(max(1.0, float(centres[k].abs().max()))))
        halves = (v * 2.0**-halving for halving in (4, 8, 12, 20) for v in (*_rounded(top[k])[:5], top[k]))
        for half in (size * half for half in halves):
            x, y = exact.nested(centres[k] + half), exact.nested(centres[k] - half)
            ratio = _expands(lay, exactly, x, y, eta)
            if ratio is not None:
                found = {n: _fractions(v) for n, v in exactly.items()} | {"step": _fractions(eta)}
                return Expansion(found, tuple(_fractions(x)), tuple(_fractions(y)), Fraction(1), ratio)
    return None


def expanding_vector(
    linear: Callable[[Tensor], Tensor], shape: tuple[int, ...], constant: Fraction | int = 1
) -> Expansion | None:
    """A vector x with |M x| > constant |x|, decided in rationals, or None if the norm is certified to be at most that.

    Args:
        linear: a linear map of float64 tensors of this shape, such as a convolution; evaluated at unit vectors,
            so M is what the code returns there.

    Raises:
        ArgumentError: linear(0) is not 0, a value is not finite, or the norm is so near `constant` that neither
            an expanding vector nor a certificate was found.
    """
    size = torch.Size(shape).numel()
    with torch.no_grad():
        if bool(linear(torch.zeros(shape, dtype=torch.float64)).ne(0).any()):
            raise ArgumentError("expanding_vector: required linear(0) = 0, got another value. Pass the linear part.")
        columns = [linear(e.reshape(shape)).reshape(-1) for e in torch.eye(size, dtype=torch.float64)]
    M = torch.stack(columns, dim=-1)
    limit = Fraction(constant)
    rows = exact_matrix(M)
    if certified_norm_exact(M) <= limit or (size <= _EXACT_SIDE and _bounded(rows, limit)):
        return None
    top = torch.linalg.svd(M)[2][0]
    for v in (*_rounded(top), top):
        x = [Fraction(c) for c in v.tolist()]
        image = [sum((a * b for a, b in zip(row, x, strict=True)), Fraction(0)) for row in rows]
        square, length = sum(c * c for c in image), sum(c * c for c in x)
        if square > limit**2 * length:
            fields, zero = {"M": [list(row) for row in rows]}, (Fraction(0),) * len(x)
            return Expansion(fields, tuple(x), zero, limit, float(Fraction(square, length)) ** 0.5)
    raise ArgumentError(
        f"expanding_vector: the norm is too near {constant} to decide. No vector expands in floats, no bound certifies."
    )


def check_own_step(
    lemma: Any, module: nn.Module, *, read_step: Callable[[nn.Module], Any], seeds: int = 8, **parameters: str
) -> None:
    """Does the step that a module computes from its own parameters stay within the lemma's bound?

    `lemma` is a name ("mlp-step"), a lemma module or a Trial. Matrices of several sizes and conditions are written
    into the named parameter (`W="weight"`), the
    step is read, and compared with the bound exactly. Where it is larger, two points that are moved apart are shown.
    Only MLP layers are covered: the step of an attention layer depends on its context as well.

    Raises:
        StepTooLarge: an AssertionError; a step above the bound; the message holds the expanding pair.
        ArgumentError: the lemma bounds no step, a parameter does not exist, or the step is not a finite number.
    """
    trial = trial_of(lemma)
    kind = kind_of(trial)
    if not isinstance(kind, NonexpansiveQuery) or not isinstance(kind.layer, Mlp):
        raise ArgumentError(
            f"check_own_step: the lemma must bound the step of an MLP layer, got {trial.lemma} ({trial.prop.kind}). "
            "Use check_module and give the step from outside."
        )
    if set(parameters) != {"W"}:
        raise ArgumentError(f"check_own_step: name the parameter that is W, got {sorted(parameters)}.")
    own = copy.deepcopy(module).to(torch.float64)
    if parameters["W"] not in dict(own.named_parameters()):
        raise ArgumentError(
            f"check_own_step: no parameter {parameters['W']!r}, the module has {sorted(dict(own.named_parameters()))}."
        )
    for W in _matrices(seeds):
        own.get_parameter(parameters["W"]).data = W.clone()
        step = float(read_step(own))
        if not abs(step) < float("inf"):
            raise ArgumentError(f"check_own_step: the step must be finite, got {step} at W = {W.tolist()}.")
        b = torch.full(W.shape[:1], 64.0 * (1 + float(W.abs().sum())), dtype=torch.float64)
        sample = {"W": exact.nested(W), "b": exact.nested(b)}
        bound = kind._exact_step(sample)  # the lemma's expression at the exact norm
        if exact.lower(bound) >= exact.rational(step) >= 0:
            continue
        pair = expanding_pair("mlp", {"W": W, "b": b}, step)
        if pair is None and exact.upper(bound) >= exact.rational(step) >= 0:
            continue
        shown = "" if pair is None else f"\n  {pair.text()}"
        raise StepTooLarge(
            f"{trial.lemma}: {type(module).__name__} takes the step {step!r}, the bound {trial.bound} is "
            f"{exact.to_float(bound):.12g} at |W| = {exact.to_float(exact.operator_norm(sample['W'])):.12g}. "
            f"The layer expands.{shown}",
            pair,
        )


def _matrices(seeds: int) -> list[Tensor]:
    """Simple ones first: of any scale, with nearby singular values; then Gaussian ones of all sizes and scales."""
    generator = torch.Generator().manual_seed(0)
    found = [torch.tensor([[2.0**k]], dtype=torch.float64) for k in (0, -4, -10, -20, 6)]
    for d in (2, 3, 8):
        found.append(torch.diag(1 - torch.arange(d, dtype=torch.float64) / 16))
    for s in range(seeds):
        for d, k in SIZES:
            W = torch.randn(k, d, generator=generator, dtype=torch.float64)
            found.append(W * 10.0 ** ((s % 5) - 3))
            if s % 2 and min(d, k) > 1:
                U, S, V = torch.linalg.svd(W, full_matrices=False)
                S = 1 - torch.linspace(0, 0.1, len(S), dtype=torch.float64)
                found.append(U @ torch.diag(S) @ V)
    return found


def _centres(lay: AbstractLayer, fields: Case, step: float, seed: int) -> tuple[Tensor, Tensor]:
    """Centres (c, d) with the top right singular vectors of the Jacobian there (c, d), most expanding first."""
    scale, along, balance = lay.reach(fields)
    d = along.shape[-1]
    config = Configuration(d=d, n=1, batch=1, pairs=CENTRES, seed=seed)
    spread = config.generator().normal(CENTRES, d, dtype=torch.float64)
    spread = spread * scale * 10 ** torch.linspace(-2, 2, CENTRES, dtype=torch.float64).unsqueeze(-1)
    centres = torch.cat([torch.zeros(1, d, dtype=torch.float64), balance, spread]).unsqueeze(0)
    jacobians = _jacobians(lay, fields, centres, step)
    _, S, V = torch.linalg.svd(torch.nan_to_num(jacobians))
    # equal up to rounding counts as equal: the simplest centre, the origin, comes first
    order = torch.round(S[:, 0], decimals=9).argsort(descending=True, stable=True)[:8]
    return centres[0, order], V[order, 0]


def _jacobians(lay: AbstractLayer, fields: Case, centres: Tensor, step: float) -> Tensor:
    """D F at the centres (1, c, d): (c, d, d), by the formula of the layer."""
    from torch_impl.layers import gradient_attention, gradient_mlp

    function = gradient_mlp if isinstance(lay, Mlp) else gradient_attention
    x = centres.clone().requires_grad_(True)
    F = lay.call(function, fields, x, torch.tensor([step], dtype=torch.float64))
    rows = [torch.autograd.grad(F[..., k].sum(), x, retain_graph=True)[0] for k in range(x.shape[-1])]
    return torch.stack(rows, -2)[0]


def _exact_fields(lay: AbstractLayer, fields: Case) -> dict[str, Any]:
    exactly = {k: exact.nested(v[0]) for k, v in fields.items()}
    if "weights" in exactly:
        total = sum(exactly["weights"], fmpq(0))
        exactly["weights"] = [w / total for w in exactly["weights"]]
    return exactly


def _expands(lay: AbstractLayer, exactly: dict[str, Any], x: list, y: list, eta: fmpq) -> float | None:
    """|F(x) - F(y)| / |x - y| if that exceeds 1, decided exactly; None if not, or undecided."""
    u = exact.minus(x, y)
    for bits in exact.PRECISIONS[:3]:
        with exact.precision(bits):
            e = lay.pull_difference(exactly, x, y)
            gap = eta * (eta * exact.norm2(e) - 2 * exact.dot(u, e))
            if not exact.finite(gap) or exact.sign(gap) is None:
                continue
            if exact.sign(gap) != 1:
                return None
            F = [a - eta * b for a, b in zip(u, e, strict=True)]
            return exact.to_float(exact.sqrt(exact.norm2(F))) / exact.to_float(exact.sqrt(exact.norm2(u)))
    return None


def _bounded(rows: Matrix, limit: Fraction) -> bool:
    """Whether limit^2 I - M^T M is positive semidefinite, exactly."""
    columns = list(zip(*rows, strict=True))
    gram = [[-dot(u, v) for v in columns] for u in columns]
    return is_positive_semidefinite(
        tuple(tuple(v + limit**2 * (i == j) for j, v in enumerate(row)) for i, row in enumerate(gram))
    )


def _rounded(v: Tensor) -> list[Tensor]:
    """Simple vectors near v, the simplest first."""
    v = v / v[v.abs().argmax()]
    return [torch.round(v * q) / q for q in (1, 2, 4, 64, 2**12, 2**24)]


def _fractions(value: Any) -> Any:
    if isinstance(value, list):
        return [_fractions(v) for v in value]
    return Fraction(int(value.p), int(value.q))


def _shown(value: Any) -> str:
    return "[" + ", ".join(_shown(v) for v in value) + "]" if isinstance(value, list) else str(value)
