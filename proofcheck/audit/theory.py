"""The parts of a check that need no torch: derivation, certificates, models, counterexamples, false variants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from proofcheck import kernel, witness
from proofcheck.audit import artifacts
from proofcheck.audit.gaps import gaps
from proofcheck.audit.result import PartFailed
from proofcheck.header import Header
from proofcheck.lemma import Claim, Counterexample
from proofcheck.registry import Lemma, ancestors, load


def check_proof_table(lemma: Lemma) -> Mapping[str, Any]:
    """Nothing is left to write, and table and data agree: `assumed` iff ASSUMES, `kernel` iff there are claims."""
    header = lemma.header
    missing = gaps(header)
    if missing:
        listed = "\n  ".join(missing)
        raise PartFailed(
            f"{header.path.name} is unfinished. Marked TODO:\n  {listed}\nReplace each by what it asks for.",
            {"missing": len(missing)},
        )
    words = [step.evidence for step in header.proof]
    for word, there, what in (
        ("assumed", bool(header.assumes), "ASSUMES"),
        ("kernel", bool(lemma.claims()), "claims()"),
        ("symbolic", bool(lemma.derivation()), "derivation()"),
    ):
        if there != (word in words):
            have, lack = (what, f"step marked {word!r}") if there else (f"step marked {word!r}", what)
            raise PartFailed(f"{header.path.name}: there is a {have} but no {lack}.")
    return {"steps": len(words), "evidence": {word: words.count(word) for word in dict.fromkeys(words)}}


def check_derivation(lemma: Lemma) -> Mapping[str, Any]:
    """Both sides of every derivation step have the same normal form."""
    from proofcheck.derive.sympy_bridge import normal_form_equal

    steps = lemma.derivation()
    for step in steps:
        if not normal_form_equal(step.left, step.right):
            raise PartFailed(
                f"derivation step {step.name!r}: the two sides differ.\n  left:  {step.left}\n  right: {step.right}"
            )
    return {"steps": len(steps)}


def proved_before(header: Header, among: Sequence[Header]) -> dict[str, str]:
    """Claims of everything the lemma USES, replayed by the kernel: name -> text.

    Raises:
        PartFailed: a claim of an ancestor is not proved, so nothing may rest on it.
    """
    proved: dict[str, str] = {}
    for node in ancestors(header, among):
        for claim in load(node).claims():
            _replay(node, claim, proved)
    return proved


def _replay(header: Header, claim: Claim, proved: dict[str, str]) -> int:
    """Check one committed certificate against the claim as derived; adds it to `proved`; size of the certificate."""
    committed = artifacts.read(header, claim.name, "claim")
    again = f"Recompute with `proofcheck check --write {header.id}`."
    if committed is None:
        raise PartFailed(f"{claim.name}: no claim file is committed. {again}")
    if committed != claim.text:
        raise PartFailed(
            f"{claim.name}: the committed claim is not the one that {header.path.name} derives.\n"
            f"  first difference: {_first_difference(committed, claim.text)}\n{again}"
        )
    certificate = artifacts.read(header, claim.name, "cert")
    if certificate is None:
        raise PartFailed(f"{claim.name}: no certificate is committed. {again}")
    if json.loads(claim.text)["name"] != claim.name:
        raise PartFailed(f"{claim.name}: the claim text calls itself {json.loads(claim.text)['name']!r}.")
    try:
        used = artifacts.used_claims(certificate)
    except (ValueError, RecursionError) as error:
        raise PartFailed(f"{claim.name}: the certificate is not JSON ({error}). {again}") from error
    unknown = sorted(used - set(proved))
    if unknown:
        raise PartFailed(
            f"{claim.name}: the certificate uses {', '.join(unknown)}, not proved before it. Name the lemma in USES, "
            "or list the claim earlier."
        )
    try:
        kernel.check(claim.text, certificate, {name: proved[name] for name in used})
    except kernel.KernelError as error:
        raise PartFailed(f"{claim.name}: the kernel refuses the certificate: {error} {again}") from error
    proved[claim.name] = claim.text
    return len(certificate.encode())


def _first_difference(left: str, right: str) -> str:
    for number, (one, two) in enumerate(zip(left.splitlines(), right.splitlines(), strict=False), 1):
        if one != two:
            return f"line {number}, committed {one.strip()!r}, derived {two.strip()!r}"
    return f"line {min(len(left.splitlines()), len(right.splitlines())) + 1}, one text is longer"


def check_certificates(lemma: Lemma, among: Sequence[Header]) -> Mapping[str, Any]:
    """Every committed claim is the derived one and the kernel accepts its certificate, after what it uses."""
    proved = proved_before(lemma.header, among)
    sizes = [_replay(lemma.header, claim, proved) for claim in lemma.claims()]
    names = {claim.name for claim in lemma.claims()}
    orphans = sorted({p.name for p in artifacts.files_of(lemma.header) if p.name.rsplit(".", 2)[0] not in names})
    if orphans:
        raise PartFailed(f"{lemma.id}: committed files of no claim: {', '.join(orphans)}. Remove them.")
    return {"claims": len(sizes), "bytes": sum(sizes)}


def check_models(lemma: Lemma) -> Mapping[str, Any]:
    """Every claim's assumptions hold in its committed model, so that the claim is not vacuous."""
    for claim in lemma.claims():
        model = artifacts.read(lemma.header, claim.name, "model")
        if model is None:
            raise PartFailed(f"{claim.name}: no model shows that the assumptions can hold.")
        try:
            witness.check_model(claim.text, model, refutes=False)
        except kernel.KernelError as error:
            raise PartFailed(f"{claim.name}: the model does not satisfy the assumptions: {error}") from error
    return {"models": len(lemma.claims())}


def without_assumption(claim_text: str, dropped: int) -> str:
    """The claim with assumption number `dropped` left out."""
    data = json.loads(claim_text)
    if not 0 <= dropped < len(data["assume"]):
        raise PartFailed(f"{data['name']}: has assumptions 0 to {len(data['assume']) - 1}, got dropped={dropped}.")
    del data["assume"][dropped]
    return artifacts.canonical(data)


def check_counterexample(lemma: Lemma, example: Counterexample, known: Mapping[str, Claim] | None = None) -> None:
    """`example` refutes its claim once the dropped assumption is left out; `known`: the lemma's claims by name.

    Raises:
        PartFailed: it does not, or it names no claim of the lemma.
    """
    claims = {claim.name: claim for claim in lemma.claims()} if known is None else known
    if example.claim not in claims:
        raise PartFailed(f"counterexample for {example.claim!r}, which is no claim of {lemma.id}.")
    weaker = without_assumption(claims[example.claim].text, example.dropped)
    try:
        witness.check_model(weaker, artifacts.canonical(example.model), refutes=True)
    except kernel.KernelError as error:
        raise PartFailed(
            f"{example.claim} without assumption {example.dropped} is not refuted by its counterexample: {error}"
        ) from error


def check_counterexamples(lemma: Lemma) -> Mapping[str, Any]:
    """Each counterexample satisfies all assumptions but one and violates the target."""
    examples = lemma.counterexamples()
    claims = {claim.name: claim for claim in lemma.claims()}  # once: a lemma derives them anew at every call
    for example in examples:
        check_counterexample(lemma, example, claims)
    assumptions = sum(len(json.loads(claim.text)["assume"]) for claim in claims.values())
    covered = len({(example.claim, example.dropped) for example in examples})
    return {"counterexamples": len(examples), "assumptions": assumptions, "covered": covered}


def check_refuted(lemma: Lemma) -> Mapping[str, Any]:
    """Each false variant is refuted by its model: the constant past its boundary, the wrong sign."""
    variants = lemma.refuted()
    for variant in variants:
        try:
            witness.check_model(variant.text, artifacts.canonical(variant.model), refutes=True)
        except kernel.KernelError as error:
            raise PartFailed(
                f"{lemma.id}: false variant {variant.name!r} is not refuted by its model: {error}"
            ) from error
    return {"refuted": len(variants)}
