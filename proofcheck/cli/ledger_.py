"""`proofcheck ledger`: what every lemma rests on, as `#print axioms` does."""

from __future__ import annotations

from typing import Any

import click

from proofcheck.cli.output import STYLES, console, emit_json, json_option, print_table


def entries() -> tuple[list[dict[str, Any]], dict[str, dict[str, str | None]]]:
    """One row for each lemma, and the facts that any of them rests on. The kernel replays every certificate.

    A fact with a `proof` is a theorem in Coq: `theorem` is its statement as the file has it, None if the files are not
    installed. `assumed_open` of a row are the facts without.
    """
    from proofcheck import registry
    from proofcheck.audit import artifacts, formal, theory
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
                "assumed_open": [name for name in assumed if facts[name].proof is None],
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
    root = registry.lemmas_root()
    stated: dict[str, dict[str, str | None]] = {}
    for name in named:
        fact = facts[name]
        there = fact.proof is not None and (root / "coq").is_dir()
        stated[name] = {
            "statement": fact.statement,
            "citation": fact.citation,
            "proof": fact.proof,
            "theorem": formal.statement(fact.proof, root) if there and fact.proof else None,
        }
    return rows, stated


@click.command("ledger")
@json_option
def command(as_json: bool) -> int:
    """Verdict and assumed facts of every lemma, with statement and citation of each fact.

    \b
    proofcheck ledger
    proofcheck ledger --json

    The kernel replays every certificate now; nothing is taken from a cache. A lemma is "fully proved" only if
    everything it uses is proved too. A fact is a textbook theorem that no identity can give; what rests on one says
    so. "(Coq)" marks a fact that is proved in the file of lemmas/coq named below the table: `make -C lemmas/coq`
    compiles it and compares the axioms with a list. The other facts are assumed.
    """
    rows, facts = entries()
    if as_json:
        emit_json({"lemmas": rows, "assumed": facts})
        return 0
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=None, pad_edge=False)
    for column, least in {"id": 6, "verdict": len("PROVED_MODULO"), "label": 8, "facts": 5, "uses": 7}.items():
        table.add_column(column, min_width=least, no_wrap=column == "facts")
    for column in ("claims", "certificates"):
        table.add_column(column, justify="right", min_width=len(column))
    for row in rows:
        verdict = Text(row["verdict"], style=STYLES[row["verdict"]])
        if not row["fully_proved"]:
            verdict.append(" (not fully)", style="red")
        elif row["assumed"] and not row["assumed_open"]:
            verdict.append("\nmodulo facts proved in Coq")
        facts_shown = "\n".join(name + (" (Coq)" if facts[name]["proof"] else "") for name in row["assumed"]) or "none"
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
    print_table(out, table)
    out.print()
    for proved, heading in ((False, "Assumed"), (True, "Proved in Coq")):
        shown = {name: fact for name, fact in facts.items() if (fact["proof"] is not None) == proved}
        out.print(f"{heading}: {len(shown)}\n", style="bold")
        for name, fact in shown.items():
            out.print(Text(name, style="bold"))
            out.print(Text(f"  {fact['statement']}\n  {fact['citation']}"))
            if fact["proof"] is not None:
                theorem = fact["theorem"] or "(the Coq files are not installed here)"
                out.print(Text(f"  {fact['proof']}"))
                out.print(Text("\n".join(f"    {line}" for line in theorem.splitlines())), soft_wrap=True)
            out.print()
    for row in rows:
        if row["verdict"] == "UNKNOWN":
            out.print(f"{row['id']}: {row['reason']}", style="yellow")
    return 0
