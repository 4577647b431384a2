"""What an unfinished lemma file still lacks: every line that carries the mark TODO, as `proofcheck new` writes them.

While one is left, the sentence, its proof or its source is not written, so no certificate can stand for it: the verdict
is UNKNOWN whatever the kernel says of the claims that are there.
"""

from __future__ import annotations

import re

from proofcheck.header import Header

MARK = re.compile(r"\bTODO\b[:,]?\s*(.*)")


def gaps(header: Header) -> list[str]:
    """`line 4: say the sentence`, one for each mark in the lemma file, in order."""
    found: list[str] = []
    for number, line in enumerate(header.path.read_text(encoding="utf-8").splitlines(), 1):
        match = MARK.search(line)
        if match:
            asked = " ".join(match[1].strip("\"') ").split())
            found.append(f"line {number}: {asked or line.strip()}")
    return found
