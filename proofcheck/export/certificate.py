"""A certificate as mathematics: multiplier · target = sum of nonnegative terms.

A certificate says that the negated target and the facts contradict each other: `sum of terms = 0`, every term >= 0, one
> 0. The terms that contain the negated target are moved to the left; what stays on the right is nonnegative, each
term with the facts that make it so. Reads claim and certificate as JSON; checks nothing, the kernel does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofcheck.export.flatten import readable

_RELATION = re.compile(r"(>=|<=|==|>|<)")
_INDENT = "  "


@dataclass(frozen=True)
class Difference:
    """A relation read as `expression rel 0`, larger side first: `x <= y` is `y - x >= 0`."""

    expression: str
    relation: str
    text: str

    @staticmethod
    def of(relation: str) -> Difference:
        left, sign, right = (part.strip() for part in _RELATION.split(relation, maxsplit=1))
        if sign in ("<=", "<"):
            left, right = right, left
        if right == "0":
            expression = left
        elif left == "0":
            expression = negated(right)
        else:
            expression = f"{left} - {grouped(right, sums_only=True)}"
        return Difference(expression, sign.replace("<", ">"), relation)


@dataclass
class _Facts:
    """Facts by label, and which of them a proof has named (their meaning is printed once)."""

    known: dict[str, Difference]
    named: dict[str, str] = field(default_factory=dict)


def render(claim: str, certificate: str) -> str:
    """The certificate as text, one proof after the other.

    Raises:
        ValueError, KeyError, TypeError: a text is not a claim or certificate; the kernel says why.
    """
    statement, evidence = json.loads(claim), json.loads(readable(claim, certificate))
    facts = {
        f"a{index}": Difference.of(assumption)
        for index, assumption in enumerate(statement["assume"])
        if isinstance(assumption, str)
    }
    target = Difference.of(statement["target"])
    lines: list[str] = []
    for label, goal, proof in goals(target, evidence["proof"]):
        if label:
            lines.append(f"{label}:")
        lines += _proof(proof, _Facts(dict(facts)), goal, "target", statement)
    return "\n".join(lines)


def goals(target: Difference, proof: Any) -> Iterator[tuple[str, Difference, Any]]:
    """(heading, what is shown to be >= 0, proof): an equality is shown in two halves."""
    if target.relation != "==":
        yield "", target, proof
        return
    forward = Difference(target.expression, ">=", target.text)
    backward = Difference(negated(target.expression), ">=", target.text)
    yield "first half, >=", forward, proof[0]
    yield "second half, <=", backward, proof[1]


def _proof(
    proof: Mapping[str, Any], facts: _Facts, goal: Difference, label: str, claim: Mapping[str, Any]
) -> list[str]:
    lines: list[str] = []
    facts = _Facts(dict(facts.known))
    facts.known[label] = Difference(negated(goal.expression), ">=" if goal.relation == ">" else ">", "")
    for step in proof.get("steps", []):
        lines += _step(step, facts, claim)
    if "split" in proof:
        name, expression = proof["as"], proof["split"]
        for sign, branch in ((">=", "nonneg"), ("<", "neg")):
            known = Difference(expression if sign == ">=" else negated(expression), ">=" if sign == ">=" else ">", "")
            inner = _Facts({**facts.known, name: known})
            lines.append(f"case {expression} {sign} 0 ({name}):")
            lines += [_INDENT + line for line in _proof(proof[branch], inner, goal, label, claim)]
        return lines
    left, right = [], []
    for term in proof["terms"]:
        (left if _mentions(term, label) else right).append(term)
    multiplier = " + ".join(_without(term, label, facts) for term in left)
    strict = goal.relation == ">"
    if left:
        shown = grouped(goal.expression, sums_only=False)
        lines.append(shown if multiplier == "1" else f"{grouped(multiplier, sums_only=True)} · {shown}")
    else:
        lines.append("0, which the facts alone make positive: they contradict each other")
    for index, term in enumerate(right):
        text, names = _term(term, facts)
        reasons = f"   [{', '.join(names)}]" if names else ""
        lines.append(f"{_INDENT}{'=' if index == 0 else '+'} {text}{reasons}")
    if not right:
        lines.append(f"{_INDENT}= 0")
    if facts.named:
        lines.append("where " + ", ".join(f"{name}: {text}" for name, text in facts.named.items()))
    if strict and left:
        lines.append("the right side is positive, or the multiplier is and the right side is not negative")
    return lines


def _step(step: Mapping[str, Any], facts: _Facts, claim: Mapping[str, Any]) -> list[str]:
    label = step["as"]
    if "have" in step:
        relation = Difference.of(step["have"])
        lines = [f"have {label}: {step['have']}, since"]
        for heading, goal, proof in goals(relation, step["proof"]):
            if heading:
                lines.append(f"{_INDENT}{heading}:")
            lines += [_INDENT + line for line in _proof(proof, facts, goal, f"not {label}", claim)]
        facts.known[label] = relation
        return lines
    if "instance" in step:
        quantified = claim["assume"][step["instance"]]
        values = ", ".join(f"{name} := {value}" for name, value in step["with"].items())
        text = substituted(quantified["holds"], step["with"])
        facts.known[label] = Difference.of(text)
        return [f"have {label}: {text}   (assumption a{step['instance']} at {values})"]
    values = {**step.get("with", {}), **step.get("random", {}), **step.get("functionals", {})}
    shown = ", ".join(f"{name} := {value}" for name, value in values.items())
    facts.known[label] = Difference(label, ">=", f"{step['use']} at {shown}")
    return [f"have {label}: the proved claim {step['use']}" + (f" at {shown}" if shown else "")]


def _mentions(term: Mapping[str, Any], label: str) -> bool:
    if "equation" in term:
        return term["equation"] == label
    return any(factor.get("fact") == label for factor in term["factors"])


def _without(term: Mapping[str, Any], label: str, facts: _Facts) -> str:
    """The multiplier: the term with one factor `label` taken out."""
    rest = list(term["factors"])
    rest.remove(next(factor for factor in rest if factor.get("fact") == label))
    return _term({**term, "factors": rest}, facts)[0]


def _term(term: Mapping[str, Any], facts: _Facts) -> tuple[str, list[str]]:
    """A term as text, and the names of the facts that make it nonnegative (or zero)."""
    if "equation" in term:
        name, fact = _named(term["equation"], facts)
        times = grouped(term["times"], sums_only=True)
        shown = grouped(fact, sums_only=True)
        return (shown if times == "1" else f"{times} · {shown}"), [f"{name}, = 0"]
    coefficient = str(term.get("coefficient", "1"))
    names: list[str] = []
    parts = [] if coefficient == "1" and term["factors"] else [coefficient]
    for factor in term["factors"]:
        text, reasons = _factor(factor, facts)
        parts.append(text)
        names += reasons
    return " · ".join(parts), list(dict.fromkeys(names))


def _factor(factor: Mapping[str, Any], facts: _Facts) -> tuple[str, list[str]]:
    if "fact" in factor:
        name, expression = _named(factor["fact"], facts)
        return grouped(expression, sums_only=True), [name]
    if "square" in factor:
        return f"{grouped(factor['square'], sums_only=False)}²", []
    if "norm2" in factor:
        return f"|{factor['norm2']}|²", []
    if "E" in factor:
        inside = [_term(term, facts) for term in factor["terms"]]
        names = [name for _, reasons in inside for name in reasons]
        return f"{factor['E']}[{' + '.join(text for text, _ in inside)}]", names
    entries = ", ".join(factor["gram"])
    functional = factor.get("functional")
    density, names = _term(factor["weight"], facts) if factor.get("weight") else ("", [])
    body = f"{density} · ⟨eᵢ, eⱼ⟩" if density else "⟨eᵢ, eⱼ⟩"
    return (f"det({functional}[{body}])" if functional else f"det({body})") + f" for e = ({entries})", names


def _named(reference: Any, facts: _Facts) -> tuple[str, str]:
    """(name to cite, expression that is >= 0, > 0 or = 0) of a fact."""
    if isinstance(reference, str):
        fact = facts.known.get(reference)
        if fact is None:
            return reference, reference
        if fact.text:
            facts.named[reference] = fact.text
        return reference, fact.expression
    if "exp_sum" in reference:
        x, y = reference["exp_sum"]
        return "exp(x)exp(y) = exp(x+y)", f"exp({x})*exp({y}) - exp({x} + {y})"
    return f"definition of {reference['definition']}", definition(reference["definition"], reference["part"])


def definition(text: str, part: int) -> str:
    """The expression that part `part` of the definition of `text` is about."""
    label, _, inside = text.partition("(")
    arguments = _arguments(inside.removesuffix(")"))
    if label in ("Max", "Min", "Abs"):
        sign, pair = text, arguments if label == "Max" else [arguments[0], negated(arguments[0])]
        if label == "Min":
            sign, pair = negated(text), [negated(argument) for argument in arguments]
        above = [f"{sign} - {grouped(argument, sums_only=True)}" for argument in pair]
        return above[part] if part < 2 else f"({above[0]})*({above[1]})"
    if label == "sqrt":
        return text if part == 0 else f"{text}**2 - {grouped(arguments[0], sums_only=True)}"
    if label == "exp":
        return text if part == 0 else f"{text} - 1 - {grouped(arguments[0], sums_only=True)}"
    return f"({text})*({text.removeprefix('1/')}) - 1"


def _arguments(text: str) -> list[str]:
    depth, parts = 0, [""]
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def substituted(text: str, values: Mapping[str, str]) -> str:
    """`text` with names replaced, all at once, by bracketed values."""
    return re.sub(
        r"[A-Za-z][A-Za-z0-9_]*",
        lambda match: grouped(values[match[0]], sums_only=False) if match[0] in values else match[0],
        text,
    )


def negated(text: str) -> str:
    """`-text`; a double minus goes."""
    if text.startswith("-(") and text.endswith(")") and grouped(text[1:], sums_only=False) == text[1:]:
        return text[2:-1]
    return f"-{grouped(text, sums_only=True)}"


def grouped(text: str, *, sums_only: bool) -> str:
    """`text` in brackets if it needs them: as a factor (sums only), or before a power (anything but one word)."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and ((character in "+-" and (index > 0 or not sums_only)) or (character in "+-" and index == 0)):
            return f"({text})"
        if depth == 0 and not sums_only and character in "*/ ":
            return f"({text})"
    return text
