"""Attention pair checks per second, and campaigns as `proofcheck hammer` runs them."""

from __future__ import annotations

import torch

from benchmarks.report import Report
from proofcheck import registry
from proofcheck.hammer import campaign
from proofcheck.hammer.throughput import pair_checks_per_second
from proofcheck.hammer.trial import trial


def run() -> list[Report]:
    on_trial = trial(registry.load(registry.find("LT-05")))
    if on_trial is None:
        raise SystemExit("LT-05 has no property to hammer")
    configurations = [("cpu", torch.float64, 2), ("cpu", torch.float32, 2)]
    if torch.cuda.is_available():
        configurations += [("cuda", torch.float64, 2), ("cuda", torch.float32, 2)]
    rates: list[tuple[str, ...]] = []
    for device, dtype, workers in configurations:
        larger = {"batch": 65536, "chunks": 32} if device == "cuda" else {}
        rate = pair_checks_per_second(on_trial, device=device, dtype=dtype, workers=workers, **larger)
        name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
        rates.append((name, str(dtype).removeprefix("torch."), f"{rate:,.0f}"))
    throughput = Report(
        "Attention pair checks per second",
        "python -m benchmarks hammer",
        ("device", "dtype", "pair checks a second"),
        rates,
        "64 tokens, d = 8, 16 query pairs a measure; every check draws its measure, certifies the step, maps both "
        "queries and compares, net of roundoff.",
    )
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
    return [throughput, Report("Campaigns", "python -m benchmarks hammer", columns, rows, note)]
