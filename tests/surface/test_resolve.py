"""Tested: "module:name" finds a callable, and says what is wrong otherwise. Not tested: modules that fail to import."""

import math
from pathlib import Path

import pytest

from proofcheck.errors import ArgumentError
from proofcheck.resolve import named, resolve

PACKAGE = Path(__file__).parents[2] / "proofcheck"


def test_a_function_and_a_dotted_name_are_found():
    assert resolve("math:sqrt")(4) == 2
    assert resolve("fractions:Fraction.from_float")(0.5) == 0.5


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("math:root", "no attribute 'root'"),
        ("maths:sqrt", "No module named 'maths'"),
        ("math", "no attribute ''"),
        (":sqrt", "Empty module name"),
        ("", "Empty module name"),
        ("math:pi", "it is a float"),
        ("fractions:Fraction.from_nothing", "from_nothing"),
    ],
)
def test_what_is_wrong_is_said(reference, said):
    with pytest.raises(ArgumentError, match=f"X-01: a callable 'module:name' required, got .*{said}"):
        resolve(reference, "X-01")


def test_an_object_that_is_not_called_is_found_by_the_same_name():
    assert named("math:pi") == math.pi
    with pytest.raises(ArgumentError, match="X-01: a formula 'module:name' required, got 'math:tau_'"):
        named("math:tau_", "X-01", "a formula")


def test_it_is_written_once():
    both = ("import_module", 'partition(":")')
    texts = {path.name: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    assert [name for name, text in texts.items() if all(word in text for word in both)] == ["resolve.py"]
