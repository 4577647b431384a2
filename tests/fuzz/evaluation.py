"""A second evaluation of witness models: another parser (EXPR's trees), floats, no code of the kernel.

It only objects where a relation is violated beyond what rounding could do.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

from proofcheck.derive.expr import parse_relation
from proofcheck.derive.nodes import Call, Moment, Name, Node, Number, Power, Product, Sum

SLACK = 1e-6


class _Point:
    def __init__(self, model: dict[str, Any]) -> None:
        self.metric = [float(Fraction(m)) for m in model["metric"]]
        self.atoms = {
            label: [(float(Fraction(a["weight"])), _values(a)) for a in atoms]
            for label, atoms in model["functionals"].items()
        }
        self.size = 0.0  # of the largest summand that was met: rounding is relative to it

    def value(self, node: Node, world: dict[str, Any]) -> Any:
        made = self._value(node, world)
        for number in made if isinstance(made, list) else [made]:
            self.size = max(self.size, abs(number))
        return made

    def _value(self, node: Node, world: dict[str, Any]) -> Any:
        match node:
            case Number(value=value):
                return float(value)
            case Name(name=name):
                return world[name]
            case Sum(terms=terms):
                total: Any = 0.0
                for sign, term in terms:
                    total = _plus(total, _times(float(sign), self.value(term, world)))
                return total
            case Product(factors=factors):
                made: Any = 1.0
                for sign, factor in factors:
                    value = self.value(factor, world)
                    made = _times(made, value if sign > 0 else 1 / value)
                return made
            case Power(base=base, exponent=exponent):
                return self.value(base, world) ** exponent
            case Moment(functional=functional, body=body):
                return math.fsum(w * self.value(body, {**world, **inner}) for w, inner in self.atoms[functional])
            case Call(function=function, arguments=arguments):
                values = [self.value(a, world) for a in arguments]
                if function == "inner":
                    return sum(m * a * b for m, a, b in zip(self.metric, *map(self._vector, values), strict=True))
                known = {"Abs": abs, "Max": max, "Min": min, "exp": math.exp, "sqrt": lambda x: math.sqrt(max(x, 0.0))}
                return known[function](*values)

    def _vector(self, value: Any) -> list[float]:
        return value if isinstance(value, list) else [0.0] * len(self.metric)


def _plus(a: Any, b: Any) -> Any:
    if isinstance(a, list) and isinstance(b, list):
        return [x + y for x, y in zip(a, b, strict=True)]
    return a if isinstance(a, list) else b if isinstance(b, list) else a + b  # 0 is a vector too


def _times(a: Any, b: Any) -> Any:
    if isinstance(a, list):
        a, b = b, a
    return [a * x for x in b] if isinstance(b, list) else a * b


def _values(part: dict[str, Any]) -> dict[str, Any]:
    numbers = {x: float(Fraction(v)) for x, v in part["scalars"].items()}
    return numbers | {x: [float(Fraction(c)) for c in row] for x, row in part["vectors"].items()}


def contradicts(claim: str, model: str) -> str:
    """An assumption of the claim that the model violates clearly, "" if there is none."""
    statement, data = json.loads(claim), json.loads(model)
    functionals = list(statement["functionals"])
    point = _Point(data)
    world = _values(data)
    for text in statement["assume"]:
        if not isinstance(text, str):
            continue
        try:
            relation = parse_relation(text, functionals=functionals)
            left, right = relation.operands
            point.size = 1.0
            inner = _random(relation.operands, statement["functionals"])
            worlds = [world | extra for w, extra in point.atoms[inner] if w > 0] if inner else [world]
            gaps = [point.value(left, at) - point.value(right, at) for at in worlds]
        except (ArithmeticError, ValueError, KeyError, TypeError):
            continue  # out of the range of floats, or written as only the kernel reads it
        allowed = SLACK * point.size
        sign = relation.operators[0]
        for gap in gaps:
            if (sign in (">=", ">", "==") and gap < -allowed) or (sign in ("<=", "<", "==") and gap > allowed):
                return f"{text} is off by {gap:.3g} at the model"
    return ""


def _random(operands: tuple[Node, ...], functionals: dict[str, Any]) -> str:
    """The functional whose random names stand outside of its brackets."""
    owner = {x: label for label, f in functionals.items() for x in (*f["scalars"], *f["vectors"])}

    def free(node: Node) -> set[str]:
        match node:
            case Name(name=name):
                return {owner[name]} if name in owner else set()
            case Moment(functional=functional, body=body):
                return free(body) - {functional}
            case Sum(terms=parts) | Product(factors=parts):
                return set().union(*(free(p) for _, p in parts))
            case Power(base=base):
                return free(base)
            case Call(arguments=arguments):
                return set().union(*map(free, arguments))
        return set()

    found = set().union(*map(free, operands))
    return min(found) if found else ""
