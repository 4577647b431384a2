"""Numeric constants of lemma bounds that were typed again in code, where they should be taken from the lemma.

A bound 2/w**2 or 8/D**2 changes in its lemma; a 2.0 in torch code does not. `retyped` reads Python source and
lists the numbers of `bound_numbers` at places where such a constant would stand:

    an operand of * or /, a base of **         2 / norm**2, Fraction(8) / D**2
    the only argument of a number type         Fraction(8), float(2)
    a float given to a call, or as a default   layer(x, 1.0), def f(step=2.0)
    a value of its own                         STEP = 2.0

Exponents, axes, shapes and indices are not such places. What is listed is either a mistake or is in a list of
allowed places with a reason, which a test keeps.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp


@dataclass(frozen=True)
class Literal:
    """A number at a suspicious place: the enclosing function or class, the expression around it, its line."""

    where: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}, {self.where}: {self.text}"


def bound_numbers(bounds: Iterable[sp.Expr]) -> set[Fraction]:
    """The constants c of bounds c*f, and what is written for them in other places: 1/c, 2/c, c/2."""
    found: set[Fraction] = set()
    for bound in bounds:
        coefficient, _ = bound.as_coeff_Mul()
        if isinstance(coefficient, sp.Rational) and coefficient != 0:
            c = Fraction(int(coefficient.p), int(coefficient.q))
            found |= {c, 1 / c, 2 / c, c / 2}
    return found


def retyped(source: str, numbers: set[Fraction]) -> list[Literal]:
    """Places in Python source where one of the numbers may be a bound's constant, in order.

    Raises:
        SyntaxError: the source is not Python.
    """
    finder = _Finder(source, numbers)
    finder.visit(ast.parse(source))
    return sorted(finder.found, key=lambda literal: literal.line)


class _Finder(ast.NodeVisitor):
    def __init__(self, source: str, numbers: set[Fraction]) -> None:
        self.source, self.numbers = source, numbers
        self.found: list[Literal] = []
        self.scope: list[str] = []
        self.covered: set[int] = set()  # factors of a product that is listed already

    def _number(self, node: ast.AST | None, *, floats_only: bool = False) -> bool:
        """Whether the node is one of the numbers, with or without a sign or Fraction(...) around it."""
        if isinstance(node, ast.UnaryOp):
            return self._number(node.operand, floats_only=floats_only)
        if isinstance(node, ast.Call) and _is_number_type(node.func) and node.args:
            return all(isinstance(a, ast.Constant) for a in node.args) and any(
                self._number(a, floats_only=floats_only) for a in node.args
            )
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            return False
        if not isinstance(node.value, float if floats_only else int | float):
            return False
        return Fraction(node.value) in self.numbers

    def _note(self, node: ast.AST) -> None:
        text = ast.get_source_segment(self.source, node) or ""
        self.found.append(Literal(".".join(self.scope) or "module", text, getattr(node, "lineno", 0)))

    def _scoped(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    visit_ClassDef = _scoped

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if self._number(default, floats_only=True):
                self.scope.append(node.name)
                self._note(default)  # type: ignore[arg-type]
                self.scope.pop()
        self._scoped(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_BinOp(self, node: ast.BinOp) -> None:
        factors = [node.left, node.right] if isinstance(node.op, ast.Mult | ast.Div) else []
        if isinstance(node.op, ast.Pow):
            factors = [node.left]
        if any(self._number(factor) for factor in factors) and not _is_one(node.left):
            self._note(node)
            self.covered |= {id(factor) for factor in factors}
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        arguments = [*node.args, *(k.value for k in node.keywords)]
        if _is_number_type(node.func):
            if not all(_is_one(a) for a in arguments) and self._number(node) and id(node) not in self.covered:
                self._note(node)
        elif any(self._number(a, floats_only=True) for a in arguments):
            self._note(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._number(node.value, floats_only=True):
            self._note(node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self._number(node.value, floats_only=True):
            self._note(node)
        self.generic_visit(node)


def _is_number_type(function: ast.AST) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("Fraction", "float", "Rational", "Decimal", "fmpq")


def _is_one(node: ast.AST) -> bool:
    """1/x is a reciprocal, no bound."""
    return isinstance(node, ast.Constant) and node.value == 1
