"""Texts that are not what they seem: JSON, numbers, names, grammar."""

import json

from .build import Case, attack, claim, proof

CLAIM = claim("x >= 0", "x >= 0", scalars="x y", vectors="u", E="t | X")
BODY = proof("target", "a0")
GOOD = (CLAIM, BODY)


class Text(str):
    """A str whose slices lie."""

    def __getitem__(self, key):
        return "x"


def reads(target, *assume, **names):
    given = {"scalars": "x y", "vectors": "u", "E": "t | X", **names}
    return Case("read", claim(target, *assume, **given))


def target(bad, good, reason, why):
    return attack(why, reason, reads(bad), reads(good))


def replaced(old, new, text=CLAIM):
    if text.count(old) != 1:
        raise ValueError(f"{old!r} occurs {text.count(old)} times")
    return text.replace(old, new)


def raw(text, reason, why):
    """A claim text against the same claim written properly."""
    return attack(why, reason, Case("read", text), Case("read", CLAIM))


def certified(text, reason, why):
    return attack(why, reason, (CLAIM, text), GOOD)


def coefficient(value, reason, why):
    def body(c):
        return proof("target", {"coefficient": c, "factors": [{"fact": "a0"}]})

    return attack(why, reason, (CLAIM, body(value)), (CLAIM, body("1/1")))


CERTIFICATE = json.dumps({"format": "proofcheck-certificate/1", "proof": BODY})

ATTACKS = {
    # objects for texts
    "claim that is a dict": attack("objects can lie", "text", Case("read", json.loads(CLAIM)), Case("read", CLAIM)),
    "claim that is bytes": attack("bytes", "text", Case("read", CLAIM.encode()), Case("read", CLAIM)),
    "claim of a subclass of str": attack("a str that lies", "text", Case("read", Text(CLAIM)), Case("read", CLAIM)),
    "certificate that is a dict": attack(
        "objects can lie",
        "text",
        Case("proof", CLAIM, json.loads(CERTIFICATE)),
        Case("proof", CLAIM, CERTIFICATE),
    ),
    "certificate that is a claim": certified(CLAIM, "proofcheck-certificate/1", "the claim as its own proof"),
    "claim that is a certificate": raw(CERTIFICATE, "proofcheck-claim/1", "a proof for a claim"),
    "claim of another version": raw(replaced("claim/1", "claim/2"), "proofcheck-claim/1", "a format of the future"),
    # JSON
    "not JSON": raw("x >= 0", "not JSON", "a bare relation"),
    "empty text": raw("", "not JSON", "nothing"),
    "a list": raw("[]", "proofcheck-claim/1", "a list"),
    "null": raw("null", "proofcheck-claim/1", "null"),
    "byte order mark": raw("\ufeff" + CLAIM, "not JSON", "a byte order mark"),
    "two documents": raw(CLAIM + CLAIM, "not JSON", "two claims in one text"),
    "trailing text": raw(CLAIM + " x", "not JSON", "text after the claim"),
    "single quotes": raw(CLAIM.replace('"', "'"), "not JSON", "Python, not JSON"),
    "repeated key": raw(
        replaced('"target": "x >= 0"', '"target": "x >= 1", "target": "x >= 0"'),
        "repeated key",
        "two targets, one is read",
    ),
    "repeated key in a functional": raw(
        replaced('"probability": true', '"probability": false, "probability": true'),
        "repeated key",
        "both kinds of measure",
    ),
    "repeated key in a factor": certified(
        replaced('{"fact": "a0"}', '{"fact": "target", "fact": "a0"}', CERTIFICATE),
        "repeated key",
        "two facts in one",
    ),
    "key repeated by an escape": raw(
        replaced('"target": "x >= 0"', '"t\\u0061rget": "x >= 1", "target": "x >= 0"'),
        "repeated key",
        "the same key twice",
    ),
    "unknown key": raw(
        replaced('"name"', '"proved": true, "name"'), "unknown keys ['proved']", "a claim said to be proved"
    ),
    "missing key": raw(replaced('"assume": ["x >= 0"], ', ""), "missing keys ['assume']", "no assumptions key"),
    "unknown key in a certificate": certified(
        replaced('"proof"', '"lemmas": {}, "proof"', CERTIFICATE),
        "unknown keys ['lemmas']",
        "lemmas brought along",
    ),
    "claim inside the certificate": certified(
        replaced('"proof"', '"claim": "0 >= 0", "proof"', CERTIFICATE),
        "unknown keys ['claim']",
        "another claim proved",
    ),
    "float": coefficient(1.0, "numbers are strings", "a float for a coefficient"),
    "small float": coefficient(1e-200, "numbers are strings", "a float whose square is 0"),
    "NaN": coefficient(float("nan"), "numbers are strings", "neither >= 0 nor < 0"),
    "Infinity": coefficient(float("inf"), "numbers are strings", "more than any number"),
    "minus Infinity": coefficient(float("-inf"), "numbers are strings", "less than any number"),
    "integer for a rational": coefficient(1, "str required", "an int"),
    "bool for a rational": coefficient(True, "str required", "a bool"),
    "list for a rational": coefficient(["1"], "str required", "a list"),
    "decimal": coefficient("1.0", "a rational such as", "a decimal"),
    "exponent": coefficient("1e3", "a rational such as", "an exponent"),
    "zero denominator": coefficient("1/0", "a rational such as", "a division by zero"),
    "negative denominator": coefficient("-1/-1", "a rational such as", "a sign below the line"),
    "plus sign": coefficient("+1", "a rational such as", "a plus sign"),
    "space in a rational": coefficient(" 1", "a rational such as", "a space"),
    "newline after a rational": coefficient("1\n", "a rational such as", "a newline that $ would overlook"),
    "underscore in a rational": coefficient("1_0", "a rational such as", "Python's digit groups"),
    "Arabic digit": coefficient("\u0661", "a rational such as", "a digit that int() reads"),
    "full-width digit": coefficient("\uff11", "a rational such as", "another"),
    "empty rational": coefficient("", "a rational such as", "no digits"),
    "no denominator": coefficient("1/", "a rational such as", "half a fraction"),
    "301 digits": coefficient("1" * 301, "at most 300 digits", "a long number"),
    # claims
    "assumptions in a text": raw(
        replaced('["x >= 0"]', '"x >= 0"'), "list required", "a text for the list of assumptions"
    ),
    "assumptions in an object": raw(replaced('["x >= 0"]', "{}"), "list required", "an object for the list"),
    "assumption that is a number": raw(replaced('["x >= 0"]', "[1]"), "str required", "a number for an assumption"),
    "assumption that is null": raw(replaced('["x >= 0"]', "[null]"), "str required", "null for an assumption"),
    "target that is a list": raw(
        replaced('"target": "x >= 0"', '"target": ["x >= 0"]'), "str required", "a list of targets"
    ),
    "name that is a number": raw(replaced('"name": "c"', '"name": 1'), "str required", "a number for a name"),
    "scalars in a text": raw(replaced('["x", "y"]', '"xy"'), "list required", "a text for a list"),
    "probability that is 1": raw(replaced('"probability": true', '"probability": 1'), "bool required", "1 for true"),
    "probability null": raw(replaced('"probability": true', '"probability": null'), "bool required", "null for false"),
    "functional without vectors": raw(
        replaced(', "vectors": ["X"]', ""), "missing keys ['vectors']", "half a functional"
    ),
    "scalar declared twice": attack(
        "x and x", "declared twice", reads("x >= 0", scalars="x x"), reads("x >= 0", scalars="x z")
    ),
    "scalar and vector": attack(
        "x is both", "declared twice", reads("x >= 0", vectors="x"), reads("x >= 0", vectors="z")
    ),
    "scalar and random": attack("x is both", "declared twice", reads("x >= 0", E="x"), reads("x >= 0", E="z")),
    "scalar and functional": attack(
        "E is both", "declared twice", reads("x >= 0", scalars="x E"), reads("x >= 0", scalars="x z")
    ),
    "random under two functionals": attack(
        "t is both", "declared twice", reads("x >= 0", F="t"), reads("x >= 0", F="z")
    ),
    "random scalar and vector": attack(
        "t is both", "declared twice", reads("x >= 0", E="t | t"), reads("x >= 0", E="t | z")
    ),
    "name that is a function": attack(
        "exp", "a name of letters", reads("x >= 0", scalars="x exp"), reads("x >= 0", scalars="x expo")
    ),
    "name that is inner": attack(
        "inner", "a name of letters", reads("x >= 0", scalars="x inner"), reads("x >= 0", scalars="x Inner")
    ),
    "name with a dash": attack(
        "x-y", "a name of letters", reads("x >= 0", scalars="x x-y"), reads("x >= 0", scalars="x x_y")
    ),
    "name that starts with a digit": attack(
        "1x", "a name of letters", reads("x >= 0", scalars="x 1x"), reads("x >= 0", scalars="x x1")
    ),
    "name that starts with _": attack(
        "_x", "a name of letters", reads("x >= 0", scalars="x _x"), reads("x >= 0", scalars="x x_")
    ),
    "name in Greek": attack("τ", "a name of letters", reads("x >= 0", scalars="x τ"), reads("x >= 0", scalars="x tau")),
    "name with a combining mark": attack(
        "x\u0301", "a name of letters", reads("x >= 0", scalars="x x\u0301"), reads("x >= 0", scalars="x x1")
    ),
    "name with a newline": raw(replaced('["x", "y"]', '["x", "y\\n"]'), "a name of letters", "a newline at the end"),
    "name of 65 letters": attack(
        "a long name",
        "a name of letters",
        reads("x >= 0", scalars="x " + "y" * 65),
        reads("x >= 0", scalars="x " + "y" * 64),
    ),
    "name empty": raw(replaced('["x", "y"]', '["x", ""]'), "a name of letters", "no name"),
    "functional named by a mark": raw(
        replaced('{"E":', '{"?":'), "a name of letters", "a functional that no text can mean"
    ),
    "functional that is a function": raw(replaced('{"E":', '{"sqrt":'), "a name of letters", "sqrt as a functional"),
    # grammar
    "chain of relations": target("0 <= x <= 1", "0 <= x", "one relation", "two relations, one of them read"),
    "no relation": target("x", "x >= 0", "", "no relation at all"),
    "two expressions": target("x y", "x >= y", "", "a relation left out"),
    "comma for a relation": target("x, y", "x >= y", "one relation", "a comma"),
    "expression with a rest": attack(
        "the square of x, and a rest that nobody reads",
        "left over",
        (claim("x**2 >= 0", scalars="x y"), proof("target", {"factors": [{"square": "x y"}]})),
        (claim("x**2 >= 0", scalars="x y"), proof("target", {"factors": [{"square": "x "}]})),
    ),
    "relation !=": target("x != 0", "x >= 0", "is not allowed", "a relation that is none"),
    "relation =": target("x = 0", "x == 0", "is not allowed", "a single ="),
    "relation =>": target("x => 0", "x >= 0", "is not allowed", "the arrow"),
    "relation ≥": target("x ≥ 0", "x >= 0", "'≥' is not allowed", "a mathematical sign"),
    "minus sign of typography": target("\u2212x >= 0", "-x >= 0", "is not allowed", "a minus that is none"),
    "non-breaking space": target("x\u00a0>= 0", "x >= 0", "is not allowed", "a space that is none"),
    "tab": target("x\t>= 0", "x >= 0", "is not allowed", "a tab"),
    "newline": target("x >= 0\n", "x >= 0 ", "is not allowed", "a newline"),
    "comment": target("x >= 0 # - 1", "x >= 0", "is not allowed", "a comment"),
    "semicolon": target("x >= 0; x", "x >= 0", "is not allowed", "two statements"),
    "decimal in an expression": target("x >= 0.5", "x >= 1/2", "is not allowed", "a decimal"),
    "exponent notation": target("x >= 1e3", "x >= 1000", "", "1e3"),
    "caret": target("x^2 >= 0", "x**2 >= 0", "is not allowed", "a caret"),
    "floor division": target("x//2 >= 0", "x/2 >= 0", "no name here", "//"),
    "remainder": target("x%2 >= 0", "x/2 >= 0", "is not allowed", "%"),
    "two minus signs": target("--x >= 0", "-x >= 0", "no name here", "--"),
    "plus sign in front": target("+x >= 0", "x >= 0", "no name here", "+"),
    "tower of powers": target("2**3**2 >= 0", "(2**3)**2 >= 0", "", "64 or 512?"),
    "power by a name": target("x**y >= 0", "x**2 >= 0", "integer exponent", "a real exponent"),
    "power by a fraction": target("x**(1/2) >= 0", "x**2 >= 0", "integer exponent", "a root without its domain"),
    "power by nothing": target("x** >= 0", "x**2 >= 0", "integer exponent", "no exponent"),
    "exponent 33": target("x**33 >= 0", "x**32 >= 0", "at most 32", "a large exponent"),
    "exponent 10**9": target("x**1000000000 >= 0", "x**10 >= 0", "at most 32", "an exponent of 10 to the 9"),
    "exponent -10**9": target("x**-1000000000 >= 0", "x**-10 >= 0", "at most 32", "an exponent of -10 to the 9"),
    "implicit product": target("2x >= 0", "2*x >= 0", "", "2x"),
    "product by brackets": target("x(y) >= 0", "x*(y) >= 0", "", "x(y)"),
    "unknown function": target("log(x) >= 0", "exp(x) >= 0", "no name here", "log"),
    "function without brackets": target("exp x >= 0", "exp(x) >= 0", "no name here", "exp x"),
    "function in square brackets": target("exp[x] >= 0", "exp(x) >= 0", "brackets do not match", "exp[x]"),
    "functional in round brackets": target("E(t) >= 0", "E[t] >= 0", "brackets do not match", "E(t)"),
    "functional as a number": target("E >= 0", "E[1] >= 0", "no name here", "E"),
    "functional of two": target("E[t, t] >= 0", "E[t] >= 0", "brackets do not match", "E[t, t]"),
    "unknown functional": target("F[t] >= 0", "E[t] >= 0", "", "F[t]"),
    "Max of one": target("Max(x) >= 0", "Max(x, x) >= 0", "takes 2 arguments", "Max of one"),
    "Max of three": target("Max(x, y, 0) >= 0", "Max(x, y) >= 0", "takes 2 arguments", "Max of three"),
    "Abs of two": target("Abs(x, y) >= 0", "Abs(x) >= 0", "takes 1 arguments", "Abs of two"),
    "function of nothing": target("exp() >= 0", "exp(1) >= 0", "no name here", "exp of nothing"),
    "inner of one": target("inner(u) >= 0", "inner(u, u) >= 0", "takes 2 arguments", "inner of one"),
    "inner of numbers": target("inner(x, y) >= 0", "inner(x*u, y*u) >= 0", "vectors required", "inner of numbers"),
    "vector as a number": target("u >= 0", "inner(u, u) >= 0", "scalar expression required", "u >= 0"),
    "vector under a function": target("Abs(u) >= 0", "Abs(x) >= 0", "scalar expression required", "Abs(u)"),
    "vector under exp": target("exp(u) >= 0", "exp(x) >= 0", "scalar expression required", "exp(u)"),
    "vector under a functional": target(
        "inner(E[X], u) >= 0", "E[inner(X, u)] >= 0", "scalar expression required", "E[X]"
    ),
    "product of vectors as a number": target("u*u >= 0", "inner(u, u) >= 0", "scalar expression required", "u*u"),
    "unbalanced bracket": target("(x >= 0", "(x) >= 0", "", "a bracket left open"),
    "closing bracket": target("x) >= 0", "(x) >= 0", "", "a bracket too many"),
    "brackets of two kinds": target("E[t) >= 0", "E[t] >= 0", "brackets do not match", "[ and )"),
    "301 digits in an expression": target("x >= " + "1" * 301, "x >= " + "1" * 300, "is not allowed", "a long number"),
    "Arabic digit in an expression": target("x >= \u0661", "x >= 1", "is not allowed", "a digit that int() reads"),
    "superscript digit": target("x\u00b2 >= 0", "x**2 >= 0", "is not allowed", "a digit that isdigit() knows"),
    "null character": target("x >= 0\u0000", "x >= 0", "is not allowed", "a null character"),
    "lone surrogate": target("x >= 0\ud800", "x >= 0", "is not allowed", "half a character"),
    "undeclared name": target("z >= 0", "x >= 0", "no name here", "z"),
    "atom as a name": target("?sx >= 0", "x >= 0", "is not allowed", "the kernel's own spelling of a bound name"),
    "moment as a name": target("E{t} >= 0", "E[t] >= 0", "is not allowed", "the kernel's own spelling of a moment"),
}
