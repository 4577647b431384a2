"""Fixtures of the torch tests: devices, random configurations, roundoff bounds."""

from fractions import Fraction
from types import SimpleNamespace

import pytest
import torch

from torch_impl.measures import measure


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def device(request):
    return request.param


@pytest.fixture
def draw():
    """draw(batch, n, d, q, k, dtype) -> random inputs of every layer, the same for every run."""

    def make(batch=(), n=5, d=3, q=4, k=6, dtype=torch.float64, device="cpu", seed=0):
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device, dtype)

        weights = torch.rand(*batch, n, generator=generator, dtype=torch.float64) + 0.1
        weights = (weights / weights.sum(-1, keepdim=True)).to(device, dtype)
        mu = measure(normal(*batch, n, d), weights)
        return SimpleNamespace(
            mu=mu, x=normal(*batch, q, d), A=normal(d, d) / 2, W=normal(k, d), b=normal(k), step=0.375
        )

    return make


@pytest.fixture
def gamma():
    """gamma(k, dtype) = ku/(1 - ku): the classical bound for k roundings, u the unit roundoff of dtype."""

    def bound(k, dtype):
        slack = k * torch.finfo(dtype).eps / 2
        return slack / (1 - slack)

    return bound


@pytest.fixture
def rational():
    """Fractions p/16 from a seed: dyadic, so that floats and rationals hold the same numbers."""

    def make(shape, seed, scale=16):
        entries = torch.randint(-32, 33, shape, generator=torch.Generator().manual_seed(seed))
        return entries.to(torch.float64) / scale

    return make


@pytest.fixture
def fractions():
    def convert(tensor):
        return [fractions_of(t) for t in tensor] if tensor.ndim > 1 else fractions_of(tensor)

    def fractions_of(vector):
        return tuple(Fraction(v) for v in vector.tolist())

    return convert
