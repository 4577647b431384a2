"""The trust manifest: verdict, assumed facts, label and claims of every lemma, pinned; drift either way fails.

A lemma that rests on more than its pin says got weaker; one that rests on less got stronger, and then its pin
understates it. Both are changes of what is claimed, made on purpose with `proofcheck check --pin`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proofcheck.audit.artifacts import canonical
from proofcheck.audit.result import LemmaResult
from proofcheck.errors import ArgumentError
from proofcheck.files import write_text_atomic
from proofcheck.printable import unprintable

FORMAT = "proofcheck-trust/1"


def manifest_path(root: Path) -> Path:
    return root / "trust_manifest.json"


def read(root: Path) -> dict[str, dict[str, Any]]:
    """Pins by lemma id; none if there is no manifest.

    Raises:
        ArgumentError: the file is no trust manifest.
    """
    path = manifest_path(root)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise ArgumentError(
            f"{path}: JSON required ({error}). Write it again with `proofcheck check --pin`."
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ArgumentError(f'{path}: "format": "{FORMAT}" required. Write it again with `proofcheck check --pin`.')
    if odd := unprintable(document):
        raise ArgumentError(
            f"{path}: printable text required, got the character {odd}. Write it again with `proofcheck check --pin`."
        )
    pins = document.get("lemmas")
    if not isinstance(pins, dict) or not all(isinstance(pin, dict) for pin in pins.values()):
        raise ArgumentError(
            f'{path}: "lemmas" must be an object of pins by lemma id, got {type(pins).__name__}. '
            "Write it again with `proofcheck check --pin`."
        )
    return pins


def pin_of(result: LemmaResult) -> dict[str, Any]:
    """What is pinned of a result."""
    return {
        "assumed": list(result.assumed),
        "claims": list(result.claims),
        "label": result.label,
        "verdict": result.verdict.value,
    }


def drift(result: LemmaResult, pins: Mapping[str, Mapping[str, Any]]) -> str:
    """ "" if the result is as pinned, else what differs."""
    if result.id not in pins:
        return "not pinned yet; `proofcheck check --pin` writes the pin"
    pinned, now = pins[result.id], pin_of(result)
    changes = [
        f"{name}: pinned {_show(pinned.get(name))}, now {_show(now[name])}"
        for name in now
        if pinned.get(name) != now[name]
    ]
    return "; ".join(changes)


def _show(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)


def write(root: Path, results: Sequence[LemmaResult], *, keep: Mapping[str, Mapping[str, Any]]) -> Path:
    """Pin `results`; pins in `keep` stay for other lemmas."""
    lemmas = {**keep, **{result.id: pin_of(result) for result in results}}
    write_text_atomic(manifest_path(root), canonical({"format": FORMAT, "lemmas": lemmas}))
    return manifest_path(root)
