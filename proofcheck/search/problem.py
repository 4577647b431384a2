"""A claim as the searches see it: facts in normal form, the atoms in sight, and how to write them back as text.

`Problem` wraps the kernel's `Claim`. A `Fact` is `poly rel 0` with the JSON by which a certificate names it. `Goal` is
a set of facts to be shown contradictory: the assumptions, the negated target, what case splits and steps added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ..kernel.algebra import Budget, Monomial, Poly
from ..kernel.claim import Claim, read_claim
from ..kernel.syntax import KernelError
from . import poly as P


class _Unbounded(Budget):
    """The kernel's bound on expansions guards the kernel; a search has a clock instead."""

    def spend(self, amount: int) -> None:
        self.spent += amount


@dataclass(frozen=True)
class Fact:
    """`poly rel 0` (rel one of >=, >, ==); `ref` is its certificate JSON; `owner` the functional it is pointwise under.

    `pinned` facts belong to one fixed point of `owner` (or follow from the negated target) and stay out of E[...].
    """

    poly: Poly
    rel: str
    ref: Any
    owner: str = ""
    pinned: bool = False
    kind: str = "fact"  # how the factor is written: {"fact": ref}, or the JSON object `ref` itself when "factor"
    full: Poly | None = None  # the polynomial that `ref` names, where `poly` has eliminated atoms replaced

    @property
    def factor(self) -> Any:
        return self.ref if self.kind == "factor" else {"fact": self.ref}


@dataclass(frozen=True)
class Goal:
    """Facts that shall contradict each other. `main` is the negated target; `ground` the functional opened by it."""

    problem: Problem
    main: Fact
    facts: tuple[Fact, ...]
    ground: str = ""
    steps: tuple[Any, ...] = ()
    used_splits: frozenset[str] = frozenset()
    eliminated: tuple[tuple[str, Poly, Any], ...] = ()  # atom, its value, the equation atom - value == 0

    def with_facts(self, facts: Iterable[Fact], steps: Iterable[Any] = ()) -> Goal:
        return replace(self, facts=self.facts + tuple(facts), steps=self.steps + tuple(steps))


@dataclass
class Problem:
    """A claim with its context, and a counter of labels."""

    claim: Claim
    text: str
    labels: int = 0
    denominators: dict[str, Poly] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Problem:
        """Raises KernelError when the claim is not well formed."""
        claim = read_claim(text)
        claim.ctx.budget = _Unbounded()
        assumptions = [a._replace(poly=P.plain(a.poly)) for a in claim.assumptions]
        claim = claim._replace(assumptions=assumptions, target=(P.plain(claim.target[0]), claim.target[1]))
        return cls(claim, text)

    def label(self, prefix: str = "f") -> str:
        self.labels += 1
        return f"{prefix}{self.labels}"

    # -- polynomials ---------------------------------------------------------------------------------------------
    def owner(self, poly: Poly) -> str:
        """The functional under which `poly` is random, or ""; "?" when there are several."""
        owners = {self.claim.ctx.owner[a] for m in poly for a, _ in m} - {""}
        return next(iter(owners), "") if len(owners) < 2 else "?"

    def moment(self, functional: str, poly: Poly) -> Poly:
        return P.plain(self.claim.ctx.moment(functional, poly))

    def made(self, name: str) -> tuple[str, tuple[Any, ...]]:
        """(function, arguments) of an atom; ("", ()) for a name."""
        ctx = self.claim.ctx
        if name in ctx.parts:
            functional, parts = ctx.parts[name]
            return ("moment", (functional, parts)) if functional else ("inner", parts)
        return ctx.arguments.get(name, ("", ()))

    def is_function(self, name: str) -> bool:
        return self.made(name)[0] in ("Max", "sqrt", "exp", "inv")

    def inner(self, u: str, v: str) -> Poly:
        """<u, v> of two vector names."""
        key = f"<{min(u, v)},{max(u, v)}>"
        if key not in self.claim.ctx.parts:
            self.claim.ctx.inner(P.atom(u), P.atom(v))
        return P.atom(key)

    def function(self, label: str, *arguments: Poly) -> Poly:
        """The kernel's atom for label(arguments); it declares the atom's owner."""
        if label == "exp" and not arguments[0]:
            return P.ONE
        return self.claim.ctx.function(label, *arguments)

    # -- text ----------------------------------------------------------------------------------------------------
    def atom_text(self, name: str) -> str:
        """The kernel expression whose normal form is the atom."""
        label, arguments = self.made(name)
        if label == "inv":
            return f"(1/({self.text_of(arguments[0])}))"
        if label == "inner":
            return f"inner({arguments[0]}, {arguments[1]})"
        if label == "moment":
            return f"{arguments[0]}[{self.monomial_text(arguments[1])}]"
        if label:
            return f"{label}({', '.join(map(self.text_of, arguments))})"
        return name

    def monomial_text(self, monomial: Monomial) -> str:
        return "*".join(self.atom_text(a) + (f"**{e}" if e != 1 else "") for a, e in monomial) or "1"

    def text_of(self, poly: Poly) -> str:
        """Expression text of a polynomial."""
        out = ""
        for monomial in sorted(poly, key=lambda m: (sum(abs(e) for _, e in m), m)):
            value = poly[monomial]
            size = abs(value)
            body = self.monomial_text(monomial)
            if not monomial:
                body = str(size)
            elif size != 1:
                body = f"{size}*{body}"
            if out:
                out += f" - {body}" if value < 0 else f" + {body}"
            else:
                out = f"-{body}" if value < 0 else body
        return out or "0"

    def vector_text(self, parts: Mapping[str, Poly]) -> str:
        """Expression text of a linear combination of vectors."""
        out: list[str] = []
        for name, coefficient in parts.items():
            if not coefficient:
                continue
            if coefficient == P.ONE:
                out.append(name)
            elif len(coefficient) == 1:
                out.append(f"{self.text_of(coefficient)}*{name}")
            else:
                out.append(f"({self.text_of(coefficient)})*{name}")
        return " + ".join(out).replace("+ -", "- ")


def negation(poly: Poly, rel: str) -> list[tuple[Poly, str]]:
    """What the certificate may use when `poly rel 0` is to be proved: one negation, two for an equality."""
    minus = P.scale(poly, -1)
    if rel == ">=":
        return [(minus, ">")]
    if rel == ">":
        return [(minus, ">=")]
    return [(minus, ">"), (poly, ">")]


def goals(problem: Problem, target: tuple[Poly, str] | None = None) -> list[Goal]:
    """One goal, two for an equality: the assumptions and the negated target (another one when `target` is given)."""
    poly, rel = target or problem.claim.target
    ground = problem.owner(poly)
    facts = [
        Fact(a.poly, a.rel, f"a{i}", problem.owner(a.poly))
        for i, a in enumerate(problem.claim.assumptions)
        if not a.bound
    ]
    return [
        Goal(problem, Fact(p, r, "target", ground, pinned=bool(ground)), tuple(facts), ground)
        for p, r in negation(poly, rel)
    ]


__all__ = ["Fact", "Fraction", "Goal", "KernelError", "Problem", "goals", "negation"]
