# ruff: noqa: E501 (tables of words and seeds)
"""Targets: certificate parser, claim parser, witness models. Oracles: the second checker, and plain evaluation."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from proofcheck import registry
from proofcheck.kernel import KernelError, check, read_claim
from proofcheck.kernel.algebra import WORK_LIMIT
from proofcheck.witness import check_model

from .evaluation import contradicts
from .second import Queue
from .target import Target, WronglyAccepted, text_of

SEP = b"\n=====\n"
SMALL = 2_500  # bytes of a certificate that serves as a seed: the others only take longer
WORDS = (
    "inner(u, u) inner(u, v) Abs(x) Max(x, y) Min(x, 0) sqrt(x) exp(x) exp(0) 1/x x**2 x**-1 E[t] E[1] E[t**2] F[t] E[ F[ "
    "inner( Abs( Max( sqrt( exp( ** >= > == <= < + - * / ( ) [ ] , 0 1 2 1/2 t u v x y z X a0 a1 a2 target not "
    "format proofcheck-claim/1 proofcheck-certificate/1 name scalars vectors functionals probability assume forall holds "
    "proof steps terms coefficient factors equation times fact square norm2 E gram functional weight definition part "
    "exp_sum have as instance with use random proofs split nonneg neg scalar vector"
).split()
QUEUE = Queue()
CLAIMS = Queue()


def _folder() -> Path:
    return registry.lemmas_root() / "certificates"


@lru_cache(maxsize=1)
def library() -> dict[str, str]:
    """Every committed claim by its name: what a certificate may use."""
    ending = ".claim.json"
    return {p.name.removesuffix(ending): p.read_text(encoding="utf-8") for p in sorted(_folder().glob("*" + ending))}


@lru_cache(maxsize=1)
def _attacks() -> list[Any]:
    folder = str(Path(__file__).parents[1])
    if folder not in sys.path:  # pytest puts it there for the tests
        sys.path.append(folder)
    from attacks.corpus import ATTACKS

    cases = [case for attack in ATTACKS.values() if not attack.slow for case in (attack.good, attack.bad)]
    return [case for case in cases if isinstance(case.claim, str) and isinstance(case.evidence, str)]


@lru_cache(maxsize=1)
def pairs() -> Sequence[bytes]:
    """Committed claims with their certificates, and the attacks with their controls."""
    found = []
    for name, claim in library().items():
        certificate = (_folder() / f"{name}.cert.json").read_text(encoding="utf-8")
        if len(certificate) <= SMALL:
            found.append((claim, certificate))
    found += [(c.claim, c.evidence) for c in _attacks() if c.kind == "proof" and len(c.evidence) <= SMALL]
    return [_joined(*pair) for pair in found]


def _joined(*texts: str) -> bytes:
    return SEP.join(text.encode("utf-8", "surrogatepass") for text in texts)


def _two(data: bytes) -> tuple[str, str]:
    first, _, second = data.partition(SEP)
    return text_of(first), text_of(second)


def _check(pair: tuple[str, str]) -> None:
    try:
        check(pair[0], pair[1], library())
    except KernelError as error:
        QUEUE.put_refused(
            SEP.join(text.encode("utf-8", "surrogateescape") for text in pair), lambda: _question(*pair), str(error)
        )
        raise


def _question(claim: str, certificate: str) -> dict[str, Any]:
    try:
        names = _used(json.loads(certificate))
    except (ValueError, RecursionError):
        names = set()
    return {"claim": claim, "certificate": certificate, "lemmas": {n: library()[n] for n in names}}


def _agree(data: bytes, value: object) -> None:
    if data in pairs():
        return  # tests/second_checker has these
    QUEUE.put(data, _question(*_two(data)))


def _used(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["use"]} if isinstance(node.get("use"), str) and node["use"] in library() else set()
        return own.union(*map(_used, node.values()))
    return set().union(*map(_used, node)) if isinstance(node, list) else set()


def _claim_seeds() -> Sequence[bytes]:
    texts = [text for text in library().values() if len(text) <= SMALL]
    return [
        t.encode("utf-8", "surrogatepass") for t in [*texts, *(c.claim for c in _attacks() if len(c.claim) <= SMALL)]
    ]


def reading(text: str) -> tuple[Any, ...]:
    """What the kernel reads in a claim: names, normal forms, domain."""
    claim = read_claim(text)
    ctx = claim.ctx
    assumed = [(a.bound, a.poly, a.rel) for a in claim.assumptions]
    return claim.name, ctx.scalars, ctx.vectors, ctx.functionals, assumed, claim.target, ctx.domain


def _read(text: str) -> tuple[Any, ...]:
    try:
        return reading(text)
    except KernelError as error:
        CLAIMS.put_refused(text.encode("utf-8", "surrogateescape"), lambda: {"claim": text}, str(error))
        raise


def _same_claim(data: bytes, value: tuple[Any, ...]) -> None:
    printed = json.dumps(json.loads(text_of(data)), sort_keys=True, indent=2)
    if reading(printed) != value:
        raise WronglyAccepted("printed again, the claim has another reading")
    CLAIMS.put(data, {"claim": text_of(data)})


def _model_seeds() -> Sequence[bytes]:
    found = []
    for name, claim in library().items():
        path = _folder() / f"{name}.model.json"
        if path.exists() and len(claim) <= SMALL:
            found.append((claim, path.read_text(encoding="utf-8")))
    found += [(c.claim, c.evidence) for c in _attacks() if c.kind in ("model", "refutes")]
    return [_joined(*pair) for pair in found if len(pair[1]) <= SMALL]


def _model(pair: tuple[str, str]) -> None:
    check_model(*pair, refutes=False)


def _holds(data: bytes, value: object) -> None:
    objection = contradicts(*_two(data))
    if objection:
        raise WronglyAccepted(objection)


KERNEL = ("proofcheck.kernel.syntax", "proofcheck.kernel.claim", "proofcheck.kernel.algebra", "proofcheck.kernel.proof")
# an expansion at the kernel's own limit of work: up to 71 lines for each product of monomials have been seen
WORK = 100 * WORK_LIMIT
TARGETS = (
    Target(
        "certificate", pairs, _check, (KernelError,), "json", KERNEL, WORDS, _two, _agree, QUEUE.settle,
        lambda: QUEUE.asked,        split=SEP, lines=WORK,
    ),
    Target(
        "claim", _claim_seeds, _read, (KernelError,), "json", KERNEL, WORDS, text_of, _same_claim, CLAIMS.settle,
        lambda: CLAIMS.asked,        lines=WORK,
    ),
    Target(
        "witness", _model_seeds, _model, (KernelError,), "json", (*KERNEL, "proofcheck.witness.evaluate"), WORDS, _two,
        _holds, split=SEP, lines=WORK,
    ),
)  # fmt: skip
