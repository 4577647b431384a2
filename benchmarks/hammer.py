"""Attention pair checks per second, with the plain batched loop beside them, and campaigns as `proofcheck hammer`."""

from __future__ import annotations

import torch

from benchmarks.report import Report
from proofcheck import registry
from proofcheck.hammer import campaign
from proofcheck.hammer.throughput import WAYS, interleaved
from proofcheck.hammer.trial import Trial, trial

COMMAND = "python -m benchmarks hammer"
SIZES = (  # tokens, d, measures in a chunk on a CPU
    (64, 8, 512),
    (512, 32, 32),
)


def run() -> list[Report]:
    on_trial = trial(registry.load(registry.find("LT-05")))
    if on_trial is None:
        raise SystemExit("LT-05 has no property to hammer")
    return [_throughput(on_trial), _campaigns()]


def _throughput(on_trial: Trial) -> Report:
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    rows: list[tuple[str, ...]] = []
    for device in devices:
        name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
        for n, d, batch in SIZES:
            for dtype in (torch.float64, torch.float32):
                size = {"n": n, "d": d, "batch": batch * (64 if device == "cuda" else 1), "dtype": dtype}
                found = interleaved(on_trial, device=device, **size)
                core = [found[way].core for way in WAYS]
                rates = [f"{found['shared'].wall:,.0f}", *(f"{c:,.0f}" for c in core)]
                ratios = [f"{core[0] / c:.2f}" for c in core[1:]]
                rows.append((name, f"{n}, {d}", str(dtype).removeprefix("torch."), *rates, *ratios))
    columns = ("device", "tokens, d", "dtype", "pair checks a second", *(f"{way}, a core-second" for way in WAYS))
    columns = (*columns, "over callable", "over loop")
    note = (
        "16 query pairs a measure, 2 workers; medians of 5 rounds, the three ways turn about. Shared: contexts shared "
        "by their pairs, as campaigns do. Callable: the same pairs, every output by the code on trial. Loop: a plain "
        "batched loop, one pair a context. Every check draws, certifies the step, maps both queries and compares, net "
        "of roundoff. A core-second is processor time: a busy machine stretches it less than the clock."
    )
    return Report("Attention pair checks per second", COMMAND, columns, rows, note)


def _campaigns() -> Report:
    rows: list[tuple[str, ...]] = []
    for header in registry.headers():
        lemma = registry.load(header)
        if lemma.hammer is None:
            continue
        result = campaign(lemma, measures=20_000)
        climbed = "-" if result.adversarial is None else f"{result.adversarial:.6f}"
        rate = result.measures / result.seconds
        worst = f"{result.worst:.6f}"
        rows.append((header.id, worst, climbed, result.decision, f"{result.exact_checks}", f"{rate:,.0f}"))
    columns = ("lemma", "worst ratio, sampled", "climbed", "decision", "decided exactly", "measures a second")
    note = "float64 on the CPU, 20,000 measures each, exact decisions and ascent included in the time."
    return Report("Campaigns", COMMAND, columns, rows, note)
