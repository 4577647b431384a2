"""The results that a page shows: from the cache where `proofcheck check` has been run, else computed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from proofcheck import cache
from proofcheck.audit.check import Checked, Options, check_all
from proofcheck.header import Header


def gather(
    wanted: Sequence[Header], among: Sequence[Header], *, hammer: bool, say: Callable[[str], None] = lambda text: None
) -> tuple[list[Checked], Options]:
    """The result of every lemma with the options that `proofcheck check` has by itself, and these options.

    With `hammer=False` a result with a hammer is still taken if it is in the cache; the others are theory only.

    Raises:
        ArgumentError: a lemma file or the trust manifest is malformed.
    """
    full = Options()
    theory = replace(full, hammer=False)
    done: list[Checked] = []
    for number, header in enumerate(wanted, 1):
        known = cache.load(cache.key(header, among, asdict(full)))[0] is not None
        options = full if hammer or known else theory
        if not known:
            say(f"[{number}/{len(wanted)}] {header.id} {header.title}: checking …")
        [checked] = check_all([header], among, options, note=lambda text: say(f"note: {text}"))
        if not known or not checked.ok:
            state = "ok" if checked.ok else "not as pinned" if checked.drift else "FAILED"
            say(f"[{number}/{len(wanted)}] {header.id} {checked.result.verdict.value} {state}")
        done.append(checked)
    return done, full if hammer else theory
