"""A formula of a paper against the bound of a lemma: the verdict, exact in every case.

    agrees                 one normal form, or an equality that the prover certified
    weaker than proved     the paper claims less: certified by the prover, or seen from the signs of all coefficients
    stronger than proved   a rational point where the paper claims more, and none where it claims less
    different              a point for each, or another construction, or a bound from below
    undecided              none of these was reached in the time given
    cannot parse           the formula is outside the grammar (line, column, what)

What is less and what is more is `proofcheck.paper.directions`. The symbols range over what the lemma's own symbols
allow (positive, nonnegative, real), wherever both formulas are defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sympy as sp

from proofcheck.derive.claims import build_claim
from proofcheck.derive.gram import InnerProduct
from proofcheck.derive.nodes import Node, names, text_of
from proofcheck.derive.sympy_bridge import expression, normal_form_equal, sign_assumptions, text, tree
from proofcheck.errors import ArgumentError
from proofcheck.paper.directions import Direction, direction
from proofcheck.paper.formula import parse, patterns_of
from proofcheck.paper.monotone import at_least
from proofcheck.paper.notation import Notation
from proofcheck.paper.points import ZERO, Point, first, separate
from proofcheck.paper.points import less as is_less
from proofcheck.paper.sides import Side, bound_side
from proofcheck.paper.tokens import FormulaError, tokens_of
from proofcheck.registry import Lemma

SECONDS = 5.0


class PaperVerdict(StrEnum):
    """What is said of a marked formula."""

    AGREES = "agrees"
    WEAKER = "weaker than proved"
    STRONGER = "stronger than proved"
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    CANNOT_PARSE = "cannot parse"


@dataclass(frozen=True)
class Comparison:
    """A verdict with its grounds; `points` are exact, `by` says by what a formula is weaker, and how that is known.

    by["grounds"]: "certificate" (the kernel accepted one) or "coefficients" (`proofcheck.paper.monotone`).
    """

    verdict: PaperVerdict
    reason: str
    paper: str = ""
    proved: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    points: tuple[Point, ...] = ()
    ignored: str = ""
    at: int | None = None

    def data(self) -> dict[str, Any]:
        """As JSON values; `counterexample` is the point where the paper claims more than is proved."""
        result: dict[str, Any] = {"verdict": self.verdict.value, "reason": self.reason}
        for key in ("paper", "proved", "ignored"):
            if getattr(self, key):
                result[key] = getattr(self, key)
        if self.by:
            result["by"] = dict(self.by)
        if self.verdict is PaperVerdict.STRONGER and self.points:
            result["counterexample"] = self.points[0].data()
        elif self.points:
            result["points"] = [point.data() for point in self.points]
        return result


def symbols_of(lemma: Lemma) -> dict[str, sp.Symbol]:
    """Every symbol that a formula of the lemma may use, with the assumptions of the lemma's own."""
    found = {name: sp.Symbol(name, real=True) for name in lemma.symbols}
    for bound in lemma.bounds.values():
        for symbol in bound.free_symbols:
            if isinstance(symbol, sp.Symbol) and not isinstance(symbol, InnerProduct):
                found[str(symbol)] = symbol
    return found


def compare(
    source: str,
    start: int,
    end: int,
    lemma: Lemma,
    key: str,
    notation: Notation | None = None,
    seconds: float = SECONDS,
) -> Comparison:
    """The verdict on `source[start:end]` as the bound `key` of the lemma. Never raises for what the paper says.

    Raises:
        ArgumentError: two symbols of the lemma have one spelling in the notation.
    """
    symbols = symbols_of(lemma)
    bound = sp.S.One * lemma.bounds[key]
    patterns, factors = patterns_of(list(symbols), notation or Notation(), lemma.id)
    own = frozenset(str(symbol) for symbol in bound.free_symbols)
    try:
        proved = text(bound)
    except ArgumentError:  # Ei, or an exponent such as 1/p
        outside = f"the proved bound {bound} is outside of the formula language. Compare it by eye"
        return Comparison(PaperVerdict.CANNOT_PARSE, f"{outside}: `proofcheck show {lemma.id}`.", proved=str(bound))
    try:
        tokens = tokens_of(source, start, end)
        while tokens and tokens[-1].text in (",", ".", ";"):  # the sentence around a displayed formula
            tokens.pop()
        side = bound_side(tokens, lambda part, stop: parse(part, patterns, stop), own, end)
        known = {**symbols, **{name: sp.Symbol(name, positive=True) for name in factors}}
        paper = _without_factors(expression(side.node, known), [known[name] for name in factors], start)
        node = tree(paper) if names([side.node]) & set(factors) else side.node
    except FormulaError as error:
        hint = f" {error.hint}" if error.hint else ""
        return Comparison(PaperVerdict.CANNOT_PARSE, f"{error.reason}.{hint}", proved=proved, at=error.at)
    except (ArgumentError, RecursionError, ZeroDivisionError) as error:
        return Comparison(PaperVerdict.CANNOT_PARSE, str(error), proved=proved, at=start)
    return _Question(side, node, paper, bound, symbols, direction(key), seconds).decide()


def _without_factors(paper: sp.Expr, factors: list[sp.Symbol], start: int) -> sp.Expr:
    for factor in factors:
        if paper.has(factor):
            rest = paper.subs(factor, 1)
            if not normal_form_equal(paper, rest * factor):
                raise FormulaError("a factor of the notation file must multiply the whole bound once", start)
            paper = rest
    return paper


class _Question:
    """One formula against one bound."""

    def __init__(
        self,
        side: Side,
        node: Node,
        paper: sp.Expr,
        bound: sp.Expr,
        symbols: Mapping[str, sp.Symbol],
        way: Direction,
        seconds: float,
    ) -> None:
        self.side, self.node, self.paper, self.bound, self.way = side, node, paper, bound, way
        self.proved = tree(bound)
        self.used = {name: symbols[name] for name in sorted(names([node, self.proved]))}
        self.signs = {name: _sign(symbol) for name, symbol in self.used.items()}
        self.seconds = seconds

    def made(
        self,
        verdict: PaperVerdict,
        reason: str,
        points: tuple[Point, ...] = (),
        by: Mapping[str, str] | None = None,
    ) -> Comparison:
        shown = text_of(self.node), text_of(self.proved)
        return Comparison(verdict, reason, *shown, by or {}, points, self.side.ignored)

    def decide(self) -> Comparison:
        if self.paper.has(sp.zoo, sp.nan, sp.oo):
            return self.made(PaperVerdict.DIFFERENT, "the formula is defined nowhere: it divides by 0")
        if self.side.relation == ("<=" if self.way is Direction.LOWER else ">="):
            sides = ("above", "below") if self.way is Direction.LOWER else ("below", "above")
            return self.made(PaperVerdict.DIFFERENT, f"the paper bounds from {sides[0]}, the lemma from {sides[1]}")
        if self.is_same():
            return self.agreement()
        larger, smaller = separate(self.node, self.proved, self.signs)
        if self.way is Direction.EXACT:
            point = larger or smaller
            different = PaperVerdict.DIFFERENT
            return self.made(different, f"another value {point.text()}", (point,)) if point else self.equality()
        return self.ordered(larger, smaller) if self.way.is_at_most else self.ordered(smaller, larger)

    def is_same(self) -> bool:
        """Whether the normal forms are one; not computed where a few points tell the two apart."""
        if any(separate(self.node, self.proved, self.signs, few=True)):
            return False
        try:
            return normal_form_equal(self.paper, self.bound)
        except ArgumentError:
            return False

    def ordered(self, more: Point | None, less: Point | None) -> Comparison:
        """`more` is a point where the paper claims more than is proved, `less` one where it claims less."""
        if more and less:
            reason = f"it claims more {more.text()}; less {less.text()}"
            return self.made(PaperVerdict.DIFFERENT, reason, (more, less))
        if more:
            return self.made(PaperVerdict.STRONGER, f"it claims more than is proved {more.text()}", (more,))
        if less is None:
            return self.equality()
        at_most = self.way.is_at_most
        empty = first(lambda value, _: is_less(value, ZERO), self.node, self.proved, self.signs) if at_most else None
        if empty:
            reason = f"nothing satisfies it: the largest value is negative {empty.text()}"
            return self.made(PaperVerdict.DIFFERENT, reason, (empty,))
        pair = (self.bound, self.paper) if at_most else (self.paper, self.bound)
        target = f"{text_of(self.node)} {'<=' if at_most else '>='} {text_of(self.proved)}"
        grounds = "coefficients" if at_least(*pair) else "certificate" if self.holds(target) else ""
        if grounds:
            by = _by_what(self.paper, self.bound)
            what = f"it is {by['ratio']} times the proved value" if by else "it claims less"
            return self.made(PaperVerdict.WEAKER, f"{what}; {less.text()}", (less,), {**by, "grounds": grounds})
        reason = f"no point was found where it claims more, and that there is none was not proved; less {less.text()}"
        return self.made(PaperVerdict.UNDECIDED, reason, (less,))

    def agreement(self) -> Comparison:
        """The same value; what is left is < against <=."""
        if self.side.relation == "<" and self.way is Direction.STEP:
            by = {"boundary": "the step equal to the bound is proved too"}
            return self.made(PaperVerdict.WEAKER, "the same bound with <; it holds with <= too", by=by)
        if self.side.relation == "<" and self.way is Direction.UPPER:
            return self.made(PaperVerdict.STRONGER, "the same bound with <; only <= is proved")
        return self.made(PaperVerdict.AGREES, "the same formula")

    def equality(self) -> Comparison:
        """No point separates the two: the prover decides whether they are equal."""
        if self.holds(f"{text_of(self.node)} == {text_of(self.proved)}"):
            return self.agreement()
        return self.made(PaperVerdict.UNDECIDED, "no point was found where they differ, and equality was not proved")

    def holds(self, target: str) -> bool:
        """Whether the kernel accepted a certificate of the relation under the signs of the symbols."""
        if self.seconds < 0.05:  # the paper's time is spent
            return False
        from proofcheck.search import prove

        try:
            claims = build_claim("paper", sign_assumptions(self.used.values()), target)
        except ArgumentError:
            return False  # log is in no certificate
        return all(prove(claim, seconds=self.seconds).verdict.value == "PROVED" for claim in claims)


def _sign(symbol: sp.Symbol) -> str:
    return "positive" if symbol.is_positive else "nonnegative" if symbol.is_nonnegative else "real"


def _by_what(paper: sp.Expr, bound: sp.Expr) -> dict[str, str]:
    """Ratio and difference of the two, as text."""
    if bound.is_zero or max(paper.count_ops(), bound.count_ops()) > 120:
        return {}
    ratio, difference = sp.cancel(sp.together(paper / bound)), sp.factor_terms(paper - bound)
    return {"ratio": str(ratio), "difference": str(difference)}
