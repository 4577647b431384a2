"""SMT-LIB 2: the negation of a claim in small concrete models, one file for each claim and model class.

A file says: the assumptions hold and the target fails, for vectors in R^d and functionals of n atoms. `sat` is a
counterexample, so it must not happen; `unsat` says that there is none among these models, which is no proof for others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from proofcheck.export.claims import ClaimTree, Pair
from proofcheck.export.smt_world import Shape, Unsupported, World
from proofcheck.kernel import read_claim

LONGEST = 60_000  # characters of one problem; beyond, no solver answers and no person reads
SHORT = (1, 2)  # dimensions and numbers of atoms of the short form
LONG = (1, 2, 3)


@dataclass(frozen=True)
class Problem:
    """One question to a solver: `text` is satisfiable only if `claim` has a counterexample of this shape."""

    claim: str  # its name
    shape: Shape
    exp: str  # "" where exp does not occur, else "native" or "zero"
    text: str

    @property
    def file(self) -> str:
        """`LT-01.step.d2.n1.smt2`: what the claim has none of is left out."""
        parts = [self.claim]
        parts += [f"d{self.shape.dimension}"] if self.shape.dimension >= 0 else []
        parts += [f"n{self.shape.atoms}"] if self.shape.atoms >= 0 else []
        parts += [f"exp-{self.exp}"] if self.exp else []
        return ".".join([*parts, "smt2"])


def shapes(claim: ClaimTree, sizes: Sequence[int] = SHORT) -> list[Shape]:
    """The model classes of a claim, the smallest first; -1 where there are no vectors, or no functionals.

    A functional that is no probability may be 0, and then has no atoms.
    """
    dimensions = sizes if claim.vector_names else (-1,)
    atoms: Sequence[int] = sizes if claim.functionals else (-1,)
    if claim.functionals and not any(f.probability for f in claim.functionals.values()) and _random_alike(claim):
        atoms = (0, *sizes)
    return sorted((Shape(d, n) for d in dimensions for n in atoms), key=lambda s: (s.dimension + s.atoms, s))


def problems(claim: ClaimTree, sizes: Sequence[int] = SHORT) -> Iterator[Problem]:
    """Every problem of a claim; what has no exact form, or is too long, is left out."""
    for shape in shapes(claim, sizes):
        for exp in ("native", "zero"):
            try:
                problem = write(claim, shape, exp)
            except Unsupported:
                break
            if len(problem.text) > LONGEST:
                break
            yield problem
            if not problem.exp:
                break


def write(claim: ClaimTree, shape: Shape, exp: str = "native") -> Problem:
    """The negation of `claim` in models of `shape`.

    Raises:
        Unsupported: it has no exact quantifier-free form there.
    """
    world = World(claim, Shape(max(shape.dimension, 0), max(shape.atoms, 0)), exp=exp)
    world.declare()
    for number, assumption in enumerate(claim.assumptions):
        bound = "".join(f"for all {x}: " for x in assumption.bound)
        world.lines.append(f"; assumption {number}: {bound}{assumption.text}")
        for formula in world.quantified(assumption) if assumption.bound else world.formulas(assumption.relation):
            world.say(formula)
    world.lines.append(f"; not: {claim.target_text}")
    fails = [f"(not {formula})" for formula in world.formulas(claim.target)]
    world.say(fails[0] if len(fails) == 1 else f"(or {' '.join(fails)})" if fails else "false")
    kind = exp if world.uses_exp else ""
    logic = "QF_NRAT" if kind == "native" else "QF_NRA"
    lines = [*_head(claim.name, shape, kind), f"(set-logic {logic})", *world.lines, "(check-sat)"]
    return Problem(claim.name, shape, kind, "\n".join(lines) + "\n")


def _head(name: str, shape: Shape, exp: str) -> Iterator[str]:
    yield f"; The negation of the claim {name}. sat: a counterexample. unsat: none among these models."
    if shape.dimension >= 0:
        yield f"; Vectors are in R^{shape.dimension}: u.1 is the first coordinate of u."
    if shape.atoms >= 0:
        yield f"; A functional F has {shape.atoms} atoms of weights F.weight1...; t.at1 is t at the first atom."
    if exp == "native":
        yield "; exp is no part of SMT-LIB: cvc5 reads it."
    if exp == "zero":
        yield "; Among models where every argument of exp is 0, so that any solver can read it."


def _random_alike(claim: ClaimTree) -> bool:
    """Whether the kernel takes as random what is written with random names: where there are no atoms, it matters."""
    reading, world = read_claim(claim.text), World(claim, Shape(0, 0), exp="native")
    read = [reading.ctx.single(a.poly, "") for a in reading.assumptions] + [reading.ctx.single(reading.target[0], "")]
    return read == [world.owner(r) for r in (*(a.relation for a in claim.assumptions), claim.target)]


def all_problems(
    pairs: Sequence[Pair], sizes: Sequence[int] = SHORT, progress: Callable[[str], None] = lambda text: None
) -> list[Problem]:
    """The problems of every claim, in the order of the claims."""
    found: list[Problem] = []
    for number, pair in enumerate(pairs, 1):
        found += problems(pair.tree, sizes)
        if number % 100 == 0 or number == len(pairs) > 20:
            progress(f"smt2: {number}/{len(pairs)} claims, {len(found)} problems")
    return found
