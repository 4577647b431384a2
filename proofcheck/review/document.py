"""The review as one JSON-able document: every lemma, what must be believed, and what was not checked.

Computed here and nowhere on the page: whether a lemma is fully proved (all that it rests on holds, and every part of
the checks that ran is ok), the edges between lemmas, the counts, and the list of what is not proved.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from proofcheck.audit.check import Checked, Options
from proofcheck.header import Header
from proofcheck.registry import facts
from proofcheck.review import contents
from proofcheck.review.entry import entry
from proofcheck.verdict import Verdict

FORMAT = "proofcheck-review/1"
STATUS = {
    Verdict.PROVED: "proved",
    Verdict.PROVED_MODULO: "modulo",
    Verdict.TESTED: "tested",
    Verdict.REFUTED: "refuted",
    Verdict.VACUOUS: "vacuous",
    Verdict.UNKNOWN: "unknown",
}


def build(wanted: Sequence[Header], among: Sequence[Header], results: Sequence[Checked], **more: Any) -> dict[str, Any]:
    """The document for `wanted`, whose results are `results`; see `assemble` for `more` (stamp, options).

    Raises:
        OSError: a file of the repository cannot be read.
    """
    entries = [entry(header, among, checked) for header, checked in zip(wanted, results, strict=True)]
    return assemble(entries, wanted, left_out=[h.id for h in among if h not in wanted], **more)


def assemble(
    entries: list[dict[str, Any]],
    headers: Sequence[Header],
    *,
    stamp: str,
    options: Options | None = None,
    left_out: Sequence[str] = (),
) -> dict[str, Any]:
    """Links between the lemmas and the figures over all of them.

    Args:
        stamp: when, as text; the only part that is not a function of the other arguments and the files.
        left_out: ids of lemmas that are not in the document.
    """
    owner = {claim["name"]: each["id"] for each in entries for claim in each["claims"]}
    known = {each["id"] for each in entries}
    for each in entries:
        used = {owner[name] for claim in each["claims"] for name in claim["uses"] if name in owner}
        each["edges"] = sorted((used | set(each["uses"])) & known - {each["id"]}, key=list(_ids(entries)).index)
    _status(entries)
    named = sorted({name for each in entries for name in each["assumed"]})
    stated = facts(headers[0]) if headers else {}
    figures = _totals(entries)
    return {
        "format": FORMAT,
        "stamp": stamp,
        "versions": contents.versions(),
        "hashes": asdict(contents.hashes(headers)),
        "kernel": contents.kernel_size(),
        "options": asdict(options or Options()),
        "left_out": list(left_out),
        "lemmas": entries,
        "facts": {
            name: {
                "statement": stated[name].statement,
                "citation": stated[name].citation,
                "proof": stated[name].proof,
                "named_by": [each["id"] for each in entries if name in each["assumed_here"]],
                "carried_by": [each["id"] for each in entries if name in each["assumed"]],
            }
            for name in named
            if name in stated
        },
        "totals": figures,
        "gaps": _gaps(entries),
        "archive": base64.b64encode(contents.archive(headers)).decode(),
    }


def _ids(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return [each["id"] for each in entries]


def _status(entries: list[dict[str, Any]]) -> None:
    """status of each lemma, and `full`: it and all that it rests on hold and no part of a check failed."""
    by_id = {each["id"]: each for each in entries}

    def sound(each: Mapping[str, Any], trail: tuple[str, ...]) -> bool:
        if each["id"] in trail:  # a circle proves nothing
            return False
        failed = any(part["status"] == "failed" for part in each["parts"].values())
        fine = Verdict(each["verdict"]).holds and not failed and not each["problems"]
        trail = (*trail, each["id"])
        missing = [name for name in each["uses"] if name not in by_id]
        return fine and not missing and all(sound(by_id[other], trail) for other in each["edges"])

    for each in entries:
        each["status"] = STATUS[Verdict(each["verdict"])]
        each["full"] = sound(each, ())
        each["used_by"] = [other["id"] for other in entries if each["id"] in other["edges"]]


def _totals(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    claims = [claim for each in entries for claim in each["claims"]]
    assumptions = [assumption for claim in claims for assumption in claim["assumptions"]]
    hammers = [each["parts"]["hammer"]["figures"] for each in entries if ran(each, "hammer")]
    runs = [run for figures in hammers for run in [figures, *figures.get("others", [])]]
    return {
        "verdicts": dict(Counter(each["verdict"] for each in entries)),
        "lemmas": len(entries),
        "full": sum(each["full"] for each in entries),
        "claims": len(claims),
        "certificate_bytes": sum(claim["certificate_bytes"] for claim in claims),
        "assumptions": len(assumptions),
        "assumptions_shown_needed": sum(bool(assumption["breaks"]) for assumption in assumptions),
        "refuted": sum(len(each["refuted"]) for each in entries),
        "bindings": sum(len(each["bindings"]) for each in entries),
        "graphs_agree": sum(each["parts"].get("graph", {}).get("figures", {}).get("agree", 0) for each in entries),
        "hammered": len(hammers),
        "measures": sum(run.get("measures", 0) for run in runs),
        "failed": sum(part["status"] == "failed" for each in entries for part in each["parts"].values()),
    }


def ran(each: Mapping[str, Any], part: str) -> bool:
    """Whether that part of the check ran on the lemma, with whatever outcome."""
    return each["parts"].get(part, {}).get("status") in ("ok", "failed")


def _gaps(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is not proved, from the objects: steps without proof, bounds that are not sharp, assumptions not shown
    to be needed, checks that failed, could not run, or did not run."""
    steps = [(each["id"], row) for each in entries for row in each["proof"]]
    missing: dict[str, list[str]] = {}
    skipped: dict[tuple[str, str], list[str]] = {}
    for each in entries:
        for name in each["not_run"]:
            missing.setdefault(name, []).append(each["id"])
        for name, part in each["parts"].items():
            if part["status"] == "skipped":
                skipped.setdefault((name, part["detail"]), []).append(each["id"])
    return {
        "assumed_steps": [{"lemma": i, **row} for i, row in steps if row["evidence"] == "assumed"],
        "tested_steps": [{"lemma": i, **row} for i, row in steps if row["evidence"] == "tested"],
        "one_sided": [
            {"lemma": each["id"], "label": each["label"]} for each in entries if each["label"] in ("upper", "lower")
        ],
        "needed": [
            {"claim": claim["name"], "index": index, "name": assumption["name"], "relation": assumption["relation"]}
            for each in entries
            for claim in each["claims"]
            for index, assumption in enumerate(claim["assumptions"])
            if not assumption["breaks"]
        ],
        "unproved": [each["id"] for each in entries if not each["full"]],
        "failed": [
            {"lemma": each["id"], "part": name, "detail": part["detail"]}
            for each in entries
            for name, part in each["parts"].items()
            if part["status"] == "failed"
        ],
        "skipped": [{"part": part, "detail": detail, "lemmas": ids} for (part, detail), ids in skipped.items()],
        "problems": [{"lemma": each["id"], "text": text} for each in entries for text in each["problems"]],
        "drift": [{"lemma": each["id"], "text": each["drift"]} for each in entries if each["drift"]],
        "not_run": missing,
        "without_code": [each["id"] for each in entries if not each["bindings"]],
    }
