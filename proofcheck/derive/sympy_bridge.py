"""SymPy to EXPR text and back, by a whitelist in both directions.

    Integer, Rational, Symbol, Add, Mul, exp, Abs, Max, Min, relations      the same in EXPR
    x**n, x**(n/2)                                                          x**n, sqrt(x)**n
    an inner product of `proofcheck.derive.gram`                            inner(u, v)

`text` writes what the kernel reads as well: quotients p/q, two-argument Max and Min, no decimals. Assumptions
of symbols (positive=True) are not part of a text: `sign_assumptions` writes them as relations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

import sympy as sp
from sympy.core.relational import Relational

from proofcheck.errors import ArgumentError

from .expr import KEYWORDS, parse_expression
from .gram import InnerProduct
from .nodes import Call, Name, Node, Number, Power, Product, Signed, Sum, negative, text_of
from .normal_form import normal_form_equal
from .tokens import MAX_EXPONENT

__all__ = ["expression", "normal_form_equal", "sign_assumptions", "text", "tree"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_BITS = 20_000  # of a number that an expression may evaluate to
_FUNCTIONS = {"Abs": sp.Abs, "Max": sp.Max, "Min": sp.Min, "sqrt": sp.sqrt, "exp": sp.exp, "log": sp.log}


def _refuse(expr: object, why: str) -> NoReturn:
    raise ArgumentError(f"sympy_bridge.text: an expression EXPR can say required, got {expr}. {why}")


def text(expr: Any) -> str:
    """EXPR and kernel text of a SymPy expression or relation.

    Raises:
        ArgumentError: a part is outside the whitelist (floats, other functions, other exponents, odd names).
    """
    if isinstance(expr, Relational):
        operator: str = expr.rel_op  # type: ignore[attr-defined]  # every concrete relation has one
        return f"{text(expr.lhs)} {operator} {text(expr.rhs)}"
    return text_of(tree(expr))


def tree(expr: Any) -> Node:
    """The EXPR tree of a SymPy expression (or of an int or a Fraction); see `text`."""
    if isinstance(expr, int | Fraction) and not isinstance(expr, bool):
        expr = sp.Rational(expr.numerator, expr.denominator)
    if not isinstance(expr, sp.Expr):
        _refuse(repr(expr), "Pass SymPy expressions, ints or Fractions; floats are not exact.")
    if isinstance(expr, sp.Rational):
        return _rational(expr)
    if isinstance(expr, InnerProduct):
        return Call("inner", tuple(Name(_name(expr, x)) for x in expr.factors))
    if isinstance(expr, sp.Dummy):
        _refuse(expr, "A Dummy has no name of its own; use a Symbol.")
    if isinstance(expr, sp.Symbol):
        if expr.is_extended_real is False or not expr.is_commutative:
            _refuse(expr, "Names stand for real numbers.")
        return Name(_name(expr, expr.name))
    if isinstance(expr, sp.Add):
        return Sum(tuple(_signed(term) for term in expr.as_ordered_terms()))
    if isinstance(expr, sp.Mul):
        sign, positive = _signed(expr)
        return positive if sign > 0 else negative(positive)
    if expr is sp.E or isinstance(expr, sp.exp):
        return Call("exp", (tree(sp.S.One if expr is sp.E else expr.args[0]),))
    if isinstance(expr, sp.Pow):
        sign, factor = _power(expr)
        return factor if sign > 0 else Product(((1, Number(Fraction(1))), (-1, factor)))
    if isinstance(expr, sp.Abs):
        return Call("Abs", (tree(expr.args[0]),))
    if isinstance(expr, sp.Max | sp.Min):
        function = type(expr).__name__
        first, *rest = (tree(a) for a in sorted(expr.args, key=sp.default_sort_key))
        for argument in rest:
            first = Call(function, (first, argument))
        return first
    _refuse(expr, f"{type(expr).__name__} is outside the whitelist; rewrite it by Abs, Max, Min, sqrt, exp.")


def _name(expr: sp.Symbol, name: str) -> str:
    if not _NAME.fullmatch(name) or name in KEYWORDS:
        _refuse(expr, f"{name!r} is not a name: a letter, then letters, digits, _; no word of the language.")
    return name


def _rational(value: sp.Rational) -> Node:
    p, q = abs(int(value.p)), int(value.q)
    node: Node = Number(Fraction(p))
    if q > 1:
        node = Product(((1, node), (-1, Number(Fraction(q)))))
    return negative(node) if value.p < 0 else node


def _power(expr: sp.Pow) -> Signed:
    """(+1 or -1, node): the node multiplies or divides."""
    base, exponent = expr.base, expr.exp
    doubled = 2 * exponent
    written = exponent if exponent.is_Integer else doubled  # x**n, or sqrt(x)**n
    if not doubled.is_Integer or abs(written) > MAX_EXPONENT:
        _refuse(expr, f"Exponents are integers or halves of integers, of size at most {MAX_EXPONENT}.")
    n = int(written)
    node = tree(base) if exponent.is_Integer else Call("sqrt", (tree(base),))
    return (1 if n > 0 else -1), (node if abs(n) == 1 else Power(node, abs(n)))


def _signed(expr: Any) -> Signed:
    """(sign, node) with expr = sign * node."""
    if not isinstance(expr, sp.Mul):
        negative_number = isinstance(expr, sp.Rational) and expr.p < 0
        return (-1, tree(-expr)) if negative_number else (1, tree(expr))
    coefficient, rest = expr.as_coeff_Mul()
    if not isinstance(coefficient, sp.Rational):
        _refuse(expr, "Coefficients are rational.")
    above: list[Signed] = []
    below: list[Signed] = []
    for factor in sp.Mul.make_args(rest) if isinstance(rest, sp.Mul) else (rest,):
        sign, node = _power(factor) if isinstance(factor, sp.Pow) else (1, tree(factor))
        (above if sign > 0 else below).append((sign, node))
    p, q = abs(int(coefficient.p)), int(coefficient.q)
    if p != 1 or not above:
        above.insert(0, (1, Number(Fraction(p))))
    if q != 1:
        below.append((-1, Number(Fraction(q))))
    factors = (*above, *below)
    return (1 if coefficient > 0 else -1), (factors[0][1] if len(factors) == 1 else Product(factors))


def sign_assumptions(expressions: Iterable[sp.Basic]) -> list[str]:
    """`x > 0`, `x >= 0`, ... for the symbols that were created with positive=True, nonnegative=True, ..."""
    symbols = {s for e in expressions for s in e.free_symbols if not isinstance(s, InnerProduct)}
    relations = []
    for symbol in sorted(symbols, key=str):
        for holds, relation in (
            (symbol.is_positive, "> 0"), (symbol.is_negative, "< 0"),
            (symbol.is_nonnegative, ">= 0"), (symbol.is_nonpositive, "<= 0"),
        ):  # fmt: skip
            if holds:
                relations.append(f"{text(symbol)} {relation}")
                break
    return relations


def expression(source: str | Node, symbols: Mapping[str, sp.Expr] | None = None) -> sp.Expr:
    """The SymPy expression of an EXPR text or tree. Names become `symbols[name]`, else real symbols.

    Raises:
        ExprError: the text is not in the language.
        ArgumentError: vectors or functionals occur, or a number would be too long to write out.
    """
    node = parse_expression(source) if isinstance(source, str) else source
    if _bits(node) > _BITS:
        raise ArgumentError(
            f"sympy_bridge.expression: at most {_BITS} bits in a number required, got nested powers of more. "
            "SymPy would write the number out. Lower the exponents."
        )
    return _expression(node, symbols or {})


def _bits(node: Node) -> int:
    """An upper bound for the size in bits of the numbers that the node may evaluate to."""
    match node:
        case Number(value=value):
            return value.numerator.bit_length() + value.denominator.bit_length()
        case Sum(terms=parts) | Product(factors=parts):
            return sum(_bits(part) + 1 for _, part in parts)
        case Power(base=base, exponent=exponent):
            return _bits(base) * max(abs(exponent), 1)
        case Call(arguments=arguments):
            return sum(map(_bits, arguments)) + 1
    return 1


def _expression(node: Node, symbols: Mapping[str, sp.Expr]) -> sp.Expr:
    match node:
        case Number(value=value):
            return sp.Rational(value.numerator, value.denominator)
        case Name(name=name):
            return symbols[name] if name in symbols else sp.Symbol(name, real=True)
        case Sum(terms=terms):
            return sp.Add(*(sign * _expression(term, symbols) for sign, term in terms))
        case Product(factors=factors):
            return sp.Mul(*(_expression(factor, symbols) ** sign for sign, factor in factors))
        case Power(base=base, exponent=exponent):
            return _expression(base, symbols) ** exponent
        case Call(function=function, arguments=arguments) if function in _FUNCTIONS:
            return _FUNCTIONS[function](*(_expression(argument, symbols) for argument in arguments))
    raise ArgumentError(
        f"sympy_bridge.expression: numbers only required, got {text_of(node)}. "
        "Vectors are in proofcheck.derive.gram, expectations in proofcheck.derive.expectation."
    )
