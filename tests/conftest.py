"""Shared by all tests: one torch thread, Hypothesis profiles, the cuda and slow markers, a cache of their own."""

import os

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", max_examples=2000, deadline=None)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
settings.load_profile(PROFILE)


def pytest_collection_modifyitems(config, items):
    """Slow tests run when `-m` names them or in the thorough profile; a test with no CUDA device skips, or fails."""
    if PROFILE != "thorough" and "slow" not in (config.option.markexpr or ""):
        skip = pytest.mark.skip(reason="slow: run with `-m slow` or HYPOTHESIS_PROFILE=thorough")
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(skip)


def pytest_runtest_setup(item):
    if item.get_closest_marker("cuda"):
        import torch

        if torch.cuda.is_available():
            return
        if os.environ.get("PROOFCHECK_REQUIRE_CUDA") == "1":
            pytest.fail("PROOFCHECK_REQUIRE_CUDA=1, and torch sees no CUDA device", pytrace=False)
        pytest.skip("no CUDA device")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache."""
    monkeypatch.setenv("PROOFCHECK_CACHE", str(tmp_path_factory.getbasetemp() / "proofcheck-cache"))
