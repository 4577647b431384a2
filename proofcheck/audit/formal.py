"""Where a fact is proved in Coq: the statement of the theorem as its file has it, and what such a file may not contain.

Nothing here runs Coq. The text is read by sentences, against a short list of commands: a file that declares an axiom,
leaves a proof open, switches a check off, or uses a command that is not on the list is refused. What a theorem rests on
is for Coq to say (`make -C lemmas/coq`); `axioms` reads its answer.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from proofcheck.errors import ArgumentError

PROOF = re.compile(r"lemmas/coq/(\w+\.v): (\w+)")
# at the start of a sentence outside a proof; what declares without proving is allowed inside a Section only
_COMMANDS = ("From", "Import", "Open", "Definition", "Fixpoint", "Inductive", "Section", "End", "Proof", "Print")
_STATED = ("Lemma", "Theorem")
_IN_SECTION = ("Variable", "Variables", "Hypothesis")
_CLOSING = ("Qed", "Defined")
_BEFORE = re.compile(
    r"(?:[-+*{}\s]|(?:\d+|!|\[\s*\w+\s*\])\s*:\s*\{)+"
)  # bullets and brackets, "2: {": a command may follow
_UNFINISHED = ("admit", "give_up", "Admitted", "Abort")


class Theorem(NamedTuple):
    """A theorem of a Coq file: its name, the sentence that states it, and whether it stands outside every Section."""

    name: str
    statement: str
    closed: bool


class Source(NamedTuple):
    """A Coq file as read: its theorems (not its lemmas), and what is wrong with it."""

    theorems: tuple[Theorem, ...]
    leaks: tuple[str, ...]


def _bare(text: str) -> str:
    """The text without comments, which nest, and with the content of strings blanked."""
    out: list[str] = []
    depth, at = 0, 0
    while at < len(text):
        if text.startswith("(*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*)", at) and depth:
            depth, at = depth - 1, at + 2
            out.append(" ")
        elif text[at] == '"':  # Coq reads strings inside comments too
            end = text.find('"', at + 1)
            at = len(text) if end < 0 else end + 1
            out.append('""' if not depth else "")
        else:
            out.append("" if depth else text[at])
            at += 1
    return "".join(out) if not depth else "".join(out) + " Comment_without_end."


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\.(?=\s|$)", _bare(text)) if part.strip()]


def read(text: str) -> Source:
    """Theorems and leaks of the text of a Coq file.

    Returns:
        leaks: one line each, "" never; empty if every sentence outside a proof starts with a command of the list, every
            statement is followed by a proof that ends in Qed or Defined, and no variable stands outside a Section.
    """
    theorems: list[Theorem] = []
    leaks: list[str] = []
    sections: list[str] = []
    proving: str | None = None  # the name that the open proof is of
    stated: str | None = None  # the name of the last statement, until its proof starts
    for sentence in _sentences(text):
        words = re.findall(r"\w+", sentence[match.end() if (match := _BEFORE.match(sentence)) else 0 :])
        head = words[0] if words else ""
        if proving is not None:
            if head in _CLOSING:
                proving = None
            elif head[:1].isupper() or set(words) & set(_UNFINISHED):
                leaks.append(f"in the proof of {proving}: {_short(sentence)}")
            continue
        if stated is not None and head != "Proof":
            leaks.append(f"{stated} is stated without proof")
            stated = None
        if head in _STATED:
            name = stated = words[1] if len(words) > 1 else ""
            if head == "Theorem":
                theorems.append(Theorem(name, f"{sentence}.", not sections))
        elif head == "Proof":
            # a Definition may be built by a proof; a Proof with a term or a tactic on its line is not used here
            proving, stated = stated or "a definition", None
            if sentence != "Proof":
                leaks.append(_short(sentence))
        elif head == "Section":
            sections.append(words[1] if len(words) > 1 else "")
        elif head == "End":
            if not sections or sections.pop() != (words[1] if len(words) > 1 else ""):
                leaks.append(f"{_short(sentence)} closes no Section")
        elif head in _IN_SECTION:
            if not sections:
                leaks.append(f"outside a Section: {_short(sentence)}")
        elif head not in _COMMANDS or sentence.startswith("#"):
            leaks.append(_short(sentence))
    if proving is not None or stated is not None:
        leaks.append(f"the proof of {proving or stated} does not end")
    leaks.extend(f"Section {name} does not end" for name in sections)
    return Source(tuple(theorems), tuple(leaks))


def _short(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= 100 else line[:97] + "..."


def statement(proof: str, lemmas: Path) -> str:
    """The theorem that `proof` names ("lemmas/coq/FILE.v: theorem"), as the file below the folder `lemmas` states it.

    Raises:
        ArgumentError: the name has another form, no such file or theorem, a leak, or a theorem inside a Section, whose
            statement would depend on variables that are not printed.
    """
    match = PROOF.fullmatch(proof)
    if match is None:
        raise ArgumentError(
            f"AssumedFact.proof: 'lemmas/coq/FILE.v: theorem' was required, got proof={proof!r}. "
            "The ledger prints that theorem. Name one of lemmas/coq."
        )
    path = lemmas / "coq" / match[1]
    if not path.is_file():
        raise ArgumentError(
            f"AssumedFact.proof: a file of lemmas/coq was required, got proof={proof!r}. "
            "Without it nothing is proved. Name another file, or None."
        )
    source = read(path.read_text(encoding="utf-8"))
    if source.leaks:
        raise ArgumentError(
            f"lemmas/coq/{match[1]}: no axiom and no open proof was required, got leaks={list(source.leaks)}. "
            "A theorem of such a file is not proved. Finish the proofs."
        )
    for theorem in source.theorems:
        if theorem.name == match[2] and theorem.closed:
            return theorem.statement
    raise ArgumentError(
        f"lemmas/coq/{match[1]}: a Theorem outside every Section was required, got name={match[2]!r}. "
        f"The file has {', '.join(each.name for each in source.theorems if each.closed)}. Name one of them."
    )


def axioms(log: str) -> list[set[str]]:
    """What Coq printed for each `Print Assumptions`, in order: the names of the axioms, empty for a closed theorem."""
    answers: list[set[str]] = []
    for line in log.splitlines():
        if line.startswith(("Closed under the global context", "Axioms:")):
            answers.append(set())
        elif line[:1].strip() and answers:
            answers[-1].add(line.split()[0])
    return answers
