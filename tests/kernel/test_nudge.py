"""No number in a certificate is idle: moved by 1/7 (an exponent by 1), the certificate is refused.

The one exception: a number in a term that is identically zero, which is then zero with the coefficient 0 as well.
Names of definitions, and the expression of a case split, choose what is spoken of and are left alone.
"""

import copy
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from attacks.corpus import ATTACKS

import lemmas
from proofcheck import kernel

FOLDER = Path(lemmas.__path__[0]) / "certificates"
COMMITTED = sorted(FOLDER.glob("*.cert.json"))
CONTROLS = [name for name, item in ATTACKS.items() if item.good.kind == "proof" and not item.slow]
NUMBER = re.compile(r"(\*\*-?)?(?<![A-Za-z0-9_])(\d+)")
EXPRESSIONS = ("square", "norm2", "times")
MOST = 80  # numbers moved in one certificate, evenly chosen


def moved_texts(text):
    """The expression with one number moved, for each number in it."""
    for match in NUMBER.finditer(text):
        power, digits = match.group(1) or "", int(match.group(2))
        replacement = f"{power}{digits + 1}" if power else f"({7 * digits + 1}/7)"
        yield text[: match.start()] + replacement + text[match.end() :]


def moved_coefficients(text):
    value = Fraction(text)
    return [str(value + Fraction(1, 7)), str(value - Fraction(1, 7))]


def places(node, path=(), term=None):
    """(path, moved values, path of the enclosing term) for every number of a certificate."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from places(item, (*path, index), term)
    elif isinstance(node, dict):
        if "factors" in node or "equation" in node:
            term = path
        if "factors" in node:
            yield (*path, "coefficient"), moved_coefficients(node.get("coefficient", "1")), term
        for key, item in node.items():
            if key in EXPRESSIONS:
                yield (*path, key), list(moved_texts(item)), term
            elif key == "gram":
                for index, entry in enumerate(item):
                    yield (*path, key, index), list(moved_texts(entry)), term
            elif key == "have":
                yield (*path, key), list(moved_texts(item)), None
            elif key not in ("fact", "equation", "coefficient", "split", "with", "random"):
                yield from places(item, (*path, key), term)


def put(data, path, value):
    data = copy.deepcopy(data)
    node = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return data


def without(data, term):
    """The certificate with that term made zero."""
    node = data
    for key in term:
        node = node[key]
    return put(data, (*term, *(["times"] if "equation" in node else ["coefficient"])), "0")


def message(claim, data, known):
    try:
        kernel.check(claim, json.dumps(data), known)
    except kernel.KernelError as error:
        return str(error)
    return ""


def vanishes(claim, data, known, term):
    """Whether the sum stays 0 without the term; it may lose its only strict term."""
    reason = message(claim, without(data, term), known)
    return not reason or "got 0 >= 0" in reason


def idle_numbers(claim, certificate, known):
    """(how many numbers were moved, those that did not matter)."""
    data = json.loads(certificate)
    assert message(claim, data, known) == ""
    found = [(path, value, term) for path, values, term in places(data) for value in values]
    found = found[:: 1 + len(found) // MOST]
    idle = [
        (path, value)
        for path, value, term in found
        if not message(claim, put(data, path, value), known)
        and not (term is not None and vanishes(claim, data, known, term))
    ]
    return len(found), idle


@pytest.mark.parametrize("path", COMMITTED, ids=lambda p: p.name.removesuffix(".cert.json"))
def test_committed_certificate(path):
    known = {p.name.removesuffix(".claim.json"): p.read_text() for p in FOLDER.glob("*.claim.json")}
    name = path.name.removesuffix(".cert.json")
    claim = known.pop(name)
    count, idle = idle_numbers(claim, path.read_text(), known)
    assert count
    assert not idle


def test_controls():
    total = 0
    for name in CONTROLS:
        case = ATTACKS[name].good
        count, idle = idle_numbers(case.claim, case.evidence, case.lemmas)
        assert not idle, (name, idle)
        total += count
    assert total > 1000


def test_an_idle_number_is_noticed():
    """A multiple of an equation that is zero anyway is excused; a number that changes nothing else is not."""
    claim = json.loads(ATTACKS["strictness: sign of <="].good.claim)
    claim["assume"].append("x == 0")
    body = {
        "terms": [
            {"factors": [{"fact": "target"}]},
            {"factors": [{"fact": "a0"}]},
            {"equation": "a1", "times": "0*5"},
        ]
    }
    data = json.dumps({"format": "proofcheck-certificate/1", "proof": body})
    _, idle = idle_numbers(json.dumps(claim), data, {})
    assert not idle  # excused: the term is zero
    body["steps"] = [
        {"have": "3**0 + x == 1 + x", "as": "h", "proof": [{"terms": [{"factors": [{"fact": "not h"}]}]}] * 2}
    ]
    data = json.dumps({"format": "proofcheck-certificate/1", "proof": body})
    _, idle = idle_numbers(json.dumps(claim), data, {})
    assert [path for path, _ in idle] == [("proof", "steps", 0, "have")]
