"""Processes share the lemmas of a check without changing a result."""

from dataclasses import replace

import pytest

from proofcheck import registry
from proofcheck.audit import check

OPTIONS = check.Options(hammer=False)


def run(names, jobs, monkeypatch, headers=None):
    monkeypatch.setattr(check, "_WORTH_A_PROCESS", 1)
    found = registry.headers()
    wanted = headers or [registry.find(name, found) for name in names]
    order = []
    done = check.check_all(
        wanted, found, OPTIONS, use_cache=False, jobs=jobs, finished=lambda c: order.append(c.result.id)
    )
    assert order == [header.id for header in wanted]
    return [
        replace(item.result, seconds=0.0, parts=tuple(replace(p, seconds=0.0) for p in item.result.parts))
        for item in done
    ]


def test_two_processes_give_the_results_of_one(monkeypatch):
    names = ["LT-17", "LT-18F"]
    alone, shared = run(names, 1, monkeypatch), run(names, 2, monkeypatch)
    assert alone == shared
    assert [result.verdict.value for result in shared] == ["PROVED", "PROVED"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_process_is_the_error_of_the_check(monkeypatch, jobs):
    header = registry.find("LT-17")
    gone = replace(header, path=header.path.with_name("no_such_lemma.py"))
    with pytest.raises(FileNotFoundError, match="no_such_lemma"):
        run([], jobs, monkeypatch, [header, gone])
