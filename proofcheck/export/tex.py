r"""LaTeX of the lemmas: macros, one fragment per bound, one document of statements and derivations.

    proofcheck-bounds.tex            \proofcheckbound{mlp-step}{tau_max}  is the formula, in text or in mathematics
    bounds/mlp-step--tau-max.tex     a numbered equation for \input, labelled pc:mlp-step:tau-max
    derivations.tex                  compiles with a stock pdflatex (article, amsmath)

The same lemmas give the same bytes. Every text that comes from a lemma file is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from proofcheck.errors import ArgumentError
from proofcheck.export import tex_document
from proofcheck.export.tex_layout import bound_latex
from proofcheck.export.tex_stamp import stamped
from proofcheck.export.tex_text import escape
from proofcheck.files import write_text_atomic
from proofcheck.header import Header
from proofcheck.paper.notation import Notation
from proofcheck.registry import Lemma, load

MACROS = "proofcheck-bounds.tex"
DOCUMENT = "derivations.tex"

_MACRO = r"""% \proofcheckbound{mlp-step}{tau_max} is the formula of that bound, in text or in mathematics.
\providecommand{\proofcheckbound}[2]{%
  \ifcsname proofcheck@#1@#2\endcsname\ensuremath{\csname proofcheck@#1@#2\endcsname}%
  \else\errmessage{proofcheck has no bound #2 of #1}\fi}
% \proofcheck{mlp-step}{tau_max}{..} prints its last argument; `proofcheck paper` compares it with that bound.
\providecommand{\proofcheck}[3]{\ensuremath{#3}}
"""


def files(
    chosen: Sequence[Header],
    notation: Notation | None = None,
    among: Sequence[Header] | None = None,
    *,
    document: bool = True,
) -> dict[str, str]:
    """Every file by its path below the output folder; `among` are all lemmas, the chosen ones by default.

    Raises:
        ArgumentError: a name of a lemma or of a bound is no plain word.
    """
    lemmas = [load(header) for header in chosen]
    names = [MACROS, *(_fragment_name(lemma, key) for lemma in lemmas for key in lemma.bounds)]
    names += [DOCUMENT] if document else []
    return {name: file_text(name, chosen, among or chosen, notation) for name in names}


def file_text(name: str, chosen: Sequence[Header], among: Sequence[Header], notation: Notation | None = None) -> str:
    """The file `name` made of the chosen lemmas.

    Raises:
        ArgumentError: the chosen lemmas give no such file.
    """
    spelt = notation or Notation()
    for header in chosen:
        _plain(header.slug)
    lemmas = [load(header) for header in chosen]
    if name == MACROS:
        return _stamped(name, chosen, spelt, _macros(lemmas, spelt))
    if name == DOCUMENT:
        return _stamped(name, chosen, spelt, tex_document.document(lemmas, among, spelt))
    for lemma in lemmas:
        for key in lemma.bounds:
            if _fragment_name(lemma, key) == name:
                return _stamped(name, [lemma.header], spelt, _fragment(lemma, key, spelt))
    raise ArgumentError(f"tex: no file {name} comes from {' '.join(header.id for header in chosen)}.")


def _stamped(name: str, lemmas: Sequence[Header], notation: Notation, body: str) -> str:
    return stamped(name, [_plain(header.id) for header in lemmas], notation.digest, body)


def _plain(text: str) -> str:
    """`text`, if it is a plain word: what becomes part of a file name, a label or a macro name."""
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text, re.ASCII):
        raise ArgumentError(
            f"tex: names of letters, digits, - and _ required, got {text!a}. Rename it in the lemma file."
        )
    return text


def _fragment_name(lemma: Lemma, key: str) -> str:
    return f"bounds/{_plain(lemma.header.slug)}--{_plain(key).replace('_', '-')}.tex"


def write(
    chosen: Sequence[Header],
    folder: Path,
    notation: Notation | None = None,
    among: Sequence[Header] | None = None,
    *,
    document: bool = True,
) -> list[Path]:
    """Write every file whole, derivations.tex only if `document`; a fragment whose bound is gone stays.

    Raises:
        ArgumentError: a file would lie outside the folder (a link leads out of it).
        OSError: the folder cannot be written; files written before stay whole.
    """
    made = files(chosen, notation, among, document=document)
    root = folder.resolve()
    for name in made:
        if not (root / name).resolve().is_relative_to(root):
            raise ArgumentError(f"tex: {name} would be written outside {folder}. Remove the link that leads there.")
    for name, text in made.items():
        write_text_atomic(folder / name, text)
    return [folder / name for name in made]


def _macros(lemmas: Sequence[Lemma], notation: Notation) -> str:
    from proofcheck.derive.latex import latex

    lines = [_MACRO]
    for lemma in lemmas:
        for key, formula in lemma.bounds.items():
            name = f"proofcheck@{_plain(lemma.header.slug)}@{_plain(key)}"
            shown = latex(formula, notation.written(lemma.id))
            lines.append(rf"\expandafter\def\csname {name}\endcsname{{{shown}}}" + "\n")
    return "".join(lines)


def _fragment(lemma: Lemma, key: str, notation: Notation) -> str:
    from proofcheck.derive.latex import latex

    slug = lemma.header.slug
    label = f"pc:{slug}:{key.replace('_', '-')}"
    head = f"% {lemma.id} {_comment(lemma.header.title)}; {lemma.header.label}; {_comment(lemma.header.source)}\n"
    formula = f"{bound_latex(key)} = {latex(lemma.bounds[key], notation.written(lemma.id))}"
    return head + f"\\begin{{equation}}\\label{{{label}}}\n  {formula}\n\\end{{equation}}\\ignorespaces\n"


def _comment(text: str) -> str:
    """Text for the rest of a comment line."""
    return escape(" ".join(text.split()))
