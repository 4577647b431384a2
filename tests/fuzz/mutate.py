# ruff: noqa: E501 (tables of words and seeds)
"""Mutators: of bytes, of words, of JSON by its structure; deep nesting, huge numbers, confusables, repeated keys.

`mutated(rng, data, pool, target)` is a function of its arguments: one seed gives one run again.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any

from .target import Target

LONGEST = 40_000  # bytes of an input
_WORD = re.compile(r"\\?[A-Za-z0-9_.]+|\s+|\*\*|[<>=!]=|.", re.DOTALL)
NUMBERS = (
    "0", "1", "-1", "2", "33", "1/0", "0/0", "1e400", "1e-400", "NaN", "Infinity", "-Infinity", "0x10", "1_0", "0.1",
    "2147483648", "9223372036854775808", "9" * 60, "9" * 301, "9" * 4301, "9" * 20_000, "1" + "0" * 299, "-" * 200 + "1",
    "1e999999999", "9**9", ".", "1.", "٣", "１", "²",
)  # fmt: skip
# letters and signs that look like others, or act on text around them
CONFUSABLE = "\u0430\u0435\u03bf\u0440\u2212\u00d7\u2264\uff08\uff09\u200b\u202e\u00a0\ufeff\u2028\x00\x1b\x85\u0301\u00b2\u0661\uff11\ud800ℝ𝐱\x7f\r\t\n"
PAYLOADS = (
    "__import__('os').system('touch CANARY')", "eval('1')", "exec(chr(49))", "lambda: 0", "().__class__.__mro__",
    "{{7*7}}", "${7*7}", "%s%n", "../../../../etc/passwd", "\\write18{touch CANARY}", "\\input{/etc/passwd}",
    "!!python/object/apply:os.system ['touch CANARY']", "$(touch CANARY)", "`touch CANARY`", "x" * 70, "a" * 5_000,
)  # fmt: skip
_NESTED = (
    ("(", ")"), ("[", "]"), ("{", "}"), ('{"a":', "}"), ("-", ""), ("Abs(", ")"), ("exp(", ")"), ("E[", "]"), ("+", ""),
    ("\\frac{1}{1+", "}"), ("\\sqrt{", "}"), ("e^{", "}"), ("|", "|"), ("x**", ""), ("2^", ""), ("not ", ""), ("((", "))"),
)  # fmt: skip
_DEPTHS = (2, 5, 12, 23, 24, 25, 39, 40, 41, 90, 200, 1_000, 5_000)
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 10**18, 10**40, 0.5, float("inf"), float("nan"), "", "x", "0", "1/0", [], {}, [[]],
    [None], {"": None}, "a0", "target", "E", "forall", [1, 2], ["x >= 0"], "x" * 65, "1/" + "3" * 300,
)  # fmt: skip


def mutated(rng: random.Random, data: bytes, pool: Sequence[bytes], target: Target) -> bytes:
    """One to four mutations of `data`; `pool` gives pieces of other inputs."""
    if not target.split:
        return _several(rng, data, pool, target)[:LONGEST]
    parts = data.split(target.split)
    at = len(parts) - 1 if rng.random() < 0.75 else rng.randrange(len(parts))
    if rng.random() < 0.03:
        parts[at] = rng.choice(rng.choice(pool).split(target.split))
    else:
        others = [rng.choice(pool).split(target.split)[-1 if at else 0] for _ in range(2)]
        parts[at] = _several(rng, parts[at], others, target)
    return target.split.join(parts)[:LONGEST]


def _several(rng: random.Random, data: bytes, pool: Sequence[bytes], target: Target) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        roll = rng.random()
        if target.shape == "json" and roll < 0.7:
            data = of_json(rng, data, target.words)
        elif target.shape == "bytes" and roll < 0.5:
            data = of_bytes(rng, data, pool)
        elif roll < 0.93:
            data = of_words(rng, data.decode("utf-8", "surrogateescape"), pool, target.words).encode(
                "utf-8", "surrogatepass" if rng.random() < 0.2 else "replace"
            )
        else:
            data = of_bytes(rng, data, pool)
    return data


def of_bytes(rng: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Bits, bytes, blocks, integers of eight bytes."""
    raw = bytearray(data or b"x")
    at = rng.randrange(len(raw))
    size = min(len(raw) - at, rng.choice((1, 1, 2, 4, 8, 64)))
    match rng.randrange(8):
        case 0:
            raw[at] ^= 1 << rng.randrange(8)
        case 1:
            raw[at : at + size] = rng.randbytes(size)
        case 2:
            del raw[at : at + size]
        case 3:
            raw[at:at] = raw[at : at + size] * rng.choice((1, 2, 50))
        case 4:
            del raw[at:]
        case 5:
            raw[at : at + 8] = rng.choice((0, 1, 8, 2**31, 2**32, 2**63 - 1, 2**64 - 1)).to_bytes(8, "little")
        case 6:
            other = rng.choice(pool) or b"x"
            start = rng.randrange(len(other))
            raw[at : at + size] = other[start : start + rng.choice((1, 4, 16, 256))]
        case _:
            raw[at] = rng.randrange(256)
    return bytes(raw)


def of_words(rng: random.Random, text: str, pool: Sequence[bytes], words: Sequence[str]) -> str:
    """One edit of the text as a list of words."""
    parts = _WORD.findall(text) or [""]
    at = rng.randrange(len(parts))
    match rng.randrange(11):
        case 0:
            del parts[at]
        case 1:
            parts.insert(at, parts[rng.randrange(len(parts))])
        case 2:
            other = rng.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        case 3 | 4:
            parts[at] = word(rng, words)
        case 5:
            parts.insert(at, word(rng, words))
        case 6:
            end = min(len(parts), at + rng.choice((1, 2, 5, 20)))
            opened, closed = rng.choice(_NESTED)
            depth = rng.choice(_DEPTHS)
            parts[at:end] = [opened * depth, *parts[at:end], closed * (depth if rng.random() < 0.9 else depth - 1)]
        case 7:
            numbers = [i for i, part in enumerate(parts) if part[:1].isdigit()]
            if numbers:
                parts[rng.choice(numbers)] = rng.choice(NUMBERS)
        case 8:
            shown = parts[at] or "x"
            place = rng.randrange(len(shown) + 1)
            parts[at] = shown[:place] + rng.choice(CONFUSABLE) + shown[place + rng.randrange(2) :]
        case 9:
            del parts[at : at + rng.choice((1, 2, 5, 20))]
        case _:
            other = _WORD.findall(rng.choice(pool).decode("utf-8", "replace")) or [""]
            start = rng.randrange(len(other))
            parts[at:at] = other[start : start + rng.choice((1, 3, 10))]
    return "".join(parts)


def word(rng: random.Random, words: Sequence[str]) -> str:
    roll = rng.random()
    return rng.choice(words) if words and roll < 0.75 else rng.choice(NUMBERS if roll < 0.9 else PAYLOADS)


def of_json(rng: random.Random, data: bytes, words: Sequence[str]) -> bytes:
    """An edit of one place of the tree; where it is no JSON any more, of its words."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return of_words(rng, text, [data], words).encode("utf-8", "replace")
    places = _places(tree)
    if not places:
        return json.dumps(rng.choice(_VALUES)).encode()
    holder, key = rng.choice(places)
    value = holder[key]
    match rng.randrange(10):
        case 0:
            del holder[key]
        case 1:
            holder[key] = rng.choice(_VALUES)
        case 2:
            other, name = rng.choice(places)
            holder[key] = (
                other[name] if not isinstance(other[name], dict | list) else json.loads(json.dumps(other[name]))
            )
        case 3 if isinstance(holder, dict):
            holder[rng.choice((word(rng, words), key + " ", key.upper()))] = value
        case 4 if isinstance(holder, dict):
            holder[word(rng, words)] = holder.pop(key)
        case 3 | 4:
            holder.insert(key, value)
        case 5:
            holder[key] = _deep(rng, value)
        case 6 if isinstance(value, int) and not isinstance(value, bool):
            holder[key] = value + rng.choice((-1, 1, -2, 10**9, 2**63))
        case _:
            if isinstance(value, str):
                holder[key] = of_words(rng, value, [data], words)
            elif isinstance(value, list):
                rng.shuffle(value)
            else:
                holder[key] = rng.choice(_VALUES)
    made = _written(tree)
    if rng.random() < 0.06:
        made = _repeated(rng, made)
    return made.encode("utf-8", "surrogatepass" if rng.random() < 0.2 else "replace")


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack and len(found) < 3_000:
        node = stack.pop()
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            found.append((node, key))
            stack.append(value)
    return found


def _deep(rng: random.Random, value: Any) -> Any:
    made = value
    for _ in range(rng.choice((1, 3, 36, 45, 200))):
        made = [made] if rng.random() < 0.5 else {"a": made}
    return made


def _written(tree: Any) -> str:
    try:
        return json.dumps(tree, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "[" * 1_000


def _repeated(rng: random.Random, text: str) -> str:
    """The text with one "key": value twice, or with a number that JSON does not have."""
    found = list(re.finditer(r'"(\w+)": ("[^"]*"|\d+|true|false|null)', text))
    if not found:
        return text
    match = rng.choice(found)
    again = rng.choice((match[0], f'"{match[1]}": {rng.choice(NUMBERS)}', f'"{match[1]}": null'))
    return text[: match.start()] + again + ", " + text[match.start() :]
