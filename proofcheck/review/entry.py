"""One lemma as data: all that the page shows of it, read from its objects and from the result of its check.

A lemma file may be broken, and the page is then most needed: whatever raises becomes a text under "problems".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from proofcheck.audit import artifacts
from proofcheck.audit.check import Checked
from proofcheck.header import Header
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted
from proofcheck.registry import Lemma, assumed_facts, load
from proofcheck.review.source import excerpt

EXPECTED_PARTS = (
    "proof table", "derivation", "certificate", "model", "counterexample", "refuted", "code", "graph", "hammer",
    "sharpness", "float gap", "mutants",
)  # fmt: skip
_TIMES = frozenset({"seconds"})  # differ from run to run, and say nothing about the mathematics


def entry(header: Header, among: Sequence[Header], checked: Checked) -> dict[str, Any]:
    """The lemma of `header` as JSON-able data."""
    problems: list[str] = []
    data: dict[str, Any] = {
        "id": header.id,
        "aliases": list(header.aliases),
        "slug": header.slug,
        "title": header.title,
        "label": header.label,
        "source": {"key": header.source_key, "arxiv": header.arxiv, "place": header.place, "text": header.source},
        "file": "/".join(header.path.parts[-3:]),
        "summary": header.summary,
        "sections": dict(header.sections),
        "proof": [
            {"step": row.number, "text": row.text, "evidence": row.evidence, "where": row.where} for row in header.proof
        ],
        "uses": list(header.uses),
        "assumed_here": list(header.assumes),
        "assumed": list(assumed_facts(header, among)),
        "verdict": checked.result.verdict.value,
        "reason": checked.result.reason,
        "drift": checked.drift,
        "parts": {part.name: _part(part.status, part.figures, part.detail) for part in checked.result.parts},
        "problems": problems,
        "bounds": {}, "symbols": {}, "derivation": [], "claims": [], "refuted": [], "bindings": [],
    }  # fmt: skip
    data["not_run"] = [name for name in EXPECTED_PARTS if name not in data["parts"]]
    try:
        lemma = load(header)
    except Exception as error:  # a lemma file may raise anything when it is imported
        problems.append(f"the lemma file cannot be loaded: {type(error).__name__}: {error}")
        return data
    for name, body in (
        ("bounds", lambda: {key: _formula(value) for key, value in lemma.bounds.items()}),
        ("symbols", lambda: {str(key): str(value) for key, value in lemma.symbols.items()}),
        ("derivation", lambda: [_derivation(step) for step in lemma.derivation()]),
        ("claims", lambda: _claims(lemma)),
        ("refuted", lambda: [_refuted(variant) for variant in lemma.refuted()]),
        ("bindings", lambda: [_binding(binding) for binding in lemma.bindings]),
    ):
        try:
            data[name] = body()
        except Exception as error:  # as above
            problems.append(f"{name}: {type(error).__name__}: {error}")
    return data


def _part(status: str, figures: Mapping[str, Any], detail: str) -> dict[str, Any]:
    return {"status": status, "detail": detail, "figures": _timeless(json.loads(json.dumps(figures, default=str)))}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in _TIMES}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def _formula(value: Any) -> dict[str, str]:
    from proofcheck.derive.latex import latex

    return {"text": str(value), "latex": latex(value)}


def _derivation(step: DerivationStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "reason": step.reason,
        "left": _formula(step.left),
        "right": _formula(step.right),
    }


def _claims(lemma: Lemma) -> list[dict[str, Any]]:
    examples = lemma.counterexamples()
    return [_claim(lemma.header, claim, [e for e in examples if e.claim == claim.name]) for claim in lemma.claims()]


def _claim(header: Header, claim: Claim, examples: Sequence[Counterexample]) -> dict[str, Any]:
    from proofcheck import reading
    from proofcheck.export.certificate import render

    statement = json.loads(claim.text)
    certificate = artifacts.read(header, claim.name, "cert")
    meta = json.loads(artifacts.read(header, claim.name, "meta") or "{}")
    names = dict(enumerate(claim.assumptions))
    return {
        "name": claim.name,
        "sentence": claim.sentence,
        "functionals": sorted(statement["functionals"]),
        "target": statement["target"],
        "as_read": _tried(lambda: reading.describe(claim.text)),
        "assumptions": [
            {
                "name": names.get(index, ""),
                "relation": relation,
                "breaks": [_broken(claim, example) for example in examples if example.dropped == index],
            }
            for index, relation in enumerate(statement["assume"])
        ],
        "model": _tried(lambda: _world(claim.text, artifacts.read(header, claim.name, "model"))),
        "certificate": _tried(lambda: render(claim.text, certificate)) if certificate else "",
        "certificate_bytes": len((certificate or "").encode()),
        "uses": sorted(artifacts.used_claims(certificate)) if certificate else [],
        "finder": str(meta.get("finder", "")),
        "text": claim.text,
        "evidence": certificate or "",
    }


def _world(claim: str, model: str | None) -> str:
    from proofcheck.export.witness import render

    return render(claim, model) if model else ""


def _broken(claim: Claim, example: Counterexample) -> dict[str, str]:
    """The counterexample with every relation of the claim, the one left out among them, in the claim's numbering."""
    from proofcheck.audit.theory import without_assumption

    model = artifacts.canonical(example.model)
    dropped = json.loads(claim.text)["assume"][example.dropped]
    if isinstance(dropped, str):
        return {"why": example.why, "model": _tried(lambda: _world(claim.text, model))}
    # a quantified relation that does not hold is not evaluated: it is left out, and the later ones keep their numbers
    shown = _tried(lambda: _world(without_assumption(claim.text, example.dropped), model)).splitlines()
    lines = [re.sub(r"^a(\d+):", lambda m: f"a{int(m[1]) + (int(m[1]) >= example.dropped)}:", line) for line in shown]
    place = next(
        (k for k, line in enumerate(lines) if line.startswith((f"a{example.dropped + 1}:", "claim:"))), len(lines)
    )
    lines.insert(place, f"a{example.dropped}: {dropped['holds']}   left out")
    return {"why": example.why, "model": "\n".join(lines)}


def _refuted(variant: Refuted) -> dict[str, Any]:
    statement = json.loads(variant.text)
    return {
        "name": variant.name,
        "sentence": variant.sentence,
        "functionals": sorted(statement["functionals"]),
        "assume": statement["assume"],
        "target": statement["target"],
        "model": _tried(lambda: _world(variant.text, artifacts.canonical(variant.model))),
    }


def _binding(binding: Binding) -> dict[str, Any]:
    found = excerpt(binding.callable)
    return {
        "callable": binding.callable,
        "formula": binding.formula,
        "note": binding.note,
        "file": found.file,
        "line": found.line,
        "code": found.text,
        "left_out": found.left_out,
        "reason": found.reason,
    }


def _tried(body: Any) -> str:
    """The text of `body()`, or why there is none: a text that cannot be shown hides no other."""
    try:
        return body()
    except Exception as error:  # certificates and models are files from outside
        return f"cannot be shown: {type(error).__name__}: {error}"
