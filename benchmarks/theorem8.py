"""`python -m benchmarks.theorem8 [--write]`: how the networks of Theorem 8 grow with the net and with the error.

Prints two tables; --write draws docs/img/theorem-8.svg and puts the tables into docs/theorem-8.md. Takes a few minutes
(times are seconds of processor, so that a busy machine does not change them). Needs matplotlib (the extra `examples`).
"""

from __future__ import annotations

import io
import re
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.report import Report
from proofcheck.files import write_text_atomic
from torch_impl.construct import Construction, construct, unpruned_size
from torch_impl.construct_net import covering_net, sampled_net
from torch_impl.construct_targets import TARGETS, KernelRegression
from torch_impl.construct_verify import verify

C = Fraction(1, 2)
SIZES = (12, 40, 63, 140, 280, 630)
PLANE = ((20, 8), (20, 16), (20, 32), (40, 16), (80, 16))
FRESH = 1000
COMMAND = "python -m benchmarks.theorem8 --write"
DOCS = Path(__file__).parents[1] / "docs"


class Row(NamedTuple):
    """One construction and what it cost."""

    target: str
    built: Construction
    worst: float
    seconds: float

    @property
    def cells(self) -> int:
        return len({y[0] for p in self.built.points for y in p.measure.points}) - 1


def line_rows() -> list[Row]:
    """d = 1: every target on covering nets of growing size, FRESH measures each."""
    rows = []
    for name, kind in TARGETS.items():
        for size in SIZES:
            target = kind(C)
            start = time.process_time()
            built = construct(target, covering_net(C, size=size), C=C)
            seconds = time.process_time() - start
            rows.append(Row(name, built, verify(built, target, measures=FRESH).worst_error, seconds))
            print(f"{name} {size}: {seconds:.1f} s", file=sys.stderr)
    return rows


def line_report(rows: list[Row]) -> Report:
    """The table of d = 1."""
    cells = []
    for row in rows:
        c = row.built.certificate
        layers, width = unpruned_size(c.net_size, row.cells)
        cells.append(
            (
                row.target,
                f"{c.net_size}",
                f"{c.error:.3f}",
                f"{row.worst:.3f}",
                f"{float(Fraction(c.net_error)):.1g}",
                f"{c.pairs} of {c.all_pairs:,}",
                f"{len(c.layers)} ({layers})",
                f"{c.width} ({width:,})",
                f"{c.parameters:,}",
                f"{row.seconds:.2f}",
            )
        )
    heads = ("target", "net", "stated error", "worst of 1,000", "on the net", "interpolants", "layers (all pairs)")
    heads += ("width (all pairs)", "parameters", "seconds")
    return Report("d = 1, C = 1/2", COMMAND, heads, cells)


def plane_report() -> Report:
    """d = 2: the loss kappa against the number of directions, sampled nets."""
    cells = []
    for size, count in PLANE:
        start = time.process_time()
        built = construct(
            KernelRegression(Fraction(1), 2),
            sampled_net(size, 2),
            C=1,
            radius=2,
            directions=count,
            slack=Fraction(1, 50),
        )
        seconds = time.process_time() - start
        c = built.certificate
        cells.append(
            (
                f"{size}",
                f"{count}",
                f"{float(Fraction(c.kappa)):.4f}",
                f"{float(Fraction(c.kappa_a_priori)):.4f}",
                f"{float(Fraction(c.net_error)):.4f}",
                f"{c.pairs} of {c.all_pairs:,}",
                f"{len(c.layers)}",
                f"{c.width:,}",
                f"{c.parameters:,}",
                f"{seconds:.2f}",
            )
        )
        print(f"plane {size} {count}: {seconds:.1f} s", file=sys.stderr)
    heads = ("net", "directions", "kappa, measured", "a priori", "on the net", "interpolants", "layers", "width")
    return Report("d = 2, regression, C = 1, slack 1/50", COMMAND, (*heads, "parameters", "seconds"), cells)


def figure(rows: list[Row]) -> str:
    """Error, interpolants, layers and time against the size of the net, as SVG text."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "theorem-8", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    drawn, axes = pyplot.subplots(2, 2, figsize=(9, 6.2), layout="constrained")
    error, pairs, layers, seconds = axes.flat
    colours = dict(zip(TARGETS, ("#1b6ca8", "#c1542b", "#3d8b4f"), strict=True))
    net = sorted({row.built.certificate.net_size for row in rows})
    stated = {row.built.certificate.net_size: row.built.certificate.error for row in rows}
    cells = {row.built.certificate.net_size: row.cells for row in rows}
    error.plot(net, [stated[n] for n in net], "k-", label="stated, every measure: 2 delta + net error")
    pairs.plot(net, [n * (n - 1) for n in net], "k-", label="all pairs, N (N - 1)")
    layers.plot(net, [unpruned_size(n, cells[n])[0] for n in net], "k-", label="all pairs")
    for name, colour in colours.items():
        mine = [row for row in rows if row.target == name]
        x: list[Any] = [row.built.certificate.net_size for row in mine]
        style = {"color": colour, "marker": "o", "markersize": 4, "label": name}
        error.plot(x, [row.worst for row in mine], **style)
        pairs.plot(x, [row.built.certificate.pairs for row in mine], **style)
        layers.plot(x, [len(row.built.certificate.layers) for row in mine], **style)
        seconds.plot(x, [row.seconds for row in mine], **style)
    titles = (
        "error: stated, and worst of 1,000 measures",
        "interpolants kept",
        "layers",
        "seconds to build and certify",
    )
    for axis, title in zip(axes.flat, titles, strict=True):
        axis.set(title=title, xlabel="net points N", xscale="log")
        axis.set_xticks(net, [f"{n}" for n in net])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, fontsize=8)
    pairs.set_yscale("log")
    seconds.set_yscale("log")
    error.set_ylim(0, 0.85)
    text = io.StringIO()
    drawn.savefig(text, format="svg", metadata={"Date": None})
    pyplot.close(drawn)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def main(words: list[str]) -> int:
    if set(words) - {"--write"}:
        print(__doc__, file=sys.stderr)
        return 2
    rows = line_rows()
    text = f"{line_report(rows).markdown()}\n{plane_report().markdown()}"
    print(text)
    if "--write" in words:
        write_text_atomic(DOCS / "img" / "theorem-8.svg", figure(rows))
        page = (DOCS / "theorem-8.md").read_text(encoding="utf-8")
        section = re.compile(r"<!-- figures -->.*?<!-- /figures -->", re.S)
        if not section.search(page):
            raise SystemExit("docs/theorem-8.md: no section between <!-- figures --> and <!-- /figures -->")
        body = f"<!-- figures -->\n\n{text}\n<!-- /figures -->"
        write_text_atomic(DOCS / "theorem-8.md", section.sub(lambda _: body, page, count=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
