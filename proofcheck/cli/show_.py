"""`proofcheck show ID`: the sentence next to the claims as the kernel read them."""

from __future__ import annotations

from typing import Any

import click

from proofcheck.cli.output import console, emit_json, json_option


def page(name: str) -> dict[str, Any]:
    """All that is shown of one lemma, as data."""
    from proofcheck import reading, registry
    from proofcheck.audit import artifacts
    from proofcheck.export.certificate import render

    found = registry.headers()
    header = registry.find(name, found)
    lemma = registry.load(header)
    facts = registry.facts(header)
    claims: list[dict[str, Any]] = []
    for claim in lemma.claims():
        certificate = artifacts.read(header, claim.name, "cert")
        claims.append(
            {
                "name": claim.name,
                "sentence": claim.sentence,
                "as_read": reading.describe(claim.text),
                "certificate": render(claim.text, certificate) if certificate else None,
            }
        )
    return {
        "id": header.id,
        "aliases": list(header.aliases),
        "title": header.title,
        "label": header.label,
        "source": header.source,
        "source_key": header.source_key,
        "sections": dict(header.sections),
        "proof": [
            {"step": step.number, "text": step.text, "evidence": step.evidence, "where": step.where}
            for step in header.proof
        ],
        "bounds": {key: str(value) for key, value in lemma.bounds.items()},
        "symbols": dict(lemma.symbols),
        "claims": claims,
        "assumed": [
            {
                "name": fact,
                "statement": facts[fact].statement,
                "citation": facts[fact].citation,
                "proof": facts[fact].proof,
            }
            for fact in registry.assumed_facts(header, found)
        ],
        "uses": list(header.uses),
        "file": "/".join(header.path.parts[-3:]),
    }


@click.command("show")
@click.argument("lemma", metavar="ID")
@json_option
def command(lemma: str, as_json: bool) -> int:
    """What a lemma says, what the kernel was given, and why it is true.

    \b
    proofcheck show LT-01
    proofcheck show mlp-step

    Compare the sentence with the claims below it: that they say the same is the one thing no program here checks.
    """
    data = page(lemma)
    if as_json:
        emit_json(data)
        return 0
    from rich.text import Text

    out = console()

    def heading(text: str) -> None:
        out.print()
        out.print(Text(text, style="bold"))

    def indented(text: str) -> None:
        for line in text.splitlines():
            out.print("  " + line, soft_wrap=True)

    out.print(Text(f"{data['id']}  {data['title']}", style="bold"))
    out.print(f"{data['label']}, {data['source']}, {data['file']}")
    heading("Statement")
    indented(data["sections"]["Statement"])
    if data["bounds"]:
        heading("Bounds")
        for name, formula in data["bounds"].items():
            indented(f"{name} = {formula}")
        for name, meaning in data["symbols"].items():
            indented(f"  {name}: {meaning}")
    heading("Proof")
    for step in data["proof"]:
        indented(f"{step['step']}. {step['text']}   [{step['evidence']}{' ' + step['where'] if step['where'] else ''}]")
    for claim in data["claims"]:
        heading(f"Claim {claim['name']}")
        indented(claim["sentence"])
        out.print("  as the kernel reads it:")
        indented("\n".join("  " + line for line in claim["as_read"].splitlines()))
        out.print("  certificate:")
        indented("\n".join("  " + line for line in (claim["certificate"] or "none is committed").splitlines()))
    heading("Assumed facts (no identity gives them)")
    for fact in data["assumed"]:
        indented(f"{fact['name']}: {fact['statement']}  ({fact['citation']})")
        indented(f"  proved in Coq, {fact['proof']}" if fact["proof"] else "  assumed")
    if not data["assumed"]:
        indented("none")
    for section in ("Sharpness", "Source", "Audit"):
        heading(section)
        indented(data["sections"][section])
    return 0
