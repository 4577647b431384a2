"""Certificates and models, which `proofcheck.export` prints as text, with their expressions set as mathematics.

    inner(u, v)**2 - eta*D   becomes   ⟨u, v⟩² − η D

Signs are exchanged one by one: nothing is simplified, moved or left out. The text itself is in the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from proofcheck.review.typeset import GREEK, SIGNS

INDENT = 2  # spaces of one level in the text
DEEPEST = 5  # levels that are drawn; deeper ones stand there
_TOKEN = re.compile(
    r"""
    (?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    | \*\*(?P<power>-?[0-9]+)
    | (?P<sign><=|>=|!=|==|->)
    | (?P<star>\*)
    | (?P<other>\s+|[0-9]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACKETS = {"inner": ("⟨", "⟩"), "Abs": ("|", "|"), "sqrt": ("√(", ")"), "Max": ("max(", ")"), "Min": ("min(", ")")}
_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9_]* = ")
_HOLDS = re.compile(r"(a[0-9]+): .* {3}holds, (?:left - right|right - left) = (.*)$")
_REASON = re.compile(r"\s{3}(\[[^\[\]]*\]|\([^()]*\))$")


def world(text: str) -> Markup:
    """A model as HTML: its values on one line, the points of each functional on one, the assumptions that hold on one
    with the amount by which they do, then a line for each other relation.

    What an assumption says stands in the table of its claim, right above: only one that fails is written out again.
    """
    rows: list[str] = []
    values: list[str] = []
    margins = {label: amount for label, amount in map(_held, text.splitlines()) if label}
    for line in text.splitlines():
        if _held(line)[0]:
            if margins:
                (first, amount), *rest = margins.items()
                rows += [", ".join(values)] if values else []
                values = []
                rows.append("; ".join([f"{first} holds by {amount}", *(f"{name} by {more}" for name, more in rest)]))
                margins = {}
            continue
        label, _, rest = line.partition(": weight ")
        if rest and rows and rows[-1].startswith(f"{label}: weight "):
            rows[-1] += f"; weight {rest}"
        elif _VALUE.match(line):
            values.append(line)
        else:
            rows += [", ".join(values)] if values else []
            values = []
            rows.append(line)
    return exact("\n".join([*rows, *([", ".join(values)] if values else [])]))


def _held(line: str) -> tuple[str, str]:
    """The label of an assumption that holds, and larger side minus smaller; ("", "") for any other line."""
    found = _HOLDS.match(line)
    return (found[1], found[2]) if found else ("", "")


def exact(text: str) -> Markup:
    """Lines of a certificate or model as HTML; the depth of a line is kept."""
    rows: list[Markup] = []
    for line in text.splitlines():
        body = line.lstrip(" ")
        depth = min((len(line) - len(body)) // INDENT, DEEPEST)
        reason = _REASON.search(body)
        why = Markup(" <small>{}</small>").format(_line(reason[1])) if reason else Markup("")
        body = body[: reason.start()] if reason else body
        indented = Markup(' class="i{}"').format(depth) if depth else Markup("")
        rows.append(Markup("<div{}>{}{}</div>").format(indented, _line(body), why))
    return Markup('<div class="lines">{}</div>').format(Markup("").join(rows))


def _line(text: str) -> Markup:
    return Markup("").join(_tokens(text))


def _tokens(text: str) -> Iterator[Markup]:
    closing: list[str] = []  # what ends each open bracket
    opener = ""
    for match in _TOKEN.finditer(text):
        token, following = match[0], text[match.end() : match.end() + 1]
        if match["name"]:
            if following == "(" and token in _BRACKETS:
                opener = token
                continue
            yield _name(token)
        elif match["power"]:
            yield Markup("<sup>{}</sup>").format(match["power"].replace("-", "−"))
        elif match["star"]:
            yield Markup("·") if following.isdigit() else Markup("\u2009")
        elif match["sign"]:
            yield escape("=" if token == "==" else SIGNS[token])
        elif token == "(":
            left, right = _BRACKETS.get(opener, ("(", ")"))
            opener = ""
            closing.append(right)
            yield escape(left)
        elif token == ")":
            yield escape(closing.pop() if closing else ")")
        elif token == "-" and _is_minus(text, match.start()):
            yield Markup("−")
        elif token.isspace() and len(token) > 2:
            yield Markup("\u2003")
        else:
            yield escape(token)


def _is_minus(text: str, place: int) -> bool:
    """A hyphen between letters, as in "almost-everywhere", stays one."""
    before, after = text[:place].rstrip(" ")[-1:], text[place + 1 : place + 2]
    return not (before.isalpha() and text[place - 1 : place] != " " and after.isalpha())


def _name(name: str) -> Markup:
    if name == "FAILS":
        return Markup("<strong>FAILS</strong>")
    match = re.fullmatch(r"([A-Za-z]+?)_?([0-9]+)", name)
    if match and (len(match[1]) == 1 or match[1] in GREEK):
        return Markup("{}<sub>{}</sub>").format(GREEK.get(match[1], match[1]), match[2])
    return escape(GREEK.get(name, name))
