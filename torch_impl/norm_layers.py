"""Normalisation of a token, as functions: what a pre-norm block puts in front of attention.

    rms_norm     g * x/s,         s = (|x|^2/d + eps)^{1/2}
    layer_norm   g * xc/s + b,    xc = x - mean(x), s = (|xc|^2/d + eps)^{1/2}

The same numbers as torch.nn.functional.rms_norm and layer_norm over the last axis. AS-09 bounds their outputs (a ball
of radius max|g| sqrt(d) + |b|) and their Lipschitz constants (max|g|/sqrt(eps)).
"""

from __future__ import annotations

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError


def rms_norm(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    """gain * x / sqrt(mean(x^2) + eps) over the last axis: (*batch, d).

    Args:
        x: (*batch, d).   gain: (d,).   eps: a positive number.

    Raises:
        ArgumentError: eps <= 0, or gain does not fit.
    """
    _check("rms_norm", x, eps, gain)
    return gain * x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


def layer_norm(x: Tensor, gain: Tensor, bias: Tensor, eps: float) -> Tensor:
    """gain * (x - mean(x)) / sqrt(var(x) + eps) + bias over the last axis, var with 1/d: (*batch, d).

    Args:
        x: (*batch, d).   gain, bias: (d,).   eps: a positive number.

    Raises:
        ArgumentError: eps <= 0, or gain or bias do not fit.
    """
    _check("layer_norm", x, eps, gain, bias)
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + eps) + bias


def _check(where: str, x: Tensor, eps: float, *rows: Tensor) -> None:
    if not eps > 0:
        raise ArgumentError(
            f"{where}: eps > 0 required, got eps={eps}. With eps = 0 no Lipschitz constant exists (a constant token). "
            "Take the eps of the model, 1e-5 or 1e-12."
        )
    d = x.shape[-1] if x.ndim else 0
    for row in rows:
        if row.shape != (d,) or row.dtype != x.dtype:
            raise ArgumentError(
                f"{where}: x (*batch, d) and gain, bias (d,) of one dtype required, got x {tuple(x.shape)} "
                f"({x.dtype}) and {tuple(row.shape)} ({row.dtype}). They scale the last axis."
            )
