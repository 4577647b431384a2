"""How many attention pair checks per second: draw, step from the bound, both images, ratio net of roundoff.

One pair check is |F(x) - F(y)| <= |x - y| for one context and one pair of queries, decided in floats.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import torch

from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.trial import Trial


def pair_checks_per_second(
    trial: Trial,
    *,
    n: int = 64,
    d: int = 8,
    pairs: int = 16,
    batch: int = 128,
    chunks: int = 64,
    workers: int = 2,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> float:
    """Sustained rate over `chunks` chunks of `batch` fresh measures, after one chunk to warm up."""
    kind = kind_of(trial)

    def work(seed: int) -> None:
        config = Configuration("gaussian", d=d, n=n, batch=batch, pairs=pairs, dtype=dtype, device=device, seed=seed)
        with torch.no_grad():
            worst = kind.ratio(kind.draw(config, config.generator())).amax()
        float(worst)  # waits for the device

    before = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
            started = time.perf_counter()
            list(pool.map(work, range(workers, workers + chunks)))
            seconds = time.perf_counter() - started
    finally:
        torch.set_num_threads(before)
    return chunks * batch * pairs / seconds
