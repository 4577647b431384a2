"""A model as a readable table: values, atoms with weights, and what each relation comes to there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from proofcheck.kernel import read_claim
from proofcheck.kernel.syntax import KernelError, load
from proofcheck.witness.evaluate import Evaluator


def render(claim: str, model: str) -> str:
    """Values of the model and of every relation of the claim, exact where they are rational.

    Raises:
        KernelError: `model` is not a model of the names of `claim`.
    """
    data = load(model, "model")
    Evaluator(read_claim(claim), data)  # every number is one of the kernel's: Fraction("1e999999999") would not return
    lines = [f"{name} = {number(value)}" for name, value in data["scalars"].items()]
    metric = data["metric"]
    if data["vectors"] or any(atom["vectors"] for atoms in data["functionals"].values() for atom in atoms):
        plain = all(Fraction(entry) == 1 for entry in metric)
        weights = "" if plain else f", inner(x, y) = sum of m_k x_k y_k with m = {vector(metric)}"
        lines.append(f"vectors in dimension {len(metric)}{weights}")
    lines += [f"{name} = {vector(value)}" for name, value in data["vectors"].items()]
    for label, atoms in data["functionals"].items():
        for atom in atoms:
            values = [f"{name} = {number(value)}" for name, value in atom["scalars"].items()]
            values += [f"{name} = {vector(value)}" for name, value in atom["vectors"].items()]
            lines.append(f"{label}: weight {number(atom['weight'])} at {', '.join(values) or 'nothing'}")
    return "\n".join([*lines, *relations(claim, data)])


def relations(claim: str, model: Mapping[str, Any]) -> list[str]:
    """One line for each relation: its larger side minus the other, and whether that is as required."""
    reading = read_claim(claim)
    evaluator = Evaluator(reading, dict(model))
    rows = [(f"a{index}", item.text, item.poly, item.rel, item.bound) for index, item in enumerate(reading.assumptions)]
    rows.append(("claim", reading.target_text, *reading.target, {}))
    lines: list[str] = []
    for label, text, poly, rel, bound in rows:
        if bound:
            lines.append(f"{label}: {text}   holds for all {', '.join(bound)}")
            continue
        holds = evaluator.holds(poly, rel)
        owner = reading.ctx.single(poly, "relation")
        shown: list[str] = []
        for _, inner in evaluator.atoms[owner] if owner else [(Fraction(1), {})]:
            try:
                shown.append(enclosure(*evaluator.value(poly, evaluator.world | inner)))
            except KernelError:
                shown.append("undefined")
        sides = "left - right" if "<" not in text else "right - left"
        lines.append(f"{label}: {text}   {'holds' if holds else 'FAILS'}, {sides} = {', '.join(shown)}")
    return lines


def number(text: str) -> str:
    """p/q with a decimal beside it where the fraction is long."""
    value = Fraction(text)
    return str(value) if len(str(value)) <= 12 else f"{value} (about {decimal(value, 6)})"


def vector(entries: Any) -> str:
    return "(" + ", ".join(number(entry) for entry in entries) + ")"


def enclosure(low: Fraction, high: Fraction) -> str:
    if low == high:
        return number(str(low))
    return f"between {decimal(low, 12)} and {decimal(high, 12)}"


def decimal(value: Fraction, digits: int) -> str:
    """To so many digits, whatever its size."""
    try:
        return f"{float(value):.{digits}g}"
    except OverflowError:
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.{digits}g}"
