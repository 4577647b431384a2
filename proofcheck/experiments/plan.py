"""What is measured: cells, and the two sizes of the experiment.

A cell is one number of tokens, one input, one layer and one part of it. Input `index` of n tokens is the first n tokens
from the index-th place in the text: inputs are independent of each other, and nested in n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from torch_impl.huggingface import Part
from torch_impl.huggingface_models import MINILM

CAUSAL = "+causal"
ONE_HEAD = "head"
TEXT, ADVERSARIAL, SHORT = "text", "adversarial", "short"


@dataclass(frozen=True, order=True)
class Cell:
    """One measurement; equal cells are the same measurement.

    model: a name for `load_model`, with suffix "+causal" for BERT weights with a causal mask.
    head: -1 for all heads, else the one head of an adversarial input; `part` is then "head", without biases.
    """

    model: str
    inputs: str  # "text", "adversarial" (as long as the text's tokens) or "short" (so short that growth stops)
    n: int
    index: int
    layer: int
    part: str
    head: int


@dataclass(frozen=True)
class Series:
    """Cells that differ in n, index, layer and part. layers: negative ones count from the last."""

    model: str
    layers: tuple[int, ...]
    parts: tuple[Part, ...]
    lengths: tuple[int, ...]
    inputs: int


@dataclass(frozen=True)
class Adversary:
    """Extremal tokens for the first `heads` of a layer's `extremal_heads`."""

    model: str
    layer: int
    heads: int
    lengths: tuple[int, ...]
    inputs: str = ADVERSARIAL


@dataclass(frozen=True)
class Plan:
    size: str
    series: tuple[Series, ...]
    adversaries: tuple[Adversary, ...]
    tolerance: float
    fitted: int = 10**9  # slopes of text inputs are fitted to n <= fitted

    @property
    def longest(self) -> int:
        """The most tokens of any text input."""
        return max(n for s in self.series for n in s.lengths)

    @property
    def places(self) -> int:
        return max(s.inputs for s in self.series)


_SMALL = (2, 8, 24, 64)
_FULL = (2, 4, 8, 16, 32, 48, 64, 98, 160, 256)
# The longest inputs in training (its model card), their closing token included. Slopes of texts are fitted up to one
# token less: beyond, a position has never held a word, and layer 0 of MiniLM jumps there.
TRAINED = {MINILM: 128}
_RANDOM = tuple(n for n in _FULL if n <= 98)


def plan(size: str, model: str = MINILM) -> Plan:
    """The experiment in size "small" (a few minutes at most) or "full", on MiniLM or on another model.

    For MiniLM the random networks come along; another model is measured alone, in its first, middle and last layer.
    """
    layers = (0, 3, 5) if model == MINILM else (0, -2, -1)  # -2: the middle one, see `resolve`
    full = size == "full"
    lengths, inputs = (_FULL, 6) if full else (_SMALL, 3)
    parts: tuple[Part, ...] = ("heads", "projected", "block") if full else ("heads", "block")
    series = [Series(model, layers, parts, lengths, inputs)]
    adversaries = [Adversary(model, layer, 2, lengths) for layer in layers]
    adversaries += [Adversary(model, layers[1], 1, lengths, SHORT)]
    if model == MINILM:
        random = _RANDOM if full else _SMALL
        several = 4 if full else 2
        deep = (0, 6) if full else (6,)
        series += [
            Series(model + CAUSAL, layers, ("heads", "block") if full else ("heads",), lengths, inputs),
            Series("random-bert", deep, ("heads",), random, several),
            Series("random-bert" + CAUSAL, deep, ("heads",), random, several),
            Series("random-gpt2", deep, ("projected",), random if full else _SMALL[:3], several),
        ]
    return Plan(size, tuple(series), tuple(adversaries), 1e-3, TRAINED.get(model, 10**9) - 1)


def cells(chosen: Plan, depth: Mapping[str, int], heads: Mapping[tuple[str, int], tuple[int, ...]]) -> list[Cell]:
    """All cells of a plan, each once: those of one model together, those of one text input together.

    Args:
        depth: layers of each model.   heads: the `extremal_heads` of (model, layer).
    """
    found: dict[Cell, None] = {}
    for s in chosen.series:
        layers = dict.fromkeys(resolve(layer, depth[s.model]) for layer in s.layers)
        for n, index, layer, part in product(s.lengths, range(s.inputs), layers, s.parts):
            found[Cell(s.model, TEXT, n, index, layer, part, -1)] = None
        for a in chosen.adversaries:
            if a.model == s.model:
                layer = resolve(a.layer, depth[a.model])
                for head, n in product(heads[a.model, layer][: a.heads], a.lengths):
                    found[Cell(a.model, a.inputs, n, 0, layer, ONE_HEAD, head)] = None
    return list(found)


def resolve(layer: int, depth: int) -> int:
    """-1 is the last layer, -2 the middle one."""
    return {-1: depth - 1, -2: depth // 2}.get(layer, layer)
