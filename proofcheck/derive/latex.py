r"""LaTeX of bounds (SymPy) and of EXPR trees, the same text for the same input on every run.

    inner(u, v)   \langle u, v\rangle      norm2(u)  \lvert u\rvert^{2}      E[x]  \mathbb{E}\left[x\right]

`notation` maps a name to its LaTeX and wins over the built-in spelling (Greek letters, x_1 -> x_{1}).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from .expr import parse_expression, parse_relation
from .gram import InnerProduct
from .nodes import Call, Moment, Name, Node, Number, Power, Product, Relation, Sum

_GREEK = frozenset(
    re.findall(
        "[a-zA-Z]+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
        "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
_RELATIONS = {"<=": r"\le", "<": "<", ">=": r"\ge", ">": ">", "==": "=", "!=": r"\ne"}
_ESCAPES = str.maketrans({c: f"\\{c}" for c in "#$%&_{}"} | {"\\": "", "^": "", "~": ""})


def name_latex(name: str, notation: Mapping[str, str] | None = None) -> str:
    r"""LaTeX of a name: \tau for tau, x_{1} for x_1 and x1, \mathrm{step} for a word."""
    if notation and name in notation:
        return notation[name]
    match = re.fullmatch(r"([A-Za-z]+?)_?([0-9]+)|([A-Za-z]+)_([A-Za-z0-9]+)", name, re.ASCII)
    if match:
        stem, index = match.group(1) or match.group(3), match.group(2) or match.group(4)
        return f"{name_latex(stem, notation)}_{{{index if index.isdigit() else name_latex(index, notation)}}}"
    if name in _GREEK:
        return f"\\{name}"
    return name if len(name) == 1 and name.isalpha() else f"\\mathrm{{{name.translate(_ESCAPES)}}}"


def latex(source: Any, notation: Mapping[str, str] | None = None) -> str:
    """LaTeX of a SymPy expression, matrix or relation, of an EXPR tree or relation, or of EXPR text.

    Raises:
        ExprError: `source` is a text outside the language.
    """
    if isinstance(source, str):
        has_relation = re.search(r"[<>=]", source) is not None
        source = parse_relation(source) if has_relation else parse_expression(source)
    if isinstance(source, Relation):
        return _relation(source, notation or {})
    if isinstance(source, sp.Basic | sp.MatrixBase):
        return _sympy(source, notation or {})
    return _node(source, notation or {})


def _sympy(source: sp.Basic | sp.MatrixBase, notation: Mapping[str, str]) -> str:
    names = {}
    for symbol in source.free_symbols:
        if isinstance(symbol, InnerProduct):
            u, v = (name_latex(x, notation) for x in symbol.factors)
            names[symbol] = f"\\left\\langle {u}, {v}\\right\\rangle"
        else:
            names[symbol] = name_latex(str(symbol), notation)
    return sp.latex(source, symbol_names=names)


def _relation(relation: Relation, notation: Mapping[str, str]) -> str:
    text = _node(relation.operands[0], notation)
    for operator, operand in zip(relation.operators, relation.operands[1:], strict=True):
        text += f" {_RELATIONS[operator]} {_node(operand, notation)}"
    if relation.quantified:
        bound = ", ".join(name_latex(name, notation) for name, _ in relation.quantified)
        text = f"\\forall {bound}:\\ {text}"
    return text


def _brackets(text: str) -> str:
    return f"\\left({text}\\right)"


def _node(node: Node, notation: Mapping[str, str]) -> str:
    match node:
        case Number(value=value):
            p, q = value.as_integer_ratio()
            return str(p) if q == 1 else f"\\frac{{{p}}}{{{q}}}"
        case Name(name=name):
            return name_latex(name, notation)
        case Sum(terms=terms):
            text = ""
            for sign, term in terms:
                part = _node(term, notation)
                part = _brackets(part) if isinstance(term, Sum) else part
                text += f" {'+' if sign > 0 else '-'} {part}"
            return text[3:] if terms[0][0] > 0 else "-" + text[3:]
        case Product(factors=factors):
            above = [f for sign, f in factors if sign > 0]
            below = [f for sign, f in factors if sign < 0]
            if below:
                return f"\\frac{{{_product(above, notation)}}}{{{_product(below, notation)}}}"
            return _product(above, notation)
        case Power(base=base, exponent=exponent):
            text = _node(base, notation)
            is_plain = isinstance(base, Name) or (isinstance(base, Number) and base.value.denominator == 1)
            is_closed = isinstance(base, Moment) or (
                isinstance(base, Call) and base.function not in ("norm2", "exp", "log")
            )
            if isinstance(base, Name) and "^" in text:
                is_plain = False
            return f"{text if is_plain or is_closed else _brackets(text)}^{{{exponent}}}"
        case Moment(functional=functional, body=body):
            label = "\\mathbb{E}" if functional == "E" else name_latex(functional, notation)
            return f"{notation.get(functional, label)}\\left[{_node(body, notation)}\\right]"
        case Call(function=function, arguments=arguments):
            return _call(function, [_node(argument, notation) for argument in arguments])


def _product(factors: list[Node], notation: Mapping[str, str]) -> str:
    if len(factors) == 1:
        return _node(factors[0], notation)
    parts = []
    for index, factor in enumerate(factors):
        text = _node(factor, notation)
        is_digit_after = index > 0 and text[:1].isdigit()
        parts.append(_brackets(text) if isinstance(factor, Sum) else f"\\cdot {text}" if is_digit_after else text)
    return " ".join(parts)


def _call(function: str, arguments: list[str]) -> str:
    joined = ", ".join(arguments)
    match function:
        case "inner":
            return f"\\left\\langle {joined}\\right\\rangle"
        case "norm":
            return f"\\left\\lvert {joined}\\right\\rvert"
        case "norm2":
            return f"\\left\\lvert {joined}\\right\\rvert^{{2}}"
        case "Abs":
            return f"\\left|{joined}\\right|"
        case "sqrt":
            return f"\\sqrt{{{joined}}}"
        case "exp":
            return f"e^{{{joined}}}"
        case "Max" | "Min" | "log":
            return f"\\{function.lower()}\\left({joined}\\right)"
    return f"\\operatorname{{{function}}}\\left({joined}\\right)"
