"""The plain text of a lemma file with its ASCII mathematics set as signs: eta D^2 <= 8 with a Greek eta, a raised 2.

Only signs are exchanged, word for word: no word is added, moved or left out, so that what is read is what the file
says. Names of lemmas, claims and facts become links. Everything else is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

GREEK = {
    name: letter
    for name, letter in zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega infinity".split(),
        "α β γ δ ε ζ η θ ι κ λ μ ν ξ π ρ σ τ υ φ χ ψ ω Γ Δ Θ Λ Ξ Π Σ Υ Φ Ψ Ω ∞".split(),
        strict=True,
    )
}
WORDS = {**GREEK, "int": "∫", "dmu": "dμ", "dnu": "dν"}
SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "+-": "±"}
_BASES = "dmu|dnu|Cov|Var|sup|inf|max|min|sum|prod|int"
_TOKEN = re.compile(
    rf"""
    (?P<name>[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9_]+)+ | [A-Za-z]{{2,}}(?:_[A-Za-z0-9]+)+)  # LT-05.range, mlp_step
    | (?<![A-Za-z0-9_])(?P<base>{_BASES}|{"|".join(GREEK)}|[A-Za-z])
      _(?P<sub>\{{[^{{}}\n]*\}}|infinity|[A-Za-z0-9]{{1,3}}|\#)(?![A-Za-z0-9_])
    | \^(?P<sup>\{{[^{{}}\n]*\}}|\([^()\n]*\)|-?[A-Za-z0-9]+|\*)
    | <(?!\s)(?P<left>[^<>=|\n]{{1,40}}),(?P<right>[^<>=|\n]{{1,40}})(?<!\s)>
    | (?P<root>sqrt(?=\())
    | (?P<word>[A-Za-z]+)
    | (?P<sign><=|>=|!=|->|\+-)
    | (?P<other>[0-9]+|.|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_SUB_NAME = re.compile(rf"^(?:{_BASES}|{'|'.join(GREEK)})_(?:[A-Za-z0-9]{{1,3}}|infinity)$")


def typeset(text: str, links: Mapping[str, str] | None = None) -> Markup:
    """`text` as HTML; `links` maps a name to its target on the page, "#claim-…"."""
    known = links or {}
    return Markup("").join(_token(match, known) for match in _TOKEN.finditer(text))


def _token(match: re.Match[str], links: Mapping[str, str]) -> Markup:
    whole, kind = match[0], match.lastgroup
    if match["base"]:
        return _indexed(match["base"], match["sub"], links)
    if match["sup"]:
        return Markup("<sup>{}</sup>").format(typeset(_bare(match["sup"]), links))
    if match["left"]:
        return Markup("⟨{},{}⟩").format(typeset(match["left"], links), typeset(match["right"], links))
    if kind == "name":
        if whole in links:
            return Markup('<a href="{}">{}</a>').format(links[whole], whole)
        base, _, sub = whole.partition("_")
        if _SUB_NAME.match(whole):
            return _indexed(base, sub, links)
        lemma, dash, rest = whole.rpartition(".")
        if dash and lemma in links:  # a claim of a lemma that is not on the page, or a dot that ends a sentence
            return Markup('<a href="{}">{}</a>.{}').format(links[lemma], lemma, rest)
        return escape(whole)
    if kind == "word":
        if whole in links:
            return Markup('<a href="{}">{}</a>').format(links[whole], whole)
        return escape(WORDS.get(whole, whole))
    if kind == "sign":
        return escape(SIGNS[whole])
    return Markup("√") if kind == "root" else escape(whole)


def _indexed(base: str, sub: str, links: Mapping[str, str]) -> Markup:
    return Markup("{}<sub>{}</sub>").format(WORDS.get(base, base), typeset(_bare(sub), links))


def _bare(text: str) -> str:
    return text[1:-1] if text[:1] == "{" else text
