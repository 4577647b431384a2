"""What the kernel may be: short, bare Python, exact, refusing by one exception; and how certificates are replayed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from attacks.build import ONE, certificate, claim, proof, term, use

import proofcheck
from kernel.properties import submodule
from proofcheck import kernel

ROOT = Path(proofcheck.__file__).parent
KERNEL = sorted((ROOT / "kernel").glob("*.py"))
TRUSTED = KERNEL + sorted((ROOT / "witness").glob("*.py"))
LINES = 700
IMPORTS = {
    "kernel": {"json", "re", "fractions", "itertools", "typing", "collections.abc", "sys", "pathlib"},
    "witness": {"math", "fractions", "typing"},
}
SIBLINGS = {
    "kernel": {"algebra", "claim", "proof", "syntax", ""},
    "witness": {"evaluate", "kernel.algebra", "kernel.claim", "kernel.syntax"},
}


def trees():
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in TRUSTED}


def imported(tree):
    """(absolute modules, relative modules) that a file imports, anywhere in it."""
    absolute, relative = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            absolute |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            relative |= {node.module or ""}
            relative |= (
                {alias.name for alias in node.names} if not node.module and node.names[0].name == "algebra" else set()
            )
        elif isinstance(node, ast.ImportFrom):
            absolute.add(node.module)
    return absolute - {"__future__"}, relative


def test_line_budget():
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in KERNEL}
    assert sum(lines.values()) <= LINES, lines
    assert len(KERNEL) >= 5


@pytest.mark.parametrize("path", TRUSTED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_imports_are_few(path):
    absolute, relative = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert absolute <= IMPORTS[path.parent.name]
    assert relative <= SIBLINGS[path.parent.name]


def test_kernel_does_not_import_what_stands_above_it():
    for path in KERNEL:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level > 1), path.name


FORBIDDEN_NAMES = {
    "eval",
    "exec",
    "compile",
    "open",
    "float",
    "complex",
    "round",
    "globals",
    "setattr",
    "__import__",
}


@pytest.mark.parametrize("path", TRUSTED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_floats_no_asserts_no_eval(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), node.lineno
        assert not isinstance(node, ast.Global | ast.Nonlocal), node.lineno
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES), (node.id, node.lineno)


def test_every_raise_is_a_kernel_error():
    """`raise` occurs with KernelError only, and every except names what it catches."""
    raises = 0
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise):
                raises += 1
                assert isinstance(node.exc, ast.Call), path.name
                assert node.exc.func.id == "KernelError", path.name
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, path.name
                assert path.name == "__main__.py" or "Exception" not in ast.unparse(node.type), path.name
    assert raises >= 2


def test_limits_are_what_the_attacks_were_written_for():
    """Raising one is a decision about time (or, for the bits of a number, about what Python still prints)."""
    syntax, algebra, reading, checking = (submodule(kernel, m) for m in ("syntax", "algebra", "claim", "proof"))
    assert (syntax.TEXT_LIMIT, syntax.DEPTH_LIMIT) == (2_000_000, 40)
    assert (algebra.BIT_LIMIT, algebra.DEGREE_LIMIT) == (10_000, 200)
    assert (algebra.PRODUCT_LIMIT, algebra.WORK_LIMIT) == (200_000, 300_000)
    assert (reading.EXPONENT_LIMIT, checking.GRAM_LIMIT) == (32, 4)
    assert len(str(2**algebra.BIT_LIMIT)) < sys.get_int_max_str_digits()


# -- replay ----------------------------------------------------------------------------------------------------------

FALSE = claim("x >= 1", scalars="x", name="false")


def pair(folder, name, text=None, body=None):
    """NAME.claim.json and NAME.cert.json in `folder`: x >= 0 from x >= 0 unless said otherwise."""
    text = text or claim("x >= 0", "x >= 0", scalars="x", name=name)
    (folder / f"{name}.claim.json").write_text(text, encoding="utf-8")
    (folder / f"{name}.cert.json").write_text(certificate(body or proof("target", "a0")), encoding="utf-8")


def user(folder, name, lemma):
    """A claim that rests on `lemma`."""
    text = claim("y >= 0", "y >= 0", scalars="y", name=name)
    pair(
        folder,
        name,
        text,
        proof("target", "l", steps=[use(lemma, "l", {"x": "y"}, proofs=[proof("not l.a0", "a0")])]),
    )


def bare_replay(*arguments):
    """(exit status, output) of the command, isolated and without site-packages."""
    given = list(map(str, arguments))
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT.parent)!r}); sys.argv[1:] = {given!r}; "
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        code + "runpy.run_module('proofcheck.kernel', run_name='__main__')",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def run_replay(capsys):
    main = submodule(kernel, "__main__").main

    def run(*arguments):
        status = main([str(a) for a in arguments])
        return status, capsys.readouterr().out

    return run


def test_replay_in_a_bare_python(tmp_path):
    pair(tmp_path, "good")
    status, output = bare_replay(tmp_path)
    assert (status, output.strip()) == (0, "1 claims proved, 0 refused")
    pair(tmp_path, "false", FALSE, proof("target"))
    status, output = bare_replay(tmp_path)
    assert status == 1
    assert "1 claims proved, 1 refused" in output


def test_a_bare_python_loads_nothing_but_the_standard_library():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT.parent)!r}); import proofcheck.kernel, proofcheck.witness; "
        "print([m for m in sys.modules if m.split('.')[0] in ('sympy', 'torch', 'numpy', 'scipy', 'flint', 'click')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_replay_of_a_file_and_of_a_folder_within_a_folder(tmp_path, run_replay):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    pair(inner, "good")
    assert run_replay(tmp_path) == (0, "1 claims proved, 0 refused\n")
    assert run_replay(inner / "good.claim.json") == (0, "1 claims proved, 0 refused\n")


def test_replay_finds_the_order(tmp_path, run_replay):
    """a rests on b, b on c: whatever the order of the files."""
    user(tmp_path, "a", "b")
    text = claim("x >= 0", "x >= 0", scalars="x", name="b")
    pair(
        tmp_path,
        "b",
        text,
        proof("target", "l", steps=[use("c", "l", {"x": "x"}, proofs=[proof("not l.a0", "a0")])]),
    )
    pair(tmp_path, "c")
    assert run_replay(tmp_path) == (0, "3 claims proved, 0 refused\n")
    status, output = run_replay(tmp_path / "a.claim.json")
    assert status == 1
    assert "'b' is not a proved claim" in output


def test_replay_refuses_a_circle(tmp_path, run_replay):
    """a rests on b and b on a: both are false."""
    for name, other in (("a", "b"), ("b", "a")):
        text = claim("x >= 1", scalars="x", name=name)
        pair(tmp_path, name, text, proof("target", "l", steps=[use(other, "l", {"x": "x"})]))
    status, output = run_replay(tmp_path)
    assert (status, output.count("REFUSED")) == (1, 2)
    assert "0 claims proved, 2 refused" in output


def test_replay_refuses_a_claim_that_uses_itself(tmp_path, run_replay):
    pair(tmp_path, "false", FALSE, proof("target", "l", steps=[use("false", "l", {"x": "x"})]))
    status, output = run_replay(tmp_path)
    assert status == 1
    assert "not a proved claim" in output


def test_replay_refuses_what_rests_on_a_refused_claim(tmp_path, run_replay):
    pair(tmp_path, "false", FALSE, proof("target", ONE))
    text = claim("x >= 1", scalars="x", name="rests")
    pair(tmp_path, "rests", text, proof("target", "l", steps=[use("false", "l", {"x": "x"})]))
    pair(tmp_path, "good")
    status, output = run_replay(tmp_path)
    assert (status, output.count("REFUSED")) == (1, 2)
    assert "1 claims proved" in output


def test_replay_refuses_another_name(tmp_path, run_replay):
    pair(tmp_path, "good", claim("x >= 0", "x >= 0", scalars="x", name="better"))
    status, output = run_replay(tmp_path)
    assert status == 1
    assert "must be named 'good'" in output


def test_replay_refuses_two_claims_of_one_name(tmp_path, run_replay):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        pair(tmp_path / folder, "good")
    status, output = run_replay(tmp_path)
    assert status == 1
    assert "the only one of that name" in output


def test_replay_of_a_claim_without_certificate(tmp_path, run_replay):
    pair(tmp_path, "good")
    (tmp_path / "good.cert.json").unlink()
    status, output = run_replay(tmp_path)
    assert status == 1
    assert "good.cert.json" in output


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[]", b"{}", b'{"format": "other/1"}', b"\x00" * 100, b"[" * 5000],
    ids=repr,
)
@pytest.mark.parametrize("which", ["claim", "cert"])
def test_replay_of_foreign_files(tmp_path, run_replay, content, which):
    pair(tmp_path, "good")
    (tmp_path / f"good.{which}.json").write_bytes(content)
    status, output = run_replay(tmp_path)
    assert status == 1
    assert output.count("REFUSED") == 1


def test_replay_of_a_large_file(tmp_path, run_replay):
    pair(tmp_path, "good")
    (tmp_path / "good.cert.json").write_text(" " * 10_000_000)
    status, output = run_replay(tmp_path)
    assert status == 1
    assert "more than 2000000 characters" in output


def test_replay_of_nothing(tmp_path, run_replay):
    assert run_replay(tmp_path) == (1, "0 claims proved, 0 refused\n")
    status, output = run_replay(tmp_path / "missing.claim.json")
    assert status == 1
    assert "No such file" in output


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--help"], 0), (["-h"], 0), (["--fast", "x"], 2)])
def test_usage(run_replay, arguments, status):
    code, output = run_replay(*arguments)
    assert code == status
    assert "python -m proofcheck.kernel PATH" in output


def test_a_changed_claim_needs_a_new_proof(tmp_path, run_replay):
    pair(tmp_path, "good")
    path = tmp_path / "good.claim.json"
    data = json.loads(path.read_text())
    data["target"] = "x >= 1/1000"
    path.write_text(json.dumps(data))
    assert run_replay(tmp_path)[0] == 1


def test_term_without_coefficient_is_one():
    def check(**coefficient):
        body = proof("target", {"factors": [{"fact": "a0"}]} | coefficient, term(c="1"))
        return kernel.check(claim("x >= -1", "x >= 0", scalars="x"), certificate(body))

    assert check() == check(coefficient="1")
    with pytest.raises(kernel.KernelError):
        check(coefficient="2")
