"""`export_coq`: every claim with its certificate as a Coq theorem, some to a file, beside the library of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.export.coq.proof import Prover
from proofcheck.export.coq.script import Unsupported
from proofcheck.export.coq.statement import Statement, read_statement, theorem_name
from proofcheck.files import write_text_atomic
from proofcheck.kernel import KernelError
from proofcheck.kernel.claim import read_claim

LIBRARY = Path(__file__).with_name("Proofcheck.v")
PER_FILE = 35
HEADER = "(* Written by `proofcheck export --to coq`; the model is in Proofcheck.v. *)\nRequire Import Proofcheck.\n"

# claims that are known not to be exported, with the reason; whatever else is skipped is a failure
NOT_EXPORTED: dict[str, str] = {}


class Theorem(NamedTuple):
    """One claim in Coq: its statement, the proof's lines, the claims whose theorems it applies."""

    statement: Statement
    proof: list[str]
    uses: list[str]

    def text(self) -> str:
        """The theorem with its proof."""
        return "\n".join([f"(** {self.statement.name} *)", self.statement.text(), "Proof.", *self.proof, "Qed.", ""])


class Exported(NamedTuple):
    """The files written, the claims that are theorems there, and those that are not, with the reason."""

    files: list[Path]
    theorems: list[str]
    skipped: dict[str, str]

    def summary(self) -> str:
        """What was written and what was not, by name."""
        lines = [f"{len(self.theorems)} of {len(self.theorems) + len(self.skipped)} claims as Coq theorems"]
        return "\n".join([*lines, *(f"not exported: {name}: {why}" for name, why in self.skipped.items())])


def claim_files(lemmas: Path) -> dict[str, Path]:
    """Claim name -> its file, for all claims below `lemmas`."""
    return {path.name.removesuffix(".claim.json"): path for path in sorted(lemmas.rglob("*.claim.json"))}


def make_theorem(claim: str, certificate: str, lemmas: Mapping[str, str], careful: bool = True) -> Theorem:
    """The theorem of one claim (texts of its two files); `lemmas`: the texts of the claims that it may use.

    `careful=False` also writes out a certificate whose terms do not contradict each other: then Coq must refuse it.

    Raises:
        ArgumentError: the certificate holds what this export cannot say.
        KernelError: a text is not of the format.
    """
    statement = read_statement(claim)
    prover = Prover(statement, read_claim(claim), lemmas, careful)
    return Theorem(statement, prover.write(json.loads(certificate)["proof"]), prover.used)


def export_coq(lemmas: Path, folder: Path) -> Exported:
    """Write Proofcheck.v, Claims_00.v, … and _CoqProject into `folder`, for the claims below `lemmas`.

    Theorems that others apply are in Claims_00.v; `claims.json` holds the texts of the claims, for `check_coq`;
    `not-exported.txt` names the claims that are no theorems, with the reason.

    Raises:
        ArgumentError: there is no claim below `lemmas`.
    """
    paths = claim_files(Path(lemmas))
    if not paths:
        raise ArgumentError(f"export_coq: a folder with claims required, got lemmas={str(lemmas)!r}.")
    if len({theorem_name(name) for name in paths}) < len(paths):
        raise ArgumentError("export_coq: names that differ in letters and digits required, got two that do not.")
    texts = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    theorems: dict[str, Theorem] = {}
    skipped: dict[str, str] = {}
    for name, path in paths.items():
        try:
            certificate = path.with_name(f"{name}.cert.json").read_text(encoding="utf-8")
            theorems[name] = make_theorem(texts[name], certificate, texts)
        except (Unsupported, ArgumentError, KernelError, OSError) as error:
            skipped[name] = str(error)
    while lost := {n: u for n, t in theorems.items() for u in t.uses if u not in theorems}:
        skipped |= {n: f"it uses {u}, which is not exported" for n, u in lost.items()}
        theorems = {n: t for n, t in theorems.items() if n not in lost}
    files = [folder / "Proofcheck.v"]
    write_text_atomic(files[0], LIBRARY.read_text(encoding="utf-8"))
    for stale in folder.glob("Claims_*.v"):
        stale.unlink()
    for index, group in enumerate(_groups(theorems)):
        base = "" if index == 0 else "Require Import Claims_00.\n"
        body = "\n".join(theorems[name].text() for name in group)
        files.append(folder / f"Claims_{index:02}.v")
        write_text_atomic(files[-1], HEADER + base + "Open Scope R_scope.\n\n" + body)
    files.append(folder / "_CoqProject")
    write_text_atomic(files[-1], '-Q . ""\n' + "".join(f"{path.name}\n" for path in files[:-1]))
    files += [folder / "claims.json", folder / "not-exported.txt"]
    write_text_atomic(files[-2], json.dumps(texts, indent=1) + "\n")
    write_text_atomic(files[-1], "".join(f"{name}: {why}\n" for name, why in skipped.items()))
    return Exported(files, [n for n in paths if n in theorems], skipped)


def _groups(theorems: Mapping[str, Theorem]) -> list[list[str]]:
    """The claims of each file; the first holds those that are used, each after what it uses itself."""
    first: list[str] = []

    def visit(name: str) -> None:
        for used in theorems[name].uses:
            visit(used)
            if used not in first:
                first.append(used)

    for name in theorems:
        visit(name)
    rest = [name for name in theorems if name not in first]
    return [first, *(rest[k : k + PER_FILE] for k in range(0, len(rest), PER_FILE))]


def statement_check(claim: str) -> str:
    """A Coq command that fails unless the theorem says what the claim says."""
    statement = read_statement(claim)
    said = statement.text().split(" :\n", 1)[1].removesuffix(".")
    return f"Check ({theorem_name(statement.name)} :\n{said})."
