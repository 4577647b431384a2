"""`proofcheck check`: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from proofcheck.cli.output import STYLES, console, emit_json, json_option, print_table

if TYPE_CHECKING:
    from proofcheck.audit.check import Checked

MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "-"}


@click.command("check")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option("--write", is_flag=True, help="Write claim files and models; find certificates the kernel still lacks.")
@click.option("--pin", is_flag=True, help="Pin the verdicts found now in lemmas/trust_manifest.json.")
@click.option("--measures", default=4096, show_default=True, type=click.IntRange(1), help="Hammer budget a lemma.")
@click.option("--seed", default=0, show_default=True, help="Seed of the hammer.")
@click.option("--device", default="cpu", show_default=True, help="Where the hammer runs: cpu, cuda, cuda:1, …")
@click.option("--no-hammer", is_flag=True, help="Theory only: no torch.")
@click.option("--jobs", default=0, type=click.IntRange(0), help="Processes; 0 is one for each core, 8 at most.")
@click.option("--no-cache", is_flag=True, help="Compute everything anew, and keep nothing.")
@json_option
def command(
    lemmas: tuple[str, ...],
    write: bool,
    pin: bool,
    measures: int,
    seed: int,
    device: str,
    no_hammer: bool,
    jobs: int,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Check lemmas, all of them when no ID is given.

    \b
    proofcheck check                 everything; unchanged lemmas come from the cache
    proofcheck check LT-01 softmax-lipschitz
    proofcheck check --write LT-01   after editing a lemma: derive its claims, find certificates

    For each lemma: both sides of every derivation step agree by normal form; the kernel accepts the committed
    certificate of every claim, and the claim is the one the file derives; a model shows that the assumptions can hold;
    each dropped assumption has its counterexample, each false variant its refutation; the bound code exists and a
    hammer cannot break it. Exit 0 if all is as pinned, 1 if not.
    """
    from proofcheck import registry
    from proofcheck.audit import check, manifest

    found = registry.headers()
    wanted = registry.select(lemmas, found)
    if not wanted:
        raise click.UsageError("there are no lemmas. Is the package `lemmas` installed from this repository?")
    errors = console(stderr=True)
    if write:
        from proofcheck.audit.write import write_artifacts

        for header in wanted:
            for line in write_artifacts(header, found):
                errors.print(line)
    options = check.Options(measures=measures, seed=seed, device=device, hammer=not no_hammer)
    with errors.status("…") as status:
        done = check.check_all(
            wanted,
            found,
            options,
            use_cache=not no_cache,
            # without the hammer there is little to share, and a device is not shared
            jobs=1 if no_hammer or device != "cpu" else jobs or _cores(),
            started=lambda header: status.update(f"{header.id} {header.title}"),
            finished=lambda checked: errors.print(_progress(checked), soft_wrap=True),
            note=lambda text: errors.print(f"note: {text}", soft_wrap=True),
        )
    root = registry.lemmas_root()
    pins = manifest.read(root)
    if pin:
        broken = [item.result.id for item in done if item.result.failed]
        if broken:
            raise click.UsageError(f"nothing was pinned: {', '.join(broken)} failed. A pin is for what stands.")
        known = {header.id for header in found}
        manifest.write(root, [item.result for item in done], keep={i: p for i, p in pins.items() if i in known})
        done = [check.Checked(item.result, "", item.cached) for item in done]
        pins = manifest.read(root)
    gone = sorted(set(pins) - {header.id for header in found}) if not lemmas else []
    ok = all(item.ok for item in done) and not gone
    if as_json:
        emit_json({"ok": ok, "lemmas": [_row(item, found) for item in done], "pinned_but_gone": gone})
    else:
        _table(done)
        for name in gone:
            console().print(f"{name}: pinned, but there is no such lemma.", style="red")
    return 0 if ok else 1


def _cores() -> int:
    """Cores that this process may use, 8 at most: every process holds torch in memory."""
    import os

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


def _row(item: Checked, found: Any) -> dict[str, Any]:
    header = next(header for header in found if header.id == item.result.id)
    return {
        **item.result.to_json(),
        "title": header.title,
        "source": header.source,
        "ok": item.ok,
        "as_pinned": not item.drift,
        "drift": item.drift,
        "cached": item.cached,
    }


def _progress(item: Checked) -> str:
    result = item.result
    state = "ok" if item.ok else "NOT AS PINNED" if item.drift else "FAILED"
    how = "cached" if item.cached else f"{result.seconds:.1f} s"
    return f"{result.id:<8} {result.verdict.value:<14} {state} ({how})"


def _table(done: list[Checked]) -> None:
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=None, pad_edge=False)
    columns = ("certificates", "witnesses", "graph", "hammer", "sharpness", "mutants", "float64", "float32")
    for column in ("id", "verdict", "theory", *columns, "pinned"):
        # one line a lemma; the count of steps may break, so that 120 columns do
        table.add_column(column, no_wrap=column != "theory", min_width=len(column))
    for item in done:
        parts = {part.name: part for part in item.result.parts}
        table.add_row(
            item.result.id,
            Text(item.result.verdict.value, style=STYLES[item.result.verdict.value]),
            _cell(parts, ("proof table", "derivation"), "{derivation.steps} steps"),
            _cell(parts, ("certificate",), "{certificate.claims} claims"),
            _cell(
                parts,
                ("model", "counterexample", "refuted"),
                "{counterexample.counterexamples}+{refuted.refuted}",
            ),
            _cell(parts, ("code", "graph"), "{graph.agree} agree"),
            _cell(parts, ("hammer",), "{hammer.ratio}"),
            _cell(parts, ("sharpness",), "2^-{sharpness.exponent}"),
            _cell(parts, ("mutants",), "{mutants.killed}/{mutants.sampled}"),
            _cell(parts, ("float gap",), "{float gap.float64}"),
            _cell(parts, ("float gap",), "{float gap.float32}"),
            Text("yes", style="green") if not item.drift else Text("NO", style="bold red"),
        )
    print_table(out, table)
    for item in done:
        for part in item.result.failed:
            out.print()
            head = Text(f"{item.result.id} {part.name}: ", style="bold red")
            out.print(head.append(part.detail, style="default"), soft_wrap=True)
        if item.drift:
            head = Text(f"{item.result.id} not as pinned: ", style="bold red")
            out.print(head.append(item.drift, style="default"), soft_wrap=True)
    out.print()
    out.print(_tokens(done), soft_wrap=True)
    good = sum(item.ok for item in done)
    style = "bold green" if good == len(done) else "bold red"
    out.print(Text(f"{good} of {len(done)} lemmas as pinned", style=style))


def _tokens(done: list[Checked]) -> str:
    """Whether the hammer saw real token clouds, since that depends on an optional package."""
    figures = [part.figures for item in done for part in item.result.parts if part.name == "hammer" and part.figures]
    if not figures:
        return "hammer: not run"
    reasons = [each["left_out"]["tokens"] for each in figures if "tokens" in each.get("left_out", {})]
    measures = sum(each["measures"] for each in figures)
    return f"hammer: {measures:,} measures, real token clouds " + (f"left out: {reasons[0]}" if reasons else "included")


def _cell(parts: dict[str, Any], names: tuple[str, ...], template: str) -> Any:
    from rich.text import Text

    here = [parts[name] for name in names if name in parts]
    if not here:
        return Text("-", style="dim")
    if any(part.status == "failed" for part in here):
        return Text("FAILED", style="bold red")
    if all(part.status == "skipped" for part in here):
        return Text("-", style="dim")
    text = template
    for part in parts.values():
        for key, value in part.figures.items():
            text = text.replace(f"{{{part.name}.{key}}}", f"{value:.6f}" if isinstance(value, float) else str(value))
    return Text("ok" if "{" in text else text, style="green")
