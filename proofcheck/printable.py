"""Texts from outside that will be printed or written: whether a terminal or a file takes them as they are."""

from __future__ import annotations

import unicodedata
from typing import Any

# controls (escape sequences), formats (marks of the direction of text), halves of characters, which UTF-8 cannot hold
_REFUSED = frozenset(("Cc", "Cf", "Cs"))


def unprintable(value: Any) -> str:
    """The first character in the texts of a JSON value, keys included, that must not be printed; "" if there is none.

    Line ends and tabs are fine. The character comes as an ASCII escape, ready for a message.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            for character in each:
                if character not in "\n\t" and unicodedata.category(character) in _REFUSED:
                    return ascii(character)[1:-1]
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
    return ""
