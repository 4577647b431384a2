# ruff: noqa: E501 (tables of words and seeds)
"""Targets: EXPR, problems for `prove`, LaTeX formulas, papers, notation files, headers of lemma files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from proofcheck import registry
from proofcheck.derive.claims import build_claim
from proofcheck.derive.expr import parse_expression, parse_relation
from proofcheck.derive.nodes import relation_text, text_of
from proofcheck.errors import ArgumentError
from proofcheck.header import EVIDENCE, LABELS, SECTIONS, Header, read_header
from proofcheck.kernel import KernelError, read_claim
from proofcheck.paper.formula import parse, patterns_of
from proofcheck.paper.marks import scan
from proofcheck.paper.notation import Notation, objection, read_notation
from proofcheck.paper.sides import bound_side
from proofcheck.paper.tokens import tokens_of

from .scratch import CANARY, FOLDER, written
from .target import Target, WronglyAccepted
from .target import text_of as decoded
from .targets_kernel import WORDS, library

EXPR_WORDS = [
    *WORDS, *"norm(u) norm2(u) Var(t) Cov(t,s) log(x) Rational(1,2) forall vector scalar : != ^ 0.1 1e-9 E(t) F[ and or".split()
]  # fmt: skip


def _relations() -> list[str]:
    texts = [json.loads(text) for text in library().values()]
    found = [a if isinstance(a, str) else a["holds"] for data in texts for a in (*data["assume"], data["target"])]
    return sorted({text for text in found if len(text) < 400})


@lru_cache(maxsize=1)
def _expr_seeds() -> Sequence[bytes]:
    extra = (
        "forall vector q, scalar c: inner(u, q) <= c",
        "0 <= t <= 1 < 2",
        "x^2 != -1.5e-3",
        "norm(u)**2 == norm2(u)",
    )
    return [text.encode() for text in (*_relations(), *extra)]


def _expr_printed(data: bytes, value: Any) -> None:
    printed = relation_text(value)
    try:
        again = parse_relation(printed, functionals=FUNCTIONALS)
    except ArgumentError as error:
        if "nested deeper" in str(error) or "characters are read" in str(error) or "digits" in str(error):
            return  # printing adds brackets and expands decimals: beyond the limits of the language
        raise WronglyAccepted(f"printed as {printed[:200]!r}, which is refused: {error.args[0][:100]}") from error
    if again != value:
        raise WronglyAccepted(f"printed as {printed[:200]!r}, which is another tree")


FUNCTIONALS = ("E", "F")


@lru_cache(maxsize=1)
def _problem_seeds() -> Sequence[bytes]:
    made = []
    for text in library().values():
        data = json.loads(text)
        if len(text) > 1_500 or any(len(f["vectors"]) for f in data["functionals"].values()):
            continue
        random = {f"{k}{'' if f['probability'] else '!'}": f["scalars"] for k, f in data["functionals"].items()}
        assume = [a for a in data["assume"] if isinstance(a, str)]
        entry = {"name": data["name"], "assume": assume, "claim": data["target"], "vectors": data["vectors"]}
        made.append(json.dumps([{**entry, "functionals": random}]).encode())
    made.append(
        b'[{"claim": "E(t**2) >= E(t)**2", "random": "t", "via": ["x >= 0"], "functionals": ["F:r,s", "G!:y"]}]'
    )
    return made


def _problems(path: Path) -> list[str]:
    from proofcheck.cli.prove_ import read_batch

    found = []
    for entry in read_batch(str(path)):
        options = entry.get("vectors", ""), entry.get("random", ""), entry.get("functionals", [])
        found += build_claim("claim", entry.get("assume", []), entry["claim"], *options)
        if entry.get("via"):
            found += build_claim("claim", entry.get("assume", []), entry["via"], *options)
    return found


def _readable(data: bytes, value: list[str]) -> None:
    for text in value:
        try:
            read_claim(text)
        except (
            KernelError
        ) as error:  # `prove` says "the kernel refused it": clear, if it is a claim the kernel may refuse
            if "JSON" in str(error) or "keys" in str(error) or "is not allowed at" in str(error):
                raise WronglyAccepted(f"build_claim wrote what is no claim: {error}") from error


@lru_cache(maxsize=1)
def _lemma() -> Any:
    return registry.load(registry.find("LT-07"))


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[tuple[str, ...], str], frozenset[str]]:
    from proofcheck.paper.compare import symbols_of

    patterns, _ = patterns_of(list(symbols_of(_lemma())), Notation(), "LT-07")
    own = frozenset(str(s) for s in _lemma().bounds["on_ball"].free_symbols)
    return patterns, own


FORMULAS = (
    r"\eta a (1 + 2 a R^2) e^{2 a R^2}", r"\frac{8}{D^2}", r"0 \le \eta \le \frac{8}{D^2}", r"\sqrt{\frac{a}{R}} + |a-R|",
    r"\max(a, R) - \min\{a, 2 R\}", r"\eta \leq \tfrac{2}{a^{2}} < 3", r"\left( a + R \right)^{3/2}", r"a^{-2} \cdot 1.25",
    r"\exp(2 a R^2) \log(1 + a)", r"1 - \bigl(1 - \frac{a}{2}\bigr)^2 % comment", r"-a + \left[ R \right] \times 3",
)  # fmt: skip
LATEX_WORDS = (
    r"\frac{1}{2} \frac \sqrt \left( \right) \lVert \rVert | \| ^ _ { } ( ) [ ] \{ \} \cdot \times / + - = \le \geq < > := "
    r"a R \eta D e e^{ \exp( \log( \max( \min\{ , ; ^{-2} ^{3/2} ' \big \label{x} \tag{1} & % \\ $ \dfrac \tfrac \operatorname "
    r"\text \begin{x} \end{x} \input{x} \def\x \catcode 0.5 12 2^{3^{4}} a_1 a_{12} \quad ~"
).split()
PAPERS = (
    "\\documentclass{article}\n\\begin{document}\n% proofcheck: LT-05 eta_max\n\\[ \\frac{8}{D^2} \\]\n\\end{document}\n",
    "\\proofcheck{attention-step-sharp}{eta_max}{\\frac{8}{D^2}} \\proofcheckbound{mlp-step}{tau_max} \\ref{pc:mlp-step}",
    "\\begin{align}\n% proofcheck: LT-01 tau_max\n\\tau &\\le 2/w^2 \\\\\n b &= 1\n\\end{align} \\input{part} \\include{x.tex}",
    "\\verb|% proofcheck: a b| \\begin{verbatim}\n% proofcheck: LT-05 x\n\\end{verbatim} $a$ $$b$$ \\(c\\) \\cref{pc:x-y}",
)
NOTATIONS = (
    'w = "\\\\|W\\\\|_2"\na = ["\\\\|A\\\\|", "\\\\opnorm{A}"]\ncommands = ["opnorm"]\nfactors = ["W_1(\\\\mu, \\\\nu)"]\n'
    '[LT-05]\nD = "\\\\Delta_A"\n',
    "tau = '\\tau^*'\n[mlp-step]\nw = 'w'\nfactors = 'K'\n",
)
TOML_WORDS = [
    *LATEX_WORDS, *"= [ ] [[x]] [LT-05] [mlp-step.a] factors commands 'x' \"\"\" ''' 1979-05-27 0x1 inf nan true {a=1} # a.b".split()
]  # fmt: skip


def _formula(text: str) -> Any:
    patterns, own = _patterns()
    tokens = tokens_of(text)
    return bound_side(tokens, lambda part, stop: parse(part, patterns, stop), own, len(text))


def _formula_printed(data: bytes, value: Any) -> None:
    printed = text_of(value.node)
    try:
        again = parse_expression(printed)
    except ArgumentError as error:
        if "nested deeper" in str(error) or "division by 0" in str(error):
            return  # 1/0 is read: the comparison says that such a formula is defined nowhere
        raise WronglyAccepted(f"printed as {printed[:200]!r}, which EXPR refuses: {error.args[0][:100]}") from error
    if again != value.node:
        raise WronglyAccepted(f"printed as {printed[:200]!r}, which is another tree")


def _marks(data: bytes, value: Any) -> None:
    text = decoded(data)
    for mark in value.marks:
        if mark.start >= 0 and not 0 <= mark.start <= mark.end <= len(text):
            raise WronglyAccepted(f"a mark from {mark.start} to {mark.end} of {len(text)} characters")


@lru_cache(maxsize=1)
def _resolve() -> dict[str, str]:
    from proofcheck.paper.check import names_of

    return names_of(registry.headers())


def _inert(data: bytes, value: Notation) -> None:
    for table in (value.common, *value.by_lemma.values(), value.factors):
        for spelling in (text for texts in table.values() for text in texts):
            if objection(spelling, value.commands):
                raise WronglyAccepted(f"a spelling that is not inert: {spelling!r}")


@lru_cache(maxsize=1)
def _header_seeds() -> Sequence[bytes]:
    found = [header.path.read_bytes() for header in registry.headers()]
    small = sorted(found, key=len)[:40]
    # a header is the docstring and the first assignments
    return [text for text in small if len(text) < 12_000]


HEADER_WORDS = [
    *EVIDENCE, *LABELS, *SECTIONS, *"ID TITLE SOURCE LABEL ASSUMES USES ALIASES = ( ) Source( key= arxiv= \"\"\" ''' \\d f\" b'".split(),
    "Proof\n    1. x  kernel\n", "1.", "99999999999.", "  kernel", "  assumed", "**{}", "*()", "{[]: 1}", "-1", "1j", "...",
    "\\N{DASH}", "\\ud800", "(" * 300, "[" * 150, "-" * 3_000, "0x" + "f" * 5_000, "import os\n", "lambda: 0", "__import__('os')",
    "a: int = 1\n", "ID: str", "ID = TITLE = 'x'", "ID, TITLE = 'x'", "\n\x0c", "\t", "if 1:\n", "async def f(): await x\n",
]  # fmt: skip


def _header_fields(data: bytes, value: Header) -> None:
    texts = (value.id, value.title, value.source_key, value.arxiv, value.place, value.label, value.summary)
    lists = (*value.aliases, *value.assumes, *value.uses, *value.sections.values())
    if not all(isinstance(text, str) for text in (*texts, *lists)) or value.label not in LABELS:
        raise WronglyAccepted("a field that is no text")
    if not value.proof or any(step.evidence not in EVIDENCE for step in value.proof):
        raise WronglyAccepted("a step without evidence")


TARGETS = (
    Target(
        "expr", _expr_seeds, lambda text: parse_relation(text, functionals=FUNCTIONALS), (ArgumentError,), "text",
        ("proofcheck.derive.expr", "proofcheck.derive.tokens"), EXPR_WORDS, decoded, _expr_printed,
    ),
    Target(
        "problems", _problem_seeds, _problems, (ArgumentError, KernelError), "json",
        ("proofcheck.derive.expr", "proofcheck.derive.claims", "proofcheck.derive.rewrite", "proofcheck.derive.kinds",
         "proofcheck.derive.declarations", "proofcheck.cli.prove_"),
        [*EXPR_WORDS, "claim", "assume", "via", "vectors", "random", "functionals", "F:r,s", "G!:x"],
        lambda data: written("problems.json", data), _readable, allowed=frozenset(("read",)),
    ),
    Target(
        "latex", lambda: [text.encode() for text in FORMULAS], _formula, (ArgumentError,), "text",
        ("proofcheck.paper.formula", "proofcheck.paper.tokens", "proofcheck.paper.sides"), LATEX_WORDS, decoded,
        _formula_printed,
    ),
    Target(
        "paper", lambda: [text.encode() for text in PAPERS], scan, (), "text", ("proofcheck.paper.marks",),
        [*LATEX_WORDS, "% proofcheck: LT-05 eta_max\n", "\\proofcheck{a}{b}{", "\\begin{align}", "\\end{align}", "\\verb|",
         "\\begin{verbatim}", "\\end{document}", "\\input{", "\\ref{pc:", "$$", "\\["],
        decoded, _marks,
    ),
    Target(
        "notation", lambda: [text.encode() for text in NOTATIONS], lambda given: read_notation(*given),
        (ArgumentError,), "text", ("proofcheck.paper.notation", "proofcheck.paper.tokens", "tomllib._parser"), TOML_WORDS,
        lambda data: (written("notation.toml", data), _resolve()), _inert, allowed=frozenset(("read",)),
    ),
    Target(
        "header", _header_seeds, read_header, (ArgumentError,), "text", ("proofcheck.header",), HEADER_WORDS,
        lambda data: written("group/lemma.py", data), _header_fields,
        # Python's own parser, to a syntax tree: `exec` is not allowed
        allowed=frozenset(("read", "compile")), canary=FOLDER / CANARY,
    ),
)  # fmt: skip
