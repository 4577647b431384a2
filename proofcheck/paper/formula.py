r"""A LaTeX formula to an EXPR tree, by a whitelist: nothing is evaluated, every refusal has a place.

    + - \cdot / and juxtaposition      \frac \tfrac \dfrac \sqrt      ( ) [ ] \{ \}      |x| of a number
    x^n, x^{-n}, x^{n/2}               e^{..} \exp(..) \log(..)       \max(..) \min\{..\}     numbers, decimals exact

Why not a library's parser: SymPy's (lark backend 1.3.1, SymPy 1.14) has no eval, but it computes while it reads
(`2^{3^{4}}` becomes an integer, `2^{9^{9^{9}}}` would fill the memory), makes decimals floats, returns a forest of
readings for products of brackets, reads `abcde` as a differential `a*b*c*(d, e)`, and has no `\|`. A verdict needs one
reading in bounded time. So what could be read in two ways is refused here: `1/2a`, `\exp x`, `2 3`, `\max a`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from proofcheck.derive.latex import name_latex
from proofcheck.derive.nodes import Call, Name, Node, Number, Power, Product, Signed, Sum, children, walk
from proofcheck.errors import ArgumentError
from proofcheck.paper.notation import Notation, match, pattern
from proofcheck.paper.tokens import FormulaError, Token

MAX_DEPTH = 24
MAX_EXPONENT = 32
MAX_DIGITS = 60
MAX_SIZE = 3_000  # terms after expansion, an upper bound
MAX_DEGREE = 128  # of numerator or denominator
MAX_CALLS = 24
MAX_NESTING = 4  # functions inside functions
MAX_INSIDE = 200  # terms times degree of what a function is applied to

_CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "{": "}"}
_FUNCTIONS = {r"\exp": "exp", r"\log": "log"}
_EXTREMES = {r"\max": "Max", r"\min": "Min"}
_RELATIONS = {r"\le": "<=", r"\lt": "<", r"\ge": ">=", r"\gt": ">", "=": "=="}
_BETWEEN = frozenset((*_RELATIONS, "+", "-", r"\cdot", "/", ",", ";", "}", ")", "]", r"\}", "|", r"\|", "^", "_", "'"))

Patterns = Mapping[tuple[str, ...], str]


def patterns_of(
    symbols: Sequence[str], notation: Notation, lemma_id: str
) -> tuple[dict[tuple[str, ...], str], list[str]]:
    """Canonical spelling -> symbol, for reading formulas of a lemma; and the names that stand for factors.

    Raises:
        ArgumentError: two symbols have one spelling.
    """
    given = notation.spellings(lemma_id)
    patterns: dict[tuple[str, ...], str] = {}
    for name in symbols:
        for spelling in given.get(name, (name_latex(name),)):
            key = pattern(spelling)
            if patterns.setdefault(key, name) != name:
                raise ArgumentError(
                    f"notation of {lemma_id}: {name} and {patterns[key]} are both {spelling}. "
                    f"Name {name} in the notation file."
                )
    factors = []
    for spelling in notation.factors_of(lemma_id):
        name = f"factor_{len(factors)}"
        if patterns.setdefault(pattern(spelling), name) == name:
            factors.append(name)
    return patterns, factors


def relations_of(tokens: Sequence[Token]) -> tuple[list[list[Token]], list[Token]]:
    """The operands and relation signs of a chain such as 0 <= eta <= 8/D^2, split outside all brackets."""
    operands: list[list[Token]] = [[]]
    signs: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text in _CLOSING) - (token.text in _CLOSING.values())
        if depth == 0 and token.text in _RELATIONS:
            signs.append(Token(_RELATIONS[token.text], token.at))
            operands.append([])
        else:
            operands[-1].append(token)
    return operands, signs


def parse(tokens: Sequence[Token], patterns: Patterns, end: int) -> Node:
    """The tree of an expression without relations; `end` is the character after it, for messages.

    Raises:
        FormulaError: outside the grammar, an unknown symbol, or too large to compare.
    """
    reader = _Reader(tokens, patterns, end)
    node = reader.sum(0)
    reader.finish()
    _check_size(node, tokens[0].at)
    return node


def _check_size(node: Node, at: int) -> None:
    """Refuse what could take long to bring to a normal form."""
    calls = [part for part in walk(node) if isinstance(part, Call)]
    inside = max((max(_size(part)) * max(_degree(part)) for call in calls for part in call.arguments), default=0)
    for what, value, limit in (
        ("terms when expanded", max(_size(node)), MAX_SIZE),
        ("as its degree", max(_degree(node)), MAX_DEGREE),
        ("functions", len(calls), MAX_CALLS),
        ("functions inside each other", _nesting(node), MAX_NESTING),
        ("as terms times degree inside a function", inside, MAX_INSIDE),
    ):
        if value > limit:
            raise FormulaError(f"the formula is too large to compare: up to {limit} {what} are read", at)


class _Reader:
    def __init__(self, tokens: Sequence[Token], patterns: Patterns, end: int) -> None:
        self.tokens, self.patterns, self.end, self.index = tokens, patterns, end, 0
        self.bars = 0  # open | of the bracket that is being read

    @property
    def text(self) -> str:
        return self.tokens[self.index].text if self.index < len(self.tokens) else ""

    @property
    def at(self) -> int:
        return self.tokens[self.index].at if self.index < len(self.tokens) else self.end

    def fail(self, reason: str, hint: str = "") -> FormulaError:
        return FormulaError(reason, self.at, hint)

    def found(self) -> tuple[str, int] | None:
        """The symbol that starts here and the index after it."""
        return match(self.tokens, self.index, self.patterns)

    def finish(self) -> None:
        if self.index < len(self.tokens):
            raise self.fail(f"unexpected {self.text}", "Mark the formula alone, without text or conditions.")

    def take(self, text: str, why: str) -> None:
        if self.text != text:
            raise self.fail(f"{text} expected {why}, got {self.text or 'the end of the formula'}")
        self.index += 1

    def sum(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fail(f"brackets nest at most {MAX_DEPTH} deep")
        at = self.at
        terms: list[Signed] = []
        sign = 1
        if self.text in ("+", "-"):
            sign = 1 if self.text == "+" else -1
            self.index += 1
        while True:
            terms.append((sign, self.product(depth)))
            if self.text not in ("+", "-"):
                break
            sign = 1 if self.text == "+" else -1
            self.index += 1
        return terms[0][1] if len(terms) == 1 and terms[0][0] > 0 else Sum(tuple(terms), at)

    def product(self, depth: int) -> Node:
        at = self.at
        factors: list[Signed] = [(1, self.factor(depth))]
        divided = False
        while True:
            sign = 1
            if self.text in (r"\cdot", "/"):
                sign = 1 if self.text == r"\cdot" else -1
                self.index += 1
                divided = sign < 0
            elif self.index >= len(self.tokens) or (self.text in _BETWEEN and not self.found() and not self._opens()):
                break
            elif divided:
                raise self.fail("a product after / can be read in two ways", r"Write \frac{..}{..} or brackets.")
            elif self.text.isdigit():
                raise self.fail("a number after a factor needs a sign", r"Write \cdot, or the number first.")
            factors.append((sign, self.factor(depth)))
        return factors[0][1] if len(factors) == 1 else Product(tuple(factors), at)

    def factor(self, depth: int) -> Node:
        at, is_base = self.at, self._euler()
        base: Node = Number(Fraction(1), at) if is_base else self.atom(depth)
        if self.text in ("'", "_"):
            raise self.fail(
                f"{self.text} after what is no symbol of the lemma", "Name the symbol in the notation file."
            )
        if self.text != "^":
            return Call("exp", (Number(Fraction(1), at),), at) if is_base else base
        self.index += 1
        opened = self.at
        self.take("{", "after ^")
        exponent = self.sum(depth + 1)
        self.take("}", "after the exponent")
        if self.text == "^":
            raise self.fail("two exponents after one symbol", "Use braces.")
        return Call("exp", (exponent,), at) if is_base else _power(base, exponent, opened)

    def _euler(self) -> bool:
        """Whether e or \\mathrm{e} starts here and is no symbol of the lemma; it is taken."""
        if self.found():
            return False
        for spelling in (("e",), (r"\mathrm", "{", "e", "}")):
            if tuple(token.text for token in self.tokens[self.index : self.index + len(spelling)]) == spelling:
                self.index += len(spelling)
                return True
        return False

    def atom(self, depth: int) -> Node:
        at = self.at
        found = self.found()
        if found:
            self.index = found[1]
            return Name(found[0], at)
        text = self.text
        if text == "":
            raise self.fail("the formula ends where a number or a symbol is needed")
        if text.isdigit() or text == ".":
            return self.number()
        if text in _CLOSING:
            return self.bracketed(depth)
        if text == "|":
            self.index += 1
            self.bars += 1
            body = self.sum(depth + 1)
            self.bars -= 1
            self.take("|", "after the number inside | |")
            return Call("Abs", (body,), at)
        if text == r"\frac":
            self.index += 1
            above = self.argument(depth)
            return Product(((1, above), (-1, self.argument(depth))), at)
        if text == r"\sqrt":
            self.index += 1
            if self.text == "[":
                raise self.fail("only square roots are read")
            return Call("sqrt", (self.argument(depth),), at)
        if text in _FUNCTIONS:
            self.index += 1
            if self.text not in _CLOSING:
                raise self.fail(f"{text} needs brackets", rf"Write {text}\left( .. \right).")
            return Call(_FUNCTIONS[text], (self.bracketed(depth),), at)
        if text in _EXTREMES:
            return self.extreme(depth)
        raise self.fail(*_unknown(self.tokens, self.index))

    def _opens(self) -> bool:
        """Whether a | after a factor can only be an opening one: none is open in this bracket."""
        return self.text == "|" and self.bars == 0

    def bracketed(self, depth: int) -> Node:
        closing = _CLOSING[self.text]
        opened = self.text
        self.index += 1
        bars, self.bars = self.bars, 0
        body = self.sum(depth + 1)
        self.bars = bars
        self.take(closing, f"to close {opened}")
        return body

    def argument(self, depth: int) -> Node:
        r"""A TeX argument: a group, or one token as in \frac12."""
        if self.text == "{":
            return self.bracketed(depth)
        if len(self.text) == 1 and self.text.isdigit():
            self.index += 1
            return Number(Fraction(int(self.tokens[self.index - 1].text)), self.tokens[self.index - 1].at)
        if (self.text,) in self.patterns:
            one = _Reader(self.tokens[self.index : self.index + 1], self.patterns, self.at + 1)
            node = one.atom(depth + 1)
            self.index += 1
            return node
        raise self.fail("{ expected", r"Write \frac{..}{..}, \sqrt{..}.")

    def extreme(self, depth: int) -> Node:
        at, function = self.at, _EXTREMES[self.text]
        self.index += 1
        if self.text not in ("(", r"\{", "["):
            raise self.fail("brackets expected", r"Write \max(a, b) or \max\{a, b\}.")
        closing = _CLOSING[self.text]
        self.index += 1
        node = self.sum(depth + 1)
        while self.text == ",":
            self.index += 1
            node = Call(function, (node, self.sum(depth + 1)), at)
        self.take(closing, "to close the list")
        return node

    def number(self) -> Node:
        at, text = self.at, ""
        while self.text and (self.text.isdigit() or self.text == "."):
            if text and self.at != at + len(text):
                raise self.fail("a number is written without spaces", r"Write \cdot between two numbers.")
            text += self.text
            self.index += 1
        if text.count(".") > 1 or text.strip(".") == "" or len(text) > MAX_DIGITS or text.endswith("."):
            raise FormulaError(f"a number of at most {MAX_DIGITS} digits with one point required, got {text[:80]}", at)
        return Number(Fraction(text), at)


def _unknown(tokens: Sequence[Token], index: int) -> tuple[str, str]:
    text = tokens[index].text
    shown = text
    if index + 1 < len(tokens) and tokens[index + 1].text in ("_", "{"):
        ends = (k for k in range(index + 1, min(len(tokens), index + 16)) if tokens[k].text == "}")
        shown = "".join(token.text for token in tokens[index : next(ends, index) + 1])
    if index + 1 < len(tokens) and tokens[index + 1].text == "'":
        shown += "'"
    if text in (r"\|", r"\mathrm", r"\mathbf", r"\operatorname") or text.isalpha() or text.startswith("\\"):
        return f"{shown} is no symbol of the lemma", "Name it in the notation file, or correct it."
    return f"unexpected {text}", ""


def rational(node: Node) -> Fraction | None:
    """The value of a tree of numbers, None where a name, a function or a large power occurs."""
    match node:
        case Number(value=value):
            return value
        case Sum(terms=parts) | Product(factors=parts):
            values = [rational(part) for _, part in parts]
            total = Fraction(0 if isinstance(node, Sum) else 1)
            for (sign, _), value in zip(parts, values, strict=True):
                if value is None or (isinstance(node, Product) and sign < 0 and value == 0):
                    return None
                total = total + sign * value if isinstance(node, Sum) else total * value if sign > 0 else total / value
            return total
    return None


def _power(base: Node, exponent: Node, at: int) -> Node:
    value = rational(exponent)
    if value is None or (2 * value).denominator != 1 or abs(2 * value) > MAX_EXPONENT:
        reason = f"an exponent is an integer or a half of one, of size at most {MAX_EXPONENT // 2}"
        raise FormulaError(reason, at, "Only e has other exponents.")
    whole = value.denominator == 1
    inner = base if whole else Call("sqrt", (base,), base.at)
    n = int(value if whole else 2 * value)
    if n == 0:
        return Number(Fraction(1), base.at)
    node = inner if abs(n) == 1 else Power(inner, abs(n), base.at)
    return node if n > 0 else Product(((1, Number(Fraction(1), base.at)), (-1, node)), base.at)


def _degree(node: Node) -> tuple[int, int]:
    """Upper bounds for the degrees of numerator and denominator in names and functions."""
    match node:
        case Sum(terms=parts):
            degrees = [_degree(part) for _, part in parts]
            below = sum(b for _, b in degrees)
            return max(a + below - b for a, b in degrees), below
        case Product(factors=parts):
            degrees = [_degree(part) if sign > 0 else _degree(part)[::-1] for sign, part in parts]
            return sum(a for a, _ in degrees), sum(b for _, b in degrees)
        case Power(base=base, exponent=n):
            return _degree(base)[0] * n, _degree(base)[1] * n
    return (0 if isinstance(node, Number) else 1), 0


def _nesting(node: Node) -> int:
    """How deep functions stand inside functions."""
    return isinstance(node, Call) + max(map(_nesting, children(node)), default=0)


def _size(node: Node) -> tuple[int, int]:
    """Upper bounds for the numbers of terms of numerator and denominator, expanded."""
    match node:
        case Sum(terms=parts):
            sizes = [_size(part) for _, part in parts]
            below = math.prod(b for _, b in sizes)
            return sum(a * (below // b) for a, b in sizes), below
        case Product(factors=parts):
            sizes = [_size(part) if sign > 0 else _size(part)[::-1] for sign, part in parts]
            return math.prod(a for a, _ in sizes), math.prod(b for _, b in sizes)
        case Power(base=base, exponent=n):
            above, below = _size(base)
            return math.comb(above + n - 1, n), math.comb(below + n - 1, n)
        case Call(arguments=arguments):
            return max(max(_size(argument)) for argument in arguments), 1
    return 1, 1
