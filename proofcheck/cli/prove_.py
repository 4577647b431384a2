"""`proofcheck prove`: a verdict on a person's own inequality."""

from __future__ import annotations

from typing import Any

import click

from proofcheck.cli.output import STYLES, console, emit_json, json_option
from proofcheck.errors import ArgumentError
from proofcheck.printable import unprintable

EXIT = {"PROVED": 0, "REFUTED": 1, "VACUOUS": 1, "UNKNOWN": 3, "INVALID": 2}
KEYS = ("name", "assume", "claim", "via", "vectors", "random", "functionals")
WEAKEST_FIRST = ("INVALID", "REFUTED", "VACUOUS", "UNKNOWN", "PROVED")


def decide(entry: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Verdict, certificate or witness for one problem `{assume, claim, via, vectors, random, functionals}`.

    A chain a <= b <= c is several relations: it is PROVED if each is, else as its worst.

    Raises:
        ArgumentError: an expression or a declaration is malformed.
    """
    import json

    from proofcheck.derive.claims import build_claim

    def texts(target: str | list[str]) -> list[str]:
        vectors, random = entry.get("vectors", ""), entry.get("random", "")
        return build_claim("claim", entry.get("assume", []), target, vectors, random, entry.get("functionals", []))

    claims, via = texts(entry["claim"]), entry.get("via", [])
    steps = [json.loads(text)["target"] for text in (texts(via) if via else [])]
    from proofcheck.search import prove, prove_via

    parts: list[dict[str, Any]] = []
    for text in claims:
        outcome = prove_via(text, steps, seconds=seconds) if steps else prove(text, seconds=seconds)
        parts.append(
            {
                "verdict": outcome.verdict.value,
                "reason": outcome.reason,
                "finder": outcome.finder,
                "seconds": round(outcome.seconds, 3),
                # VACUOUS is a proof of another claim: 0 > 0 under the same assumptions
                "claim": outcome.details.get("claim", text) if outcome.verdict.value == "VACUOUS" else text,
                "certificate": outcome.certificate,
                "model": outcome.model,
            }
        )
        if parts[-1]["verdict"] != "PROVED":
            break
    worst = min(parts, key=lambda part: WEAKEST_FIRST.index(part["verdict"]))
    seconds_spent = round(sum(part["seconds"] for part in parts), 3)
    return {"name": entry.get("name", "claim"), **worst, "seconds": seconds_spent, "parts": parts}


def document(result: dict[str, Any]) -> dict[str, Any]:
    """`result` with its texts as JSON values, and the certificate or witness rendered."""
    import json

    parts = [_part(part) for part in result["parts"]]
    worst = next(part for part in parts if part["verdict"] == result["verdict"])
    fields = {key: worst[key] for key in ("certificate", "model", "claim", "shown")}
    return json.loads(json.dumps({**result, **fields, "parts": parts}))


def _part(part: dict[str, Any]) -> dict[str, Any]:
    import json

    loaded = {key: json.loads(part[key]) if part[key] else None for key in ("claim", "certificate", "model")}
    return {**part, **loaded, "shown": shown(part)}


def shown(part: dict[str, Any]) -> str:
    """Certificate as mathematics, or the witness as a table."""
    from proofcheck.export import certificate, witness

    if part["verdict"] == "REFUTED":
        return witness.render(part["claim"], part["model"])
    if part["certificate"] and part["verdict"] in ("PROVED", "VACUOUS"):
        return certificate.render(part["claim"], part["certificate"])
    return ""


@click.command("prove")
@click.option("--assume", multiple=True, metavar="EXPR", help="A relation that holds; repeatable.")
@click.option("--claim", "claims", multiple=True, metavar="EXPR", help="The relation to decide.")
@click.option("--via", multiple=True, metavar="EXPR", help="A step on the way, proved first; repeatable, in order.")
@click.option("--vectors", default="", metavar="U,V", help="Names that are vectors, of any dimension.")
@click.option("--random", default="", metavar="T", help="Names that are random under E, a probability.")
@click.option("--functional", multiple=True, metavar="F:R,S", help="One more functional; F! is not a probability.")
@click.option("--batch", metavar="FILE", help="A JSON list of {name, assume, claim, via, vectors, random}; - is stdin.")
@click.option("--seconds", default=20.0, show_default=True, type=float, help="Time for each claim, then UNKNOWN.")
@json_option
def command(
    assume: tuple[str, ...],
    claims: tuple[str, ...],
    via: tuple[str, ...],
    vectors: str,
    random: str,
    functional: tuple[str, ...],
    batch: str | None,
    seconds: float,
    as_json: bool,
) -> int:
    """Decide an inequality: PROVED with a certificate, REFUTED with an exact witness, VACUOUS, or UNKNOWN.

    \b
    proofcheck prove --assume "x > 0" --claim "x + 1/x >= 2"
    proofcheck prove --claim "inner(u,v)**2 <= norm2(u)*norm2(v)" --vectors u,v
    proofcheck prove --random t --assume "0 <= t" --assume "t <= 1" --claim "E(t**2) - E(t)**2 <= 1/4"
    proofcheck prove --assume "x >= 1" --via "x**2 >= x" --claim "x**3 >= x"
    proofcheck prove --batch problems.json --json

    \b
    EXPR: names, integers, decimals (exact), + - * / **, Abs Max Min sqrt exp log Rational(p,q);
    <= < >= > == != and chains; inner(u,v), norm2(u) of vectors; E(...) over random names.

    An assumption that mentions random names outside E holds almost surely. Division means "where defined".
    Exit 0 PROVED, 1 REFUTED or VACUOUS, 3 UNKNOWN, 2 a malformed expression (shown with the place).
    """
    if not seconds > 0 or seconds == float("inf"):
        raise click.UsageError(f"--seconds: a positive number required, got {seconds}.")
    if batch is not None:
        if claims or assume or via or vectors or random or functional:
            raise click.UsageError("--batch takes every problem from its file; drop the other options.")
        return _batch(batch, seconds, as_json)
    if not claims:
        raise click.UsageError('--claim EXPR required, such as --claim "x + 1/x >= 2".')
    entry = {
        "name": "claim",
        "assume": list(assume),
        "claim": list(claims),
        "via": list(via),
        "vectors": vectors,
        "random": random,
        "functionals": list(functional),
    }
    result = decide(entry, seconds)
    if as_json:
        emit_json(document(result))
    else:
        _print(result)
    return EXIT[result["verdict"]]


def _print(result: dict[str, Any]) -> None:
    from rich.text import Text

    from proofcheck.reading import describe
    from proofcheck.verdict import Verdict

    out = console()
    verdict = result["verdict"]
    how = f"  {result['finder']}, {result['seconds']:.2f} s" if result["finder"] else f"  {result['seconds']:.2f} s"
    out.print(Text(verdict, style=STYLES[verdict]).append(how, style="dim"))
    out.print(Verdict(verdict).sentence if verdict != "UNKNOWN" else result["reason"])
    parts = result["parts"] if verdict == "PROVED" else [part for part in result["parts"] if part["verdict"] == verdict]
    for part in parts:
        out.print()
        for line in describe(part["claim"]).splitlines():
            out.print(line, soft_wrap=True)
        text = shown(part)
        if text:
            out.print()
            out.print(Text("witness" if verdict == "REFUTED" else "certificate", style="bold"))
            for line in text.splitlines():
                out.print("  " + line, soft_wrap=True)


def read_batch(path: str) -> list[dict[str, Any]]:
    """The problems of a batch file.

    Raises:
        ArgumentError: it is not a JSON list of objects with known keys.
        OSError: it cannot be read.
    """
    import json
    import sys
    from pathlib import Path

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        entries = json.loads(text)
    except UnicodeDecodeError as error:
        raise ArgumentError(f"--batch {path}: UTF-8 text required ({error.reason} at byte {error.start}).") from error
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"--batch {path}: a JSON list required ({error}).") from error
    if not isinstance(entries, list):
        raise ArgumentError(f"--batch {path}: a JSON list required, got {type(entries).__name__}.")
    for index, entry in enumerate(entries):
        where = f"--batch {path}, entry {index}"
        if not isinstance(entry, dict) or "claim" not in entry:
            raise ArgumentError(f'{where}: an object with at least the key "claim" required, got {ascii(entry)[:80]}.')
        unknown = sorted(set(entry) - set(KEYS))
        if unknown:
            raise ArgumentError(
                f"{where}: keys {', '.join(KEYS)} are known, got {ascii(', '.join(unknown))[1:-1][:200]}."
            )
        if odd := unprintable(entry):
            raise ArgumentError(f"{where}: printable text required, got the character {odd}.")
        for key in KEYS:
            value = entry.get(key, "")
            strings = isinstance(value, str) or (
                key != "name" and isinstance(value, list) and all(isinstance(item, str) for item in value)
            )
            if not strings and not (key == "functionals" and isinstance(value, dict)):
                raise ArgumentError(f"{where}: {key} must be a text or a list of texts, got {ascii(value)[:80]}.")
        entry.setdefault("name", f"entry {index}")
    return entries


def _batch(path: str, seconds: float, as_json: bool) -> int:
    from rich.text import Text

    entries = read_batch(path)
    errors, out = console(stderr=True), console()
    results: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, 1):
        try:
            result = decide(entry, seconds)
        except ArgumentError as error:
            # one malformed problem does not lose the others
            result = {
                "name": entry["name"],
                "verdict": "INVALID",
                "reason": str(error),
                "seconds": 0.0,
                "parts": [],
            }
        results.append(result)
        if as_json:
            errors.print(f"{number}/{len(entries)} {result['name']}: {result['verdict']}", soft_wrap=True)
        else:
            style = STYLES.get(result["verdict"], "bold red")
            line = Text(f"{result['verdict']:<9}", style=style).append(f" {result['name']}", style="default")
            line.append(f"  {result['seconds']:.2f} s", style="dim")
            out.print(line, soft_wrap=True)
            if result["verdict"] in ("INVALID", "UNKNOWN"):
                out.print("          " + result["reason"].replace("\n", "\n          "), soft_wrap=True)
    counts = {word: sum(result["verdict"] == word for result in results) for word in WEAKEST_FIRST}
    if as_json:
        emit_json({"results": [document(r) if r["parts"] else r for r in results], "counts": counts})
    else:
        out.print(", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no problems given")
    codes = [EXIT[result["verdict"]] for result in results]
    return next((code for code in (2, 1, 3) if code in codes), 0)
