"""The experiment attention-smoothness: every cell of a plan, measured once, kept in one CSV file."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.experiments import table
from proofcheck.experiments.adversarial import extremal_heads, measure_adversarial
from proofcheck.experiments.measure import Measurement, measure_text
from proofcheck.experiments.plan import CAUSAL, SHORT, TEXT, Cell, Plan, cells, resolve
from proofcheck.experiments.table import Rows
from proofcheck.experiments.texts import Text
from torch_impl.huggingface import AttentionBlock, attention_block, deviation, layer_inputs
from torch_impl.huggingface_models import load_model, token_ids

TABLE = "measurements.csv"
_SAVE_EVERY = 5.0  # seconds of work that a killed run may lose
_PACKAGES = ("proofcheck", "torch", "transformers", "tokenizers", "numpy", "scipy")
Progress = Callable[[int, int, str], None]


class Run(NamedTuple):
    """rows in the order of the plan; deviation: of each (model, layer), the extraction against the model's outputs."""

    rows: Rows
    deviations: dict[tuple[str, int], float]
    measured: int


class _Source:
    """Models, blocks and inputs, one model at a time."""

    def __init__(self, text: Text, plan: Plan, seed: int) -> None:
        self.text, self.plan, self.seed = text, plan, seed
        self.model = lru_cache(maxsize=1)(self._model)
        self.block = lru_cache(maxsize=16)(self._block)
        self.ids = lru_cache(maxsize=4)(self._ids)
        self.states = lru_cache(maxsize=1)(self._states)

    def _model(self, name: str) -> Any:
        base, _, causal = name.partition(CAUSAL)
        decoder = True if name.endswith(CAUSAL) and not causal else None
        model = load_model(base, decoder=decoder, seed=self.seed)
        positions = model.config.max_position_embeddings
        longest = max(n for s in self.plan.series if s.model == name for n in s.lengths)
        if longest > positions:
            raise ArgumentError(
                f"attention-smoothness: the model must have at least {longest} positions, the longest input of this "
                f"plan, got {positions} for {base}. Try --small, or a model with more positions."
            )
        return model

    def _block(self, name: str, layer: int) -> AttentionBlock:
        return attention_block(self.model(name), layer)

    def _ids(self, name: str) -> Tensor:
        ids = token_ids(self.text.content, name.removesuffix(CAUSAL))
        if len(ids) < self.plan.longest + self.plan.places:
            raise ArgumentError(
                f"attention-smoothness: the text must have at least {self.plan.longest + self.plan.places} tokens, "
                f"got {len(ids)} in {self.text.name}. Give a longer one with --text."
            )
        return ids

    def tokens(self, name: str, n: int, index: int) -> Tensor:
        """n tokens from the index-th of `places` places; the places are drawn once and the same for every n."""
        ids = self.ids(name)
        generator = torch.Generator().manual_seed(self.seed)
        starts = torch.randperm(len(ids) - self.plan.longest, generator=generator)[: self.plan.places].sort().values
        start = int(starts[index])
        return ids[start : start + n]

    def _states(self, name: str, n: int, index: int) -> tuple[Tensor, ...]:
        return layer_inputs(self.model(name), self.tokens(name, n, index))

    def radius(self, name: str, layer: int) -> float:
        """The largest norm of the tokens that attention reads, over the first longest text input."""
        block, state = self.block(name, layer), self.states(name, self.plan.longest, 0)[layer]
        return float((block.normalised(state) if block.norm_first else state).norm(dim=-1).max())


def run(
    plan: Plan, text: Text, folder: Path, *, seed: int, command: str, progress: Progress = lambda done, of, what: None
) -> Run:
    """Measure what `folder`/measurements.csv does not hold yet.

    Args:
        seed: of random weights and of the places in the text.   command: for the table's first line.
        progress: called after each measurement with (done, planned, what).

    Raises:
        ArgumentError: a model, a text or a table that does not fit; the message names it.
        OSError: the folder cannot be written.
    """
    path = folder / TABLE
    settings = settings_of(plan, text, seed)
    known = table.load(path, settings)
    source = _Source(text, plan, seed)
    planned, deviations = _planned(plan, source)
    rows: Rows = {cell: known[cell] for cell in planned if cell in known}
    saved, before = time.monotonic(), len(rows)
    table.save(path, settings, command, rows)
    try:
        for cell in planned:
            if cell in rows:
                continue
            rows[cell] = _measure(source, cell, plan.tolerance)
            progress(len(rows), len(planned), f"{cell.model} layer {cell.layer}, n = {cell.n}")
            if time.monotonic() - saved > _SAVE_EVERY:
                table.save(path, settings, command, rows)
                saved = time.monotonic()
    finally:
        rows = {cell: rows[cell] for cell in planned if cell in rows}
        table.save(path, settings, command, rows)
    return Run(rows, deviations, len(rows) - before)


def settings_of(plan: Plan, text: Text, seed: int) -> dict[str, Any]:
    """What decides the numbers of a table, versions included."""
    found: dict[str, Any] = {"experiment": "attention-smoothness", "size": plan.size, "seed": seed}
    found["model"], found["tolerance"], found["dtype"] = plan.series[0].model, plan.tolerance, "float64"
    found["text"], found["text_sha256"] = text.name, text.sha256
    found["python"] = platform.python_version()
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def _planned(plan: Plan, source: _Source) -> tuple[list[Cell], dict[tuple[str, int], float]]:
    """The cells, and for every layer that occurs how far its extraction is from the model's own outputs."""
    depth: dict[str, int] = {}
    heads: dict[tuple[str, int], tuple[int, ...]] = {}
    deviations: dict[tuple[str, int], float] = {}
    for s in plan.series:
        model = source.model(s.model)
        depth[s.model] = model.config.num_hidden_layers
        ids = source.tokens(s.model, min(s.lengths[-1], 32), 0)
        for layer in dict.fromkeys(resolve(layer, depth[s.model]) for layer in s.layers):
            deviations[s.model, layer] = deviation(model, layer, ids)
        for a in plan.adversaries:
            if a.model == s.model:
                layer = resolve(a.layer, depth[a.model])
                heads[a.model, layer] = extremal_heads(source.block(a.model, layer))
    return cells(plan, depth, heads), deviations


def _measure(source: _Source, cell: Cell, tolerance: float) -> Measurement:
    block = source.block(cell.model, cell.layer)
    if cell.inputs != TEXT:
        radius = None if cell.inputs == SHORT else source.radius(cell.model, cell.layer)
        return measure_adversarial(block, cell.head, cell.n, radius, tolerance)
    state = source.states(cell.model, cell.n, cell.index)[cell.layer]
    return measure_text(block, cell.part, state, tolerance)  # type: ignore[arg-type]
