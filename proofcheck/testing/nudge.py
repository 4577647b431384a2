"""Every number of a certificate, moved by 1/7 and by -1/7, one at a time.

If the kernel accepts a certificate with a number moved, that number is dead weight: the evidence does not say what it
seems to say. Numbers are the coefficients (a missing one is 1) and the integers inside expressions; an exponent and
the number of an assumption or of a part of a definition are names, not quantities.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

STEPS = (Fraction(1, 7), Fraction(-1, 7))
_EXPRESSIONS = ("square", "norm2", "times", "split", "have")
_TABLES = ("with", "random")
_INTEGER = re.compile(r"(?<![A-Za-z0-9_])(?<!\*\*)(?<!\*\* )(?<!\*\*-)(\d+)(?![A-Za-z0-9_])")


def nudges(certificate: str) -> Iterator[tuple[str, str]]:
    """(which number was moved to what, the certificate with it moved)."""
    document = json.loads(certificate)
    for path, key, value in list(_numbers(document, ())):
        for moved in _moved(value, key):
            changed = copy.deepcopy(document)
            node: Any = changed
            for part in path:
                node = node[part]
            node[key] = moved
            where = "/".join(map(str, (*path, key)))
            yield f"{where}: {value} -> {moved}", json.dumps(changed)


def _numbers(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
    """(path to the container, key, text that holds numbers)."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _numbers(item, (*path, index))
    if not isinstance(node, dict):
        return
    if "factors" in node:
        yield path, "coefficient", str(node.get("coefficient", "1"))
    for key, value in node.items():
        if key in _EXPRESSIONS and isinstance(value, str):
            yield path, key, value
        elif key in ("gram", "exp_sum"):
            yield from (((*path, key), index, text) for index, text in enumerate(value))
        elif key in _TABLES and isinstance(value, dict):
            yield from (((*path, key), name, text) for name, text in value.items())
        else:
            yield from _numbers(value, (*path, key))


def _moved(value: str, key: Any) -> Iterator[str]:
    if key == "coefficient":
        # a coefficient below 0 is refused for its sign alone: that says nothing about the identity
        yield from (str(Fraction(value) + step) for step in STEPS if Fraction(value) + step >= 0)
        return
    for match in _INTEGER.finditer(value):
        for step in STEPS:
            moved = f"({Fraction(match[1]) + step})"
            yield value[: match.start()] + moved + value[match.end() :]
