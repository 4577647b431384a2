"""Trusted. Bounded text to data: JSON without floats, exact numbers, names, tokens."""

import json
import re
from fractions import Fraction
from itertools import accumulate
from typing import Any, NoReturn

TEXT_LIMIT = 2_000_000  # characters in one file
DEPTH_LIMIT = 40  # brackets inside brackets, in JSON and in expressions
NAME = re.compile(r"(?!(?:inner|Abs|Max|Min|sqrt|exp)\Z)[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
RATIONAL = re.compile(r"(-?[0-9]{1,300})(?:/([0-9]{1,300}))?", re.ASCII)
TOKEN = re.compile(r" *([0-9]{1,300}(?![0-9])|[A-Za-z][A-Za-z0-9_]*|\*\*|>=|<=|==|[-+*/()\[\],<>]) *", re.ASCII)

class KernelError(ValueError):
    """The kernel refuses: the message says what was required and what was given."""
def refuse(message: str) -> NoReturn:
    raise KernelError("".join(c if c.isprintable() else ascii(c)[1:-1] for c in message))  # a terminal obeys others

def load(text: str, kind: str) -> dict[str, Any]:
    """The JSON object in `text`, whose "format" must be `proofcheck-<kind>/1`; no floats, no repeated keys."""
    if type(text) is not str or len(text) > TEXT_LIMIT:
        refuse(f"{kind}: a text of at most {TEXT_LIMIT} characters required")
    brackets = re.findall(r'"(?:[^"\\]|\\.)*"?|[\[{}\]]', text)  # and whole strings, whose brackets do not count
    depths = accumulate((b in "[{") - (b in "]}") for b in brackets)
    if max(depths, default=0) > DEPTH_LIMIT:
        refuse(f"{kind}: brackets nested deeper than {DEPTH_LIMIT}")
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse(f"{kind}: a repeated key: {list(dict(pairs))}")
    def inexact(number: str) -> NoReturn:
        refuse(f'{kind}: numbers are strings such as "3/2", got {number}')
    try:
        data = json.loads(text, object_pairs_hook=unique, parse_float=inexact, parse_constant=inexact)
    except (ValueError, RecursionError) as error:  # int() has an error of its own for thousands of digits
        raise KernelError(f"{kind}: not JSON: {error}") from error
    if type(data) is not dict or data.get("format") != f"proofcheck-{kind}/1":
        refuse(f'{kind}: an object with "format": "proofcheck-{kind}/1" required')
    return data

def fields(data: Any, where: str, required: str, optional: str = "") -> list[Any]:
    """The values of the named keys (None where an optional one is absent); any other key is refused."""
    must, may, given = required.split(), optional.split(), set(typed(data, dict, where))
    if not set(must) <= given <= set(must + may):
        refuse(f"{where}: missing keys {sorted(set(must) - given)}, unknown keys {sorted(given - set(must + may))}")
    return [data.get(key) for key in must + may]
def typed(value: Any, kind: type, where: str) -> Any:
    """`value`, which must be exactly of the type `kind` (so a bool is no int)."""
    return value if type(value) is kind else refuse(f"{where}: {kind.__name__} required, got {type(value).__name__}")

def rational(text: Any, where: str) -> Fraction:
    """The exact number written as "p" or "p/q"."""
    match = RATIONAL.fullmatch(typed(text, str, where))
    if not match or not int(match[2] or 1):
        refuse(f'{where}: a rational such as "-3/2" of at most 300 digits required, got {text[:40]!r}')
    return Fraction(int(match[1]), int(match[2] or 1))

def name(text: Any, where: str) -> str:
    """An identifier that is not a function of the language."""
    if not NAME.fullmatch(typed(text, str, where)):
        refuse(f"{where}: a name of letters, digits and _ required, got {text[:40]!r}")
    return text

def tokens(text: Any) -> list[str]:
    """Numbers, names, operators and brackets, each with the blanks around it dropped."""
    result, at = [], 0
    while at < len(typed(text, str, "expression")):
        match = TOKEN.match(text, at) or refuse(f"expression: {text[at]!r} is not allowed at {at} in {text[:80]!r}")
        result.append(match[1])
        at = match.end()
    return result
