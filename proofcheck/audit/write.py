"""`proofcheck check --write`: derive claims, keep or find certificates, find models; write what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from time import perf_counter

from proofcheck import __version__, kernel, registry, witness
from proofcheck.audit import artifacts, theory
from proofcheck.audit.result import PartFailed
from proofcheck.header import Header
from proofcheck.lemma import Claim
from proofcheck.verdict import Verdict


def write_artifacts(header: Header, among: Sequence[Header], *, seconds: float = 60.0) -> Iterator[str]:
    """Write the files of every claim of a lemma; yields one line for each thing done.

    A committed certificate that the kernel accepts is kept, whoever wrote it. Files of claims that are gone go too.

    A lemma that USES an unproved claim is left as it is.

    Raises:
        OSError: a file cannot be written; files written before it stay whole.
    """
    lemma = registry.load(header)
    try:
        proved = theory.proved_before(header, among)
    except PartFailed as failure:
        yield f"{header.id}: left as it is, since it uses what is not proved. {failure.detail}"
        return
    names: set[str] = set()
    for claim in lemma.claims():
        names.add(claim.name)
        if artifacts.read(header, claim.name, "claim") != claim.text:
            artifacts.write(header, claim.name, "claim", claim.text)
            yield f"{claim.name}: claim written"
        yield from _certificate(header, claim, proved, seconds)
        proved[claim.name] = claim.text
    for path in artifacts.files_of(header):
        if path.name.rsplit(".", 2)[0] not in names:
            path.unlink()
            yield f"{path.name}: removed, no claim has that name"


def _certificate(header: Header, claim: Claim, proved: dict[str, str], seconds: float) -> Iterator[str]:
    certificate = artifacts.read(header, claim.name, "cert")
    model = artifacts.read(header, claim.name, "model")
    accepted = certificate is not None and _accepts(claim.text, certificate, proved)
    satisfied = model is not None and _satisfies(claim.text, model)
    if accepted and satisfied:
        yield from _tidy(header, claim, "cert", certificate)
        yield from _tidy(header, claim, "model", model)
        return
    if accepted:
        found = _model(claim.text, seconds)
        if found is None:
            yield f"{claim.name}: NO MODEL FOUND for the assumptions; write {claim.name}.model.json by hand"
        else:
            artifacts.write(header, claim.name, "model", artifacts.canonical_text(found))
            yield f"{claim.name}: model written"
        return
    from proofcheck.search import prove

    start = perf_counter()
    outcome = prove(claim.text, seconds=seconds)
    spent = perf_counter() - start
    if outcome.certificate is None or outcome.verdict is Verdict.VACUOUS:
        yield f"{claim.name}: NO CERTIFICATE FOUND ({outcome.verdict.value}: {outcome.reason})"
    else:
        artifacts.write(header, claim.name, "cert", artifacts.canonical_text(outcome.certificate))
        meta = {"finder": outcome.finder, "seconds": round(spent, 2), "proofcheck": __version__}
        artifacts.write(header, claim.name, "meta", artifacts.canonical(meta))
        yield f"{claim.name}: certificate found in {spent:.1f} s"
    if not satisfied:
        if outcome.model is None:
            yield f"{claim.name}: NO MODEL FOUND for the assumptions; write {claim.name}.model.json by hand"
        else:
            artifacts.write(header, claim.name, "model", artifacts.canonical_text(outcome.model))
            yield f"{claim.name}: model written"


def _model(claim: str, seconds: float) -> str | None:
    """An object that satisfies the assumptions, accepted by the exact evaluator."""
    from proofcheck.search import refute
    from proofcheck.search.problem import Problem

    return refute.witness(Problem.read(claim), refutes=False, seconds=seconds, late=lambda: False, rounds=10)


def _tidy(header: Header, claim: Claim, kind: str, text: str | None) -> Iterator[str]:
    """Rewrite a hand-written file canonically; its content stays."""
    if text is not None and artifacts.canonical_text(text) != text:
        artifacts.write(header, claim.name, kind, artifacts.canonical_text(text))
        yield f"{claim.name}: {kind} file put in canonical form"


def _accepts(claim: str, certificate: str, proved: dict[str, str]) -> bool:
    try:
        used = artifacts.used_claims(certificate)
        kernel.check(claim, certificate, {name: proved[name] for name in used if name in proved})
    except (kernel.KernelError, json.JSONDecodeError):
        return False
    return True


def _satisfies(claim: str, model: str) -> bool:
    try:
        witness.check_model(claim, model, refutes=False)
    except kernel.KernelError:
        return False
    return True
