"""Tested: verdicts, exit codes, batch files, malformed input of `proofcheck prove`. Not tested: the finders."""

import json

import pytest
from click.testing import CliRunner

from proofcheck import kernel, witness
from proofcheck.cli import app

RUNNER = CliRunner()


def prove(*words, code, **options):
    result = RUNNER.invoke(app, ["prove", *words], **options)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def document(*words, code):
    return json.loads(prove(*words, "--json", code=code).stdout)


PROBLEMS = {
    "scalar": (["--assume", "x > 0", "--claim", "x + 1/x >= 2"], "PROVED", 0),
    "vectors": (["--claim", "norm2(u+v) <= 2*norm2(u) + 2*norm2(v)", "--vectors", "u,v"], "PROVED", 0),
    "random": (["--random", "t", "--claim", "E(t)**2 <= E(t**2)"], "PROVED", 0),
    "decimals": (["--assume", "x >= 0.1", "--claim", "10*x >= 1"], "PROVED", 0),
    "chain": (["--assume", "0 <= x", "--assume", "x <= 1", "--claim", "0 <= x**2 <= x"], "PROVED", 0),
    "false": (["--assume", "x > 0", "--claim", "x + 1/x >= 2.1"], "REFUTED", 1),
    "false half of a chain": (["--assume", "0 <= x <= 1", "--claim", "0 <= x**2 <= x/2"], "REFUTED", 1),
    "functional": (["--functional", "F!:r", "--assume", "r >= 0", "--claim", "F(r) >= 0"], "PROVED", 0),
    "contradiction": (["--assume", "x > 1", "--assume", "x < 0", "--claim", "x == 7"], "VACUOUS", 1),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_verdict_exit_code_and_evidence(name):
    words, verdict, code = PROBLEMS[name]
    answer = document(*words, code=code)
    assert answer["verdict"] == verdict
    part = next(p for p in answer["parts"] if p["verdict"] == verdict)
    claim = json.dumps(part["claim"])
    if verdict in ("PROVED", "VACUOUS"):
        kernel.check(claim, json.dumps(part["certificate"]))
    else:
        witness.check_model(claim, json.dumps(part["model"]), refutes=True)
    assert part["shown"]


def test_the_boundary_is_decided_exactly():
    step = [
        "--vectors",
        "u,g",
        "--assume",
        "L > 0",
        "--assume",
        "L*inner(u,g) >= norm2(g)",
        "--assume",
        "s >= 0",
    ]
    at = document(*step, "--assume", "s*L <= 2", "--claim", "norm2(u - s*g) <= norm2(u)", code=0)
    past = document(*step, "--assume", "s*L <= 2.000000002", "--claim", "norm2(u - s*g) <= norm2(u)", code=1)
    assert (at["verdict"], past["verdict"]) == ("PROVED", "REFUTED")


def test_unknown_after_the_time_limit_exits_3(monkeypatch):
    from proofcheck.search import Outcome
    from proofcheck.verdict import Verdict

    late = Outcome(Verdict.UNKNOWN, None, None, "nothing found within 0.1 s", "", 0.1)
    monkeypatch.setattr("proofcheck.search.prove", lambda text, seconds: late)
    assert "nothing found within 0.1 s" in prove("--claim", "x > y", code=3).stdout


def test_text_shows_certificate_and_witness():
    assert "(x - 1)²" in prove("--claim", "x**2 + 1 >= 2*x", code=0).stdout.replace("1 - x", "x - 1")
    shown = prove("--claim", "x**2 > 0", code=1).stdout
    assert "x = 0" in shown
    assert "FAILS" in shown


MALFORMED = {
    "a stray operator": (["--claim", "x +* 3 > 1"], "^"),
    "a single equals sign": (["--claim", "x = 1"], "=="),
    "no relation": (["--claim", "x + 1"], "relation"),
    "an unknown function": (["--claim", "sin(x) <= 1"], "sin"),
    "an undeclared vector": (["--claim", "inner(u, v) >= 0"], "u"),
    "an undeclared random name": (["--claim", "E(t**2) >= 0", "--random", "s"], ""),
    "python": (["--claim", "__import__('os') > 0"], "^"),
    "a huge exponent": (["--claim", "x**1000000000 >= 0"], "exponent"),
    "deep brackets": (["--claim", "(" * 1000 + "x" + ")" * 1000 + " > 0"], "deep"),
    "a NaN": (["--claim", "x >= 0", "--seconds", "nan"], "--seconds"),
    "no time": (["--claim", "x >= 0", "--seconds", "0"], "--seconds"),
    "no claim": (["--assume", "x > 0"], "--claim"),
    "a functional without names": (["--claim", "x >= 0", "--functional", "F"], "functional"),
    "a reserved name": (["--claim", "x >= 0", "--vectors", "inner"], "inner"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_input_is_one_clear_message(name):
    words, expected = MALFORMED[name]
    if name == "an undeclared random name":
        # t is then a number, and E(t**2) is t**2: legal; the kernel's reading says so
        assert "for all real t" in prove(*words, code=0).stdout
        return
    result = prove(*words, code=2)
    assert result.stdout == ""
    assert expected in result.stderr
    assert len(result.stderr) < 1500


def test_batch_gives_a_verdict_for_each(tmp_path):
    entries = [
        {"name": "true", "assume": ["x > 0"], "claim": "x + 1/x >= 2"},
        {"name": "false", "assume": "x > 0", "claim": "x > 1"},
        {"name": "vectors", "claim": "norm2(u) >= 0", "vectors": ["u"], "random": []},
        {"name": "broken", "claim": "x >"},
    ]
    path = tmp_path / "problems.json"
    path.write_text(json.dumps(entries))
    answer = document("--batch", str(path), code=2)
    assert [(r["name"], r["verdict"]) for r in answer["results"]] == [
        ("true", "PROVED"),
        ("false", "REFUTED"),
        ("vectors", "PROVED"),
        ("broken", "INVALID"),
    ]
    path.write_text(json.dumps(entries[:1]))
    prove("--batch", str(path), code=0)
    path.write_text(json.dumps(entries[:2]))
    prove("--batch", str(path), code=1)
    assert "1 PROVED" in prove("--batch", "-", code=0, input=json.dumps(entries[:1])).stdout


BAD_FILES = {
    "not JSON": ("[{", "JSON"),
    "no list": ("{}", "list"),
    "no claim": ('[{"name": "a"}]', "entry 0"),
    "an unknown key": ('[{"claim": "x > 0", "vector": "u"}]', "vector"),
    "a number": ('[{"claim": 3}]', "claim must be"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_batch_file_is_one_clear_message(name, tmp_path):
    text, expected = BAD_FILES[name]
    path = tmp_path / "problems.json"
    path.write_text(text)
    assert expected in prove("--batch", str(path), code=2).stderr


@pytest.mark.parametrize("odd", ["\ud800", "\u202e", "\x1b[31m"])
def test_a_name_that_a_terminal_obeys_is_refused(odd, tmp_path):
    path = tmp_path / "batch.json"
    path.write_text(json.dumps([{"name": f"a{odd}", "claim": "x >= x"}]))
    for extra in ((), ("--json",)):
        said = prove("--batch", str(path), *extra, code=2).stderr
        assert f"entry 0: printable text required, got the character {ascii(odd[0])[1:-1]}" in " ".join(said.split())


def test_an_unreadable_batch_file(tmp_path):
    assert "No such file" in prove("--batch", str(tmp_path / "none.json"), code=2).stderr
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in prove("--batch", str(tmp_path / "binary"), code=2).stderr
