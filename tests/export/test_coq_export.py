"""Tested: claims as Coq theorems. All are written; Coq accepts them, and refuses what is forged.

A default run compiles some claims and forgeries; `python -m proofcheck.export.coq DIR --check` (a stage of continuous
integration) has Coq check all. Not tested here: that a statement means what the lemma's sentence means.
"""

import json
import shutil

import pytest

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.export.coq import NOT_EXPORTED, check_coq, export_coq, make_theorem
from proofcheck.export.coq.coqc import ALLOWED, axioms_of, compile_file, foreign
from proofcheck.export.coq.statement import read_statement, theorem_name
from proofcheck.export.coq.write import HEADER

CERTIFICATES = registry.lemmas_root() / "certificates"
# vectors and a functional; quantified assumptions and a Gram determinant; a random divisor; exponentials
KINDS = ["LT-01.step", "AS-01.own", "AS-07.harmonic", "AS-02.half"]
# a random `have`; roots; a split; another claim used
MORE_KINDS = ["AS-01.heads", "AS-01.printed", "SM-02.variance", "SM-02.jacobian", "MM-16.w_inf", "MM-22.projection"]


def texts(name):
    claim, certificate = (CERTIFICATES / f"{name}.{kind}.json" for kind in ("claim", "cert"))
    return claim.read_text(encoding="utf-8"), certificate.read_text(encoding="utf-8")


def chosen(names, folder):
    folder.mkdir()
    for name in names:
        for kind in ("claim", "cert"):
            shutil.copy(CERTIFICATES / f"{name}.{kind}.json", folder)
    return folder


def verdict(library, name, body):
    """What coqc says of a file with this text: "" if it accepts it."""
    path = library / f"{name}.v"
    path.write_text(f"{HEADER}Open Scope R_scope.\n{body}", encoding="utf-8")
    return compile_file(path, timeout=120)


def test_every_claim_is_exported(tmp_path):
    exported = export_coq(registry.lemmas_root(), tmp_path)
    assert exported.skipped.keys() == NOT_EXPORTED.keys()
    assert len(exported.theorems) + len(exported.skipped) == len(list(CERTIFICATES.glob("*.claim.json"))) > 400
    written = "".join(path.read_text(encoding="utf-8") for path in exported.files if path.suffix == ".v")
    assert all(f"Theorem {theorem_name(name)} :" in written for name in exported.theorems)
    assert not any(word in written for word in ("Admitted", "admit.", "Axiom ", "Parameter ", "Conjecture "))


def test_a_claim_that_cannot_be_exported_is_named(tmp_path):
    folder = chosen(["LT-01.step"], tmp_path / "in")
    claim = json.loads(texts("LT-01.step")[0]) | {"name": "bad", "target": "u + u >= 0"}
    (folder / "bad.claim.json").write_text(json.dumps(claim), encoding="utf-8")
    exported = export_coq(folder, tmp_path / "out")
    assert exported.theorems == ["LT-01.step"]
    assert "bad" in exported.skipped
    assert "not exported: bad: " in exported.summary()
    assert (tmp_path / "out" / "not-exported.txt").read_text(encoding="utf-8").startswith("bad: ")


def test_two_claims_of_one_coq_name_are_refused(tmp_path):
    folder = chosen(["LT-01.step"], tmp_path / "in")
    shutil.copy(folder / "LT-01.step.claim.json", folder / "LT.01.step.claim.json")
    with pytest.raises(ArgumentError, match="names that differ"):
        export_coq(folder, tmp_path / "out")


def test_a_name_that_is_a_word_of_coq_is_another_there(coq, library):
    data = {"format": "proofcheck-claim/1", "name": "c", "scalars": ["Theorem", "SProp"], "vectors": []}
    said = json.dumps({**data, "functionals": {}, "assume": ["Theorem >= SProp"], "target": "Theorem - SProp >= 0"})
    proof = {"terms": [{"factors": [{"fact": "target"}]}, {"factors": [{"fact": "a0"}]}]}
    theorem = make_theorem(said, json.dumps({"format": "proofcheck-certificate/1", "proof": proof}), {})
    assert verdict(library, "Words", theorem.text()) == ""


def test_a_statement_is_the_claim_in_coq():
    assert read_statement(texts("LT-01.step")[0]).text() == (
        "Theorem claim_LT_01_step :\n"
        "  forall (V : inner_space) (u z : V) (tau w : R) (S : functional) (a d : point S -> R),\n"
        "  scalar_moments S [a; d] ->\n"
        "  ae S (fun o => d o * (a o - d o) >= 0) ->\n"
        "  inner u z = S (fun o => a o * d o) ->\n"
        "  inner z z <= w ^ 2 * S (fun o => d o ^ 2) ->\n"
        "  tau >= 0 ->\n"
        "  tau * w ^ 2 <= 2 ->\n"
        "  inner (u [-] (tau [*] z)) (u [-] (tau [*] z)) <= inner u u."
    )


def test_divisors_roots_moments_and_probability_are_premises():
    said = read_statement(texts("AS-07.harmonic")[0]).text()
    assert "  probability E ->\n  ae E (fun o => k o <> 0) ->\n  2 * n <> 0 ->\n" in said
    assert "scalar_moments E [k; fun o => 1 / k o] ->" in said
    assert "n >= 0 ->" in read_statement(texts("AS-01.printed")[0]).text()


@pytest.mark.parametrize("names", [KINDS, pytest.param(MORE_KINDS, marks=pytest.mark.slow)], ids=["some", "more"])
def test_coq_accepts_one_claim_of_each_kind(coq, tmp_path, names):
    export_coq(chosen(names, tmp_path / "in"), tmp_path / "out")
    result = check_coq(tmp_path / "out", jobs=1)
    assert result.ok, result.summary()
    assert sorted(result.proved) == sorted(map(theorem_name, names))
    assert set(result.axioms) <= ALLOWED
    assert f"{len(names)} of {len(names)} theorems, axioms: " in result.summary()


def forged(certificate):
    """The certificate with the coefficient of one term changed."""
    data = json.loads(certificate)
    proof = data["proof"][0] if isinstance(data["proof"], list) else data["proof"]
    while "split" in proof:
        proof = proof["nonneg"]
    term = next(term for term in proof["terms"] if "factors" in term)
    term["coefficient"] = "8/7"
    return json.dumps(data)


def weakened(claim, index):
    data = json.loads(claim)
    old = data["assume"][index]
    body = old["holds"] if isinstance(old, dict) else old
    empty = "0 == 0" if "==" in body else "0 >= 0"
    data["assume"][index] = {**old, "holds": empty} if isinstance(old, dict) else empty
    return json.dumps(data)


def test_coq_refuses_a_changed_coefficient(coq, library):
    claim, certificate = texts("AS-01L.jensen")
    assert verdict(library, "Good", make_theorem(claim, certificate, {}).text()) == ""
    with pytest.raises(ArgumentError, match="do not sum to 0"):
        make_theorem(claim, forged(certificate), {})
    theorem = make_theorem(claim, forged(certificate), {}, careful=False)
    assert theorem.statement.text() == read_statement(claim).text()
    assert "Error" in verdict(library, "Forged", theorem.text())


def test_coq_refuses_a_claim_without_one_assumption(coq, library):
    claim, certificate = texts("AS-01.concatenation")
    theorem = make_theorem(weakened(claim, 0), certificate, {}, careful=False)
    assert "Error" in verdict(library, "Weakened", theorem.text())


@pytest.mark.slow
def test_a_theorem_that_says_less_and_an_axiom_are_failures(coq, tmp_path):
    export_coq(chosen(["LT-05.popoviciu"], tmp_path / "in"), tmp_path / "out")
    path = tmp_path / "out" / "Claims_01.v"
    honest = path.read_text(encoding="utf-8")
    head, theorem = honest.split("(** LT")
    said = "(** LT" + theorem.split("Proof.")[0]
    weaker = said.replace("^ 2 / 4.", "^ 2 / 4 \\/ True.")
    path.write_text(f"{head}{weaker}Proof. intros; right; exact I. Qed.\n", encoding="utf-8")
    less = check_coq(tmp_path / "out", tmp_path / "in", jobs=1)
    assert less.proved == []
    assert {"Audit.v", "claim_LT_05_popoviciu"} <= less.failures.keys()
    path.write_text(f"{head}Axiom cheat : False.\n{said}Proof. intros; destruct cheat. Qed.\n", encoding="utf-8")
    assumed = check_coq(tmp_path / "out", tmp_path / "in", jobs=1)
    assert assumed.failures["claim_LT_05_popoviciu"] == "axioms that are not allowed: cheat"
    path.write_text(head, encoding="utf-8")
    assert check_coq(tmp_path / "out", jobs=1).failures["LT-05.popoviciu"] == "a claim without a theorem"
    path.write_text(f"{head}{said}Proof. Admitted.\n", encoding="utf-8")
    admitted = check_coq(tmp_path / "out", tmp_path / "in", jobs=1)
    assert admitted.failures["claim_LT_05_popoviciu"] == "axioms that are not allowed: claim_LT_05_popoviciu"


HOSTILE = [
    "Axiom a : False.",
    "exact H. Admitted.",
    'Notation "x" := True.',
    "{ Module M.",
    "split. - Module M.",  # a bullet, after which any command may stand
    "#[local] Axiom a : False.",
    "#[bypass_check(guard)] Theorem claim_a : nat -> False.",
    'idtac "(*". Module M. idtac "*)".',  # no comment, though it looks like one
    "Require Import Classical.",
    "Open Scope nat_scope.",
    "Theorem exp : R -> R.",  # a name that statements use
    "Theorem claim_a : True with exp : R -> R.",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_command_that_the_export_does_not_write_is_named(text):
    assert foreign(text + "\n") != []


def test_the_export_writes_known_commands_only(tmp_path):
    exported = export_coq(chosen(KINDS, tmp_path / "in"), tmp_path / "out")
    for path in exported.files:
        if path.name.startswith("Claims_"):
            assert foreign(path.read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_coq_refuses_changed_coefficients_and_weakened_claims(coq, library):
    names = sorted(p.name.removesuffix(".claim.json") for p in CERTIFICATES.glob("*.claim.json"))
    accepted = []
    for name in names[::20]:
        claim, certificate = texts(name)
        if '"use"' in certificate:
            continue
        mutants = {"forged": (claim, forged(certificate))}
        if json.loads(claim)["assume"]:
            mutants["weakened"] = (weakened(claim, 0), certificate)
        for kind, (said, proof) in mutants.items():
            try:
                text = make_theorem(said, proof, {}, careful=False).text()
            except ArgumentError:
                continue  # not even written
            if not verdict(library, "Mutant", text):
                accepted.append(f"{name} {kind}")
    assert accepted == []


def test_axioms_are_read_from_what_coq_prints():
    said = "Axioms:\nClassicalDedekindReals.sig_not_dec\n  : forall P : Prop, {~ ~ P} + {~ P}\nA.cheat : False\n"
    assert axioms_of(said) == ["A.cheat", "ClassicalDedekindReals.sig_not_dec"]
    assert axioms_of(said + "f is assumed to be guarded.\n")[-1] == "f is assumed to be guarded."
    assert axioms_of("Closed under the global context\n") == []


def test_a_claim_is_not_excused_by_the_end_of_another_name(coq, tmp_path):
    export_coq(chosen(["LT-01.step"], tmp_path / "in"), tmp_path / "out")
    (tmp_path / "out" / "not-exported.txt").write_text("old-LT-01.step: no words\n", encoding="utf-8")
    (tmp_path / "out" / "Claims_01.v").write_text(HEADER, encoding="utf-8")
    assert check_coq(tmp_path / "out", jobs=1).failures["LT-01.step"] == "a claim without a theorem"


def test_a_folder_without_export_is_refused(coq, tmp_path):
    with pytest.raises(ArgumentError, match="exported files required"):
        check_coq(tmp_path, tmp_path)
