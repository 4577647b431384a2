r"""LaTeX mathematics as canonical tokens, each with its place in the file.

Canonical: spacing, sizes (`\left`, `\big`), `&`, `\label{..}` are gone; `\lVert` is `\|`, `\lvert` is `|`, `\dfrac` is
`\frac`, `*` and `\times` are `\cdot`; a script is always `_ { .. }` before `^ { .. }`. So two spellings that print
the same symbol give the same tokens. Nothing is expanded or run: a command is a word.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proofcheck.errors import ArgumentError

MAX_FORMULA = 4_000  # characters
MAX_TOKENS = 1_500
MAX_DEPTH = 24

_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|[^A-Za-z])|%[^\n]*\n?|\s+|.", re.DOTALL)
_DROPPED = frozenset(
    r"\, \; \: \! \  \> \quad \qquad \left \right \displaystyle \textstyle \scriptstyle \limits \nonumber \notag "
    r"\mathstrut \strut \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \big \Big \bigg \Bigg \relax".split(" ")
) | {"\\ ", "\\\n", "~", "&"}
_DELIMITED = frozenset(
    r"\left \right \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl \Biggr \big \Big \bigg \Bigg".split()
)
_WITH_ARGUMENT = frozenset((r"\label", r"\tag", r"\tag*"))
_SAME = {
    r"\lVert": r"\|", r"\rVert": r"\|", r"\Vert": r"\|", r"\lvert": "|", r"\rvert": "|", r"\vert": "|",
    r"\leq": r"\le", r"\leqslant": r"\le", r"\geq": r"\ge", r"\geqslant": r"\ge", "<": r"\lt", ">": r"\gt",
    r"\times": r"\cdot", r"\ast": r"\cdot", "*": r"\cdot", r"\dfrac": r"\frac", r"\tfrac": r"\frac",
    r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]", r"\ln": r"\log",
    r"\coloneqq": "=", r"\eqqcolon": "=", r"\coloneq": "=", r"\bf": r"\mathbf", r"\operatorname*": r"\operatorname",
}  # fmt: skip


class FormulaError(ArgumentError):
    """A formula is refused; `at` is the character of the file, `hint` what to do."""

    def __init__(self, reason: str, at: int, hint: str = "") -> None:
        self.reason, self.at, self.hint = reason, at, hint
        super().__init__(f"formula: {reason}." + (f" {hint}" if hint else ""))


class Token(NamedTuple):
    text: str
    at: int


def tokens_of(source: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Canonical tokens of `source[start:end]`; places count from the beginning of `source`.

    Raises:
        FormulaError: too long or too deep, unbalanced braces, a double script, a character outside ASCII.
    """
    stop = len(source) if end is None else end
    if stop - start > MAX_FORMULA:
        raise FormulaError(f"a formula has at most {MAX_FORMULA} characters, got {stop - start}", start)
    raw: list[Token] = []
    for match in _TOKEN.finditer(source, start, stop):
        text = match.group()
        if text[0] == "%" or text.isspace():
            continue
        if not (text.isascii() and text.isprintable()) and text not in _DROPPED:
            raise FormulaError(f"unexpected character {text!a}", match.start(), "Only ASCII LaTeX is read.")
        raw.append(Token(text, match.start()))
    if len(raw) > MAX_TOKENS:
        raise FormulaError(f"a formula has at most {MAX_TOKENS} tokens, got {len(raw)}", start)
    return _scripts(_plain(_without_colon(raw)), start)


def _without_colon(raw: list[Token]) -> list[Token]:
    """`:=` as `=`."""
    return [t for i, t in enumerate(raw) if not (t.text == ":" and i + 1 < len(raw) and raw[i + 1].text == "=")]


def _plain(raw: list[Token]) -> list[Token]:
    """Spacing and sizes dropped, synonyms replaced."""
    kept: list[Token] = []
    index = 0
    while index < len(raw):
        text, at = raw[index]
        index += 1
        if text in _DELIMITED and index < len(raw) and raw[index].text == ".":
            raise FormulaError(f"{text}. has no delimiter", at, "Write both brackets.")
        if text in _DROPPED:
            continue
        if text in _WITH_ARGUMENT:
            index = _group_end(raw, index, at)
            continue
        kept.append(Token(_SAME.get(text, text), at))
    return kept


def _group_end(tokens: list[Token], index: int, at: int) -> int:
    """The index after the group that starts at `index` (after the one token when it is not a group)."""
    if index >= len(tokens):
        raise FormulaError(f"the formula ends where an argument of {tokens[index - 1].text} is needed", at)
    if tokens[index].text != "{":
        return index + 1
    depth = 0
    for here in range(index, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[here].text, 0)
        if depth == 0:
            return here + 1
    raise FormulaError("a { is never closed", tokens[index].at)


def _scripts(tokens: list[Token], start: int) -> list[Token]:
    """Braces balanced; scripts braced, the lower before the upper."""
    closing: list[int] = []  # where open braces are
    for token in tokens:
        if token.text == "{":
            closing.append(token.at)
            if len(closing) > MAX_DEPTH:
                raise FormulaError(f"braces nest at most {MAX_DEPTH} deep", token.at)
        elif token.text == "}":
            if not closing:
                raise FormulaError("a } without its {", token.at)
            closing.pop()
    if closing:
        raise FormulaError("a { is never closed", closing[-1])
    result: list[Token] = []
    index = 0
    while index < len(tokens):
        if tokens[index].text not in "_^":
            result.append(tokens[index])
            index += 1
            continue
        found: dict[str, tuple[int, int, int]] = {}
        while index < len(tokens) and tokens[index].text in "_^":
            sign, at = tokens[index]
            if sign in found:
                raise FormulaError(f"two {sign} after one symbol", at, "Use braces.")
            after = _group_end(tokens, index + 1, at)
            found[sign] = (index, index + 1, after)
            index = after
        for sign in "_^":
            if sign in found:
                where, first, after = found[sign]
                result.append(tokens[where])
                inner = tokens[first:after]
                if inner[0].text != "{":
                    if inner[0].text in ("}", "_", "^"):
                        raise FormulaError(f"{sign} needs an argument", tokens[where].at)
                    inner = [Token("{", inner[0].at), *inner, Token("}", inner[0].at)]
                result.extend(_scripts_inside(inner))
    return result


def _scripts_inside(group: list[Token]) -> list[Token]:
    """Scripts inside a braced argument; groups nest, so the depth of braces bounds the recursion."""
    if len(group) > 2 and any(token.text in "_^" for token in group):
        return [group[0], *_scripts(group[1:-1], group[0].at), group[-1]]
    return group
