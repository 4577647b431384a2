r"""Formulas as MathML: LaTeX of `proofcheck.derive.latex` through latex2mathml, then through a whitelist.

Browsers draw MathML themselves, so the page needs no script and no font from elsewhere. What the converter
returns is parsed again and rebuilt from known elements and attributes only: a name in a formula is text to it,
never markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup, escape

ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msup msub msubsup munder mover munderover mtable mtr mtd "
    "mpadded mphantom mstyle".split()
)
ATTRIBUTES = frozenset("mathvariant stretchy separator width linethickness columnalign lspace rspace".split())
TALL = frozenset("mfrac msqrt mroot munder mover munderover mtable".split())
SCRIPTS = frozenset("msup msub msubsup".split())
LIMIT = 20_000  # characters of LaTeX; what is longer is shown as text
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


@lru_cache(maxsize=4096)
def mathml(latex: str, fallback: str = "", *, block: bool = False) -> Markup:
    """`latex` as a <math> element with `fallback` as its text for readers that ask for one.

    What the converter cannot take is shown as `fallback` (or `latex`) in <code>.
    """
    text = fallback or latex
    if len(latex) > LIMIT:
        return _code(text)
    from latex2mathml.converter import convert

    try:
        tree = ElementTree.fromstring(convert(latex))
        inner = _rebuilt(tree)
    except Exception:  # the converter raises whatever its tokens lead to; a formula must not stop a page
        return _code(text)
    display = Markup(' display="block"') if block else Markup("")
    return Markup('<math{} alttext="{}">{}</math>').format(display, text, inner)


def relation(item: str | Mapping[str, Any], functionals: Sequence[str]) -> Markup:
    """A relation of a claim: text, or {"forall": …, "holds": text}."""
    return mathml(*relation_latex(json.dumps(item), tuple(functionals)))


@lru_cache(maxsize=4096)
def relation_latex(item: str, functionals: tuple[str, ...]) -> tuple[str, str]:
    """(LaTeX, plain text) of a relation given as JSON text; the LaTeX is empty where EXPR has no such form."""
    from proofcheck.derive.expr import parse_relation
    from proofcheck.derive.latex import latex, name_latex
    from proofcheck.errors import ProofcheckError

    data = json.loads(item)
    text, bound = (data, {}) if isinstance(data, str) else (str(data["holds"]), dict(data["forall"]))
    names = ", ".join(name_latex(name) for name in bound)
    plain = (f"for all {', '.join(bound)}: " if bound else "") + text
    try:
        shown = latex(parse_relation(text, functionals=functionals))
    except ProofcheckError:
        return "", plain
    return (rf"\forall\, {names}:\;\; {shown}" if names else shown), plain


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _rebuilt(node: ElementTree.Element) -> Markup:
    """The children of `node`, letters of one upright word joined: <mi>gap</mi>, not three <mi>."""
    parts: list[Markup] = []
    word = ""
    inside = {inner.tag.removeprefix(_NAMESPACE) for inner in node.iter()}
    low, flat = not inside & TALL, not inside & (TALL | SCRIPTS)
    for child in node:
        tag = child.tag.removeprefix(_NAMESPACE)
        if tag not in ELEMENTS:
            raise ValueError(f"MathML element {tag!r}")
        upright = tag == "mi" and child.get("mathvariant") == "normal" and not len(child)
        if upright and (child.text or "").isalnum():
            word += child.text or ""
            continue
        if word:
            parts.append(_word(word))
            word = ""
        given = sorted((name, value) for name, value in child.attrib.items() if name in ATTRIBUTES)
        if tag == "mo" and flat:  # nothing here is high enough to stretch a bracket
            given = [(name, value) for name, value in given if name != "stretchy"]
        elif tag == "mo" and low:  # a stretched bracket brings air with it, which only tall contents need
            given = [(name, "false" if name == "stretchy" else value) for name, value in given]
        if tag == "mrow" and len(child) == 1 and not given:  # a row of one is the one
            parts.append(_rebuilt(child))
            continue
        attributes = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in given)
        inner = _rebuilt(child) if len(child) else escape(child.text or "")
        parts.append(Markup("<{0}{1}>{2}</{0}>").format(tag, attributes, inner))
    if word:
        parts.append(_word(word))
    return Markup("").join(parts)


def _word(word: str) -> Markup:
    # one letter is italic unless told otherwise, a word is upright by itself
    style = Markup(' mathvariant="normal"') if len(word) == 1 else Markup("")
    return Markup("<mi{}>{}</mi>").format(style, word)
