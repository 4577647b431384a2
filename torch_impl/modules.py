"""Trainable layers that keep their lemma's step bound, whatever the optimiser does to the parameters.

The largest admissible step is recomputed at every forward from the current parameters: a rigorous upper bound
of the norm (`norms`), put into the expression of the lemma (`bounds`), rounded down to the dtype of the layer
and detached. "Admissible" speaks of real arithmetic on the stored parameters; rounding in the layer is not part
of it. Where the lemma puts no condition (W = 0, D = 0), `step=None` uses 0, the identity.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.bounds import admissible_step
from torch_impl.layers import gradient_attention, gradient_mlp
from torch_impl.measures import Measure
from torch_impl.norms import certified_diameter, certified_norm_squared, certified_radius
from torch_impl.reference.exact import diameter_squared, exact_matrix, exact_measure, radius_squared
from torch_impl.rounding import down_to_dtype, float_down


class GradientMLP(nn.Module):
    """x - step * W^T relu(W x + b), nonexpansive for step <= tau_max = 2/|W|_2^2 (LT-01).

    step: None for the largest admissible, else a fixed number, refused at construction and at every forward
    when it exceeds tau_max of the current W, unless `unchecked`.
    """

    def __init__(
        self,
        d: int,
        width: int,
        *,
        step: float | None = None,
        unchecked: bool = False,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        _check_step("GradientMLP", step)
        self.W = nn.Parameter(torch.randn(width, d, dtype=dtype, device=device) / math.sqrt(d))
        self.b = nn.Parameter(torch.zeros(width, dtype=dtype, device=device))
        self.step = step
        self.unchecked = unchecked
        self._norm = _NormCache()
        self.current_step()

    def admissible_step(self) -> float:
        """tau_max of the current W, rounded down; inf for W = 0."""
        return _step_below("mlp_step", "tau_max", "w", self._norm.squared(self.W))

    def current_step(self) -> float:
        """The step the next forward uses.

        Raises:
            ArgumentError: a fixed step above `admissible_step()`.
        """
        if self.step is None:
            return _usable(self.admissible_step(), self.W.dtype)
        _check_step("GradientMLP", self.step)
        used = float(torch.tensor(self.step, dtype=self.W.dtype))
        if not self.unchecked and not used <= self.admissible_step():
            raise ArgumentError(_refusal("GradientMLP", used, self.admissible_step(), "2/|W|_2^2, LT-01"))
        return used

    def forward(self, measure: Measure | None, x: Tensor) -> Tensor:
        """(..., d) -> (..., d); the context is not looked at."""
        return gradient_mlp(x, self.W, self.b, self.current_step())


class GradientAttention(nn.Module):
    """x - step * E_x[A y], nonexpansive in x for step <= eta_max.

    bound: "sharp" is eta_max = 8/D^2 with D = max |A(y_i - y_j)| (LT-05), "paper" is eta_max = 2/beta with
        beta = max |A y_j|^2 (LT-04).
    domain_diameter: with a number, D = |A|_2 * domain_diameter serves every context of that diameter, at
        every depth (LT-10), and the step does not depend on the context. With None, D or beta comes from
        each context: still nonexpansive in x for each fixed context, but the step moves with the context, so
        bounds in mu (LT-06 to LT-08) do not apply, and it grows without limit as the atoms merge.
    step: None for eta_max, else a fixed number, refused when it exceeds eta_max, unless `unchecked`.
    """

    def __init__(
        self,
        d: int,
        *,
        step: float | None = None,
        domain_diameter: float | None = None,
        bound: str = "sharp",
        unchecked: bool = False,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        _check_step("GradientAttention", step)
        if bound not in ("sharp", "paper") or (bound == "paper" and domain_diameter is not None):
            raise ArgumentError(
                f"GradientAttention: bound must be 'sharp' or 'paper', the latter without domain_diameter, "
                f"got bound={bound!r}, domain_diameter={domain_diameter!r}. A diameter bounds no |A y|."
            )
        if domain_diameter is not None and not 0 <= domain_diameter < math.inf:
            raise ArgumentError(f"GradientAttention: domain_diameter must be finite and >= 0, got {domain_diameter!r}.")
        self.A = nn.Parameter(torch.randn(d, d, dtype=dtype, device=device) / math.sqrt(d))
        self.step = step
        self.domain_diameter = domain_diameter
        self.bound = bound
        self.unchecked = unchecked
        self._norm = _NormCache()
        if domain_diameter is not None:
            self._fixed_or_largest(self._domain_step())

    def admissible_step(self, measure: Measure) -> Tensor:
        """eta_max of each context by its own atoms, rounded down: float64 (*batch), inf for no condition."""
        points, weights = measure
        largest = certified_diameter if self.bound == "sharp" else certified_radius
        sizes = _flat(largest(points, self.A, weights))
        steps = [self._context_step(Fraction(v) ** 2) if v < math.inf else 0.0 for v in sizes]
        return torch.tensor(steps, dtype=torch.float64, device=weights.device).reshape(weights.shape[:-1])

    def current_step(self, measure: Measure) -> Tensor:
        """The step the next forward uses for each context: (*batch), dtype of A.

        Raises:
            ArgumentError: a fixed step, or the step of `domain_diameter`, is not admissible for a context.
        """
        if self.step is None and self.domain_diameter is None:
            steps = [_usable(v, self.A.dtype) for v in _flat(self.admissible_step(measure))]
            return torch.tensor(steps, dtype=self.A.dtype, device=self.A.device).reshape(measure.weights.shape[:-1])
        domain = math.inf if self.domain_diameter is None else self._domain_step()
        used = self._fixed_or_largest(domain)
        if not self.unchecked:
            self._refuse_outside(measure, used)
        return torch.full(measure.weights.shape[:-1], used, dtype=self.A.dtype, device=self.A.device)

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, q, d) queries against (*batch, n, d) atoms."""
        return gradient_attention(measure, x, self.A, self.current_step(measure))

    def _context_step(self, square: Fraction) -> float:
        """eta_max, rounded down, where D^2 (sharp) or beta (paper) is `square`."""
        if self.bound == "sharp":
            return _step_below("attention_step_sharp", "eta_max", "D", square)
        return _step_below("attention_step", "eta_max", "beta", square, power=1)

    def _domain_step(self) -> float:
        return self._context_step(self._norm.squared(self.A) * Fraction(self.domain_diameter or 0) ** 2)

    def _fixed_or_largest(self, admissible: float) -> float:
        if self.step is None:
            return _usable(admissible, self.A.dtype)
        _check_step("GradientAttention", self.step)
        used = float(torch.tensor(self.step, dtype=self.A.dtype))
        if not self.unchecked and not used <= admissible:
            raise ArgumentError(_refusal("GradientAttention", used, admissible, "8/(|A|_2 domain_diameter)^2, LT-05"))
        return used

    def _refuse_outside(self, measure: Measure, used: float) -> None:
        """The float bounds first; a context they cannot accept is decided exactly."""
        allowed = self.admissible_step(measure)
        n, d = measure.points.shape[-2:]
        points, weights = measure.points.reshape(-1, n, d), measure.weights.reshape(-1, n)
        for i in torch.nonzero(~(used <= allowed).reshape(-1)).flatten().tolist():
            context, A = exact_measure(points[i], weights[i]), exact_matrix(self.A)
            largest = diameter_squared if self.bound == "sharp" else radius_squared
            exact = self._context_step(largest(context, A))
            if not used <= exact:
                where = "8/D^2, LT-05" if self.bound == "sharp" else "2/beta, LT-04"
                raise ArgumentError(_refusal("GradientAttention", used, exact, f"{where}, context {i}"))


class _NormCache:
    """The certified |W|_2^2 of the last matrix seen.

    Entries are compared, not version counters: those miss edits through `.data`.
    """

    def __init__(self) -> None:
        self._seen: Tensor | None = None
        self._square = Fraction(0)

    def squared(self, W: Tensor) -> Fraction:
        now = W.detach().to(device="cpu", dtype=torch.float64, copy=True)
        if self._seen is None or not torch.equal(self._seen, now):
            self._square = certified_norm_squared(now)
            self._seen = now
        return self._square


def _step_below(lemma: str, key: str, symbol: str, square: Fraction, power: int = 2) -> float:
    """The lemma's step, rounded down, where symbol**power = square; inf for no condition."""
    step = admissible_step(lemma, key, symbol, square, power=power)
    return math.inf if step is None else float_down(step)


def _usable(step: float, dtype: torch.dtype) -> float:
    """A finite step of the dtype, at most `step`; 0 where there is no condition."""
    return 0.0 if step == math.inf else down_to_dtype(step, dtype)


def _check_step(where: str, step: float | None) -> None:
    if step is not None and not 0 <= step < math.inf:
        raise ArgumentError(f"{where}: step must be None or finite and >= 0, got step={step!r}. A gradient descends.")


def _refusal(where: str, used: float, allowed: float, source: str) -> str:
    return (
        f"{where}: step must be at most {allowed!r} ({source}), got step={used!r}. "
        "A larger step can move two points apart. "
        "Use step=None for the largest admissible one, or unchecked=True to build the layer anyway."
    )


def _flat(values: Tensor) -> list[float]:
    return values.reshape(-1).tolist()
