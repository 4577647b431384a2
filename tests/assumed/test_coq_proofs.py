"""Each fact that names a Coq proof has one: the theorem is in the file, the file leaks nothing, and Coq accepts it.

Tested: the text of every file by default; with coqc on the path and `-m slow`, that all of them compile and that every
theorem rests on no axiom but those of lemmas/coq/axioms.txt, and that the build refuses a planted axiom.
PROOFCHECK_REQUIRE_COQ=1 turns a missing coqc into a failure. Not tested: that a theorem says what the sentence of the
fact says; `proofcheck ledger` prints the two below each other.
"""

import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lemmas.assumed import FACTS
from proofcheck.audit import formal
from proofcheck.errors import ArgumentError

LEMMAS = Path(__file__).parents[2] / "lemmas"
COQ = LEMMAS / "coq"
FILES = sorted(path for path in COQ.glob("*.v") if path.name != "Ledger.v")
ALLOWED = set((COQ / "axioms.txt").read_text(encoding="utf-8").split())
PROVED = [fact for fact in FACTS.values() if fact.proof]
FILES_LINE = r"^FILES := (?:.*\\\n)*.*$"
GOOD = "Theorem one : 1 = 1.\nProof.\n  reflexivity.\nQed.\n"
USES = "From Facts Require Planted.\nPrint Assumptions Planted.one.\n"
# Ledger.v may only print, which is why its commands are compared with what the files state
NEEDED = [
    f"Print Assumptions {path.stem}.{each.name}" for path in FILES for each in formal.read(path.read_text()).theorems
]


def printed(text):
    return [sentence.strip() for sentence in text.split(".\n") if sentence.strip().startswith("Print Assumptions")]


def compile_all(folder):
    """The folder with everything compiled: one for each state of the sources, made once."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()))
    out = Path(tempfile.gettempdir()) / f"proofcheck-coq-{os.getuid()}-{digest.hexdigest()[:20]}"
    done = out / "done"
    if not done.exists():
        run = subprocess.run(
            ["make", "-s", "-C", str(folder), f"OUT={out}"], capture_output=True, text=True, timeout=600, check=False
        )
        if run.returncode:
            shutil.rmtree(out, ignore_errors=True)
            raise RuntimeError(run.stdout + run.stderr)
        done.write_text("")
    return out


@pytest.fixture
def coqc():
    found = shutil.which("coqc")
    if found is None and os.environ.get("PROOFCHECK_REQUIRE_COQ") == "1":
        pytest.fail("PROOFCHECK_REQUIRE_COQ=1, and there is no coqc", pytrace=False)
    if found is None:
        pytest.skip("no coqc: the Coq proofs of the facts are not compiled")
    return found


def ledger_of(monkeypatch, lemma, facts):
    from proofcheck import registry
    from proofcheck.cli.ledger_ import entries

    chosen = [header for header in registry.headers() if header.id == lemma]
    monkeypatch.setattr(registry, "headers", lambda: chosen)
    monkeypatch.setattr(registry, "facts", lambda header: facts)
    return entries()


def test_the_ledger_prints_the_theorem_and_counts_the_fact_as_proved(monkeypatch):
    rows, stated = ledger_of(monkeypatch, "MM-34", FACTS)
    assert [row["assumed"] for row in rows] == [["induction_on_depth"]]
    assert [row["assumed_open"] for row in rows] == [[]]
    assert stated["induction_on_depth"]["proof"] == "lemmas/coq/Induction.v: induction_on_depth"
    assert stated["induction_on_depth"]["theorem"].startswith("Theorem induction_on_depth : forall S : nat -> Prop,")


def test_control_a_fact_without_proof_stays_assumed_in_the_ledger(monkeypatch):
    assumed = dataclasses.replace(FACTS["induction_on_depth"], proof=None)
    rows, stated = ledger_of(monkeypatch, "MM-34", FACTS | {"induction_on_depth": assumed})
    assert rows[0]["assumed_open"] == ["induction_on_depth"]
    assert stated["induction_on_depth"]["theorem"] is None


def test_every_fact_has_a_proof():
    assert [fact.name for fact in FACTS.values() if fact.proof is None] == []


def test_choice_is_a_hypothesis_of_one_fact_only():
    needs = [fact.name for fact in PROVED if "choice" in formal.statement(fact.proof, LEMMAS)]
    assert needs == ["compactness_of_probability_measures"]


@pytest.mark.parametrize("fact", PROVED, ids=lambda fact: fact.name)
def test_the_theorem_is_in_the_file(fact):
    statement = formal.statement(fact.proof, LEMMAS)
    assert statement.startswith(f"Theorem {fact.name} :")
    assert statement in (LEMMAS.parent / fact.proof.split(":")[0]).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_leaks_nothing(path):
    source = formal.read(path.read_text(encoding="utf-8"))
    assert source.leaks == ()
    assert source.theorems


def test_every_theorem_is_asked_what_it_rests_on():
    text = (COQ / "Ledger.v").read_text(encoding="utf-8")
    assert sorted(printed(text)) == sorted(NEEDED)
    assert formal.read(text) == ((), ())


def test_every_file_is_built():
    listed = re.search(FILES_LINE, (COQ / "Makefile").read_text(encoding="utf-8"), re.M)
    assert sorted(listed[0].replace("\\", "").split()[2:]) == [path.stem for path in FILES]


def test_the_good_file_of_the_controls_is_good():
    source = formal.read(GOOD)
    assert source.leaks == ()
    assert source.theorems == (formal.Theorem("one", "Theorem one : 1 = 1.", True),)


BAD = {
    "admitted": GOOD.replace("Qed", "Admitted"),
    "admit": GOOD.replace("reflexivity", "admit"),
    "give_up": GOOD.replace("reflexivity", "try now give_up"),
    "no proof": "Theorem one : 1 = 1.\n",
    "no proof, another follows": "Lemma zero : 0 = 1.\n" + GOOD,
    "no end": GOOD.replace("Qed.", ""),
    "abort": GOOD.replace("Qed", "Abort"),
    "axiom": "Axiom zero : 0 = 1.\n" + GOOD,
    "axiom on the line of another command": "Definition two := 2. Axiom zero : 0 = 1.\n" + GOOD,
    "local axiom": "Local Axiom zero : 0 = 1.\n" + GOOD,
    "attribute": "#[local] Axiom zero : 0 = 1.\n" + GOOD,
    "parameter": "Parameter zero : 0 = 1.\n" + GOOD,
    "conjecture": "Conjecture zero : 0 = 1.\n" + GOOD,
    "hypothesis outside": "Hypothesis zero : 0 = 1.\n" + GOOD,
    "hypothesis after its section": "Section A.\nEnd A.\nHypothesis zero : 0 = 1.\n" + GOOD,
    "context": "Context (zero : 0 = 1).\n" + GOOD,
    "axiom in a proof": GOOD.replace("reflexivity.", "reflexivity. Axiom zero : 0 = 1."),
    "axiom behind a bullet": GOOD.replace("reflexivity.", "- Axiom zero : 0 = 1."),
    "axiom in a bracket of a goal": GOOD.replace("reflexivity.", "1: { Axiom zero : 0 = 1."),
    "notation in a bracket of a named goal": GOOD.replace("reflexivity.", '[x]: { Notation "1" := 0.'),
    "flag": "Unset Guard Checking.\n" + GOOD,
    "file": "Load other.\n" + GOOD,
    "module type": "Module Type T.\n" + GOOD,
    "notation": 'Notation "1" := 0.\n' + GOOD,
    "section open": "Section A.\n" + GOOD,
    "comment open": GOOD + "(* and (* so *) on",
    "proof with a term": "Definition zero : 0 = 1.\nProof (todo).\n" + GOOD,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_leak_is_found(text):
    assert formal.read(text).leaks


def test_comments_and_strings_are_not_commands():
    assert formal.read("(* Axiom one : 1 = 1. (* Admitted. *) *)\n" + GOOD).leaks == ()


@pytest.mark.parametrize(
    ("proof", "says"),
    [
        ("lemmas/coq/MeanValue.v", "was required"),
        ("lemmas/coq/../coq/MeanValue.v: mean_value_inequality", "was required"),
        ("lemmas/coq/Nowhere.v: one", "Name another file"),
        ("lemmas/coq/MeanValue.v: mean_value", "Name one of them"),
        ("lemmas/coq/MeanValue.v: local_to_global", "Name one of them"),  # a lemma on the way
        ("lemmas/coq/StoneWeierstrass.v: lattice_dense", "Name one of them"),  # its hypotheses stand in a Section
    ],
)
def test_a_name_without_theorem_is_refused(proof, says):
    with pytest.raises(ArgumentError, match=says):
        formal.statement(proof, LEMMAS)


def test_a_file_with_a_leak_proves_nothing(tmp_path):
    (tmp_path / "coq").mkdir()
    (tmp_path / "coq" / "Planted.v").write_text(GOOD)
    assert formal.statement("lemmas/coq/Planted.v: one", tmp_path) == "Theorem one : 1 = 1."
    (tmp_path / "coq" / "Planted.v").write_text(BAD["axiom"])
    with pytest.raises(ArgumentError, match="Axiom zero"):
        formal.statement("lemmas/coq/Planted.v: one", tmp_path)


def test_the_answer_of_coq_is_read():
    log = "Closed under the global context\nAxioms:\na.b : Prop\nlong_name\n  : forall x,\n    x\nAxioms:\nc : False\n"
    assert formal.axioms(log) == [set(), {"a.b", "long_name"}, {"c"}]


@pytest.mark.slow
def test_coq_accepts_the_files_and_no_theorem_rests_on_another_axiom(coqc):
    answers = formal.axioms((compile_all(COQ) / "Ledger.log").read_text(encoding="utf-8"))
    assert len(answers) == len(NEEDED)
    assert set().union(*answers) <= ALLOWED


@pytest.mark.slow
@pytest.mark.parametrize("planted", ["admitted", "axiom", None])
def test_control_make_refuses_a_planted_axiom(tmp_path, coqc, planted):
    for name in ("Makefile", "axioms.txt"):
        text = (COQ / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(FILES_LINE, "FILES := Planted", text, flags=re.M))
    bad = (
        BAD["admitted"]
        if planted == "admitted"
        else "Axiom zero : 1 = 1.\n" + GOOD.replace("reflexivity", "exact zero")
    )
    (tmp_path / "Planted.v").write_text(bad if planted else GOOD)
    (tmp_path / "Ledger.v").write_text(USES)
    if planted is None:
        assert formal.axioms((compile_all(tmp_path) / "Ledger.log").read_text()) == [set()]
    else:
        with pytest.raises(RuntimeError, match=r"not in axioms\.txt"):
            compile_all(tmp_path)
