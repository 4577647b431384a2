"""What differs between two review documents, as sentences with both values.

A claim is compared by its text as the kernel reads it, a bound by its formula, a lemma by everything a reader relies
on. Wording (sentences, sections) counts too: a changed sentence is a changed reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.printable import unprintable
from proofcheck.review.document import FORMAT

LIMIT = 64 * 2**20  # characters of an earlier document
_FIELDS = (("verdict", "verdict"), ("label", "label"), ("title", "title"), ("full", "fully proved"))


def read(text: str, name: str) -> dict[str, Any]:
    """An earlier document, as `proofcheck review --json` wrote it.

    Raises:
        ArgumentError: `text` is no such document; `name` says which file.
    """
    if len(text) > LIMIT:
        raise ArgumentError(f"{name}: at most {LIMIT} characters required, got {len(text)}. It is no review.")
    try:
        document = json.loads(text)
        good = document["format"] == FORMAT and all(isinstance(each["id"], str) for each in document["lemmas"])
    except (ValueError, KeyError, TypeError, RecursionError):
        good, document = False, {}
    if not good:
        raise ArgumentError(
            f'{name}: a document with "format": "{FORMAT}" required. Write one with `proofcheck review --json {name}`.'
        )
    if odd := unprintable(document):
        raise ArgumentError(
            f"{name}: printable text required, got the character {odd}. "
            f"Write it again with `proofcheck review --json {name}`."
        )
    return document


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a change: {"lemma", "kind", "what", "old", "new"}; kind is added, removed or changed.

    Raises:
        ArgumentError: `old` has the right format and not its shape.
    """
    try:
        before, after = ({each["id"]: each for each in document["lemmas"]} for document in (old, new))
        rows = [_row(i, "removed", "lemma", before[i]["title"], "") for i in before if i not in after]
        for i, each in after.items():
            if i not in before:
                rows.append(_row(i, "added", "lemma", "", f"{each['title']} ({each['verdict']})"))
            else:
                rows += _lemma(before[i], each)
        rows += _mapping("", "assumed fact", _facts(old), _facts(new))
        rows += _mapping("", "version of", old["versions"], new["versions"])
        if old["hashes"]["kernel"] != new["hashes"]["kernel"]:
            rows.append(_row("", "changed", "kernel", old["hashes"]["kernel"][:16], new["hashes"]["kernel"][:16]))
        return rows
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ArgumentError(
            f"--against: an earlier document of this version required, got one that lacks {error!r:.200}. "
            "Write it again."
        ) from error


def _row(lemma: str, kind: str, what: str, old: Any, new: Any) -> dict[str, str]:
    return {"lemma": lemma, "kind": kind, "what": what, "old": _text(old), "new": _text(new)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _lemma(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, str]]:
    name = new["id"]
    rows = [_row(name, "changed", what, old[key], new[key]) for key, what in _FIELDS if old[key] != new[key]]
    for key, what in (("assumed", "assumed facts"), ("uses", "lemmas used")):
        if old[key] != new[key]:
            rows.append(_row(name, "changed", what, old[key], new[key]))
    rows += _mapping(name, "bound", _texts(old["bounds"]), _texts(new["bounds"]))
    rows += _mapping(name, "section", old["sections"], new["sections"])
    for what, field in (("claim", "text"), ("sentence of", "sentence"), ("certificate of", "evidence")):
        rows += _mapping(
            name,
            what,
            {claim["name"]: claim[field] for claim in old["claims"]},
            {claim["name"]: claim[field] for claim in new["claims"]},
            shown=_claim if field == "text" else str if field == "sentence" else _size,
            only_common=field != "text",
        )
    sentences, codes = (
        [{item[key]: item[value] for item in each[field]} for each in (old, new)]
        for field, key, value in (("refuted", "name", "sentence"), ("bindings", "callable", "code"))
    )
    rows += _mapping(name, "refuted statement", sentences[0], sentences[1])
    rows += _mapping(name, "code", codes[0], codes[1], shown=_size)
    for part in (*old["parts"], *(part for part in new["parts"] if part not in old["parts"])):
        was, now = (each["parts"].get(part, {}).get("status", "not run") for each in (old, new))
        if was != now:
            rows.append(_row(name, "changed", f"check: {part}", was, now))
    return rows


def _mapping(
    lemma: str,
    what: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    shown: Any = str,
    only_common: bool = False,
) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for key in dict.fromkeys([*old, *new]):
        if key not in new or key not in old:
            if not only_common:
                kind = "removed" if key in old else "added"
                rows.append(
                    _row(lemma, kind, f"{what} {key}", *(shown(m[key]) if key in m else "" for m in (old, new)))
                )
        elif old[key] != new[key]:
            rows.append(_row(lemma, "changed", f"{what} {key}", shown(old[key]), shown(new[key])))
    return rows


def _texts(bounds: Mapping[str, Any]) -> dict[str, str]:
    return {key: value["text"] for key, value in bounds.items()}


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    """What is said of each fact, and whether it is proved: a fact that lost its proof is assumed from then on."""
    return {
        key: f"{fact['statement']} ({fact['citation']}) {proof}"
        for key, fact in document["facts"].items()
        for proof in [f"Proved in Coq: {fact['proof']}" if fact.get("proof") else "Assumed."]
    }


def _claim(text: str) -> str:
    """Assumptions and target of a claim on one line."""
    data = json.loads(text)
    parts = [
        item if isinstance(item, str) else f"for all {', '.join(item['forall'])}: {item['holds']}"
        for item in data["assume"]
    ]
    return "; ".join(parts) + (" ⇒ " if parts else "") + data["target"]


def _size(text: str) -> str:
    return f"{len(text.splitlines())} lines"
