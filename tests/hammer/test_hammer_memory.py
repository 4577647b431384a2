"""Tested: the first chunks of a campaign of 10^9 measures, which has the largest batches there are, stay below 2 GB.
Not tested: hours of running (a batch keeps nothing), devices."""

import subprocess
import sys

SCRIPT = """
import resource
from itertools import islice
import torch
from hammer_trials import ALL
from proofcheck.hammer import families
from proofcheck.hammer.campaign_plan import chunks
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.probe import probe

torch.set_num_threads(1)
kind, names = kind_of(ALL["attention_sharp"]), ("gaussian", "two_point")
plan = chunks("memory", names, 10**9, 0, "cpu", torch.float64)
for chunk in islice(plan, 12):
    for batch in chunk.batches:
        probe(kind, batch)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_campaign_of_a_billion_measures_stays_below_two_gigabytes():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=str(__file__).rpartition("/")[0]
    )
    assert 10_000 < int(done.stdout.split()[-1]) < 2_000_000  # kB
