"""Where a claim's files are and how they are written: claim, certificate, model, provenance.

lemmas/certificates/<claim>.claim.json   what is claimed; byte for byte what the lemma file derives
lemmas/certificates/<claim>.cert.json    the evidence, read by the kernel alone
lemmas/certificates/<claim>.model.json   an object that satisfies the assumptions
lemmas/certificates/<claim>.meta.json    which finder, how long; the kernel never opens it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.files import write_text_atomic
from proofcheck.header import Header

KINDS = ("claim", "cert", "model", "meta")


def folder(header: Header) -> Path:
    """The certificates beside the lemma's own tree."""
    return header.path.parent.parent / "certificates"


def path(header: Header, claim: str, kind: str) -> Path:
    return folder(header) / f"{claim}.{kind}.json"


def files_of(header: Header) -> list[Path]:
    """Every committed file of the lemma's claims, sorted; claims are named `<ID>.<name>` or `<ID>`."""
    return sorted(
        found
        for found in folder(header).glob(f"{header.id}.*.json")
        if found.name.split(".")[-2] in KINDS and not found.name.startswith(".")
    )


def read(header: Header, claim: str, kind: str) -> str | None:
    """Text of one file, None if there is none.

    Raises:
        ArgumentError: the file is there and is not UTF-8 text.
        OSError: it cannot be read.
    """
    where = path(header, claim, kind)
    try:
        return where.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{where}: UTF-8 text required ({error.reason} at byte {error.start}).") from error


def canonical(document: Mapping[str, Any]) -> str:
    """Sorted keys, one value a line, final newline: so that a diff of two certificates reads."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def canonical_text(text: str) -> str:
    """`text` (JSON) in canonical form.

    Raises:
        ArgumentError: it is no JSON.
    """
    try:
        return canonical(json.loads(text))
    except (ValueError, RecursionError) as error:  # ValueError: NaN too
        raise ArgumentError(f"canonical_text: a JSON text required, got one that is none ({error}).") from error


def write(header: Header, claim: str, kind: str, text: str) -> Path:
    """Write one file whole."""
    where = path(header, claim, kind)
    write_text_atomic(where, text)
    return where


def used_claims(certificate: str) -> set[str]:
    """Names of the claims that a certificate uses, for gathering them; the kernel decides what `use` may do.

    Raises:
        ArgumentError: the certificate is no JSON.
    """
    found: set[str] = set()
    try:
        stack: list[Any] = [json.loads(certificate)]
    except (ValueError, RecursionError) as error:
        raise ArgumentError(
            f"used_claims: a certificate in JSON required, got a text that is none ({error})."
        ) from error
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("use"), str):
                found.add(node["use"])
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return found
