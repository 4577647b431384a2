"""The local constant against dense singular values, what it costs against forming the matrix, and the enclosures.

Times are seconds of processor, so that a busy machine changes them little. Dense is torch's own reverse mode,
vectorised over rows; at n = 98, d = 384 the matrix has 11 GB, so its rows are formed, and dropped, for a fixed multiple
of the estimator's time in the same run. Fewer than all rows by then: dense costs more than that, before any SVD.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import flint
import numpy as np
import torch
from flint import arb, arb_mat
from torch import Tensor

from benchmarks.report import Report, milliseconds
from torch_impl.attention import self_attention
from torch_impl.attention_heads import Heads, multi_head_attention
from torch_impl.local_bound import local_bound, local_bound_heads
from torch_impl.local_lipschitz import local_lipschitz
from torch_impl.reference.attention_balls import attention_jacobian, jacobian_norm_upper, tilted_covariance
from torch_impl.reference.ball_arrays import Ball

T = TypeVar("T")
COMMAND = "python -m benchmarks estimator"
SHAPES = ((20, 20), (100, 4), (4, 100), (50, 8), (8, 50), (400, 1), (2, 200), (12, 33))
SEEDS = 3
MULTIPLE = 20  # times the estimator's, that the dense way is given
LARGE, HEADS, WIDTH = (98, 384), 12, 32
COVARIANCE = (512, 32)


def run() -> list[Report]:
    return [agreement(), cost(), enclosures()]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + 31 * sum(shape)), dtype=torch.float64)


def agreement() -> Report:
    rows = []
    for n, d in SHAPES:
        errors, pairs, converged = [], [], 0
        for mask in (None, "causal"):
            for size in (0.5, 1.0, 3.0):
                for seed in range(SEEDS):
                    A, V = normal(d, d, seed=seed) / math.sqrt(d), normal(d, d, seed=seed + 1)
                    X, beta = size * normal(n, d, seed=seed + 2), normal(d, seed=seed)

                    def f(X: Tensor, A: Tensor = A, V: Tensor = V, b: Tensor = beta, m: str | None = mask) -> Tensor:
                        return self_attention(X, A, V, beta=b, mask=m)

                    dense = float(torch.linalg.matrix_norm(torch.func.jacrev(f)(X).reshape(n * d, n * d), 2))
                    found = local_lipschitz(f, X)
                    errors.append(abs(found.value - dense) / dense)
                    pairs.append(found.iterations)
                    converged += found.converged
        print(f"dense, n = {n}, d = {d}: done", file=sys.stderr)
        rows.append((f"{n}", f"{d}", f"{converged} of {len(errors)}", f"{max(errors):.1e}", f"{max(pairs)}"))
    columns = ("n", "d", "converged", "largest relative difference", "most pairs of products")
    note = "Attention with a bias, unmasked and causal, tokens of three sizes; tolerance 1e-6."
    return Report("Local constant against a dense SVD", COMMAND, columns, rows, note)


def cost() -> Report:
    n, d = LARGE
    Q, K, V = (normal(HEADS, WIDTH, d, seed=s) / math.sqrt(d) for s in range(3))
    heads = Heads(Q, K, V, normal(d, d) / math.sqrt(d))
    rows = []
    for mask in (None, "causal"):
        for size in (1.0, 3.0):
            X = size * normal(n, d)

            def f(X: Tensor, m: str | None = mask) -> Tensor:
                return multi_head_attention(X, heads, mask=m)

            local_lipschitz(f, X, iterations=1)
            seconds, found = _seconds(lambda f=f, X=X: local_lipschitz(f, X))
            formed = _rows_formed(f, X, MULTIPLE * seconds)
            bound, upper = _seconds(lambda X=X, m=mask: local_bound_heads(X, heads.split(), mask=m))
            name = "unmasked" if mask is None else mask
            print(f"cost, {name}, size {size:g}: {seconds:.2f} s", file=sys.stderr)
            rows.append(
                (
                    f"{name}, size {size:g}",
                    f"{found.value:.4g}",
                    f"{found.residual / found.value:.0e}",
                    f"{found.iterations}",
                    milliseconds(seconds),
                    f"{formed:,} of {n * d:,}",
                    f"{upper:.4g}",
                    milliseconds(bound),
                )
            )
    columns = ("input", "constant >=", "relative residual", "pairs of products", "estimator")
    columns = (*columns, f"rows dense forms in {MULTIPLE} times that", "upper bound", "bound")
    title = f"Cost at n = {n}, d = {d}, {HEADS} heads"
    return Report(title, COMMAND, columns, rows, "Random heads of variance 1/d, tokens of norm about size sqrt(d).")


def enclosures() -> Report:
    y, theta = normal(*COVARIANCE), normal(COVARIANCE[1]) / math.sqrt(COVARIANCE[1])
    rows = []
    for name, body in (
        ("covariance, balls of float64", lambda: tilted_covariance(y, theta)),
        ("covariance, arb_mat, 64 bits", lambda: _arb_covariance(y, theta, 64)),
        ("covariance, arb_mat, 128 bits", lambda: _arb_covariance(y, theta, 128)),
    ):
        seconds, width = _median(body), _width(body())
        rows.append((name, "n = {}, d = {}".format(*COVARIANCE), milliseconds(seconds), f"{width:.0e}"))
    for n, d in SHAPES[:3]:
        A, V, X = normal(d, d) / math.sqrt(d), normal(d, d), normal(n, d)
        seconds = _median(lambda A=A, V=V, X=X: attention_jacobian(X, A, V), repeats=3)
        rows.append(
            ("Jacobian", f"n = {n}, d = {d}", milliseconds(seconds), f"{_width(attention_jacobian(X, A, V)):.0e}")
        )
        dense = torch.func.jacrev(lambda X, A=A, V=V: self_attention(X, A, V))(X).reshape(n * d, n * d)
        upper = jacobian_norm_upper(X, A, V)
        seconds = _median(lambda A=A, V=V, X=X: jacobian_norm_upper(X, A, V), repeats=3)
        slack = upper / float(torch.linalg.matrix_norm(dense, 2)) - 1
        loose = local_bound(X, A, V) / upper
        rows.append(
            (f"its norm (R1loc is {loose:.3g} times it)", f"n = {n}, d = {d}", milliseconds(seconds), f"{slack:.0e}")
        )
    columns = ("enclosure", "size", "time", "relative width")
    note = "Width: the largest radius over the largest entry; for the norm, over the norm of a dense SVD in floats."
    return Report("Rigorous enclosures", COMMAND, columns, rows, note)


def _rows_formed(f: Callable[[Tensor], Tensor], X: Tensor, seconds: float) -> int:
    """How many rows of the Jacobian reverse mode forms in so many seconds of processor, 64 at a time."""
    pullback = torch.func.vjp(f, X)[1]
    rows, chunk, start = 0, 64, time.process_time()
    while time.process_time() - start < seconds and rows < X.numel():
        e = torch.zeros(chunk, X.numel(), dtype=X.dtype)
        e[torch.arange(chunk), (rows + torch.arange(chunk)) % X.numel()] = 1.0
        torch.vmap(lambda u: pullback(u)[0])(e.reshape(chunk, *X.shape))
        rows += chunk
    return min(rows, X.numel())


def _arb_covariance(y: Tensor, theta: Tensor, precision: int) -> arb_mat:
    """The same covariance in python-flint's own balls."""
    with flint.ctx.workprec(precision):
        n, d = y.shape
        points = arb_mat(y.tolist())
        scores = points * arb_mat([[t] for t in theta.tolist()])
        powers = [scores[j, 0].exp() for j in range(n)]
        total = sum(powers, arb(0))
        p = [e / total for e in powers]
        mean = arb_mat([p]) * points
        gaps = [[points[j, k] - mean[0, k] for k in range(d)] for j in range(n)]
        return arb_mat([[p[j] * g for g in gaps[j]] for j in range(n)]).transpose() * arb_mat(gaps)


def _width(found: Ball | arb_mat) -> float:
    if isinstance(found, arb_mat):
        entries = found.entries()
        return max(float(e.rad()) for e in entries) / max(abs(float(e.mid())) for e in entries)
    return float(found.rad.max() / np.abs(found.mid).max())


def _seconds(body: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    value = body()
    return time.process_time() - start, value


def _median(body: Callable[[], object], repeats: int = 7) -> float:
    body()
    return statistics.median(_seconds(body)[0] for _ in range(repeats))
