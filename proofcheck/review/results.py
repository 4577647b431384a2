"""The results that a page shows: from the cache where `proofcheck check` has been run, else computed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from proofcheck import cache
from proofcheck.audit.check import Checked, Options, check_all
from proofcheck.header import Header


def gather(
    wanted: Sequence[Header],
    among: Sequence[Header],
    *,
    hammer: bool,
    jobs: int = 1,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[list[Checked], Options]:
    """The result of every lemma with the options that `proofcheck check` has by itself, and these options.

    With `hammer=False` a result with a hammer is still taken if it is in the cache; the others are theory only.
    jobs: processes for checks with a hammer.

    Raises:
        ArgumentError: a lemma file or the trust manifest is malformed.
    """
    full, place = Options(), {header.id: f"[{k}/{len(wanted)}] {header.id}" for k, header in enumerate(wanted, 1)}

    def started(header: Header) -> None:
        if header.id not in known:
            say(f"{place[header.id]} {header.title}: checking …")

    def finished(checked: Checked) -> None:
        if not checked.cached or not checked.ok:
            state = "ok" if checked.ok else "not as pinned" if checked.drift else "FAILED"
            say(f"{place[checked.result.id]} {checked.result.verdict.value} {state}")

    known = {h.id for h in wanted if cache.load(cache.key(h, among, asdict(full)))[0] is not None}
    groups = [(full, list(wanted))]
    if not hammer:
        theory = replace(full, hammer=False)
        groups = [(full, [h for h in wanted if h.id in known]), (theory, [h for h in wanted if h.id not in known])]
    done: dict[str, Checked] = {}
    for options, headers in groups:
        results = check_all(
            headers,
            among,
            options,
            root=wanted[0].path.parent.parent,
            jobs=jobs if options.hammer else 1,
            started=started,
            finished=finished,
            note=lambda text: say(f"note: {text}"),
        )
        done |= {checked.result.id: checked for checked in results}
    return [done[header.id] for header in wanted], full if hammer else groups[-1][0]
