"""`check_coq`: run coqc on an exported folder, compare statements with the claims and axioms with an allow-list."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.export.coq.statement import theorem_name
from proofcheck.export.coq.write import LIBRARY, claim_files, statement_check

TIMEOUT = 900  # seconds for one file; the slowest takes some 40
# the axioms of Coq's own real numbers (Coq.Reals, Coq 8.16), and no other:
ALLOWED = {
    # a decidable question about all natural numbers has an answer; the classical content of the Dedekind reals
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    # functions with equal values are equal; the quotient of the reals needs it, and `pc_poly_ext` here
    "FunctionalExtensionality.functional_extensionality_dep",
}
# the only sentences that the export writes: no other module, no other theorem (its name could be one that a statement
# uses), no attribute, no bullet, after which any command may stand
SENTENCE = re.compile(
    r"Require Import (Proofcheck|Claims_\d+)|Open Scope R_scope|Theorem claim_\w+ :(?!.*\bwith\b).*|Proof|Qed"
    r"|[\s{}]*(Qed|(assert|exact|apply|intros|cbv|destruct|unfold|pc_\w+|ring|\|)(?!\w).*)?",
    re.DOTALL | re.ASCII,
)
COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)
THEOREM = re.compile(r"^Theorem (claim_\w+) ", re.MULTILINE)


class CoqResult(NamedTuple):
    """What coqc said of an exported folder."""

    total: int
    proved: list[str]
    axioms: list[str]
    failures: dict[str, str]  # theorem or file -> why
    version: str

    @property
    def ok(self) -> bool:
        """All theorems there, all proved, from allowed axioms only."""
        return self.total > 0 and len(self.proved) == self.total and not self.failures

    def summary(self) -> str:
        """One line, and one for each failure."""
        axioms = ", ".join(self.axioms) or "none"
        lines = [f"{len(self.proved)} of {self.total} theorems, axioms: {axioms} (Coq {self.version})"]
        return "\n".join([*lines, *(f"FAILED {name}: {why}" for name, why in self.failures.items())])


def coqc() -> str | None:
    """The coqc on the path, or None."""
    return shutil.which("coqc")


def _version(program: str) -> str:
    said = subprocess.run([program, "--print-version"], capture_output=True, text=True, check=True).stdout
    return said.split()[0]


def compile_file(path: Path, program: str = "coqc", timeout: int = TIMEOUT) -> str:
    """Run coqc on one file; "" if it succeeds, else the end of what it said."""
    command = [program, "-q", "-Q", ".", "", path.name]
    try:
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"more than {timeout} s"
    if done.returncode == 0:
        return ""
    return " ".join((done.stderr or done.stdout).split())[:600] or f"exit status {done.returncode}"


def axioms_of(text: str) -> list[str]:
    """The axioms in the output of `Print Assumptions`, and whatever else it admits ("f is assumed to be guarded.")."""
    said = [line for line in text.splitlines() if line[:1].strip()]
    lines = [line for line in said if not line.startswith(("Axioms:", "Closed under"))]
    return sorted({match[1] if (match := re.match(r"(\S+)( :.*)?$", line)) else line for line in lines})


def foreign(text: str) -> list[str]:
    """Sentences in an exported file that the export does not write: an axiom, a notation, a module of its own.

    With a string in the text nothing else is said: a comment cannot be told from what a string holds.
    """
    if '"' in text:
        return ["a string"]
    sentences = (sentence.strip() for sentence in re.split(r"\.(?=\s)", COMMENT.sub(" ", text)))
    return sorted({" ".join(said.split())[:60] for said in sentences if not SENTENCE.fullmatch(said)})


def check_coq(folder: Path, lemmas: Path | None = None, jobs: int = 2) -> CoqResult:
    """Run coqc on a copy of the files in `folder`; the claims below `lemmas` say what the theorems must be.

    Without `lemmas`, the claims are those that the export left in `folder`. A claim without theorem is no failure
    here: `export_coq` reports it.

    Raises:
        ArgumentError: no coqc, or no exported files in `folder`.
    """
    program = coqc()
    if program is None:
        raise ArgumentError("Coq: coqc required, found none. Install Coq (Debian: `apt install coq`).")
    sources = sorted(Path(folder).glob("Claims_*.v"))
    if not sources:
        raise ArgumentError(f"Coq: exported files required, got folder={str(folder)!r}. Run `proofcheck export` first.")
    if lemmas is None:
        claims: dict[str, str] = json.loads((Path(folder) / "claims.json").read_text(encoding="utf-8"))
    else:
        claims = {name: path.read_text(encoding="utf-8") for name, path in claim_files(lemmas).items()}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="proofcheck-coq-") as scratch:
        work = Path(scratch)
        for path in [Path(folder) / "Proofcheck.v", *sources]:
            shutil.copy(path, work / path.name)
            if path.name == LIBRARY.name and path.read_bytes() != LIBRARY.read_bytes():
                failures[path.name] = "it is not the library of this version of proofcheck"
            elif path.name != LIBRARY.name and (commands := foreign(path.read_text(encoding="utf-8"))):
                failures[path.name] = f"commands that the export does not write: {'; '.join(commands[:3])}"
        first = [work / "Proofcheck.v", work / sources[0].name]
        rest = [work / path.name for path in sources[1:]]
        for path in first:
            if why := compile_file(path, program):
                failures[path.name] = why
                rest = []
                break
        with ThreadPoolExecutor(max(1, jobs)) as pool:
            said = pool.map(lambda path: compile_file(path, program), sorted(rest, key=lambda p: -p.stat().st_size))
            for path, why in zip(sorted(rest, key=lambda p: -p.stat().st_size), said, strict=True):
                if why:
                    failures[path.name] = why
        files = {path.stem: THEOREM.findall(path.read_text(encoding="utf-8")) for path in sources}
        good = {stem: names for stem, names in files.items() if (work / f"{stem}.vo").exists()}
        wanted = {theorem_name(name): text for name, text in claims.items()}
        if len(wanted) < len(claims):
            failures["claims"] = "two of them have the same Coq name"
        stated = [name for names in good.values() for name in names]
        for name in [n for n in stated if n not in wanted]:
            failures[name] = "a theorem that is no claim"
        skipped = Path(folder) / "not-exported.txt"
        lines = skipped.read_text(encoding="utf-8").splitlines() if skipped.is_file() else []
        named = {line.split(": ")[0] for line in lines}
        for claim in claims:
            if not any(theorem_name(claim) in names for names in files.values()) and claim not in named:
                failures[claim] = "a claim without a theorem"
        proved, axioms = _audit(work, program, good, wanted, failures)
    return CoqResult(sum(map(len, files.values())), proved, axioms, failures, _version(program))


def _audit(
    work: Path, program: str, good: dict[str, list[str]], wanted: dict[str, str], failures: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Statements compared with the claims, axioms with the allow-list; what passed, and the axioms met.

    The axioms of a file's theorems are asked for together, one by one only where one of them is not allowed.
    """
    groups = {stem: [name for name in group if name in wanted] for stem, group in good.items()}
    names = [name for group in groups.values() for name in group]
    if not names:
        return [], []
    lines: list[str] = []
    for name in names:
        lines += [statement_check(wanted[name]), f'Goal True. idtac "SAID {name}". Abort.']
    for stem, group in groups.items():
        lines += [f"Definition all_{stem} := {''.join(f'conj {name} (' for name in group)}I{')' * len(group)}."]
    out = _ask(work, program, good, lines, [f"all_{stem}" for stem in groups], failures)
    said = set(re.findall(r"^SAID (\w+)$", out, re.MULTILINE))
    found = _axioms(out)
    axioms = {name: found.get(f"all_{stem}") for stem, group in groups.items() for name in group}
    doubtful = [name for name, listed in axioms.items() if listed is None or set(listed) - ALLOWED]
    if doubtful:
        axioms |= dict.fromkeys(doubtful) | _axioms(_ask(work, program, good, [], doubtful, failures))
    proved: list[str] = []
    for name in names:
        listed = axioms[name]
        if name not in said:
            failures.setdefault(name, "its statement is not the claim's, or came after one that is not")
        elif listed is None:
            failures[name] = "Print Assumptions said nothing that could be read"
        elif extra := sorted(set(listed) - ALLOWED):
            failures[name] = f"axioms that are not allowed: {', '.join(extra)}"
        else:
            proved.append(name)
    return proved, sorted({axiom for name in proved for axiom in axioms[name] or ()})


def _ask(
    work: Path, program: str, good: dict[str, list[str]], lines: list[str], terms: list[str], failures: dict[str, str]
) -> str:
    """What Coq prints for `lines`, then for `Print Assumptions` of each of `terms`."""
    head = ["Require Import Proofcheck.", *(f"Require Import {stem}." for stem in good), "Open Scope R_scope."]
    asked = [f'Goal True. idtac "AXIOMS {term}". Abort.\nPrint Assumptions {term}.' for term in terms]
    path = work / "Audit.v"
    path.write_text("\n".join([*head, *lines, *asked, 'Goal True. idtac "END". Abort.', ""]), encoding="utf-8")
    command = [program, "-q", "-Q", ".", "", path.name]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        failures["Audit.v"] = " ".join(done.stderr.split())[:600]
    return done.stdout


def _axioms(out: str) -> dict[str, list[str] | None]:
    """Term -> its axioms, as `_ask` had them printed; None where the answer cannot be read."""
    blocks = re.findall(r"^AXIOMS (\w+)\n(.*?)(?=^AXIOMS |^END$)", out, re.MULTILINE | re.DOTALL)
    closed = "Closed under the global context"
    return {term: axioms_of(text) or ([] if closed in text else None) for term, text in blocks}


def required() -> bool:
    """Does the environment say that Coq must be there (PROOFCHECK_REQUIRE_COQ=1)?"""
    return os.environ.get("PROOFCHECK_REQUIRE_COQ") == "1"
