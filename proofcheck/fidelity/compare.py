"""One claim against the reading of its sentence: assumption by assumption, and the target, at sampled points.

Levels, best first. "values": both slacks are in one constant positive ratio at all points, and the relation is the
same (an inequality that lost strictness is told). "holds": the two are true at the same points; used for vectors,
quantified assumptions, and where a reading says that it agrees in sign only; both outcomes have to occur.
"implied": the claim assumes less than the sentence, checked in one direction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from proofcheck.kernel.claim import Claim, read_claim
from proofcheck.kernel.syntax import KernelError
from proofcheck.witness.evaluate import Evaluator

from .meaning import TINY, Relation, UndefinedError, Vector, exp
from .points import Names, Point, Steering, attempt, draw, point_of_example, point_of_model
from .reading import Reading

Kernel = tuple[str, list[Fraction] | None, bool | None]  # relation, slacks or None, whether it holds (None: unknown)


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
    points += [point_of_example(reading.example)] if reading.example else []
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


def kernel_at(claim: Claim, point: Point) -> list[Kernel] | None:
    """The kernel's reading at a point, assumptions first, then the target; None where it is not defined."""
    try:
        evaluator = Reader(claim, point.model())
        evaluator.defined()
        found: list[Kernel] = []
        exact = point.exact()
        for index, assumption in enumerate(claim.assumptions):
            if assumption.bound:
                found.append((assumption.rel, None, evaluator.quantified(index, assumption) if exact else None))
            else:
                found.append((assumption.rel, _middle(evaluator, assumption.poly), None))
        found.append((claim.target[1], _middle(evaluator, claim.target[0]), None))
    except (KernelError, UndefinedError):
        return None
    return [(rel, slacks, yes if slacks is None else _holds(rel, slacks)) for rel, slacks, yes in found]


def _middle(evaluator: Evaluator, poly: Any) -> list[Fraction]:
    return [(low + high) / 2 for low, high in evaluator.everywhere(poly)]


def _holds(rel: str, slacks: list[Fraction]) -> bool:
    return Relation(rel, tuple(slacks)).holds()


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
    for point in points:
        said, read = attempt(reading, point), kernel_at(claim, point)
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
            if part.name in reading.implied:
                part.level = "implied"
            elif part.name in reading.signs:
                part.level = "holds"
            _look(part, relation, kernel, yes, point, all(holds))
    _judge(result, reading)
    return result


def _look(part: Part, relation: Relation, kernel: Kernel, yes: bool, point: Point, inside: bool) -> None:
    rel, slacks, holds = kernel
    own = relation.residuals()
    if not relation.form:
        sizes = [abs(x) for x in own]
        part.tight += any(x <= TINY for x in sizes)
        far = [x for x in sizes if x > TINY]
        part.nearest = min([*far, *([part.nearest] if part.nearest is not None else [])], default=None)
    if inside and relation.factor <= 0:
        part.differs.append(f"the factor {relation.factor} of the reading is not positive at {point.model()}")
    if part.level == "implied":
        if yes and holds is False:
            part.differs.append(f"the sentence's holds, the claim's does not, at {point.model()}")
        return
    comparable = slacks is not None and not relation.form and not any(isinstance(s, Vector) for s in relation.slacks)
    if own and comparable and rel != relation.rel:
        part.differs.append(f"the sentence says {relation.rel} 0, the claim {rel} 0")
    if not comparable or slacks is None or len(slacks) != len(own):
        part.level = "holds"
    elif part.level == "values":
        for mine, theirs in zip(own, slacks, strict=True):
            if part.ratio is None and max(abs(mine), abs(theirs)) > TINY:
                part.ratio = mine, theirs
            if part.ratio is None:
                continue
            a, b = mine * part.ratio[1], theirs * part.ratio[0]
            wrong = part.ratio[0] * part.ratio[1] <= 0 if rel != "==" else 0 in part.ratio
            if wrong or abs(a - b) > TINY * (abs(a) + abs(b) + 1):
                part.differs.append(
                    f"the sentence has slack {float(mine):.6g}, the claim {float(theirs):.6g}"
                    f" (before: {float(part.ratio[0]):.6g} and {float(part.ratio[1]):.6g})"
                )
    if holds is not None and yes != holds:
        part.differs.append(f"the sentence's is {yes}, the claim's {holds}, at {point.model()}")


def _judge(result: Comparison, reading: Reading) -> None:
    if not result.satisfying:
        result.faults.append("vacuous: no point satisfies the assumptions")
    for part in result.parts:
        if part.differs:
            result.faults.append(f"{part.name}: {part.differs[0]} ({len(part.differs)} differences)")
        if not part.inside:
            result.faults.append(f"vacuous: {part.name} holds at no point")
        if part.level == "values" and part.ratio is None and (part.name != "target" or part.outside):
            result.faults.append(f"vacuous: {part.name} has slack 0 at every point")
        if part.level == "holds" and not part.outside:
            result.faults.append(f"vacuous: {part.name} is violated at no point, and only signs are compared")
    unknown = (reading.signs | reading.implied) - {part.name for part in result.parts}
    if unknown:
        result.faults.append(f"reads: signs or implied names {sorted(unknown)}, which the claim does not have")
