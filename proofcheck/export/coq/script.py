"""A Coq proof being written: its lines, fresh names, normal forms as text, and identities over plain variables.

Texts are made with tokens `⟦atom⟧` in place of the kernel's atoms. A token becomes the atom's Coq term, at the points
that are fixed; or, in an identity, a variable, so that `ring` never looks into an atom. The kernel's normal form is
a hint only: whatever is printed here, Coq checks.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.kernel import algebra
from proofcheck.kernel.algebra import Budget, Monomial, Poly
from proofcheck.kernel.claim import Claim

TOKEN = re.compile("⟦([^⟦⟧]*)⟧")
INVERTED = re.compile("/ ⟦([^⟦⟧]*)⟧")
Points = Mapping[str, str]


class Unsupported(ArgumentError):
    """A claim that this export cannot put into Coq; the message is the reason that is reported."""


class Opaque(NamedTuple):
    """A subterm as the statement writes it, with a proof that it equals its normal form."""

    concrete: str
    normal: str
    proof: str


class _NoLimit(Budget):
    def spend(self, amount: int) -> None:
        """Certificates come here after the kernel has accepted them within its limit."""


class Script:
    """The lines of one proof, and the vocabulary of its claim."""

    def __init__(self, claim: Claim, rename: Mapping[str, str]) -> None:
        self.claim, self.ctx, self.rename = claim, claim.ctx, rename
        self.ctx.budget = _NoLimit()
        self.lines: list[str] = []
        self.count = 0
        self.opaque: dict[str, Opaque] = {}
        self.monomials: dict[tuple[str, Monomial], str] = {}  # what must be integrable -> the name of that fact
        self.nonzero: dict[str, tuple[str, str]] = {}  # token -> (hypothesis, functional)

    def fresh(self, letter: str) -> str:
        """A name that no claim can use: it ends in a prime."""
        self.count += 1
        return f"{letter}{self.count}'"

    def emit(self, line: str) -> None:
        """One more line of the proof."""
        self.lines.append(line)

    @contextlib.contextmanager
    def block(self) -> Iterator[list[str]]:
        """Lines emitted inside go to the list that is yielded."""
        outer, self.lines = self.lines, []
        try:
            yield self.lines
        finally:
            self.lines = outer

    def claim_that(self, letter: str, statement: str, body: list[str]) -> str:
        """Emit `assert (name : statement)` with its proof; the name."""
        name = self.fresh(letter)
        self.emit(f"assert ({name} : {statement}).")
        self.emit("{ " + " ".join(body) + " }" if len(body) < 3 else "{")
        if len(body) >= 3:
            for line in body:
                self.emit("  " + line)
            self.emit("}")
        return name

    # texts

    def text(self, poly: Poly) -> str:
        """The polynomial as text with tokens."""
        parts = []
        for monomial, value in sorted(poly.items()):
            factors = [] if value == 1 and monomial else [number(value.numerator, value.denominator)]
            parts.append(" * ".join(factors + [self.power(a, e) for a, e in monomial]))
        return " + ".join(parts) or "0"

    def power(self, atom: str, exponent: int) -> str:
        """One factor of a monomial."""
        base = f"⟦{atom}⟧" if exponent > 0 else f"(/ ⟦{atom}⟧)"
        return base if abs(exponent) == 1 else f"{base} ^ {abs(exponent)}"

    def monomial(self, monomial: Monomial) -> str:
        """A product of atoms."""
        return " * ".join(self.power(a, e) for a, e in monomial) or "1"

    def concrete(self, text: str, points: Points) -> str:
        """The Coq term of a text with tokens."""
        return TOKEN.sub(lambda match: self.atom(match[1], points), text)

    def at(self, name: str, points: Points) -> str:
        """A declared name, at the point that is fixed if it is random."""
        owner = self.ctx.owner.get(name, "")
        if not owner:
            return self.rename.get(name, name)
        if owner not in points:
            raise Unsupported(f"{name} is random under {owner}, of which no point is fixed here")
        return f"({self.rename.get(name, name)} {points[owner]})"

    def atom(self, atom: str, points: Points) -> str:
        """The Coq term of one atom."""
        if atom in self.opaque:
            return self.opaque[atom].concrete
        if atom in self.ctx.arguments:
            label, arguments = self.ctx.arguments[atom]
            inside = " ".join(f"({self.concrete(self.text(p), points)})" for p in arguments)
            return f"({ {'Max': 'Rmax', 'inv': '/'}.get(label, label) } {inside})"
        if atom in self.ctx.parts:
            functional, parts = self.ctx.parts[atom]
            if functional:
                inside = self.concrete(self.monomial(parts), {**points, functional: "o"})
                return f"({self.rename[functional]} (fun o => {inside}))"
            return f"(inner {self.at(parts[0], points)} {self.at(parts[1], points)})"
        return self.at(atom, points)

    # identities

    def identity(self, left: str, right: str, points: Points, at: Mapping[str, str]) -> str:
        """A proof term of `left = right` (texts with tokens), as an instance of an identity of real variables.

        `at` names the hypotheses that hold at the fixed points.
        """
        tokens = list(dict.fromkeys(TOKEN.findall(left + right)))
        known = {t: self.opaque[t] for t in tokens if t in self.opaque}
        for value in known.values():
            tokens += [t for t in dict.fromkeys(TOKEN.findall(value.normal)) if t not in tokens]
        known |= {t: self.total(t) for t in tokens if t.endswith("{1}") and self.ctx.functionals[t[:-3]].probability}
        variables = {t: f"x{k}" for k, t in enumerate(tokens)}

        def plain(text: str) -> str:
            return TOKEN.sub(lambda match: variables[match[1]], text)

        every = left + right + "".join(value.normal for value in known.values())
        inverted = list(dict.fromkeys(INVERTED.findall(every)))
        premises = [f"{variables[t]} = {plain(value.normal)} -> " for t, value in known.items()]
        premises += [f"{variables[t]} <> 0 -> " for t in inverted]
        binders = f"forall {' '.join(variables.values())} : R, " if variables else ""
        tactic = "pc_field" if "/" in every else "ring"
        name = self.fresh("i")
        said = f"{binders}{''.join(premises)}{plain(left)} = {plain(right)}"
        self.emit(f"assert ({name} : {said}) by (intros; subst; {tactic}).")
        values = [f"({self.atom(t, points)})" for t in tokens]
        proofs = [value.proof for value in known.values()] + [self.invertible(t, at) for t in inverted]
        return f"({name} {' '.join(values + proofs)})" if values + proofs else name

    def total(self, token: str) -> Opaque:
        """F[1] = 1 for a probability."""
        return Opaque("", "1", f"P'{token[:-3]}")

    def invertible(self, token: str, at: Mapping[str, str]) -> str:
        """The hypothesis that says `token <> 0`."""
        if token not in self.nonzero:
            raise Unsupported(f"no hypothesis says that {token} is not 0")
        name, functional = self.nonzero[token]
        if functional and name not in at:
            raise Unsupported(f"{token} is not 0 almost everywhere only, and no point is fixed")
        return at.get(name, name)

    # integrals

    def expand(self, functional: str, poly: Poly) -> list[tuple[str, Monomial]]:
        """`poly` as a linear combination of monomials that are random under `functional`."""
        groups: dict[Monomial, Poly] = {}
        for monomial, value in sorted(poly.items()):
            inside = tuple((a, e) for a, e in monomial if self.ctx.owner.get(a) == functional)
            outside = tuple((a, e) for a, e in monomial if self.ctx.owner.get(a) != functional)
            groups.setdefault(inside, {})[outside] = value
        return [(self.text(c), m) for m, c in groups.items()]

    def moment(self, functional: str, monomial: Monomial) -> str:
        """The token of a moment."""
        atom = f"{functional}{{{algebra.monomial_text(monomial)}}}"
        self.ctx.owner[atom], self.ctx.parts[atom] = "", (functional, monomial)
        return f"⟦{atom}⟧"

    def combination(self, functional: str, poly: Poly, points: Points) -> tuple[str, str, str, str]:
        """(list, proof that its monomials are integrable, its value at a point, its integral): texts for `pc_value`.

        The first two are Coq, the last two texts with tokens.
        """
        inside = {**points, functional: "o"}
        items, fine, at, values = [], "(Forall_nil _)", "0", "0"
        for coefficient, monomial in reversed(self.expand(functional, poly)):
            name = self.monomials.setdefault((functional, monomial), f"g{len(self.monomials)}''")
            mono = self.monomial(monomial)
            body = self.concrete(mono, inside)
            c = self.concrete(coefficient, points)
            items.insert(0, f"({c}, fun o => {body})")
            fine = f"(@Forall_cons _ _ ({c}, fun o => {body}) _ {name} {fine})"
            at = f"({coefficient}) * ({mono}) + ({at})"
            values = f"({coefficient}) * {self.moment(functional, monomial)} + ({values})"
        return f"[{'; '.join(items)}]", fine, at, values


def number(numerator: int, denominator: int) -> str:
    """A rational number as Coq text."""
    if denominator == 1:
        return str(numerator) if numerator >= 0 else f"({numerator})"
    return f"({numerator} / {denominator})"
