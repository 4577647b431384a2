"""A deep in-context Transformer to train: every step is admissible, whatever the optimiser does to the parameters.

    Lambda(mu, x) = V T(Q_# mu, Q x),   T = second component of bar G_L o ... o bar G_1                      (LT-09)

    MLP        x - tau W^T relu(W x + b),   tau = theta * 2 / |W|^2                                          (LT-01)
    attention  x - eta E_x[A y],            eta = theta * 8 / (|A| |Q| diam Omega)^2                  (LT-05, LT-10)

with theta in (0, 1], trained through a sigmoid or fixed. The attention step is the same for every context, so bounds
in mu (LT-06 to LT-08) apply to each layer.

Two numbers stand for each norm. The step that is used, in forward, `network` and the state dict, is a float computed
from the rigorous upper bound of `norm_bound` and rounded down: it is admissible for the stored parameters, in real
arithmetic. Gradients flow through |W^T u|, u a float singular vector: an untrusted estimate on which no certificate
rests.

`state_dict` holds what runs, by the names of `network_file` (lift, readout, layers.k.W, layers.k.b, layers.k.A,
layers.k.step): matrices after their cap, steps in float64. `load_network` reads it; so does `load_state_dict`, which
refuses a step above the admissible one and recovers theta from the step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeGuard

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.bounds import admissible_step, evaluate, lemma_bound
from torch_impl.composition import bar
from torch_impl.layers import gradient_attention, gradient_mlp
from torch_impl.measures import Measure, pushforward
from torch_impl.network import AttentionStep, MLPStep, Network, Step
from torch_impl.norm_bound import NormBound, norm_bound, norm_bound_roundoff
from torch_impl.rounding import down_to_dtype, float_down

_MARGIN = (
    2.0**-30
)  # of a cap: more than the roundoff of `norm_bound` up to side 2^10, so a capped matrix stays as it is


class Matrix(NamedTuple):
    """entries: after the cap, differentiable.   upper: a rational >= |entries|_2.   norm: an untrusted estimate, ()."""

    entries: Tensor
    upper: Fraction
    norm: Tensor


class Resolved(NamedTuple):
    """A layer with the step that runs.

    matrix: W or A.   bias: b, None for attention.   step: (), its value is `used`, its gradient an estimate's.
    used, admissible: floats; admissible is inf where the lemma puts no condition, and then used is 0.
    """

    matrix: Matrix
    bias: Tensor | None
    step: Tensor
    used: float
    admissible: float

    def __call__(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, q, m) -> (*batch, q, m)."""
        if self.bias is None:
            return gradient_attention(measure, x, self.matrix.entries, self.step)
        return gradient_mlp(x, self.matrix.entries, self.bias, self.step)


class DeepTransformer(nn.Module):
    """Lambda(mu, x), nonexpansive in x up to |V||Q| for every context in a domain of the given diameter.

    Args:
        d, width, out: tokens have d coordinates, layers act on `width`, the read-out has `out` rows.
        layers: "mlp" or "attention", one for each layer.
        diameter: of Omega, the domain of tokens and queries; larger contexts are not covered.
        hidden: rows of each W, `width` if None.
        theta: a number in (0, 1], or None to train one for each layer (from 1/2).
        lift_norm, matrix_norm, readout_norm: caps of |Q|, of every |A|, of |V|; None for no cap. At least 2^-100.

    Raises:
        ArgumentError: a name that is no layer, a size below 1, theta, diameter or a cap out of range.
    """

    def __init__(
        self,
        d: int,
        width: int,
        out: int,
        layers: Sequence[str] = ("mlp", "attention", "mlp"),
        *,
        diameter: float,
        hidden: int | None = None,
        theta: float | None = None,
        lift_norm: float | None = None,
        matrix_norm: float | None = None,
        readout_norm: float | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        hidden = width if hidden is None else hidden
        for name, size in (("d", d), ("width", width), ("out", out), ("hidden", hidden)):
            if size < 1:
                raise ArgumentError(f"DeepTransformer: {name} must be at least 1, got {name}={size}.")
        if not 0 <= diameter < math.inf:
            raise ArgumentError(
                f"DeepTransformer: diameter must be finite and >= 0, got diameter={diameter!r}. "
                "It is that of the set of all tokens and queries."
            )
        if theta is not None and not 0 < theta <= 1:
            raise ArgumentError(
                f"DeepTransformer: theta must be None or in (0, 1], got theta={theta!r}. 1 is the lemma's."
            )
        caps = {"lift_norm": lift_norm, "matrix_norm": matrix_norm, "readout_norm": readout_norm}
        for name, cap in caps.items():
            if cap is not None and not 2.0**-100 <= cap < math.inf:
                raise ArgumentError(f"DeepTransformer: {name} must be None or in [2^-100, inf), got {name}={cap!r}.")
        kind: dict[str, Any] = {"dtype": dtype, "device": device}
        self.diameter = float(diameter)
        self.fixed_theta = theta
        self.lift_norm, self.matrix_norm, self.readout_norm = caps.values()
        self.lift = nn.Parameter(torch.randn(width, d, **kind) / math.sqrt(width))
        self.readout = nn.Parameter(torch.randn(out, width, **kind) / math.sqrt(width))
        self.layers = nn.ModuleList(_parameters(k, name, width, hidden, theta, kind) for k, name in enumerate(layers))
        self.register_state_dict_post_hook(_write_state)
        self.register_load_state_dict_pre_hook(_read_state)

    def resolve(self) -> tuple[Matrix, tuple[Resolved, ...], Matrix]:
        """(lift, layers, readout) as they run now: capped matrices, admissible steps, differentiable.

        Raises:
            ArgumentError: a parameter is NaN or infinite (the optimiser diverged).
        """
        lift = _capped("lift", self.lift, self.lift_norm)
        layers = tuple(self._resolved(k, layer, lift) for k, layer in enumerate(self._each()))
        return lift, layers, _capped("readout", self.readout, self.readout_norm)

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, n, d) atoms, (*batch, q, d) queries -> (*batch, q, out).

        As in `Network`, the atoms stop before the last attention layer: no later layer looks at them.
        """
        lift, layers, readout = self.resolve()
        measure, x = pushforward(measure, lambda y: y @ lift.entries.mT), x @ lift.entries.mT
        last = max((k for k, layer in enumerate(layers) if layer.bias is None), default=0)
        for layer in layers[:last]:
            measure, x = bar(layer, measure, x)
        for layer in layers[last:]:
            x = layer(measure, x)
        return x @ readout.entries.mT

    def network(self) -> Network:
        """The model as it is now, frozen: tensors without gradients, steps as numbers."""
        with torch.no_grad():
            lift, layers, readout = self.resolve()
        frozen: list[Step] = []
        for layer in layers:
            entries = layer.matrix.entries.detach().clone()
            if layer.bias is None:
                frozen.append(AttentionStep(entries, layer.used))
            else:
                frozen.append(MLPStep(entries, layer.bias.detach().clone(), layer.used))
        return Network(lift.entries.detach().clone(), tuple(frozen), readout.entries.detach().clone())

    def steps(self) -> list[tuple[float, float]]:
        """[(used, admissible)] for every layer; used <= admissible."""
        with torch.no_grad():
            return [(layer.used, layer.admissible) for layer in self.resolve()[1]]

    def _each(self) -> list[_LayerParameters]:
        return [layer for layer in self.layers if isinstance(layer, _LayerParameters)]

    def _resolved(self, k: int, layer: _LayerParameters, lift: Matrix) -> Resolved:
        theta = 1.0 if self.fixed_theta is None else self.fixed_theta
        fraction = torch.full((), theta, dtype=torch.float64, device=self.lift.device)
        if layer.theta is not None:
            fraction = torch.sigmoid(layer.theta.double())
            if bool(torch.isnan(fraction)):
                raise ArgumentError(_diverged(f"layers.{k}.theta"))
        if isinstance(layer, _MLPParameters):
            matrix, bias = _capped(f"layers.{k}.W", layer.W, None), layer.b
            if not bool(torch.isfinite(bias).all()):
                raise ArgumentError(_diverged(f"layers.{k}.b"))
            lemma, key, symbol = "mlp_step", "tau_max", "w"
            upper, estimate = matrix.upper, matrix.norm
        else:
            matrix, bias = _capped(f"layers.{k}.A", layer.A, self.matrix_norm), None
            lemma, key, symbol = "attention_step_sharp", "eta_max", "D"
            upper = matrix.upper * lift.upper * Fraction(self.diameter)
            estimate = matrix.norm * lift.norm * self.diameter
        largest = admissible_step(lemma, key, symbol, upper**2, power=2)
        if largest is None:
            zero = torch.zeros((), dtype=self.lift.dtype, device=self.lift.device)
            return Resolved(matrix, bias, zero, 0.0, math.inf)
        admissible = float_down(largest)
        # theta <= 1 and rounding is monotone: the product in floats is at most `admissible`, which is a float
        used = down_to_dtype(min(float(fraction.detach()), 1.0) * admissible, self.lift.dtype)
        guess = evaluate(lemma_bound(lemma, key), {symbol: estimate})
        step = _with_value(fraction.to(self.lift.dtype) * torch.as_tensor(guess), used)
        return Resolved(matrix, bias, step, used, admissible)


class _MLPParameters(nn.Module):
    """W (hidden, width), b (hidden), the logit of theta."""

    theta: nn.Parameter | None

    def __init__(self, width: int, hidden: int, theta: Tensor | None, kind: dict[str, Any]) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.randn(hidden, width, **kind) / math.sqrt(width))
        self.b = nn.Parameter(torch.randn(hidden, **kind) / 2)
        self.register_parameter("theta", None if theta is None else nn.Parameter(theta))


class _AttentionParameters(nn.Module):
    """A (width, width), the logit of theta."""

    theta: nn.Parameter | None

    def __init__(self, width: int, theta: Tensor | None, kind: dict[str, Any]) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.randn(width, width, **kind) / math.sqrt(width))
        self.register_parameter("theta", None if theta is None else nn.Parameter(theta))


_LayerParameters = _MLPParameters | _AttentionParameters


def _parameters(
    k: int, name: str, width: int, hidden: int, theta: float | None, kind: dict[str, Any]
) -> _LayerParameters:
    logit = torch.zeros((), **kind) if theta is None else None
    if name == "mlp":
        return _MLPParameters(width, hidden, logit, kind)
    if name == "attention":
        return _AttentionParameters(width, logit, kind)
    raise ArgumentError(f"DeepTransformer: layers must be 'mlp' or 'attention', got layers[{k}]={name!r}.")


class _Valued(torch.autograd.Function):
    """Forward: the given number. Backward: as if it were the estimate."""

    @staticmethod
    def forward(ctx: Any, estimate: Tensor, value: float) -> Tensor:
        return torch.full_like(estimate, value)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0], None


def _with_value(estimate: Tensor, value: float) -> Tensor:
    return _Valued.apply(estimate, value)  # pyright: ignore[reportReturnType]: apply is untyped


def _capped(name: str, W: Tensor, cap: float | None) -> Matrix:
    """W, or c W with |c W|_2 <= cap, c < 1, where the certified bound of |W|_2 exceeds the cap.

    fl(c w) is off by a relative u_dtype at most (underflow is below it, for caps >= 2^-100), so
    |fl(c W)|_2 <= c |W|_2 (1 + u_dtype sqrt(r)), r = min(k, d), which the margin leaves room for.
    """
    if not torch.is_grad_enabled():
        W = W.detach()  # matmul orders its sums by requires_grad: so the frozen network gives the same floats
    found = _bounded(name, W)
    if cap is None or found.upper <= Fraction(cap):
        return found
    margin = _MARGIN + 4 * math.sqrt(min(W.shape)) * torch.finfo(W.dtype).eps
    factor = down_to_dtype(float_down(Fraction(cap) / found.upper * (1 - Fraction(margin))), W.dtype)
    return _bounded(name, _with_value(cap / found.norm, factor) * W)


def _bounded(name: str, W: Tensor) -> Matrix:
    if not bool(torch.isfinite(W).all()):
        raise ArgumentError(_diverged(name))
    upper, left = _upper(W)
    return Matrix(W, upper, torch.linalg.vector_norm(W.mT @ left.to(W.dtype)))


def _upper(W: Tensor) -> NormBound:
    """`norm_bound`, a little larger: `norms.certified_norm`, with a slack of about r^2 2^-50, accepts the step too."""
    upper, left = norm_bound(W)
    return NormBound(upper * (1 + Fraction(min(W.shape) ** 2 + 64, 2**48)), left)


def _diverged(name: str) -> str:
    return f"DeepTransformer: {name} must be finite, got NaN or infinity. Training diverged: lower the learning rate."


def _write_state(model: DeepTransformer, state: dict[str, Any], prefix: str, _metadata: Any) -> None:
    """Replace parameters by what runs: capped matrices, and steps instead of the logits of theta."""
    with torch.no_grad():
        lift, layers, readout = model.resolve()
    state[f"{prefix}lift"], state[f"{prefix}readout"] = lift.entries.detach(), readout.entries.detach()
    for k, layer in enumerate(layers):
        state.pop(f"{prefix}layers.{k}.theta", None)
        if layer.bias is None:
            state[f"{prefix}layers.{k}.A"] = layer.matrix.entries.detach()
        state[f"{prefix}layers.{k}.step"] = torch.tensor(layer.used, dtype=torch.float64)


def _read_state(
    model: DeepTransformer, state: dict[str, Any], prefix: str, _metadata: Any, _strict: bool, *lists: list[str]
) -> None:
    """The logit of theta from each step; a step above the admissible one of the matrices beside it is refused."""
    errors = lists[2]
    lift = state.get(f"{prefix}lift")
    caps = {"lift": model.lift_norm, "readout": model.readout_norm}
    for k, layer in enumerate(model._each()):
        name = f"layers.{k}.{'W' if isinstance(layer, _MLPParameters) else 'A'}"
        caps[name] = None if isinstance(layer, _MLPParameters) else model.matrix_norm
        step, matrix = state.pop(f"{prefix}layers.{k}.step", None), state.get(prefix + name)
        if layer.theta is not None:
            state[f"{prefix}layers.{k}.theta"] = layer.theta.detach()
        if not (isinstance(step, Tensor) and step.numel() == 1 and _is_matrix(lift) and _is_matrix(matrix)):
            errors.append(f"layers.{k}: a step (one number), {name} and lift (finite matrices) must be there.")
            continue
        theta, slack = _recovered(model, layer, float(step), lift, matrix)
        if not 0 <= theta <= 1 + slack:
            errors.append(f"layers.{k}.step must be at most the admissible one, got {float(step)!r}, {theta!r} of it.")
        elif layer.theta is None:
            if not abs(theta - (model.fixed_theta or 1.0)) <= slack:
                errors.append(
                    f"layers.{k}.step must be {model.fixed_theta} of the admissible one, got {theta!r} of it."
                )
        else:
            inside = min(max(theta, 2.0**-1000), 1 - 2.0**-53)
            logit = math.log(inside) - math.log1p(-inside)
            state[f"{prefix}layers.{k}.theta"] = torch.full_like(layer.theta, logit)
    for name, cap in caps.items():
        matrix = state.get(prefix + name)
        if cap is not None and _is_matrix(matrix) and _upper(matrix).upper > Fraction(cap):
            errors.append(f"{name} must have a norm of at most {cap!r}, the model's cap.")


def _is_matrix(found: Any) -> TypeGuard[Tensor]:
    shaped = isinstance(found, Tensor) and found.ndim == 2 and found.is_floating_point() and found.numel() > 0
    return shaped and bool(torch.isfinite(found).all())


def _recovered(
    model: DeepTransformer, layer: _LayerParameters, step: float, lift: Tensor, matrix: Tensor
) -> tuple[float, float]:
    """theta = step / admissible, and how far roundoff may have moved it between two machines."""
    if not math.isfinite(step):
        return math.nan, 0.0
    slack = 4 * (norm_bound_roundoff(matrix) + norm_bound_roundoff(lift)) + torch.finfo(matrix.dtype).eps
    upper = _upper(matrix).upper
    if isinstance(layer, _MLPParameters):
        largest = admissible_step("mlp_step", "tau_max", "w", upper**2, power=2)
    else:
        upper *= _upper(lift).upper * Fraction(model.diameter)
        largest = admissible_step("attention_step_sharp", "eta_max", "D", upper**2, power=2)
    if largest is None:  # no condition: the model uses 0
        return (model.fixed_theta or 0.5) if step == 0 else math.inf, slack
    return float(Fraction(step) / largest), slack
