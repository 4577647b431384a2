"""Tested: the premises of an exported theorem can hold together, or it would say nothing.

The claim's committed model is written as an instance of the Coq model: R^d for the space, `weights` for a functional.
Coq proves every premise there: the moments exist, the divisors are not 0, each assumption holds. A default run takes
some claims; `-m slow` all whose premises hold no exp and no root, which the tactic here cannot evaluate.
"""

import json
import subprocess
from fractions import Fraction

import pytest

from proofcheck import registry
from proofcheck.export.coq.statement import read_statement

CERTIFICATES = registry.lemmas_root() / "certificates"
SOME = ["LT-05.popoviciu", "LT-01.step", "AS-02.rows", "AS-07.harmonic", "MM-26.layer", "MM-26.collides"]
LEFT_OUT = {"LT-11.attained"}  # a statement about numbers alone: it has no premises
HEAD = """Require Import Proofcheck Lra Psatz.
Open Scope R_scope.
Ltac figure := cbn; unfold Rdiv in *;
  first [ lra | nra | unfold Rabs, Rmax, Rmin; repeat destruct (Rcase_abs _); repeat destruct (Rle_dec _ _); nra
        | intros; try ring_simplify; nra ].
Ltac premise := first [ intros ? ?; exact I | unfold probability; figure | cbn; repeat constructor; figure | figure ].
"""


def number(text):
    value = Fraction(text)
    return f"({value.numerator} / {value.denominator})"


def listed(values, kind):
    """A function of a natural number with these values, and 0 after them."""
    body = "0" if kind == "R" else "fun _ => 0"
    for index, value in reversed(list(enumerate(values))):
        body = f"match i with {index}%nat => {value} | _ => {body} end"
    return f"(fun i : nat => {body})"


def instance(claim, model):
    """Coq terms for the binders of the claim's theorem."""
    data, model = json.loads(claim), json.loads(model)
    vector = lambda row: listed([number(entry) for entry in row], "R")  # noqa: E731
    terms = [f"(coordinates {len(model['metric'])})"] if "(V : inner_space)" in read_statement(claim).binders else []
    terms += [vector(model["vectors"][x]) for x in data["vectors"]]
    terms += [number(model["scalars"][x]) for x in data["scalars"]]
    for label, parts in data["functionals"].items():
        atoms = model["functionals"][label]
        weights = [f"({k}%nat, mkposreal {number(a['weight'])} ltac:(lra))" for k, a in enumerate(atoms)]
        terms.append(f"(@weights nat [{'; '.join(weights)}])")
        terms += [listed([number(a["scalars"][x]) for a in atoms], "R") for x in parts["scalars"]]
        terms += [listed([vector(a["vectors"][x]) for a in atoms], "V") for x in parts["vectors"]]
    return " ".join(terms)


def goal(name, further=""):
    """A Coq lemma: the premises of the claim's theorem do not contradict each other."""
    claim, model = ((CERTIFICATES / f"{name}.{x}.json").read_text(encoding="utf-8") for x in ("claim", "model"))
    said = read_statement(claim)
    premises = "".join(f" {text} ->\n" for text in [*(h.text for h in said.hypotheses), *filter(None, [further])])
    negated = f"Goal (forall {' '.join(said.binders)},\n{premises} False) -> False."
    proof = f"intro H. apply (H {instance(claim, model)}); clear H. all: timeout 20 try premise."
    left = f'all: match goal with |- _ => idtac "LEFT {name}" end.'
    return f'{negated}\n{proof}\n{left} Abort.\nGoal True. idtac "END {name}". Abort.\n'


def satisfied(library, goals):
    """The claims of the goals that were proved."""
    (library / "Premises.v").write_text(HEAD + "".join(goals), encoding="utf-8")
    run = ["coqc", "-q", "-Q", ".", "", "Premises.v"]
    done = subprocess.run(run, cwd=library, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[:500]
    said = [line.split() for line in done.stdout.splitlines()]
    left = {words[1] for words in said if words[:1] == ["LEFT"]}
    return {words[1] for words in said if words[:1] == ["END"]} - left


def test_the_premises_of_some_theorems_hold_together(library):
    assert satisfied(library, [goal(name) for name in SOME]) == set(SOME)


def test_premises_that_contradict_each_other_are_seen(library):
    assert satisfied(library, [goal("LT-05.popoviciu", "M < m")]) == set()
    assert satisfied(library, [goal("LT-05.popoviciu", "value E (fun _ => 1) = 2")]) == set()


@pytest.mark.slow
def test_the_premises_of_every_theorem_without_exp_and_roots_hold_together(library):
    names = {path.name.removesuffix(".claim.json") for path in CERTIFICATES.glob("*.claim.json")} - LEFT_OUT
    hard = {n for n in names for h in read_statement((CERTIFICATES / f"{n}.claim.json").read_text()).hypotheses
            if "exp" in h.text or "sqrt" in h.text}  # fmt: skip
    assert len(names - hard) > 300
    assert satisfied(library, [goal(name) for name in sorted(names - hard)]) == names - hard
