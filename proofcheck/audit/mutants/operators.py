"""Formula-aware mutation operators on Python expressions.

General mutation libraries (mutmut, cosmic-ray) swap operators and constants; they do not know that `.mT` is a
transpose, that the axis of a softmax is a statement, or that a weight enters as its logarithm. Here each operator
is a function from an AST node to changed nodes, named after the mistake that it imitates. Guards and error messages
are not formulas and stay as they are (`formula_nodes`).

    sign                 a + b -> a - b;  -a -> a;  return a -> return -a
    dropped / doubled    a + b -> a, b;  a * b -> a, b, 2ab;  log a_j -> 2 log a_j
    transpose            M.mT -> M;  a @ M -> a @ M.mT;  a @ b -> b @ a
    axis                 dim=-1 -> dim=-2 and back, in softmax, sums, unsqueeze, cat
    temperature          softmax(z), logsumexp(z) -> of 2z, z/sqrt(d)
    normalisation        softmax(z) -> exp(z);  a / b -> a
    step                 step -> 2, 1/2, 3/2, 1 + 2^-10 times step
    mask                 w > 0 -> w >= 0, rolled by one;  a & b -> a | b;  where(c, a, b) -> where(c, b, a);  :n -> :n-1
    moments              centred moments biased -> unbiased;  1/n -> 1/(n-1)
    gradient             value -> value.detach(), and back
    swapped              neighbouring arguments of a call (query and key, x and A)
    frozen               states[-1] -> states[0];  moved points -> those before
    function             relu -> identity, abs;  amax -> amin;  square, sqrt, exp, log dropped
    number, comparison   k -> k + 1, k - 1, x -> 2x, x/2;  <= -> <, > ...;  not a -> a;  and -> or
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import pairwise

Change = tuple[str, ast.AST]  # operator name, the node in place of the old one
Operator = Callable[[ast.AST, str], Iterator[Change]]

AXIS_CALLS = {
    "softmax", "log_softmax", "logsumexp", "sum", "mean", "amax", "amin", "unsqueeze", "squeeze", "cat", "flatten",
    "max",
}  # fmt: skip
SWAPPED_NAMES = {
    "relu": ("abs",), "amax": ("amin",), "max": ("min",), "min": ("max",), "maximum": ("minimum",),
    "minimum": ("maximum",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",),
    "square": ("abs",), "log": ("exp",), "logsumexp": ("amax",), "float_down": ("float",),
    "certified_diameter": ("certified_radius",), "certified_radius": ("certified_diameter",),
    "diameter_squared": ("radius_squared",), "radius_squared": ("diameter_squared",),
}  # fmt: skip
TEMPERED = {"softmax", "logsumexp"}
DROPPED_CALLS = {
    "relu",
    "sqrt",
    "square",
    "abs",
    "log",
    "log_weights",
    "atoms",
    "float_down",
    "down_to_dtype",
}
STEP_NAMES = {"step", "eta", "tau", "steps"}
UNIT = 2.0**-10
NO_FORMULA = {"returns", "annotation", "decorator_list", "type_comment", "ctx", "op", "ops"}


def _expr(text: str, **parts: ast.AST) -> ast.expr:
    """The expression `text` with the names in `parts` replaced by nodes."""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return deepcopy(parts[node.id]) if node.id in parts else node

    return Fill().visit(ast.parse(text, mode="eval").body)


def _name(call: ast.AST) -> str:
    """The last part of the name that a call calls."""
    if not isinstance(call, ast.Call):
        return ""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _integer(node: ast.AST) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def sign(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "sign", ast.BinOp(deepcopy(node.left), op, deepcopy(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _integer(node) is None:
        yield "sign", deepcopy(node.operand)
    if isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp | ast.Call):
        yield "sign", ast.Return(_expr("-v", v=node.value))


def terms(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        weighted = isinstance(node.op, ast.Mult | ast.Div)
        yield "dropped " + ("factor" if weighted else "term"), deepcopy(node.left)
        if isinstance(node.op, ast.Div):
            yield "inverted", _expr("b / a", a=node.left, b=node.right)
        else:
            right = _expr("-v", v=node.right) if isinstance(node.op, ast.Sub) else deepcopy(node.right)
            yield "dropped " + ("factor" if weighted else "term"), right
        if not weighted:
            yield "doubled term", ast.BinOp(deepcopy(node.left), node.op, _expr("2 * v", v=node.right))
        else:
            yield "doubled factor", _expr("2 * v", v=node)
    if isinstance(node, ast.Attribute) and node.attr == "weights" and isinstance(node.ctx, ast.Load):
        yield "doubled weight", _expr("2 * v", v=node)
    if _name(node) in ("log_weights", "log"):
        yield "doubled weight", _expr("2 * v", v=node)
        yield "dropped weight", _expr("0 * v", v=node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield "wrong power", deepcopy(node.left)
        yield "wrong power", ast.BinOp(deepcopy(node.left), ast.Pow(), _next(node.right))


def _next(power: ast.expr) -> ast.expr:
    value = _integer(power)
    return _expr("p + 1", p=power) if value is None else ast.Constant(value + 1)


def transpose(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and node.attr in ("mT", "T"):
        yield "transpose", deepcopy(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield "swapped factors", ast.BinOp(deepcopy(node.right), ast.MatMult(), deepcopy(node.left))
        if isinstance(node.right, ast.Name):
            yield "transpose", _expr("a @ b.mT", a=node.left, b=node.right)


def axis(node: ast.AST, where: str) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or _name(node) not in AXIS_CALLS:
        return
    for k, argument in enumerate(node.args):
        value = _integer(argument)
        if value in (-1, -2, -3):
            changed = deepcopy(node)
            changed.args[k] = _expr(str({-1: -2, -2: -1, -3: -2}[value]))
            yield "axis", changed
    for k, keyword in enumerate(node.keywords):
        value = _integer(keyword.value)
        if keyword.arg == "dim" and value is not None:
            changed = deepcopy(node)
            changed.keywords[k].value = _expr(str(-2 if value == -1 else -1))
            yield "axis", changed


def temperature(node: ast.AST, where: str) -> Iterator[Change]:
    if not isinstance(node, ast.Call) or _name(node) not in TEMPERED or not node.args:
        return
    for text in ("2 * v", "v / v.shape[-1] ** 0.5"):
        changed = deepcopy(node)
        changed.args[0] = _expr(text, v=node.args[0])
        yield "temperature", changed
    if _name(node) == "softmax":
        yield "missing normalisation", _expr("v.exp()", v=node.args[0])


def step(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Name) and node.id in STEP_NAMES and isinstance(node.ctx, ast.Load):
        for factor in ("2", "0.5", "1.5", repr(1 + UNIT)):
            yield "step factor", _expr(f"{factor} * v", v=node)
    if isinstance(node, ast.Call) and _name(node) in (
        "_step_below",
        "admissible_step",
        "_usable",
        "down_to_dtype",
    ):
        yield "step factor", _expr(f"{1 + UNIT!r} * v", v=node)


def mask(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        swaps: dict[type, tuple[type, ...]] = {
            ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt,),
            ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
        }  # fmt: skip
        for other in swaps.get(type(node.ops[0]), ()):
            changed = deepcopy(node)
            changed.ops = [other()]
            yield "comparison", changed
        if isinstance(node.left, ast.Attribute) and node.left.attr == "weights":
            yield "mask off by one", _expr("v.roll(1, -1)", v=node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        yield "mask", ast.BinOp(deepcopy(node.left), ast.BitOr(), deepcopy(node.right))
    if _name(node) == "where" and isinstance(node, ast.Call) and len(node.args) == 3:
        changed = deepcopy(node)
        changed.args[1], changed.args[2] = changed.args[2], changed.args[1]
        yield "swapped branches", changed
        yield "dropped mask", deepcopy(node.args[1])
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper"):
            value = getattr(node, bound)
            if value is not None and not isinstance(value, ast.UnaryOp):
                for shift in ("v - 1", "v + 1"):
                    changed = deepcopy(node)
                    setattr(changed, bound, _expr(shift, v=value))
                    yield "off by one", changed
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "negation", deepcopy(node.operand)
    if isinstance(node, ast.BoolOp):
        changed = deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "connective", changed
    if isinstance(node, ast.If | ast.IfExp):
        changed = deepcopy(node)
        changed.test = _expr("not v", v=node.test)
        yield "negation", changed


def moments(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Call) and _name(node) == "softmax" and "covariance" in where:
        yield (
            "unbiased moment",
            _expr("(p := v) / (1 - p.square().sum(-1, keepdim=True)).clamp_min(0.25)", v=node),
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Name | ast.Call):
        yield "unbiased moment", _expr("a / (b - 1)", a=node.left, b=node.right)
    if isinstance(node, ast.Attribute) and node.attr == "weights" and where.endswith(":mean"):
        yield "unbiased moment", _expr("v * (v.shape[-1] / max(1, v.shape[-1] - 1))", v=node)


def gradient(node: ast.AST, where: str) -> Iterator[Change]:
    if _name(node) == "detach" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield "attached gradient", deepcopy(node.func.value)
    value = node.value if isinstance(node, ast.Return) else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub | ast.MatMult):
        for side in ("left", "right"):
            part = deepcopy(value)
            setattr(part, side, _expr("(v).detach()", v=getattr(value, side)))
            yield "detached gradient", ast.Return(part)
    if value is not None and _name(value) in TEMPERED | {"where"}:
        yield "detached gradient", ast.Return(_expr("(v).detach()", v=value))


def swapped(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
        plain = [k for k, a in enumerate(node.args) if isinstance(a, ast.Name | ast.Attribute)]
        for i, j in pairwise(plain if _name(node) != "_per_row" else []):
            changed = deepcopy(node)
            changed.args[i], changed.args[j] = changed.args[j], changed.args[i]
            yield "swapped arguments", changed
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.ctx, ast.Load) and _name(node) == "":
        yield "swapped arguments", ast.Tuple([deepcopy(node.elts[1]), deepcopy(node.elts[0])], ast.Load())


def frozen(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Subscript) and _integer(node.slice) in (-1, 0, 1) and isinstance(node.ctx, ast.Load):
        changed = deepcopy(node)
        changed.slice = _expr("0" if _integer(node.slice) in (-1, 1) else "-1")
        yield "frozen context" if _integer(node.slice) == -1 else "wrong entry", changed
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "moved":
        changed = deepcopy(node)
        changed.value = ast.Name("rows", ast.Load())
        yield "frozen context", changed
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.Subscript):
        changed = deepcopy(node)
        changed.value.slice = _expr("0")  # type: ignore[union-attr]
        yield "frozen context", changed


def functions(node: ast.AST, where: str) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    name = _name(node)
    for other in SWAPPED_NAMES.get(name, ()):
        changed = deepcopy(node)
        if isinstance(changed.func, ast.Attribute):
            changed.func.attr = other
        elif isinstance(changed.func, ast.Name):
            changed.func.id = other
        yield "wrong function", changed
    if name in DROPPED_CALLS:
        if isinstance(node.func, ast.Attribute) and not node.args:
            yield "dropped function", deepcopy(node.func.value)
        elif name == "atoms":
            yield "dropped function", _expr("v.points", v=node.args[0])
        elif name not in ("log_weights",) and node.args:
            yield "dropped function", deepcopy(node.args[0])


def numbers(node: ast.AST, where: str) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and type(node.value) is float:
        for value in (2 * node.value if node.value else 1.0, node.value / 2 if node.value else -1.0):
            yield "number", ast.Constant(value)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value + 1, node.value - 1):
            yield "number", ast.Constant(value)


OPERATORS: tuple[Operator, ...] = (
    sign, terms, transpose, axis, temperature, step, mask, moments, gradient, swapped, frozen, functions, numbers,
)  # fmt: skip


def formula_nodes(function: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node of a function that belongs to a formula, as (parent, field, index, node).

    Left out: the docstring, raises and the tests that lead to one, calls of `_check...`, annotations and defaults,
    messages, and integers that are axes or indices (`axis` and `frozen` change those).
    """
    for field_name, value in ast.iter_fields(function):
        if field_name in NO_FORMULA or (field_name == "args" and not isinstance(function, ast.Call)):
            continue
        entries = value if isinstance(value, list) else [value]
        for k, node in enumerate(entries):
            if not isinstance(node, ast.AST) or _no_formula(node) or _is_index(function, field_name, node):
                continue
            yield function, field_name, k if isinstance(value, list) else None, node
            yield from formula_nodes(node)


def _no_formula(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If) and not node.orelse:
        return all(isinstance(s, ast.Raise) or _is_check(s) for s in node.body)
    if _name(node) in ("isinstance", "getattr", "ArgumentError", "super"):
        return True
    if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
        return True
    return _is_check(node)


def _is_check(node: ast.AST) -> bool:
    """A call that only validates."""
    return isinstance(node, ast.Expr) and (
        isinstance(node.value, ast.Constant) or _name(node.value).startswith("_check")
    )


def _is_index(parent: ast.AST, field_name: str, node: ast.AST) -> bool:
    if _integer(node) is None and not (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)):
        return False
    if isinstance(parent, ast.Subscript):
        return field_name == "slice"
    if isinstance(parent, ast.Call):
        return _name(parent) in AXIS_CALLS | {"range", "reshape", "getattr", "enumerate"}
    if isinstance(parent, ast.Tuple | ast.keyword):
        return True
    # ndim == 0 and the like are about shapes
    return isinstance(parent, ast.Compare) and any("ndim" in ast.dump(part) for part in (parent.left,))


def changes(
    function: ast.AST, where: str, operators: Sequence[Operator] = OPERATORS
) -> Iterator[tuple[str, ast.AST, ast.AST, str]]:
    """(operator, old node, new node, text of the changed function), each text once; `function` is left as it was."""
    seen = {ast.unparse(function)}
    for parent, field_name, index, node in list(formula_nodes(function)):
        for operator in operators:
            for name, new in operator(node, where):
                # changed in place and back: copying a function of n nodes for each of its nodes costs their square
                _put(parent, field_name, index, ast.fix_missing_locations(new))
                try:
                    text = ast.unparse(function)
                except (ValueError, TypeError, AttributeError):
                    continue
                finally:
                    _put(parent, field_name, index, node)
                if text not in seen:
                    seen.add(text)
                    yield name, node, new, text


def _put(parent: ast.AST, field_name: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field_name, node)
    else:
        getattr(parent, field_name)[index] = node
