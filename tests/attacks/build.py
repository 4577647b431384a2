"""Short constructors of claims, certificates and models as JSON texts, and the record of one attack.

An attack is a complete false proof (or a proof of something not provable that way, or a false witness) but for one
check; its control is the nearest text that is accepted, so that a refusal is known to have that one reason.
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One call: `kind` is "proof" (check), "model" or "refutes" (check_model), or "read" (read_claim)."""

    kind: str
    claim: Any
    evidence: Any = ""
    lemmas: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attack:
    """`bad` must be refused with `reason` in the message, `good` accepted; `why` says what `bad` would prove."""

    why: str
    reason: str
    bad: Case
    good: Case
    slow: bool = False  # large texts: left out where the whole corpus runs once per mutant


def claim(target, *assume, scalars="", vectors="", name="c", **functionals):
    """functionals: E="t s | X" is a probability with random scalars t, s and vector X; "+ t | X" a finite measure."""
    table = {}
    for label, names in functionals.items():
        s, _, v = names.removeprefix("+").partition("|")
        table[label] = {"probability": not names.startswith("+"), "scalars": s.split(), "vectors": v.split()}
    return json.dumps(
        {
            "format": "proofcheck-claim/1",
            "name": name,
            "scalars": scalars.split(),
            "vectors": vectors.split(),
            "functionals": table,
            "assume": list(assume),
            "target": target,
        }
    )


def forall(holds, **bound):
    return {"forall": bound, "holds": holds}


def fact(label):
    return {"fact": label}


def square(text):
    return {"square": text}


def norm2(text):
    return {"norm2": text}


def mean(functional, *terms):
    return {"E": functional, "terms": list(terms)}


def gram(*entries, functional=None, weight=None):
    result = {"gram": list(entries), "functional": functional}
    return result if weight is None else {**result, "weight": weight}


def term(*factors, c="1"):
    """A term; a bare string is the fact of that label."""
    return {"coefficient": c, "factors": [fact(f) if isinstance(f, str) else f for f in factors]}


ONE = {"factors": []}  # the term 1 > 0


def equation(label, times="1"):
    return {"equation": label, "times": times}


def definition(text, part):
    return {"definition": text, "part": part}


def proof(*terms, steps=()):
    """A sum of terms; strings and tuples of strings stand for facts and products of facts."""
    listed = [term(t) if isinstance(t, str) else term(*t) if isinstance(t, tuple) else t for t in terms]
    return {"steps": list(steps), "terms": listed} if steps else {"terms": listed}


def split(text, label, nonneg, neg, steps=()):
    return {"steps": list(steps), "split": text, "as": label, "nonneg": nonneg, "neg": neg}


def have(relation, label, body):
    return {"have": relation, "as": label, "proof": body}


def instance(index, label, **values):
    return {"instance": index, "with": values, "as": label}


def use(name, label="l", fixed=(), functionals=(), random=(), proofs=()):
    listed = {f"a{i}": p for i, p in enumerate(proofs)}
    return {
        "use": name,
        "with": dict(fixed),
        "functionals": dict(functionals),
        "random": dict(random),
        "proofs": listed,
        "as": label,
    }


def certificate(body, **more):
    """`body`: a proof, or for an equality the list of the proofs of >= and of <=."""
    return json.dumps({"format": "proofcheck-certificate/1", "proof": body, **more})


def model(metric=(), scalars=(), vectors=(), **functionals):
    """functionals: E=[(weight, {"t": "1"}, {"X": ["0"]}), ...]."""
    measures = {
        label: [{"weight": w, "scalars": s, "vectors": dict(*v)} for w, s, *v in atoms]
        for label, atoms in functionals.items()
    }
    return json.dumps(
        {
            "format": "proofcheck-model/1",
            "metric": list(metric),
            "scalars": dict(scalars),
            "vectors": dict(vectors),
            "functionals": measures,
        }
    )


def attack(why, reason, bad, good, slow=False):
    """`bad` and `good`: (claim, certificate body [, lemmas]), or Cases."""

    def case(given):
        if isinstance(given, Case):
            return given
        text, body, *lemmas = given
        evidence = body if isinstance(body, str) else certificate(body)
        return Case("proof", text, evidence, *lemmas)

    return Attack(why, reason, case(bad), case(good), slow)
