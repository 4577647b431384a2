"""Finite contexts on which attention has a closed form: Gauss-Hermite nodes of a Gaussian, and the corners of a cube.

gauss_hermite   nodes and weights of the tensor rule, moved to N(m, S): attention on them is attention on the Gaussian
                up to the error of quadrature, which falls faster than any power of the number of nodes
hypercube       the 2^d corners {-r, r}^d, equal weights: Att(mu, x) = V r tanh(r A x), no error at all (lemma MM-34)
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend
from torch_impl.gaussian_attention import Gaussian
from torch_impl.linear_attention import check_finite, square_root
from torch_impl.measures import Measure

TOKENS = 1 << 16  # nodes**d tokens at most: beyond, a context no longer fits beside its scores


def gauss_hermite(law: Gaussian, nodes: int) -> Measure:
    """nodes**d atoms m + S^{1/2} z, z on the tensor grid of Hermite nodes; exact for polynomials of degree < 2 nodes.

    Args:
        law: mean (d,), covariance (d, d), possibly singular.   nodes: per dimension, at least 1.

    Raises:
        ArgumentError: the law has a batch, its covariance is none, or the rule has too many atoms.
    """
    d = law.mean.shape[-1]
    if law.mean.ndim != 1 or nodes < 1 or nodes**d > TOKENS:
        raise ArgumentError(
            f"gauss_hermite: a single law and 1 <= nodes**d <= {TOKENS} required, got mean {tuple(law.mean.shape)}, "
            f"nodes={nodes}, d={d}. A tensor rule grows with the power of the dimension."
        )
    places, weights = np.polynomial.hermite_e.hermegauss(nodes)
    like = {"dtype": law.mean.dtype, "device": law.mean.device}
    z = torch.cartesian_prod(*[torch.as_tensor(places, **like)] * d).reshape(-1, d)
    w = torch.cartesian_prod(*[torch.as_tensor(weights / weights.sum(), **like)] * d).reshape(-1, d).prod(-1)
    return Measure(law.mean + z @ square_root("gauss_hermite", law.covariance).mT, w / w.sum())


def hypercube(d: int, r: float | Tensor, *, dtype: torch.dtype = torch.float64) -> Measure:
    """The uniform law on {-r, r}^d: 2^d atoms.

    Raises:
        ArgumentError: d < 1, 2^d atoms are too many, or the number r is not finite.
    """
    if not 1 <= d <= TOKENS.bit_length() - 1:
        raise ArgumentError(f"hypercube: 1 <= d <= {TOKENS.bit_length() - 1} required, got d={d}: it has 2**d corners.")
    if not isinstance(r, torch.Tensor):  # a tensor may be one that is traced
        check_finite("hypercube", r=r)
    signs = torch.tensor(list(product((-1.0, 1.0), repeat=d)), dtype=dtype)
    return Measure(r * signs, torch.full((2**d,), 0.5**d, dtype=dtype))


def attend_on_cube(x: Tensor, A: Tensor, V: Tensor, r: Tensor) -> Tensor:
    """Attention on `hypercube(d, r)` by its 2^d tokens: (*batch, q, d') for x (q, d)."""
    return attend(hypercube(x.shape[-1], r, dtype=x.dtype), x, A, V)


def tanh_layer(x: Tensor, A: Tensor, V: Tensor, r: float | Tensor) -> Tensor:
    """V r tanh(r A x), what attention computes on `hypercube(d, r)`: (*batch, q, d')."""
    return r * torch.tanh(r * (x @ A.mT)) @ V.mT
