r"""Formulas that fit the line: split at their outermost signs, inline ones free to break, the rest scaled.

`\pcfit` (in the preamble of the document) scales a formula down when it is wider than the line, so no box is overfull.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from proofcheck.derive.latex import latex, name_latex

WIDE = 88  # characters, by `width`, that a displayed row holds
_WORD = re.compile(r"\\(?:left|right|displaystyle|mathrm|mathbb|operatorname|text|quad)(?![A-Za-z])")
_COMMAND = re.compile(r"\\[A-Za-z]+|\\.")
_SIZED = re.compile(r"\\(?:left|right)(?![A-Za-z])\s*")
_PART = re.compile(r"\\(?:left|right)\s*(?:\\[A-Za-z]+|\\.|.)|\\[A-Za-z]+|\\.| [+-] |.", re.DOTALL)

FIT = r"""\newsavebox{\pcbox}
\newcommand{\pcfit}[1]{\sbox{\pcbox}{$\displaystyle #1$}%
  \ifdim\wd\pcbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\pcbox}}\else\usebox{\pcbox}\fi}
"""


def bound_latex(key: str) -> str:
    r"""The name of a bound: \tau_{max} for tau_max, words for context_constant."""
    stem = key.split("_")[0]
    is_symbol = len(stem) == 1 or (name_latex(stem).startswith("\\") and not name_latex(stem).startswith("\\mathrm"))
    return name_latex(key) if is_symbol else f"\\mathrm{{{key.replace('_', chr(92) + ' ')}}}"


def width(formula: str) -> int:
    """About how many characters wide a formula prints; a fraction counts its longer part."""
    text = _WORD.sub("", formula)
    for _ in range(6):  # innermost fractions first
        text, count = re.subn(
            r"\\frac\{([^{}]*)\}\{([^{}]*)\}",
            lambda m: max(m[1], m[2], key=len),
            re.sub(r"[\^_]\{([^{}]*)\}", r"\1", text),
        )
        if not count:
            break
    return len(re.sub(r"[{}^_ ]", "", _COMMAND.sub("x", text)))


def pieces(formula: str) -> list[str]:
    """The formula cut before each + and - outside all brackets."""
    parts = [""]
    depth = 0
    for match in _PART.finditer(formula):
        text = match.group()
        if text.startswith(r"\left"):
            depth += 1
        elif text.startswith(r"\right") and not text.startswith((r"\rightarrow", r"\rightharpoon")):
            depth -= 1
        elif text in "{([":
            depth += 1
        elif text in "})]":
            depth -= 1
        if text in (" + ", " - ") and depth == 0:
            parts.append(text.lstrip())
        else:
            parts[-1] += text
    return parts


def rows(formula: str) -> list[str]:
    """The formula as rows that are not wide, as far as its outermost signs allow."""
    if width(formula) <= WIDE:
        return [formula]
    made: list[str] = []
    for piece in pieces(formula):
        if made and width(made[-1] + piece) <= WIDE:
            made[-1] += " " + piece
        else:
            made.append(piece)
    return made


def display(left: str, right: str) -> str:
    """left = right, displayed, on as many rows as needed."""
    first, *more = rows(left)
    lines = [f"& {first}", *(f"&\\quad {row}" for row in more)]
    first, *more = rows(right)
    if len(lines) == 1 and width(left) + width(first) <= WIDE:
        lines[0] += f" = {first}"
    else:
        lines.append(f"&= {first}")
    lines += [f"&\\quad {row}" for row in more]
    body = " \\\\\n  ".join(lines)
    return f"\\[\\pcfit{{\\begin{{aligned}}\n  {body}\n\\end{{aligned}}}}\\]\n"


def inline(formula: str) -> str:
    """In a paragraph: brackets of fixed size, so that TeX may break the line at any sign inside them."""
    if any(width(piece) > 2 * WIDE // 3 and (r"\frac" in piece or r"\sqrt" in piece) for piece in pieces(formula)):
        return f"\\pcfit{{{formula}}}"
    return f"${_SIZED.sub('', formula)}$"


def names_of(names: frozenset[str], notation: Mapping[str, str]) -> dict[str, str]:
    """The notation, and LaTeX for names such as M[e*s_h], a moment written as one symbol."""
    made = dict(notation)
    for name in sorted(names):
        match = re.fullmatch(r"([A-Za-z]+)\[([A-Za-z0-9_*+\-/ ()]{1,200})\]", name)
        if match and name not in made:
            factors = [name_latex(factor, notation) for factor in match[2].split("*")]
            plain = all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", factor) for factor in match[2].split("*"))
            body = " ".join(factors) if plain else latex(match[2].replace(" ", ""), notation)
            made[name] = f"{match[1]}\\left[{body}\\right]"
    return made
