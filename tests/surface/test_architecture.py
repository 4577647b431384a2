"""Tested: who may import whom, what a lemma file needs beside it. By syntax tree, so nothing has to run."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("proofcheck", "lemmas", "torch_impl")

FORBIDDEN = {
    # package: what it may not import
    "proofcheck.kernel": ("proofcheck.", "lemmas", "torch_impl"),
    "proofcheck.witness": (
        "proofcheck.search",
        "proofcheck.derive",
        "proofcheck.hammer",
        "lemmas",
        "torch_impl",
    ),
    "proofcheck.derive": (
        "proofcheck.search",
        "proofcheck.hammer",
        "proofcheck.audit",
        "lemmas",
        "torch_impl",
        "torch",
    ),
    "proofcheck.search": ("proofcheck.hammer", "proofcheck.audit", "lemmas", "torch_impl", "torch"),
    "proofcheck.export": ("proofcheck.search", "proofcheck.hammer", "proofcheck.cli", "torch_impl", "torch"),
    "proofcheck.review": (
        "proofcheck.search",
        "proofcheck.hammer",
        "proofcheck.cli",
        "lemmas",
        "torch_impl",
        "torch",
    ),
    "proofcheck.audit": ("proofcheck.cli", "proofcheck.export", "lemmas"),
    "proofcheck.hammer": ("proofcheck.search", "proofcheck.audit", "proofcheck.cli", "lemmas"),
    "proofcheck.fidelity": (
        "proofcheck.derive",
        "proofcheck.search",
        "proofcheck.hammer",
        "proofcheck.audit",
        "proofcheck.cli",
        "lemmas",
        "torch_impl",
        "torch",
    ),
    "lemmas": ("torch", "torch_impl", "numpy", "proofcheck.search", "proofcheck.hammer", "proofcheck.audit"),
    "torch_impl": (
        "proofcheck.search",
        "proofcheck.hammer",
        "proofcheck.audit",
        "proofcheck.cli",
        "proofcheck.kernel",
    ),
}
EVALUATES = {
    # file: why it may
    "proofcheck/audit/mutants/splice.py": "runs mutated copies of this repository's own functions",
}
STANDARD_ONLY = ("proofcheck/kernel", "proofcheck/witness")


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources():
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path):
    """Absolute names of everything imported anywhere in the file."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name, package):
    return name == package or name.startswith(package if package.endswith(".") else package + ".")


def offences(rules, files):
    for path in files:
        for package, banned in rules.items():
            if not within(module_of(path), package):
                continue
            for name in imports(path):
                if within(name, package):
                    continue
                if any(within(name, other) for other in banned):
                    yield f"{path.relative_to(ROOT)} imports {name}"


def test_imports_point_one_way():
    assert sorted(set(offences(FORBIDDEN, sources()))) == []


def test_the_import_rule_can_fail():
    rules = {**FORBIDDEN, "proofcheck.search": ("proofcheck.kernel",)}
    assert list(offences(rules, sources()))


@pytest.mark.parametrize("folder", STANDARD_ONLY)
def test_trusted_code_imports_the_standard_library_only(folder):
    package = folder.replace("/", ".")
    for path in sorted((ROOT / folder).glob("*.py")):
        for name in imports(path):
            trusted = any(within(name, other.replace("/", ".")) for other in STANDARD_ONLY)
            top = name.split(".")[0]
            assert trusted or top in sys.stdlib_module_names or within(name, package), f"{path.name} imports {name}"


def lemma_files():
    return [path for path in sorted((ROOT / "lemmas").glob("*/*.py")) if not path.name.startswith("_")]


def test_there_are_lemmas():
    assert len(lemma_files()) >= 8


@pytest.mark.parametrize("path", lemma_files(), ids=lambda path: path.stem)
def test_a_lemma_has_a_test_file_and_a_bib_key(path):
    from proofcheck.header import read_header

    assert (ROOT / "tests" / "lemmas" / f"test_{path.name}").exists()
    assert f"{{{read_header(path).source_key}," in (ROOT / "lemmas" / "references.bib").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", lemma_files(), ids=lambda path: path.stem)
def test_a_lemma_file_has_no_floats(path):
    floats = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert floats == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_package_code_raises_and_evaluates_no_text(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asserts = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    calls = [
        f"{node.func.id}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "sympify", "parse_expr")
    ]
    assert asserts == []
    assert calls == [] or str(path.relative_to(ROOT)) in EVALUATES


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_concept_with_a_docstring(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"


def test_names_of_test_files_are_distinct():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
