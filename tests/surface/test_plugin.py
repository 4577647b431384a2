"""Tested: that lemmas are collected only when asked for, their ids, their failure text, the markers of conftest.py."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pytest_run(folder, *words, **environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


def test_ids_are_readable():
    done = pytest_run(ROOT, "--collect-only", "lemmas/lipschitz_transformers/mlp_step.py")
    lines = done.stdout.splitlines()
    for part in ("certificate", "hammer", "counterexample", "pinned"):
        assert f"lemmas/lipschitz_transformers/mlp_step.py::LT-01::{part}" in lines


def test_nothing_is_collected_unless_asked_for(tmp_path):
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert "1 passed" in pytest_run(tmp_path).stdout
    done = pytest_run(tmp_path, "--proofcheck", "--collect-only")
    assert "LT-01::certificate" in done.stdout


def broken(tree, tmp_path, body):
    """The sample tree in place of the installed lemmas, changed by `body`, as another pytest sees it."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nproofcheck = true\n")
    (tmp_path / "conftest.py").write_text(
        f"import sys\nfrom pathlib import Path\nsys.path.insert(0, {str(tmp_path)!r})\n"
        f"from proofcheck import registry\nregistry.lemmas_root = lambda: Path({str(tree.root)!r})\n"
    )
    body()
    return pytest_run(tmp_path, str(tree.root), "-k", "certificate or pinned")


def test_a_failure_names_lemma_and_reason(tree, tmp_path):
    done = broken(tree, tmp_path, lambda: tree.edit(tree.lemma(), "Rational(1, 4)", "Rational(1001, 4000)"))
    assert done.returncode == 1
    assert "SQ-01 A product of complementary parts, certificate:" in done.stdout
    assert "not the one that square.py derives" in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unpinned_lemma_fails(tree, tmp_path):
    done = broken(tree, tmp_path, lambda: None)
    assert "SQ-01 A product of complementary parts, pinned:" in done.stdout
    assert "not pinned yet" in done.stdout


CUDA = """
import pytest

@pytest.mark.cuda
def test_device():
    pass
"""


def test_a_cuda_test_fails_without_a_device_when_one_is_required(tmp_path):
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = cuda: x\n slow: y\n")
    (tmp_path / "test_device.py").write_text(CUDA)
    (tmp_path / "torch.py").write_text(
        "class cuda:\n    @staticmethod\n    def is_available():\n        return False\n"
    )
    where = {"PYTHONPATH": str(tmp_path)}
    assert "1 skipped" in pytest_run(tmp_path, **where).stdout
    required = pytest_run(tmp_path, **where, PROOFCHECK_REQUIRE_CUDA="1")
    assert required.returncode == 1
    assert "PROOFCHECK_REQUIRE_CUDA=1" in required.stdout
