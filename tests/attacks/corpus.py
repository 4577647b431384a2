"""All attacks by name, and how one is run against a kernel."""

import importlib

THEMES = (
    "scoping",
    "measures",
    "strictness",
    "instances",
    "lemma_use",
    "domain",
    "rules",
    "texts",
    "resources",
    "models",
    "quantified",
)
ATTACKS = {}
for theme in THEMES:
    for name, item in importlib.import_module(f"{__package__}.{theme}").ATTACKS.items():
        if f"{theme}: {name}" in ATTACKS:
            raise ValueError(f"two attacks are named {name!r}")
        ATTACKS[f"{theme}: {name}"] = item


def run(case, kernel, witness):
    """Give `case` to a kernel and a witness checker; returns None, or the exception that came out."""
    try:
        if case.kind == "proof":
            kernel.check(case.claim, case.evidence, *([case.lemmas] if case.lemmas else []))
        elif case.kind == "read":
            kernel.read_claim(case.claim)
        else:
            witness.check_model(case.claim, case.evidence, refutes=case.kind == "refutes")
    except Exception as error:
        return error
    return None
