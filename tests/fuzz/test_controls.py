"""Tested: the harness sees what it looks for, by parsers with a planted fault, one for each kind of finding."""

import json
import re

import pytest

from fuzz import guard, planted
from fuzz.drive import plain
from fuzz.mutate import mutated
from fuzz.scratch import CANARY, FOLDER
from fuzz.second import EVERY, Queue, vectors_cancel
from fuzz.target import judge_one
from proofcheck.kernel import read_claim
from proofcheck.second_checker import node

CASES = [(kind, target) for kind, targets in planted.FAULTS.items() for target in targets]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(guard, "INTERRUPT", 0.1)
    monkeypatch.setattr(guard, "PATIENCE", 0.5)


@pytest.mark.parametrize(("kind", "target"), CASES, ids=[target.name for _, target in CASES])
def test_a_planted_fault_is_found(kind, target):
    inputs = (*target.seeds(), b"1 + \xff-")
    assert any(judge_one(target, data, sample_memory=True).kind == kind for data in inputs)


def test_a_loop_is_decided_by_count_not_by_clock(monkeypatch):
    (loop,) = (target for target in planted.FAULTS["work"] if target.name == "loop")
    outcome = judge_one(loop, b"1 + 1")
    assert outcome.detail == "300,001 lines and no end"
    assert judge_one(loop, b"1").kind == "refused"


def test_the_record_survives_a_parser_that_swallows_everything(monkeypatch):
    (swallow,) = (target for target in planted.FAULTS["executed"] if target.name == "swallow")
    outcome = judge_one(swallow, b"x")
    assert outcome.detail.startswith("os.system")
    assert not (FOLDER / CANARY).exists()  # the watch stops it before it runs


def test_a_canary_is_seen_where_no_event_is(tmp_path):
    def makes(text):
        (tmp_path / CANARY).touch()

    target = planted._target(
        "canary", makes, canary=tmp_path / CANARY, allowed=frozenset(("write", "os.utime", "read"))
    )
    assert judge_one(target, b"x").detail == "the canary file CANARY was made"


@pytest.mark.skipif(node() is None, reason="no Node: the second checker is the oracle here")
def test_a_wrong_certificate_is_found_by_the_second_checker():
    """A kernel that lost its last condition accepts the zero certificate of anything."""
    claim = {"format": "proofcheck-claim/1", "name": "c", "scalars": ["x"], "vectors": [], "functionals": {}}
    claim |= {"assume": [], "target": "x >= 0"}
    forged = {"format": "proofcheck-certificate/1", "proof": {"terms": []}}
    data = json.dumps(claim).encode() + b"\n=====\n" + json.dumps(forged).encode()
    assert judge_one(planted.WRONG, data).kind == "accepted"
    ((found, objection),) = planted.WRONG.settle()
    assert found == data
    assert "no term is > 0" in objection


def test_the_mutators_find_a_wrong_certificate_by_themselves():
    if node() is None:
        pytest.skip("no Node: the second checker is the oracle here")
    tally = plain(planted.WRONG, 2_000, seed=1)  # of the seeds 1 to 6 each finds four or more; 400 were too few
    assert tally.counts["accepted wrongly"] >= 1


def test_one_seed_gives_one_run():
    import random

    target = planted.FAULTS["escaped"][0]
    made = [[mutated(random.Random(5), seed, target.seeds(), target) for seed in target.seeds()] for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.skipif(node() is None, reason="no Node: the second checker is the oracle here")
@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("domain: the claim does not say that x is invertible or a root is defined", 1),
        ("the terms must sum to 0 and one be > 0, got x > 0", 1),
        ("the terms must sum to 0 and one be > 0, got inv(x + y)*x > 0", 0),  # fractions that cancel there
        ("the terms must sum to 0 and one be > 0, got inv(x + y)*x >= 0", 1),  # no term is > 0, whatever cancels
        ("coefficient: a rational such as \"-3/2\" of at most 300 digits required, got '1.5'", 1),
        ("expansion too large: 9 monomial products at once, 9 in all", 0),
    ],
)
def test_a_wrong_verdict_of_the_second_checker_is_found(reason, found):
    """It accepts what the kernel refuses: an objection, but for what the page of the format allows."""
    claim = {"format": "proofcheck-claim/1", "name": "c", "scalars": ["x"], "vectors": [], "functionals": {}}
    claim = json.dumps({**claim, "assume": ["x >= 0"], "target": "x >= 0"})
    proof = {"terms": [{"factors": [{"fact": "a0"}]}, {"factors": [{"fact": "target"}]}]}
    certificate = json.dumps({"format": "proofcheck-certificate/1", "proof": proof})
    queue = Queue()
    for _ in range(EVERY):
        queue.put_refused(b"x", lambda: {"claim": claim, "certificate": certificate}, reason)
    assert len(queue.settle()) == found
    assert queue.asked == 1


@pytest.mark.parametrize("target", ["x + u - u >= 0", "x >= inner(u, u) - 0*u", "Max(x, u - u) >= 0"])
def test_vectors_that_cancel_are_excused(target):
    claim = {"format": "proofcheck-claim/1", "name": "c", "scalars": ["x"], "vectors": ["u"], "functionals": {}}
    claim = json.dumps({**claim, "assume": ["x >= 0"], "target": target})
    assert vectors_cancel({"claim": claim})
    assert not vectors_cancel({"claim": claim, "certificate": '{"proof": {"terms": [{"square": "x + u"}]}}'})


def test_a_kernel_that_takes_vectors_for_scalars_is_found(monkeypatch):
    monkeypatch.setattr("proofcheck.kernel.claim.Context.scalar", lambda self, poly: poly)
    claim = {"format": "proofcheck-claim/1", "name": "c", "scalars": [], "vectors": ["u"], "functionals": {}}
    for target in ("u >= 0", "sqrt(u) >= 0"):
        assert not vectors_cancel({"claim": json.dumps({**claim, "assume": [], "target": target})})


@pytest.mark.parametrize("base", [" + ".join(f"x{k}/{k + 2}" for k in range(9)), "s*(M - N) + k*N*(s - (s*p - c*r))"])
def test_the_lines_of_an_expansion_are_bounded_by_what_the_kernel_counts(base, monkeypatch):
    """What the limit of lines of the kernel's targets rests on: 100 for each product that its budget counts."""
    monkeypatch.setattr(guard, "PATIENCE", 30.0)
    names = sorted(set(re.findall(r"[A-Za-z]\w*", base)))
    claim = {"format": "proofcheck-claim/1", "name": "c", "scalars": names, "vectors": [], "functionals": {}}
    text = json.dumps({**claim, "assume": [], "target": f"({base})**5 >= 0"})
    count, ended = guard.lines(lambda: read_claim(text), 10_000_000)
    assert ended
    assert 20_000 < count < 100 * read_claim(text).ctx.budget.spent
