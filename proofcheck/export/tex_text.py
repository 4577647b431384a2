"""Text of lemma files for LaTeX: every special character escaped, mathematics in Unicode named."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    "*": r"\ensuremath{*}",
    '"': "''",
}
_GREEK = dict(
    alpha="α", beta="β", gamma="γ", delta="δ", varepsilon="ε", zeta="ζ", eta="η", theta="θ", iota="ι", kappa="κ",
    lambda_="λ", mu="μ", nu="ν", xi="ξ", pi="π", rho="ρ", sigma="σ", tau="τ", upsilon="υ", varphi="φ", chi="χ",
    psi="ψ", omega="ω", Gamma="Γ", Delta="Δ", Theta="Θ", Lambda="Λ", Xi="Ξ", Pi="Π", Sigma="Σ", Phi="Φ", Psi="Ψ",
    Omega="Ω",
)  # fmt: skip
_LETTERS = {letter: name.rstrip("_") for name, letter in _GREEK.items()}
_SYMBOLS = {
    "≤": "le", "≥": "ge", "≠": "ne", "≡": "equiv", "∈": "in", "∉": "notin", "⊂": "subset", "⊃": "supset", "∪": "cup",
    "∩": "cap", "→": "to", "↦": "mapsto", "⇒": "Rightarrow", "⇔": "Leftrightarrow", "∇": "nabla", "∂": "partial",
    "∞": "infty", "∫": "int", "√": "surd", "·": "cdot", "×": "times", "⊗": "otimes", "∘": "circ", "⟨": "langle",
    "⟩": "rangle", "∝": "propto", "±": "pm", "∀": "forall", "∃": "exists", "∅": "emptyset", "⪯": "preceq",
    "⪰": "succeq",     "∼": "sim", "‖": "|", "⊥": "perp", "ℓ": "ell", "…": "ldots", "−": "", "∑": "sum", "∏": "prod",
    "⌈": "lceil", "⌉": "rceil", "⌊": "lfloor", "⌋": "rfloor", "≈": "approx", "≪": "ll", "≫": "gg", "†": "dagger",
}  # fmt: skip
_SCRIPTS = {
    "⁰": "^0",
    "¹": "^1",
    "²": "^2",
    "³": "^3",
    "⁴": "^4",
    "⁵": "^5",
    "⁻": "^{-}",
    "ᵀ": "^{T}",
    "ⁿ": "^n",
}
_SCRIPTS |= {chr(0x2080 + digit): f"_{digit}" for digit in range(10)}
_SCRIPTS |= {"½": r"\tfrac12", "¼": r"\tfrac14", "ᵢ": "_i", "ⱼ": "_j", "ₖ": "_k", "ₙ": "_n"}
_PUNCTUATION = {
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "−": "\\ensuremath{-}",
}

_ITEM = re.compile(r"(?:\([a-z0-9]{1,3}\)|[0-9]{1,2}\.)\s")


def escape(text: str) -> str:
    """`text` as LaTeX that prints it; ASCII only, so that no input encoding matters.

    A letter with an accent becomes the accent command; a character without a name here prints as its code point.
    """
    return "".join(_character(character) for character in unicodedata.normalize("NFC", text))


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character == "\n" or " " <= character <= "~":
        return character
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    if character in _LETTERS:
        return rf"\ensuremath{{\{_LETTERS[character]}}}"
    if character in _SYMBOLS:
        return rf"\ensuremath{{\{_SYMBOLS[character]}}}"
    if character in _SCRIPTS:
        return rf"\ensuremath{{{_SCRIPTS[character]}}}"
    base, *marks = unicodedata.normalize("NFD", character)
    accents = {
        "\u0301": "'",
        "\u0300": "`",
        "\u0302": "^",
        "\u0308": '"',
        "\u0303": "~",
        "\u030c": "v",
        "\u0327": "c",
    }
    if len(marks) == 1 and marks[0] in accents and base.isascii():
        return rf"\{accents[marks[0]]}{{{base}}}"
    if character in "ıłøßæœåŁØÆŒÅ":
        return {"ı": r"\i{}", "ł": r"\l{}", "ø": r"\o{}", "ß": r"\ss{}", "æ": r"\ae{}", "œ": r"\oe{}", "å": r"\aa{}",
                "Ł": r"\L{}", "Ø": r"\O{}", "Æ": r"\AE{}", "Œ": r"\OE{}", "Å": r"\AA{}"}[character]  # fmt: skip
    return rf"\texttt{{[U+{ord(character):04X}]}}" if character.isprintable() else " "


def paragraphs(text: str) -> str:
    """Escaped text: blank lines stay paragraph breaks; an item, (a) or 1., and a line that starts deeper, a new line.

    The deeper lines below an item belong to it.
    """
    lines: list[str] = []
    previous = 0
    inside_item = False
    for line in text.splitlines():
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        is_item = _ITEM.match(words) is not None
        inside_item = is_item or (inside_item and words != "" and indent > 0)
        is_deeper = indent > 0 and indent != previous and not inside_item
        if lines and lines[-1] and words and (is_item or is_deeper):
            lines[-1] += r"\\"
        lines.append(escape(words))
        previous = indent
    return "\n".join(lines)
