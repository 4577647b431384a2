"""Hypothesis draws the structure of a batch and a seed; torch fills it in.

Element-by-element draws of a 64 x 16 array are refused as too large and shrink badly. A configuration shrinks
to the first family, one dimension, one atom, scale 1 and seed 0; the measures in it are shrunk by `shrink`.
"""

from __future__ import annotations

import torch
from hypothesis import strategies as st

from proofcheck.hammer.families import Configuration, available


def configurations(
    *,
    max_d: int = 8,
    max_n: int = 64,
    batch: int = 64,
    pairs: int = 1,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> st.SearchStrategy[Configuration]:
    """Configurations over every family that can run here; scale is 4^k, |k| <= 3."""
    names = list(available()[0])
    return st.builds(
        Configuration,
        shape=st.sampled_from(names),
        d=st.integers(1, max_d),
        n=st.integers(1, max_n),
        scale=st.integers(-3, 3).map(lambda k: 4.0**k),
        seed=st.integers(0, 2**31 - 1),
        batch=st.just(batch),
        pairs=st.just(pairs),
        dtype=st.just(dtype),
        device=st.just(device),
    )
