"""Tested: the plan of a campaign, tallies that add in any order, checkpoints and their refusals, the command's words.
Not tested here: processes and kills (test_campaign_processes)."""

import copy
import itertools
import json
import random

import click
import pytest
import torch
from click.testing import CliRunner
from hammer_trials import ALL, weakened

from proofcheck.cli import app
from proofcheck.cli.hammer_ import Count
from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign
from proofcheck.hammer.campaign_checkpoint import path_of
from proofcheck.hammer.campaign_plan import chunks
from proofcheck.hammer.campaign_tally import Tally, in_order
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.probe import LARGEST, probe

FAMILIES = ("uniform", "two_point", "tiny_weights")
QUICK = {"adversary": False, "workers": 1}


def plan(lemma="L", measures=5000, seed=0, families=FAMILIES):
    return list(chunks(lemma, families, measures, seed, "cpu", torch.float64))


def test_a_plan_draws_exactly_the_measures_asked_for():
    for measures in (1, 2, 7, 5000, 100_001):
        assert sum(batch.batch for chunk in plan(measures=measures) for batch in chunk.batches) == measures


def test_every_chunk_and_family_has_a_stream_of_its_own():
    seeds = [batch.seed for chunk in plan(measures=50_000) for batch in chunk.batches]
    assert len(seeds) > 60
    assert len(set(seeds)) == len(seeds)
    assert len({seed % 2**32 for seed in seeds}) == len(seeds)


@pytest.mark.parametrize("change", [{"lemma": "M"}, {"seed": 1}, {"seed": -1}])
def test_the_streams_depend_on_seed_and_lemma(change):
    assert plan() == plan()
    ours, others = ({batch.seed for c in p for batch in c.batches} for p in (plan(), plan(**change)))
    assert not ours & others


def test_a_family_more_leaves_the_streams_of_the_others_alone():
    few, more = plan(measures=30), plan(measures=40, families=("sphere", *FAMILIES))
    assert few[0].batches == more[0].batches[1:]


def test_a_plan_of_any_size_starts_at_once():
    first, *_ = itertools.islice(chunks("L", FAMILIES, 10**15, 0, "cpu", torch.float64), 50)
    assert sum(batch.batch for batch in first.batches) <= LARGEST["cpu"] * len(FAMILIES)


def test_a_device_can_draw_the_batches_of_another():
    def sizes(device, **options):
        found = itertools.islice(chunks("L", FAMILIES, 10**7, 0, device, torch.float64, **options), 9)
        return [(batch.batch, batch.seed) for chunk in found for batch in chunk.batches]

    assert sizes("cpu") == sizes("cuda:0", sizes="cpu") != sizes("cuda")
    assert sizes("cuda") == sizes("cpu", sizes="cuda")


def tallies(name="mlp", measures=600, changed=None):
    kind = kind_of(changed or ALL[name])
    for chunk in plan(measures=measures):
        tally = Tally(chunks=1)
        for batch in chunk.batches:
            tally.take(kind, probe(kind, batch), chunk.number, compare=True)
        yield tally


def test_tallies_add_up_to_the_same_in_any_order():
    parts = list(tallies())
    assert len(parts) > 4
    totals = []
    for seed in range(4):
        shuffled = copy.deepcopy(parts)
        random.Random(seed).shuffle(shuffled)
        total = Tally()
        for part in shuffled:
            total.add(part)
        data = total.to_json()
        totals.append({**data, "families": sorted(data["families"], key=lambda row: row["name"])})
    assert all(total == totals[0] for total in totals)
    assert totals[0]["chunks"] == len(parts)


def test_equal_ratios_are_won_by_the_earlier_chunk():
    first, second = itertools.islice(tallies(), 2)
    for tally, other in ((first, second), (second, first)):
        name = next(iter(tally.families))
        other.families[name].worst = tally.families[name].worst = 0.5
    for order in ((first, second), (second, first)):
        total = Tally()
        for part in copy.deepcopy(order):
            total.add(part)
        assert total.families[name].chunk == 0
        assert total.families[name].case.keys() == first.families[name].case.keys()
        assert torch.equal(total.families[name].case["x"], first.families[name].case["x"])


def test_what_comes_after_the_first_refutation_is_dropped():
    parts = list(itertools.islice(tallies(), 3))
    false = next(t for t in tallies(changed=weakened("mlp")) if t.refuted is not None)
    false.refuted = (1, *false.refuted[1:])
    total = in_order([parts[0], false, parts[2]])
    assert total.measures == parts[0].measures + false.measures
    assert total.refuted[0] == 1
    assert in_order([parts[0], None, None]).measures == parts[0].measures


def test_a_tally_survives_json_bit_by_bit():
    for part in (next(tallies()), next(t for t in tallies(changed=weakened("mlp")) if t.refuted is not None)):
        again = Tally.from_json(json.loads(json.dumps(part.to_json())))
        assert again.to_json() == part.to_json()
        name = next(iter(part.families))
        assert torch.equal(again.families[name].case["x"], part.families[name].case["x"])
        assert again.families[name].case["x"].dtype == torch.float64
    assert again.refuted[2] == part.refuted[2]


def saved(tmp_path, **changes):
    """A checkpoint that stopped after its first chunk, and its path."""
    result = campaign(ALL["mlp"], measures=500, seconds=1e-9, folder=tmp_path, **QUICK, **changes)
    assert result.measures < 500
    return path_of(tmp_path, ALL["mlp"])


def test_a_campaign_goes_on_from_its_checkpoint(tmp_path):
    saved(tmp_path)
    seen = []
    resumed = campaign(ALL["mlp"], measures=500, folder=tmp_path, progress=lambda *c: seen.append(c), **QUICK)
    whole = campaign(ALL["mlp"], measures=500, **QUICK)
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in r.rows()] for r in (resumed, whole)]
    assert rows[0] == rows[1]
    assert len(seen) < len(plan(measures=500)) + 5
    again = campaign(ALL["mlp"], measures=500, folder=tmp_path, progress=lambda *c: seen.clear(), **QUICK)
    assert again.measures == 500
    assert seen  # a finished campaign measures nothing again


OTHER = {
    "the seed": ({"seed": 4}, "seed (0 there, 4 here)"),
    "the measures": ({"measures": 501}, "measures (500 there, 501 here)"),
    "the dtype": ({"dtype": torch.float32}, "dtype (float64 there, float32 here)"),
    "the comparisons": ({"compare_every": 3}, "compare every (1 there, 3 here)"),
}


@pytest.mark.parametrize("what", OTHER)
def test_a_checkpoint_of_other_settings_is_refused_by_name_and_kept(what, tmp_path):
    change, expected = OTHER[what]
    before = saved(tmp_path).read_bytes()
    with pytest.raises(ArgumentError) as error:
        campaign(ALL["mlp"], folder=tmp_path, **{"measures": 500, **QUICK, **change})
    assert expected in str(error.value)
    assert str(error.value).count(" there, ") == 1
    assert "--fresh" in str(error.value)
    assert saved(tmp_path / "else").read_bytes()[:60] == before[:60] == path_of(tmp_path, ALL["mlp"]).read_bytes()[:60]


def test_a_checkpoint_of_another_bound_or_of_other_code_is_refused_by_name(tmp_path, monkeypatch):
    saved(tmp_path)
    with pytest.raises(ArgumentError, match=r"differs in bound \("):
        campaign(weakened("mlp"), measures=500, folder=tmp_path, **QUICK)
    path = path_of(tmp_path, ALL["mlp"])
    monkeypatch.setattr("proofcheck.hammer.campaign_checkpoint._library", lambda: (("torch", "1.0"),))
    with pytest.raises(ArgumentError, match=r"the code of torch_impl \(changed\).*torch \(2.* there, 1.0 here\)"):
        campaign(ALL["mlp"], measures=500, folder=tmp_path, **QUICK)
    assert path.exists()


DAMAGE = {
    "cut": lambda text: text[: len(text) // 2],
    "a count": lambda text: text.replace('"exact": 3', '"exact": 4').replace('"measures": ', '"measures": 1', 1),
    "another document": lambda text: "{}",
    "deep": lambda text: "[" * 100_000,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_checkpoint_is_refused(how, tmp_path):
    path = saved(tmp_path)
    path.write_text(DAMAGE[how](path.read_text()))
    with pytest.raises(ArgumentError, match="damaged"):
        campaign(ALL["mlp"], measures=500, folder=tmp_path, **QUICK)


def test_fresh_sets_the_old_checkpoint_aside(tmp_path):
    path = saved(tmp_path)
    before = path.read_bytes()
    for name in (".old", ".old.1"):
        campaign(ALL["mlp"], measures=500, seconds=1e-9, folder=tmp_path, fresh=True, seed=9, **QUICK)
        assert path.with_suffix(name).exists()
    assert path.with_suffix(".old").read_bytes() == before


@pytest.mark.parametrize("text", ["1e9", "1E+9", "1_000_000_000", "1000000000", "0.1e10"])
def test_a_count_can_be_written_as_people_do(text):
    assert Count().convert(text, None, None) == 10**9


@pytest.mark.parametrize(
    "text", ["0", "-1", "1.5", "1e-3", "nan", "inf", "1e16", "1e99", "", "ten", "1e", "٣", "9" * 50]
)
def test_what_is_no_count_is_refused(text):
    with pytest.raises(click.BadParameter, match="1e9"):
        Count().convert(text, None, None)


def test_the_command_keeps_a_checkpoint_until_its_results_are_out(tmp_path):
    words = ["hammer", "LT-11", "--measures", "2e2", "--no-adversary", "--checkpoint", str(tmp_path / "runs")]
    rows = tmp_path / "rows.jsonl"
    stopped = CliRunner().invoke(app, [*words, "--seconds", "1e-9", "--json"])
    assert len(list((tmp_path / "runs").iterdir())) == len(json.loads(stopped.stdout)["lemmas"])
    done = CliRunner().invoke(app, [*words, "--json", "--rows", str(rows)])
    assert done.exit_code == 0, done.output
    assert list((tmp_path / "runs").iterdir()) == []
    records = [json.loads(line) for line in rows.read_text().splitlines()]
    (whole, *_) = json.loads(done.stdout)["lemmas"]
    assert records[0]["family"] is None
    assert records[0]["measures"] == whole["measures"] == 200
    assert all(row["case"] and sum(row["histogram"]) for row in records if row["family"])
    refused = CliRunner().invoke(app, [*words, "--no-checkpoint"])
    assert refused.exit_code == 2
