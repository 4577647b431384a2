"""Tilted expectations without tokens: E_x[f] = M[f e]/M[e], e = exp(<x, v>), M any positive linear functional.

What is known of M is linearity, and that derivatives in x pass under it (assumed: the support is compact). What
is known of e is D_h e = s_h e with the score s_h = <h, v>. Product and quotient rule do the rest:

    D_h log M[e]         = E_x[s_h]
    D_k D_h log M[e]     = Cov_x(s_h, s_k)
    D_h E_x[f]           = E_x[D_h f] + Cov_x(f, s_h)
    D_l D_k D_h log M[e] = third cumulant of s_h, s_k, s_l

Moments M[...] are commuting SymPy symbols, one for each monomial of the integrand: no sum over tokens, no
coordinates, no integral sign. `instantiate` puts a finite measure in, for tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from proofcheck.errors import ArgumentError
from proofcheck.lemma import DerivationStep


@dataclass(frozen=True)
class Atom:
    """One atom of a finite measure: its weight, its tilt e and the values of the random symbols there."""

    weight: sp.Expr
    tilt: sp.Expr
    values: Mapping[sp.Symbol, sp.Expr]


class Tilted:
    """The calculus of one tilted expectation; directions are names such as "h"."""

    def __init__(self) -> None:
        self.tilt = sp.Symbol("e", positive=True)
        self._scores: dict[sp.Symbol, str] = {}
        self._functions: dict[sp.Symbol, tuple[str, tuple[str, ...]]] = {}  # symbol -> name, directions taken
        self._moments: dict[sp.Symbol, sp.Expr] = {}  # symbol -> integrand, a monomial times e

    # -- integrands ------------------------------------------------------------------------------------------
    def score(self, direction: str) -> sp.Symbol:
        """s_h = <h, v>, a random number that does not depend on x."""
        symbol = sp.Symbol(f"s_{direction}", real=True)
        self._scores[symbol] = direction
        return symbol

    def function(self, name: str, *directions: str) -> sp.Symbol:
        """A random number f(x, y), or its derivative in x along `directions` (their order does not matter)."""
        taken = tuple(sorted(directions))
        symbol = sp.Symbol(f"D_{''.join(taken)}{name}" if taken else name, real=True)
        if self._functions.setdefault(symbol, (name, taken)) != (name, taken):
            raise ArgumentError(f"Tilted.function: a name of its own required, got {name}. It reads as {symbol}.")
        return symbol

    def moment(self, integrand: sp.Expr) -> sp.Expr:
        """M[integrand]: a combination of moment symbols; what is not random comes out.

        Raises:
            ArgumentError: the integrand is not a polynomial in the random symbols, linear in the tilt e.
        """
        random = (self.tilt, *self._scores, *self._functions)
        try:
            terms = sp.Poly(integrand, *random).terms()
        except sp.PolynomialError as error:
            raise ArgumentError(
                f"Tilted.moment: a polynomial in {', '.join(map(str, random))} required, got {integrand}."
            ) from error
        total = sp.S.Zero
        for powers, coefficient in terms:
            if powers[0] != 1:
                raise ArgumentError(f"Tilted.moment: an integrand linear in e required, got {integrand}.")
            if coefficient.free_symbols & set(random):
                raise ArgumentError(f"Tilted.moment: a polynomial integrand required, got {integrand}.")
            monomial = sp.Mul(*(symbol**power for symbol, power in zip(random, powers, strict=True)))
            symbol = sp.Symbol(f"M[{monomial}]", real=True, positive=monomial == self.tilt or None)
            self._moments[symbol] = monomial
            total += coefficient * symbol
        return total

    # -- expectations ----------------------------------------------------------------------------------------
    @property
    def partition(self) -> sp.Expr:
        """Z = M[e]."""
        return self.moment(self.tilt)

    @property
    def log_partition(self) -> sp.Expr:
        """log M[e]."""
        return sp.log(self.partition)

    def expectation(self, f: sp.Expr) -> sp.Expr:
        """E_x[f] = M[f e]/M[e]."""
        return self.moment(f * self.tilt) / self.partition

    def covariance(self, f: sp.Expr, g: sp.Expr) -> sp.Expr:
        """Cov_x(f, g) = E_x[f g] - E_x[f] E_x[g]."""
        return self.expectation(f * g) - self.expectation(f) * self.expectation(g)

    def cumulant(self, f: sp.Expr, g: sp.Expr, k: sp.Expr) -> sp.Expr:
        """E_x[(f - E f)(g - E g)(k - E k)]."""
        centred = [t - self.expectation(t) for t in (f, g, k)]
        return self.expectation(sp.Mul(*centred))

    # -- derivatives -----------------------------------------------------------------------------------------
    def derivative(self, expression: sp.Expr, direction: str) -> sp.Expr:
        """D_h of an expression in moments, or of an integrand, by the chain rule over its symbols."""
        return sp.Add(
            *(sp.diff(expression, s) * self._symbol_derivative(s, direction) for s in expression.free_symbols)
        )

    def _symbol_derivative(self, symbol: sp.Basic, direction: str) -> sp.Expr:
        if symbol == self.tilt:
            return self.score(direction) * self.tilt
        if symbol in self._moments:
            return self.moment(sp.expand(self.derivative(self._moments[symbol], direction)))  # type: ignore[index]
        if symbol in self._functions:
            name, taken = self._functions[symbol]  # type: ignore[index]
            return self.function(name, *taken, direction)
        return sp.S.Zero  # scores and constants do not depend on x

    def hessian(self, expression: sp.Expr, directions: Sequence[str]) -> sp.Matrix:
        """The matrix of second derivatives along pairs of directions."""
        first = [self.derivative(expression, h) for h in directions]
        return sp.Matrix([[self.derivative(row, k) for k in directions] for row in first])

    def covariance_matrix(self, directions: Sequence[str]) -> sp.Matrix:
        """Cov_x(s_h, s_k) for all pairs of directions."""
        return sp.Matrix([[self.covariance(self.score(h), self.score(k)) for k in directions] for h in directions])

    def instantiate(self, expression: sp.Expr, measure: Iterable[Atom]) -> sp.Expr:
        """`expression` with M[f e] = sum_i w_i f_i e_i, for an explicit finite measure."""
        atoms = list(measure)
        values = {}
        for symbol in expression.free_symbols:
            if symbol in self._moments:
                monomial = self._moments[symbol]  # type: ignore[index]
                terms = (a.weight * monomial.subs({**a.values, self.tilt: a.tilt}, simultaneous=True) for a in atoms)
                values[symbol] = sp.Add(*terms)
        return expression.subs(values, simultaneous=True)


def log_partition_steps() -> list[DerivationStep]:
    """The four identities above, each side computed on its own."""
    calculus = Tilted()
    f, (h, k, l) = calculus.function("f"), (calculus.score(d) for d in "hkl")
    gradient = calculus.derivative(calculus.log_partition, "h")
    second = calculus.derivative(gradient, "k")
    tilted = calculus.derivative(calculus.expectation(f), "h")
    covariant = calculus.expectation(calculus.function("f", "h")) + calculus.covariance(f, h)
    third = calculus.derivative(second, "l")
    quotient = "quotient rule on M[f e]/M[e], linearity of M, D_h e = <h, v> e"
    return [
        DerivationStep("gradient", gradient, calculus.expectation(h), "chain rule on log M[e], D_h e = <h, v> e"),
        DerivationStep("Hessian", second, calculus.covariance(h, k), quotient),
        DerivationStep("derivative of a tilted expectation", tilted, covariant, quotient),
        DerivationStep("third derivative", third, calculus.cumulant(h, k, l), quotient),
    ]
