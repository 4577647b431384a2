"""Contexts and matrices that the rows of the matrix draw; every draw is fixed by its sizes."""

import torch

from torch_impl.measures import Measure, measure

F64 = torch.float64


def context(n: int, d: int, *, tiny: bool = False, seed: int = 0) -> Measure:
    """n Gaussian tokens with uneven weights; `tiny`: all but the first of weight about 1e-300."""
    torch.manual_seed(1000 * n + d + seed)
    points = torch.randn(n, d, dtype=F64)
    weights = torch.rand(n, dtype=F64) + 0.1
    if tiny and n > 1:
        weights[1:] *= 1e-300
    return measure(points, weights / weights.sum())


def matrices(d: int, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A (d, d) and V (rows, d), not symmetric."""
    torch.manual_seed(d)
    return torch.randn(d, d, dtype=F64), torch.randn(rows, d, dtype=F64)
