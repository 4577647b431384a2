"""Families of discrete measures mu = sum_j a_j delta_{y_j}, a batch at a time, from a seeded generator.

Sampling one cloud shape comes nowhere near most bounds, and several implementation errors show only on
degenerate input. So each family is a place where something is extreme: near-Dirac measures (covariance near
0), two atoms (the extremal law of Popoviciu's inequality), coincident atoms, weights down to 1e-300, norms
that saturate the softmax, spheres, low rank, a line, and rows of a trained embedding matrix (`tokens`).

Every family maps (Configuration, generator) to points (batch, n, d) and weights (batch, n) > 0 that sum to 1
up to rounding; the same seed gives the same measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer.random_source import Source
from torch_impl.measures import Measure

TINY_WEIGHTS = (1e-12, 1e-300)


@dataclass(frozen=True)
class Configuration:
    """What one batch of measures looks like. `shape` names a family, `pairs` counts query pairs per measure."""

    shape: str = "uniform"
    d: int = 2
    n: int = 2
    scale: float = 1.0
    batch: int = 64
    pairs: int = 1
    dtype: torch.dtype = torch.float64
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("d", "n", "batch", "pairs"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"Configuration: {name} must be >= 1, got {name}={getattr(self, name)}. Raise it.")
        if self.dtype not in (torch.float32, torch.float64):
            raise ArgumentError(
                f"Configuration: dtype must be float32 or float64, got dtype={self.dtype}. "
                "The singular values that steps are made of exist in no narrower type."
            )
        if not 0 < self.scale < float("inf"):
            raise ArgumentError(f"Configuration: scale must be positive and finite, got scale={self.scale}.")
        if self.shape not in FAMILIES:
            raise ArgumentError(
                f"Configuration: shape must be a family, got shape={self.shape!r}. One of {', '.join(FAMILIES)}."
            )

    def generator(self) -> Source:
        """A fresh stream of random numbers on this configuration's device, from its start, keyed by `seed`."""
        return Source(self.seed, self.device)


Family = Callable[[Configuration, Source], tuple[Tensor, Tensor]]
FAMILIES: dict[str, Family] = {}


def family(function: Family) -> Family:
    """Register a family under its function name."""
    FAMILIES[function.__name__] = function
    return function


def measures(config: Configuration, generator: Source) -> Measure:
    """`config.batch` measures of the family `config.shape`, scaled by `config.scale`."""
    points, weights = FAMILIES[config.shape](config, generator)
    return Measure(points if config.scale == 1 else points * config.scale, weights)


def normal(config: Configuration, generator: Source, *shape: int) -> Tensor:
    """Standard normal in the dtype of the configuration."""
    return generator.normal(*shape, dtype=config.dtype)


def flat(config: Configuration, generator: Source, *shape: int) -> Tensor:
    """Uniform on [0, 1): multiples of 2^-32, of 2^-24 in float32."""
    return generator.flat(*shape, dtype=config.dtype)


def integers(config: Configuration, generator: Source, high: int, *shape: int) -> Tensor:
    """Uniform on 0 .. high - 1, int64, on the device of the configuration."""
    return generator.integers(high, *shape)


def simplex(config: Configuration, generator: Source) -> Tensor:
    """Weights uniform on the simplex for even batch entries, all equal to 1/n for odd ones: (batch, n)."""
    draws = -torch.log1p(-flat(config, generator, config.batch, config.n))
    draws[1::2] = 1
    draws += torch.finfo(config.dtype).tiny  # an exact 0 would be padding, not an atom
    return draws / draws.sum(-1, keepdim=True)


def directions(config: Configuration, generator: Source, *shape: int) -> Tensor:
    """Unit vectors, uniform on the sphere: (*shape, d)."""
    v = normal(config, generator, *shape, config.d)
    return v / v.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(config.dtype).tiny)


@family
def uniform(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Atoms uniform in the cube [-1, 1]^d."""
    points = 2 * flat(config, generator, config.batch, config.n, config.d) - 1
    return points, simplex(config, generator)


@family
def gaussian(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    return normal(config, generator, config.batch, config.n, config.d), simplex(config, generator)


@family
def near_dirac(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """One centre plus noise of size 2^-k, k in 1..20: diameters far below the distance to the origin."""
    centre = normal(config, generator, config.batch, 1, config.d)
    size = torch.pow(2.0, -1.0 - integers(config, generator, 20, config.batch, 1, 1).to(config.dtype))
    noise = normal(config, generator, config.batch, config.n, config.d)
    return centre + size * noise, simplex(config, generator)


@family
def two_point(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Atoms at +-e, |e| = 1, each end holding half the mass, however many atoms share it."""
    ends = directions(config, generator, config.batch, 1)
    side = torch.arange(config.n, device=config.device) % 2  # n = 1 is a Dirac
    points = ends * (1 - 2 * side.to(config.dtype)).view(1, -1, 1)
    weights = simplex(config, generator)
    for end in (0, 1):
        group = weights[:, end::2]
        if group.shape[1]:
            weights[:, end::2] = group / group.sum(-1, keepdim=True)
    return points, weights / weights.sum(-1, keepdim=True)


@family
def coincident(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """At most three distinct positions, repeated; every third measure a single one."""
    places = normal(config, generator, config.batch, 3, config.d)
    which = integers(config, generator, 3, config.batch, config.n)
    which[::3] = 0
    points = places.gather(1, which.unsqueeze(-1).expand(-1, -1, config.d))
    return points, simplex(config, generator)


@family
def tiny_weights(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """All atoms but the first carry 1e-12 or 1e-300 (the smallest positive normal where the dtype has less)."""
    points = normal(config, generator, config.batch, config.n, config.d)
    smallest = torch.finfo(config.dtype).tiny
    sizes = torch.tensor([max(w, smallest) for w in TINY_WEIGHTS], dtype=config.dtype, device=config.device)
    weights = sizes[integers(config, generator, len(TINY_WEIGHTS), config.batch, config.n)]
    weights[:, 0] = 1
    return points, weights / weights.sum(-1, keepdim=True)


@family
def large_norms(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Gaussian atoms scaled by 10^s, s uniform in [1, 4]: scores that saturate the softmax."""
    size = torch.pow(10.0, 1 + 3 * flat(config, generator, config.batch, 1, 1))
    return size * normal(config, generator, config.batch, config.n, config.d), simplex(config, generator)


@family
def sphere(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    return directions(config, generator, config.batch, config.n), simplex(config, generator)


@family
def low_rank(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """A subspace of dimension max(1, d // 2)."""
    rank = max(1, config.d // 2)
    inside = normal(config, generator, config.batch, config.n, rank)
    return inside @ normal(config, generator, config.batch, rank, config.d), simplex(config, generator)


@family
def collinear(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """A line that does not pass through the origin."""
    base = normal(config, generator, config.batch, 1, config.d)
    along = normal(config, generator, config.batch, config.n, 1)
    return base + along * directions(config, generator, config.batch, 1), simplex(config, generator)


@family
def tokens(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Windows of a real text as rows of a pretrained embedding matrix (see `tokens.py`); needs the extra."""
    from proofcheck.hammer import tokens as source

    rows, text = source.projected(config, generator)
    longest = max(1, text.numel() - config.n)
    start = integers(config, generator, longest, config.batch, 1)
    window = (start + torch.arange(config.n, device=config.device)) % text.numel()
    return rows[text[window]], simplex(config, generator)


def available() -> tuple[dict[str, Family], dict[str, str]]:
    """The families that can run here, and the others with the reason.

    Raises:
        ArgumentError: PROOFCHECK_REQUIRE_TOKENS=1 and the token embeddings are not installed.
    """
    from proofcheck.hammer import tokens as source

    reason = source.missing()
    if reason is None:
        return dict(FAMILIES), {}
    return {name: f for name, f in FAMILIES.items() if name != "tokens"}, {"tokens": reason}
