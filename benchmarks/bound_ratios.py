"""How near to each bound of MM-*, AS-03 and AS-07 anything came: `python -m benchmarks.bound_ratios [--write]`.

A bound that a hammer property names is hammered, with `proofcheck check`'s budget of measures; `CAMPAIGNS` are further
properties that take too long for every check. `FAMILIES` are inputs made for one bound. The others say why they
have no number. --write puts the table into docs/measure-maps.md; a few minutes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bound_ratio_families import FAMILIES
from proofcheck import registry
from proofcheck.files import write_text_atomic
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import Trial, trials
from proofcheck.lemma import Property

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measure-maps.md"
COMMAND = "python -m benchmarks.bound_ratios --write"
MEASURES = 4096
ROUNDOFF = 1e-9  # of families, differences of numbers of size 1 over steps of 2^-20 and more
OTHERS = ("AS-03", "AS-07")  # beside all of MM
SYMBOLIC = "an identity: the derivation decides it, the code is compared with it in {test}"

BALL = {"v": "value_norm", "a": "operator_norm", "R": "radius"}
POWER = BALL | {"p": "exponent"}
CAMPAIGNS: Mapping[tuple[str, str], Property] = {
    ("AS-03", "lipschitz_constant_inf"): Property(
        "push_attend", "torch_impl.attention:attend", "lipschitz_constant_inf", BALL, False, {"distance": "winf"}
    ),
    ("MM-21", "on_ball_2"): Property(
        "context_attend", "torch_impl.attention:attend", "on_ball_2", POWER, False, {"distance": "w2"}
    ),
    ("MM-21", "on_ball_inf"): Property(
        "context_attend", "torch_impl.attention:attend", "on_ball_inf", BALL, False, {"distance": "winf"}
    ),
    ("MM-22", "lipschitz_constant"): Property(
        "push_attend",
        "torch_impl.attention:residual_attention",
        "lipschitz_constant",
        POWER | {"h": "step"},
        False,
        {"distance": "w1"},
    ),
}  # fmt: skip
SPLIT = "between two networks, both of them compared with the flow in tests/lemmas/test_depth_variants.py"
SEEN = "no extremal inputs are known; {:.4f} seen in tests/lemmas/test_depth_variants.py"
REASONS: Mapping[tuple[str, str], str] = {
    ("MM-02", "spread"): "about any token map: `check_measure_map` measures delta and pi of a module",
    ("MM-11", "mass_error_max"): "a threshold: at it two sets of labels tie (tests/lemmas/test_label_recovery.py)",
    ("MM-11", "probe_cost"): "the cost of one coupling, an equality",
    ("MM-14", "image_modulus"): "about every map with a modulus; no torch callable",
    ("MM-15", "error"): "about every support preserving map; no torch callable",
    ("MM-19", "gap"): "an equality: the infimum over all push-forwards (tests/lemmas/test_atomic_obstruction.py)",
    ("MM-23", "query_exponent"): "the logarithm of MM-24's query_constant, which is hammered",
    ("MM-25", "layers"): "depth_error solved for N",
    ("MM-27", "masked_error"): "MM-25's depth_error, with one token under the mask",
    ("MM-27", "splitting"): SPLIT,
    ("MM-27", "splitting_error"): SEEN.format(0.0104),
    ("MM-27", "sphere_error"): SEEN.format(0.0216),
    ("MM-27", "post_norm_error"): SEEN.format(0.0220),
    ("MM-31", "variance"): SYMBOLIC.format(test="tests/matrix/test_t06_gaussian_layers.py, test_t07_depth_to_flow.py"),
    ("MM-31", "mean"): SYMBOLIC.format(test="tests/matrix/test_t07_depth_to_flow.py"),
    ("MM-31", "time_max"): "where the flow ends: `gaussian_flow` raises past it (test_t07_depth_to_flow.py)",
    ("MM-32", "time_max"): "where the flow ends; `moment_flow` raises past it (tests/torch_impl)",
    ("MM-33", "sinkhorn_gain"): SYMBOLIC.format(test="tests/matrix/test_t15_gaussian_variants.py"),
    ("MM-35", "rate"): SYMBOLIC.format(test="tests/matrix/test_t09_exact_contexts.py"),
    ("MM-35", "next_inner"): SYMBOLIC.format(test="tests/matrix/test_t09_exact_contexts.py"),
    ("MM-42", "loss"): "a step of the proof; no torch callable",
    ("MM-44", "width"): "a number of coordinates, not an inequality",
    ("MM-45", "lipschitz_constant"): "the error divided by the l1 distance of two vectors of masses; no torch callable",
    ("MM-45", "features"): "a number of features, not an inequality",
}  # fmt: skip


class Row(NamedTuple):
    """ratio: the worst found, "" where nothing was tried.   how: by which inputs, or why not."""

    lemma: str
    bound: str
    label: str
    ratio: str
    how: str


def bounds() -> list[tuple[str, str]]:
    """(lemma, bound) of everything that the table lists, in the order of the registry."""
    chosen = [h for h in registry.headers() if h.id.startswith("MM-") or h.id in OTHERS]
    return [(header.id, key) for header in chosen for key in registry.load(header).bounds]


def rows(progress: Any = lambda text: None) -> list[Row]:
    """Every bound with its worst ratio or the reason why it has none."""
    found = []
    for identifier, key in bounds():
        lemma = registry.load(registry.find(identifier))
        tried = [(t, _words(t)) for t in trials(lemma) if t.prop.bound == key]
        if (identifier, key) in CAMPAIGNS:
            tried.append((_trial(lemma, CAMPAIGNS[identifier, key]), "campaign of this table"))
        ratios = [(_hammered(t), words) for t, words in tried]
        if (identifier, key) in FAMILIES:
            family = FAMILIES[identifier, key]
            ratios.append((family.ratio(), family.words))
        if not ratios and (identifier, key) not in REASONS:
            raise SystemExit(f"{identifier}.{key} has neither a property, a family nor a reason: give it one.")
        worst = max((r for r, _ in ratios), default=0.0)
        if worst > 1 + ROUNDOFF:
            raise SystemExit(f"{identifier}.{key}: a ratio of {worst!r} is above 1. The bound or its family is wrong.")
        shown = f"{worst:.4f}" if ratios else ""
        how = "; ".join(f"{words}: {r:.4f}" if len(ratios) > 1 else words for r, words in ratios)
        found.append(
            Row(identifier, key, lemma.header.label, shown, how or f"not hammered: {REASONS[identifier, key]}")
        )
        progress(f"{identifier}.{key} {shown}")
    return found


def table(listed: list[Row]) -> str:
    lines = ["| lemma | bound | label | worst ratio | reached by |", "|---|---|---|---|---|"]
    lines += [f"| {r.lemma} | `{r.bound}` | {r.label} | {r.ratio or '–'} | {r.how} |" for r in listed]
    return "\n".join(lines)


def _words(t: Trial) -> str:
    options = ", ".join(str(v) for k, v in t.prop.options.items() if k in ("distance", "statement"))
    return "hammer" + (f", {options}" if options else "")


def _trial(lemma: Any, prop: Property) -> Trial:
    (made,) = trials(_Hammered(lemma.id, lemma.bounds, prop))
    return made


class _Hammered(NamedTuple):
    """The fields of a lemma module that `trials` reads."""

    ID: str
    BOUNDS: Mapping[str, Any]
    HAMMER: Property


def _hammered(t: Trial) -> float:
    found = campaign(replace(t), measures=MEASURES)
    if found.decision != "holds":
        raise SystemExit(f"{t.lemma}.{t.prop.bound}: the campaign says {found.decision}: {found.reason}")
    return found.best


def main(words: list[str]) -> int:
    if set(words) - {"--write"}:
        print(__doc__, file=sys.stderr)
        return 2
    text = table(rows(lambda line: print(line, file=sys.stderr)))
    print(text)
    if "--write" in words:
        page = PAGE.read_text(encoding="utf-8")
        section = re.compile(r"<!-- ratios -->.*?<!-- /ratios -->", re.S)
        if not section.search(page):
            raise SystemExit(f"{PAGE}: no section between <!-- ratios --> and <!-- /ratios -->")
        write_text_atomic(PAGE, section.sub(lambda _: f"<!-- ratios -->\n{text}\n<!-- /ratios -->", page, count=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
