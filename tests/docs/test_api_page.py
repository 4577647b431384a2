"""Tested: docs/api.md names what exists and every public module; torch_impl/README.md has a line for every file."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
README = (ROOT / "torch_impl" / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^::: ([\w.]+)\n(?:    options:\n      members: \[(.*?)\]\n)?", API, re.MULTILINE))
# reached through another module, or not meant to be called from outside
INTERNAL = {
    "blocks", "blocks_integral", "blocks_lattice", "blocks_matrices", "blocks_steps", "composition", "construct",
    "construct_compile", "construct_geometry", "construct_net", "construct_pairs", "construct_roundoff",
    "construct_targets", "construct_verify", "deep", "deep_context", "layers", "modules", "norm_blocks", "norm_bound",
    "potentials", "rounding", "reference.balls", "reference.exact", "reference.loops", "reference.network_exact",
}  # fmt: skip


def place(module):
    path = ROOT / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def documented(path):
    """Public functions and classes with a docstring."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, kinds) and ast.get_docstring(node)}


@pytest.mark.parametrize(("module", "members"), BLOCKS.items())
def test_what_the_page_names_exists_and_is_documented(module, members):
    path = place(module)
    assert path.is_file()
    if path.name != "__init__.py":
        assert set(members.split(", ")) - {""} <= documented(path)


def modules(folder):
    return [p for p in sorted((ROOT / folder).glob("*.py")) if not p.stem.startswith("_")]


def test_the_page_names_every_module_that_is_public():
    package = ROOT / "torch_impl"
    found = [".".join(p.relative_to(package).with_suffix("").parts) for p in modules(package)]
    found += [f"reference.{p.stem}" for p in modules(package / "reference")]
    missing = [name for name in found if f"torch_impl.{name}" not in BLOCKS and name not in INTERNAL]
    assert missing == []
    assert set(found) >= INTERNAL


def test_every_file_of_torch_impl_has_its_line():
    named = [name.removesuffix(".py") for name in re.findall(r"`([\w*]+(?:\.py)?)`", README)]
    missing = [p.name for p in modules("torch_impl") if not any(Path(p.stem).match(name) for name in named)]
    missing += [p.name for p in modules("torch_impl/reference") if p.stem not in named]
    assert missing == []


def test_a_member_that_is_not_there_is_seen():
    assert "no_such_name" not in documented(place("torch_impl.attention"))
    assert "attend" in documented(place("torch_impl.attention"))
