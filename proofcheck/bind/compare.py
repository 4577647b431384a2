"""A torch callable against a formula: the exported graph on symbols, entry by entry, exactly.

    compare(layer, formula, {"x": real(2, 2), "W": real(3, 2)})  ->  Agreement | Disagreement | Undecided

Agreement is a proof for the sizes of the inputs, wherever both sides are defined, of the code over the reals (not
over floats), with float literals read as `literals` says. A disagreement holds a rational input at which the exact
values differ. Undecided is neither: the normal form recognised no identity and no point showed a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np
import sympy as sp
from torch import nn

from proofcheck.bind.errors import TooLarge, Undefined, UnsupportedOp
from proofcheck.bind.evaluate import Evaluator, shown
from proofcheck.bind.graph import export
from proofcheck.bind.inputs import Input, example, flat_for_graph, for_formula, mapped, named_entries, symbols
from proofcheck.bind.interpret import Interpreter
from proofcheck.bind.normal import Field
from proofcheck.bind.ops.table import array
from proofcheck.bind.witness import Found, differs_at, points, search, simplified
from proofcheck.errors import ArgumentError

_SHOWN = 600  # characters of a formula in a message
_PRINTED = 5000  # nodes of a formula that is printed at all
_QUICK = 3  # points tried before a proof


@dataclass(frozen=True)
class Agreement:
    """Every entry of every output agrees. literals: floats of the code that were read as other numbers."""

    entries: int
    shapes: tuple[tuple[int, ...], ...]
    literals: Mapping[str, sp.Expr] = field(default_factory=dict)
    seconds: float = 0.0
    verdict: str = "agrees"

    def __str__(self) -> str:
        read = "".join(f", {text} read as {value}" for text, value in self.literals.items())
        return f"agrees: {self.entries} entries proved equal{read}"


@dataclass(frozen=True)
class Disagreement:
    """The first entry that differs, both formulas, and a rational input with the exact values there.

    entry is None, and the other fields are empty, where already the shapes differ: `reason` says so.
    """

    output: int
    entry: tuple[int, ...] | None
    code: sp.Expr
    formula: sp.Expr
    point: Mapping[str, Fraction | str] = field(default_factory=dict)
    code_value: str = ""
    formula_value: str = ""
    reason: str = ""
    seconds: float = 0.0
    verdict: str = "differs"

    def __str__(self) -> str:
        if self.entry is None:
            return f"differs: {self.reason}"
        where = ", ".join(f"{name} = {value}" for name, value in self.point.items())
        return (
            f"differs first at entry {list(self.entry)} of output {self.output}:\n"
            f"  code:    {_short(self.code)}\n"
            f"  formula: {_short(self.formula)}\n"
            f"  at {where or 'every input'}: code {self.code_value}, formula {self.formula_value}"
        )


@dataclass(frozen=True)
class Undecided:
    """Neither proved equal nor shown to differ; the first such entry."""

    output: int
    entry: tuple[int, ...]
    code: sp.Expr
    formula: sp.Expr
    reason: str
    seconds: float = 0.0
    verdict: str = "undecided"

    def __str__(self) -> str:
        return (
            f"undecided at entry {list(self.entry)} of output {self.output}: {self.reason}\n"
            f"  code:    {_short(self.code)}\n  formula: {_short(self.formula)}"
        )


Result = Agreement | Disagreement | Undecided


def compare(
    function: Callable[..., Any],
    formula: Callable[..., Any],
    inputs: Mapping[str, Any],
    *,
    call: Callable[..., Any] | None = None,
    signs: Mapping[str, str] | None = None,
) -> Result:
    """Whether `function` computes `formula`.

    Args:
        function: torch callable or module, called with the values of `inputs` in order.
        formula: called with the same, as object arrays of SymPy expressions; for a module with parameters also
            with `parameters`, a dict from their names to such arrays. Returns an array, a SymPy matrix, a list or
            an expression, or a tuple of these for several outputs.
        inputs: name -> `real`, `positive`, `weights` (see `inputs`), a constant, or a NamedTuple of these.
        call: how to call a module, `call(module, *inputs)`, when not `module(*inputs)`.
        signs: parameter name -> kind ("positive", ...), when not real.

    Raises:
        ArgumentError: what `graph.export` refuses, values outside an op's domain, a formula of another kind.
        UnsupportedOp: an op of the graph has no meaning here.
    """
    start = perf_counter()
    examples = [mapped(name, spec, example) for name, spec in inputs.items()]
    graph = export(function, examples, call)
    parameters = _parameters(function, signs or {})

    def with_weights(normalised: bool) -> Result:
        interpreter = Interpreter()
        outputs = interpreter.run(graph, flat_for_graph(inputs, normalised), parameters)
        expected = _expected(formula, inputs, parameters, normalised)
        entries = named_entries(inputs, normalised) | {
            str(symbol): symbol for values in parameters.values() for symbol in values.ravel()
        }
        return _compared(outputs, expected, interpreter, entries, start)

    result = with_weights(False)
    if isinstance(result, Agreement) or "weights" not in _kinds(inputs):
        return result
    again = with_weights(True)
    if isinstance(again, Disagreement) and isinstance(result, Disagreement) and again.entry == result.entry:
        return replace(again, code=result.code, formula=result.formula)  # shorter, and equal at the point shown
    return again


def compare_all(
    function: Callable[..., Any], formula: Callable[..., Any], cases: Sequence[Mapping[str, Any]]
) -> list[Result]:
    """`compare` at each of several inputs, up to the first that does not agree; one export serves them all."""
    start = perf_counter()
    counts = [len(case) for case in cases]

    def call(code: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
        rest = iter(values)
        return tuple(code(*(next(rest) for _ in range(count))) for count in counts)

    interpreter, parameters = Interpreter(), _parameters(function, {})
    examples = [mapped(n, spec, example) for case in cases for n, spec in case.items()]
    try:
        graph = export(function, examples, call)
        flat = [value for case in cases for value in flat_for_graph(case, False)]
        outputs = interpreter.run(graph, flat, parameters)
    except (ArgumentError, UnsupportedOp):
        outputs = ()  # which case it was is found out below
    each = len(outputs) // len(cases)
    results: list[Result] = []
    for number, case in enumerate(cases):
        result: Result | None = None
        if outputs:
            expected = _expected(formula, case, parameters, False)
            entries = named_entries(case, False)
            result = _compared(outputs[number * each : (number + 1) * each], expected, interpreter, entries, start)
        if not isinstance(result, Agreement):
            result = compare(function, formula, case)  # alone, and with weights that sum to 1
        results.append(result)
        if not isinstance(result, Agreement):
            break
    return results


def _kinds(inputs: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, spec in inputs.items():
        mapped(name, spec, lambda _, leaf: found.append(leaf.kind) if isinstance(leaf, Input) else None)
    return found


def _parameters(function: Any, signs: Mapping[str, str]) -> dict[str, np.ndarray]:
    if not isinstance(function, nn.Module):
        return {}
    named = dict(function.named_parameters())
    unknown = sorted(set(signs) - set(named))
    if unknown:
        raise ArgumentError(f"compare: signs of parameters required, got {unknown}, not among {sorted(named)}.")
    made = {name: symbols(name, Input(tuple(p.shape), signs.get(name, "real"))) for name, p in named.items()}
    first = {id(p): name for name, p in reversed(list(named.items()))}
    shared = function.named_parameters(remove_duplicate=False)  # tied weights: one array under every name
    return {name: made[first[id(p)]] for name, p in shared}


def _expected(
    formula: Callable[..., Any],
    inputs: Mapping[str, Any],
    parameters: Mapping[str, np.ndarray],
    normalised: bool,
) -> tuple[np.ndarray, ...]:
    values = [mapped(n, spec, lambda k, leaf: for_formula(k, leaf, normalised)) for n, spec in inputs.items()]
    made = formula(*values, parameters=parameters) if parameters else formula(*values)
    return tuple(_as_array(part) for part in (made if isinstance(made, tuple) else (made,)))


def _as_array(value: Any) -> np.ndarray:
    if isinstance(value, sp.MatrixBase):
        value = np.array(value.tolist(), dtype=object)
    value = np.asarray(value, dtype=object)
    wrong = next((e for e in value.ravel() if not isinstance(e, sp.Expr | int) or isinstance(e, bool)), None)
    if wrong is not None:
        raise ArgumentError(
            f"compare: a formula made of SymPy expressions required, got {wrong!r} ({type(wrong).__name__}). "
            "Use sp.Rational for numbers."
        )
    return array([sp.sympify(e, strict=True) for e in value.ravel()], value.shape)


def _compared(
    outputs: tuple[Any, ...],
    expected: tuple[np.ndarray, ...],
    interpreter: Interpreter,
    entries: Mapping[str, sp.Expr],
    start: float,
) -> Result:
    shapes = tuple(tuple(getattr(o, "shape", ())) for o in outputs)
    wanted = tuple(e.shape for e in expected)
    if shapes != wanted:
        zero = sp.Integer(0)
        reason = f"the code returns shapes {list(shapes)}, the formula {list(wanted)}"
        return Disagreement(0, None, zero, zero, reason=reason, seconds=_since(start))
    known = {symbol for value in entries.values() for symbol in value.free_symbols}
    strange = sorted({s for e in expected for value in e.ravel() for s in value.free_symbols} - known, key=str)
    if strange:
        raise ArgumentError(
            f"compare: a formula of the given symbols required, got {strange[0]}, which is none of theirs. "
            "Build it from the arrays that the formula is called with."
        )
    undecided: Undecided | None = None
    quick = _quick_points(entries)
    for output, entry, code, right in _entries(outputs, expected):
        found, reason = _difference(code, right, interpreter.field, quick)
        if found is not None:
            values = Evaluator(_completed(found, entries))
            at = {name: _fraction(values.value(e)) for name, e in entries.items() if _occurs(e, code, right)}
            left, formula = shown(found.left), shown(found.right)
            return Disagreement(output, entry, code, right, at, left, formula, seconds=_since(start))
        if reason and undecided is None:
            undecided = Undecided(output, entry, code, right, reason, _since(start))
    if undecided:
        return undecided
    count = sum(e.size for e in expected)
    return Agreement(count, shapes, dict(interpreter.literals), _since(start))


def _entries(outputs: tuple[Any, ...], expected: tuple[Any, ...]) -> Iterator[tuple[int, tuple[int, ...], Any, Any]]:
    for output, (code, formula) in enumerate(zip(outputs, expected, strict=True)):
        for entry in np.ndindex(*formula.shape):
            yield output, entry, sp.sympify(code[entry], strict=True), formula[entry]


def _quick_points(entries: Mapping[str, sp.Expr]) -> list[Evaluator]:
    names = sorted({s for e in entries.values() for s in e.free_symbols}, key=str)
    return [Evaluator(p) for _, p in zip(range(_QUICK), points(names, seed=1), strict=False)]  # type: ignore[arg-type]


def _difference(code: sp.Expr, formula: sp.Expr, fields: Field, quick: list[Evaluator]) -> tuple[Found | None, str]:
    """A point of difference, or the reason why the entry is undecided; neither when the entries are equal."""
    if code == formula:
        return None, ""
    for evaluator in quick:
        point = {s: Fraction(int(v.p), int(v.q)) for s, v in evaluator.point.items()}
        found = differs_at(code, formula, point, evaluator)
        if found:
            return simplified(code, formula, found), ""
    try:
        if fields.equal(code, formula):
            return None, ""
        reason = "no identity was recognised, and no point tried shows a difference"
    except (TooLarge, Undefined) as error:
        reason = str(error)
    found = search(code, formula)
    return (found, "") if found else (None, reason)


def _completed(found: Found, entries: Mapping[str, sp.Expr]) -> dict[Any, Fraction]:
    names = {s for e in entries.values() for s in e.free_symbols}
    return {s: found.point.get(s, Fraction(1)) for s in names}  # type: ignore[call-overload]


def _occurs(entry: sp.Expr, *expressions: sp.Expr) -> bool:
    return any(entry.free_symbols & e.free_symbols for e in expressions)


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _since(start: float) -> float:
    return round(perf_counter() - start, 3)


def _short(expression: sp.Expr) -> str:
    size = sum(1 for _ in islice(sp.preorder_traversal(expression), _PRINTED + 1))
    if size > _PRINTED:  # printing shares nothing between equal parts and would take minutes
        return f"a {type(expression).__name__} of {len(expression.args)} parts, too long to print"
    text = str(expression)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"


def formula_of(
    function: Callable[..., Any], inputs: Mapping[str, Any], *, call: Callable[..., Any] | None = None
) -> tuple[np.ndarray, ...]:
    """What the code computes: the outputs as object arrays of SymPy expressions of the inputs and parameters."""
    graph = export(function, [mapped(name, spec, example) for name, spec in inputs.items()], call)
    return Interpreter().run(graph, flat_for_graph(inputs, False), _parameters(function, {}))
