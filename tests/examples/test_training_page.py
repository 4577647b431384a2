"""The code of docs/training.md runs as printed and leaves a model that is certified; its figures are there."""

import re
from fractions import Fraction
from pathlib import Path

from proofcheck.certify import certify
from torch_impl.network_file import load_network

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "training.md").read_text(encoding="utf-8")


def test_the_snippet_trains_a_certified_model(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(snippet.replace("range(200)", "range(20)"), "docs/training.md", "exec"), {})
    assert "(" in capsys.readouterr().out
    assert certify(load_network(tmp_path / "model.safetensors"), radius=Fraction(1)).ok


def test_figures_are_there_and_small():
    names = re.findall(r"\]\((img/[^)]+)\)", PAGE)
    assert len(names) == 2
    assert all(0 < (DOCS / name).stat().st_size < 200_000 for name in names)
