"""The zoo's common part: a finding is a claim, what proofcheck says about it, and exact numbers that violate it.

Each file of the zoo re-creates one bug in our own code, next to its fixed twin, and has
    find(candidate)     -> Finding or None: proofcheck's look at it
    violated(**numbers) -> bool: the claim, decided anew from rationals alone
Every number travels as text, so a finding can be written down, sent and replayed by somebody else.
"""

import json
from fractions import Fraction
from typing import NamedTuple


class Finding(NamedTuple):
    claim: str  # the sentence that is false
    says: str  # proofcheck's sentence
    numbers: dict  # exact rationals as text

    def __str__(self):
        rows = "\n".join(f"    {name} = {_shown(value)}" for name, value in self.numbers.items())
        return f"REFUTED: {self.claim}\n  {self.says}\n{rows}"


def finding(claim, says, **numbers):
    return Finding(claim, says, {name: _text(value) for name, value in numbers.items()})


def replay(found, violated):
    """Decide a finding anew from its JSON text."""
    numbers = json.loads(json.dumps(found.numbers))
    return violated(**{name: _number(value) for name, value in numbers.items()})


def caught(find, violated, *, buggy, fixed):
    """Both halves: the buggy one is caught with numbers that replay, the fixed twin is not."""
    found = find(buggy)
    assert found is not None, "the bug is not caught"
    assert replay(found, violated), f"the numbers do not violate the claim:\n{found}"
    assert find(fixed) is None, f"the fixed twin is accused:\n{find(fixed)}"
    return found


def changed(found, **numbers):
    """The same finding with other numbers: a decision that cannot say no is none."""
    return found._replace(numbers=found.numbers | {name: _text(value) for name, value in numbers.items()})


def square(v):
    return sum(c * c for c in v)


def minus(u, v):
    return [a - b for a, b in zip(u, v, strict=True)]


def _text(value):
    return [_text(v) for v in value] if isinstance(value, list | tuple) else str(Fraction(value))


def _number(value):
    return [_number(v) for v in value] if isinstance(value, list) else Fraction(value)


def _shown(value):
    return "[" + ", ".join(_shown(v) for v in value) + "]" if isinstance(value, list) else value
