"""One claim against the reading of its sentence: assumption by assumption, and the target, at sampled points.

Levels, best first. "values": both slacks are in one constant positive ratio at all points, and the relation is the
same (an inequality that lost strictness is told). "holds": the two are true at the same points; used for vectors,
quantified assumptions, and where a reading says that it agrees in sign only; both outcomes have to occur.
"identity": an equation that holds at all points, whose left sides are in a constant ratio.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from proofcheck.kernel.claim import Assumption, Claim, read_claim
from proofcheck.kernel.syntax import KernelError
from proofcheck.witness.evaluate import Evaluator

from .meaning import TINY, Relation, UndefinedError, Vector, exp
from .points import Names, Point, Steering, attempt, draw, point_of_model
from .reading import Reading

PROBES = ((1, 0, 0), (2, -3, 5), (-1, 4, 7))  # values of a quantified vector at which slacks are compared


class Kernel(NamedTuple):
    """A relation of the claim at a point; slacks at PROBES if it is quantified, None if that needs more names."""

    rel: str
    slacks: list[Fraction] | None
    holds: bool | None  # None: unknown
    quantified: bool = False
    side: Fraction | None = None  # the left side of an equation


@dataclass
class Part:
    """What was seen of one assumption, or of the target, over the points."""

    name: str
    level: str = "values"
    inside: int = 0
    outside: int = 0
    alone: int = 0  # points that violate this assumption and no other
    tight: int = 0  # points on its boundary
    nearest: Fraction | None = None  # the smallest |slack| seen that is not 0
    ratio: tuple[Fraction, Fraction] | None = None
    sides: list[tuple[Fraction, Fraction]] = field(default_factory=list)  # left sides, the sentence's and the claim's
    differs: list[str] = field(default_factory=list)


@dataclass
class Comparison:
    """The result for one claim. `faults` is empty if nothing tells the claim from its sentence."""

    claim: str
    parts: list[Part]
    points: int = 0
    satisfying: int = 0
    undefined: int = 0
    faults: list[str] = field(default_factory=list)


def names_of(text: str) -> Names:
    """The declared names of a claim."""
    data = json.loads(text)
    functionals = {
        label: (bool(f["probability"]), tuple(f["scalars"]), tuple(f["vectors"]))
        for label, f in data["functionals"].items()
    }
    return Names(tuple(data["scalars"]), tuple(data["vectors"]), functionals)


def sample(
    reading: Reading, names: Names, rng: random.Random, models: Iterable[Mapping[str, Any]], free: int, steered: int
) -> list[Point]:
    """Points for one reading: given models, `free` unconstrained ones, and `steered` of each kind.

    Kinds: all assumptions hold; all but one, for each of them; all, one of them with equality, for each of them.
    """
    points = [p for p in map(point_of_model, models) if p is not None]
    points += [draw(names, rng, empty=k % 2 == 1) for k in range(free)]
    steering = Steering(reading, rng)
    trial = next((t for t in (attempt(reading, p) for p in points) if t is not None), None)
    count = len(trial[0]) if trial else 0
    inside = [p for p in points if steering.score(p, None, None) == 0]
    for _ in range(steered):
        found = steering.steer(draw(names, rng, empty=False))
        inside += [found] if found else []
        points += [found] if found else []
        for index in range(count):
            for violate, tight in ((index, None), (None, index)):
                start = rng.choice(inside) if inside and rng.random() < 0.7 else draw(names, rng, empty=False)
                found = steering.steer(start, violate, tight)
                points += [found] if found else []
    return points


class Reader(Evaluator):
    """The witness's evaluation, with exponentials as readings have them: its enclosures take 50 times as long.

    tests/fidelity compares the two.
    """

    def atom(self, text: str, world: dict[str, Any]) -> tuple[Fraction, Fraction]:
        if text not in self.claim.ctx.parts and self.claim.ctx.arguments[text][0] == "exp":
            low, high = self.value(self.claim.ctx.arguments[text][1][0], world)
            value = exp((low + high) / 2)
            return value, value
        return super().atom(text, world)


def kernel_at(claim: Claim, point: Point, left: Any = None) -> list[Kernel] | None:
    """The kernel's reading at a point, assumptions first, then the target; None where it is not defined.

    left: the normal form of the left side of the target, if that is an equation.
    """
    try:
        evaluator = Reader(claim, point.model())
        evaluator.defined()
        found: list[Kernel] = []
        exact = point.exact()
        for index, assumption in enumerate(claim.assumptions):
            if assumption.bound:
                yes = evaluator.quantified(index, assumption) if exact else None
                found.append(Kernel(assumption.rel, _probed(evaluator, assumption), yes, quantified=True))
            else:
                found.append(_kernel(evaluator, assumption.poly, assumption.rel))
        side = None if left is None else next(iter(_middle(evaluator, left)), None)
        return [*found, _kernel(evaluator, *claim.target)._replace(side=side)]
    except (KernelError, UndefinedError):
        return None


def _kernel(evaluator: Evaluator, poly: Any, rel: str) -> Kernel:
    slacks = _middle(evaluator, poly)
    return Kernel(rel, slacks, Relation(rel, tuple(slacks)).holds())


def _middle(evaluator: Evaluator, poly: Any) -> list[Fraction]:
    return [(low + high) / 2 for low, high in evaluator.everywhere(poly)]


def _probed(evaluator: Evaluator, assumption: Assumption) -> list[Fraction] | None:
    """The slacks of a quantified assumption at PROBES, if it binds one vector."""
    if list(assumption.bound.values()) != ["vector"]:
        return None
    (name,) = assumption.bound
    size = len(evaluator.metric)
    worlds = [{**evaluator.world, f"?v{name}": [Fraction(c) for c in q[:size]]} for q in PROBES]
    return [(low + high) / 2 for low, high in (evaluator.value(assumption.poly, w) for w in worlds)]


def _left(claim: Claim, text: str) -> Any:
    """The normal form of the left side of a target that is an equation."""
    left, equals, _ = json.loads(text)["target"].partition("==")
    return claim.ctx.expression(left) if equals else None


def compare(text: str, reading: Reading, points: Sequence[Point]) -> Comparison:
    """The claim `text` against its reading at the points."""
    claim, names = read_claim(text), names_of(text)
    count = len(claim.assumptions)
    parts = [Part(f"a{i}") for i in range(count)] + [Part("target")]
    result = Comparison(claim.name, parts)
    if set(reading.names) != names.all():
        result.faults.append(
            f"names: the sentence speaks of {sorted(reading.names)}, the claim of {sorted(names.all())}"
        )
        return result
    for label, (probability, _, _) in names.functionals.items():
        if probability != (label in reading.probabilities):
            kinds = {True: "an expectation", False: "a sum or integral of any mass"}
            result.faults.append(
                f"{label}: {kinds[not probability]} in the sentence, {kinds[probability]} in the claim"
            )
    if result.faults:
        return result
    left = _left(claim, text)
    for point in points:
        said, read = attempt(reading, point), kernel_at(claim, point, left)
        if said is None or read is None:
            result.undefined += 1
            continue
        if len(said[0]) != count:
            result.faults.append(f"assumptions: the sentence has {len(said[0])}, the claim {count}")
            return result
        result.points += 1
        holds = [relation.holds() for relation in said[0]]
        result.satisfying += all(holds)
        for i, (part, relation, kernel) in enumerate(zip(parts, (*said[0], said[1]), read, strict=True)):
            yes = holds[i] if i < count else relation.holds()
            part.inside += yes
            part.outside += not yes
            part.alone += i < count and holds.count(False) == 1 and not yes
            if part.name in reading.signs:
                part.level = "holds"
            _look(part, relation, kernel, yes, point, all(holds))
    _judge(result, reading)
    return result


def _look(part: Part, relation: Relation, kernel: Kernel, yes: bool, point: Point, inside: bool) -> None:
    own = relation.residuals()
    if not relation.form:
        sizes = [abs(x) for x in own]
        part.tight += any(x <= TINY for x in sizes)
        far = [x for x in sizes if x > TINY]
        part.nearest = min([*far, *([part.nearest] if part.nearest is not None else [])], default=None)
    if inside and relation.factor <= 0:
        part.differs.append(f"the factor {_short(relation.factor)} of the reading is not positive at {point.model()}")
    if relation.meant is not None and relation.meant.holds() and not yes:
        part.differs.append(f"what the sentence says does not imply what the reading compares, at {point.model()}")
    mine = own
    if kernel.quantified:
        probe = relation.probe
        mine = None if probe is None else [probe(Vector(q[: point.dimension])) for q in PROBES]
    elif relation.form or any(isinstance(s, Vector) for s in relation.slacks):
        mine = None
    if own and mine is not None and kernel.rel != relation.rel:
        part.differs.append(f"the sentence says {relation.rel} 0, the claim {kernel.rel} 0")
    if mine is None or kernel.slacks is None:
        part.level = "holds"
    elif len(kernel.slacks) != len(mine):
        if part.level == "values":  # one says it at every atom, the other once, e.g. of the expectations
            part.differs.append(f"the sentence has {len(mine)} slacks, the claim {len(kernel.slacks)}, of one relation")
    elif part.level == "values":
        _ratios(part, mine, kernel)
    if relation.side is not None and kernel.side is not None:
        part.sides.append((relation.side, kernel.side))
    if kernel.holds is not None and yes != kernel.holds:
        part.differs.append(f"the sentence's is {yes}, the claim's {kernel.holds}, at {point.model()}")


def _ratios(part: Part, own: list[Fraction], kernel: Kernel) -> None:
    for mine, theirs in zip(own, kernel.slacks or (), strict=True):
        if part.ratio is None and max(abs(mine), abs(theirs)) > TINY:
            part.ratio = mine, theirs
        if part.ratio is None:
            continue
        wrong = part.ratio[0] * part.ratio[1] <= 0 if kernel.rel != "==" else 0 in part.ratio
        if wrong or not _proportional(part.ratio, (mine, theirs)):
            part.differs.append(
                f"the sentence has slack {_short(mine)}, the claim {_short(theirs)}"
                f" (before: {_short(part.ratio[0])} and {_short(part.ratio[1])})"
            )


def _proportional(one: tuple[Fraction, Fraction], two: tuple[Fraction, Fraction]) -> bool:
    a, b = one[0] * two[1], one[1] * two[0]
    return abs(a - b) <= TINY * (abs(a) + abs(b) + 1)


def _short(x: Fraction) -> str:
    """Six digits of a number of any size."""
    return f"{float(x):.6g}" if abs(x) < 10**300 else f"about 10^{len(str(int(abs(x)))) - 1}"


def _judge(result: Comparison, reading: Reading) -> None:
    if not result.satisfying:
        result.faults.append("vacuous: no point satisfies the assumptions")
    for part in result.parts:
        if part.level == "values" and part.ratio is None and not part.outside and part.sides:
            part.level = "identity"
            first = next((pair for pair in part.sides if 0 not in pair), (Fraction(0), Fraction(0)))
            if 0 in first or not all(_proportional(first, pair) for pair in part.sides):
                part.differs.append(f"both are identities, with other left sides: {_show(part.sides)}")
        if part.differs:
            result.faults.append(f"{part.name}: {part.differs[0]} ({len(part.differs)} differences)")
        if not part.inside:
            result.faults.append(f"vacuous: {part.name} holds at no point")
        if part.level == "values" and part.ratio is None:
            result.faults.append(f"vacuous: {part.name} has slack 0 at every point")
        if part.level == "holds" and not part.outside:
            result.faults.append(f"vacuous: {part.name} is violated at no point, and only signs are compared")
    unknown = reading.signs - {part.name for part in result.parts}
    if unknown:
        result.faults.append(f"reads: signs names {sorted(unknown)}, which the claim does not have")


def _show(pairs: list[tuple[Fraction, Fraction]]) -> str:
    return ", ".join(f"{_short(a)} and {_short(b)}" for a, b in pairs[:3])
