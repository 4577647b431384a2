"""`proofcheck ledger`: what every lemma rests on, as `#print axioms` does."""

from __future__ import annotations

from typing import Any

import click

from proofcheck.cli.output import STYLES, console, emit_json, json_option


def entries() -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """One row for each lemma, and the assumed facts that any of them names. The kernel replays every certificate."""
    from proofcheck import registry
    from proofcheck.audit import artifacts, theory
    from proofcheck.audit.check import verdict_of
    from proofcheck.audit.result import run_part

    found = registry.headers()
    facts = registry.facts(found[0]) if found else {}
    rows: list[dict[str, Any]] = []
    for header in found:
        lemma = registry.load(header)
        parts = [
            run_part("certificate", lambda lemma=lemma: theory.check_certificates(lemma, found)),
            run_part("model", lambda lemma=lemma: theory.check_models(lemma)),
        ]
        assumed = registry.assumed_facts(header, found)
        verdict, reason = verdict_of(header, assumed, parts)
        size = sum(path.stat().st_size for path in artifacts.files_of(header) if path.name.endswith(".cert.json"))
        rows.append(
            {
                "id": header.id,
                "title": header.title,
                "source": header.source,
                "label": header.label,
                "verdict": verdict.value,
                "reason": reason,
                "assumed": list(assumed),
                "assumed_here": list(header.assumes),
                "uses": list(header.uses),
                "claims": [claim.name for claim in lemma.claims()],
                "certificate_bytes": size,
            }
        )
    holds = {row["id"]: row["verdict"] in ("PROVED", "PROVED_MODULO") for row in rows}
    for header, row in zip(found, rows, strict=True):
        row["fully_proved"] = holds[header.id] and all(holds[node.id] for node in registry.ancestors(header, found))
    named = sorted({name for row in rows for name in row["assumed"]})
    return rows, {name: {"statement": facts[name].statement, "citation": facts[name].citation} for name in named}


@click.command("ledger")
@json_option
def command(as_json: bool) -> int:
    """Verdict and assumed facts of every lemma, with statement and citation of each fact.

    The kernel replays every certificate now; nothing is taken from a cache. A lemma is "fully proved" only if
    everything it uses is proved too. An assumed fact is a textbook theorem that no identity can give; what rests on
    one says so.
    """
    rows, facts = entries()
    if as_json:
        emit_json({"lemmas": rows, "assumed": facts})
        return 0
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=None, pad_edge=False)
    for column in ("id", "verdict", "label", "assumed facts", "uses"):
        table.add_column(column, overflow="fold")
    table.add_column("claims", justify="right")
    table.add_column("certificates", justify="right")
    for row in rows:
        verdict = Text(row["verdict"], style=STYLES[row["verdict"]])
        if not row["fully_proved"]:
            verdict.append(" (not fully)", style="red")
        facts_shown = "\n".join(row["assumed"]) or "none"
        size = f"{row['certificate_bytes'] / 1000:.1f} kB"
        table.add_row(
            row["id"],
            verdict,
            row["label"],
            facts_shown,
            ", ".join(row["uses"]),
            str(len(row["claims"])),
            size,
        )
    out.print(table)
    out.print()
    for name, fact in facts.items():
        out.print(Text(name, style="bold"))
        out.print(f"  {fact['statement']}\n  {fact['citation']}\n")
    for row in rows:
        if row["verdict"] == "UNKNOWN":
            out.print(f"{row['id']}: {row['reason']}", style="yellow")
    return 0
