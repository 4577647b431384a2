"""All small changes of a trusted module, as syntax trees; each has a name that does not depend on the layout."""

import ast
import copy
from typing import NamedTuple

OPPOSITE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
TEXTS = {">": (">=",), ">=": (">",), "==": (">=",), "<=": (">=",), "<": ("<=",), "+": ("-",), "-": ("+",)}


class Mutant(NamedTuple):
    """`name`: module.function: kind: original -> replacement [#n for the n-th of the same].

    `imported`: the change acts when the module is loaded, not when a function is called.
    `change`: the tree, the node, and what stands in its place.
    """

    name: str
    module: str
    imported: bool
    change: tuple[ast.Module, ast.AST, ast.AST]


def _is_refusal(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse"


def _expression_changes(node):
    """(kind, replacement) for an expression node."""
    match node:
        case ast.Compare(left, operators, right):
            for table, kind in ((OPPOSITE, "negated"), (BOUNDARY, "boundary")):
                for i, operator in enumerate(operators):
                    if type(operator) in table:
                        changed = [*operators[:i], table[type(operator)](), *operators[i + 1 :]]
                        yield kind, ast.Compare(left, changed, right)
        case ast.BoolOp(operator, values):
            if isinstance(operator, ast.Or) and _is_refusal(values[-1]):
                yield "refusal", values[0]
            else:
                other = ast.And() if isinstance(operator, ast.Or) else ast.Or()
                yield "connective", ast.BoolOp(other, values)
                for i in range(len(values)):
                    rest = [v for k, v in enumerate(values) if k != i]
                    yield "dropped operand", rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
        case ast.IfExp(_, body, orelse):
            if _is_refusal(orelse) or _is_refusal(body):
                yield "refusal", body if _is_refusal(orelse) else orelse
            else:
                yield "always", body
                yield "never", orelse
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield "unary", operand
        case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC:
            yield "arithmetic", ast.BinOp(left, ARITHMETIC[type(operator)](), right)
        case ast.Constant(value=bool(value)):
            yield "flag", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield "constant", ast.Constant(value + 1)
            yield "constant", ast.Constant(value - 1)
        case ast.Constant(value=str(value)) if value in TEXTS:
            for other in TEXTS[value]:
                yield "text", ast.Constant(other)
        case ast.Call(ast.Name("frozenset"), [_]):
            yield "pins", ast.Call(ast.Name("frozenset", ast.Load()), [], [])
        case ast.Call(ast.Name("Fact"), [*first, _]) if len(first) == 2:
            yield "pins", ast.Call(ast.Name("Fact", ast.Load()), first, [])
        case ast.Call(ast.Name("sorted"), [only], _):
            yield "unsorted", ast.Call(ast.Name("list", ast.Load()), [only], [])
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for i, generator in enumerate(node.generators):
                for k in range(len(generator.ifs)):
                    changed = copy.deepcopy(node)
                    del changed.generators[i].ifs[k]
                    yield "filter", changed


def _statement_changes(node):
    """(kind, replacement) for a statement node."""
    match node:
        case ast.Raise():
            yield "raise", ast.Pass()
        case ast.Expr(value) if _is_refusal(value):
            yield "refusal", ast.Pass()
        case ast.Expr(ast.Call()):
            yield "deleted", ast.Pass()
        case ast.AugAssign():
            yield "deleted", ast.Pass()
        case ast.If(_, body, orelse):
            if not (len(body) == 1 and isinstance(body[0], ast.Expr | ast.Raise) and not orelse):  # else as its body
                yield "never", ast.If(ast.Constant(False), body, orelse)
            yield "always", ast.If(ast.Constant(True), body, orelse)


class _Replace(ast.NodeTransformer):
    def __init__(self, target, replacement):
        self.target, self.replacement = target, replacement

    def visit(self, node):
        return self.replacement if node is self.target else self.generic_visit(node)


def _text(node):
    return " ".join(ast.unparse(node).split())[:110]


def _is_skipped(node):
    """Texts of refusals, docstrings, imports."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or _is_refusal(node) or isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom)


def _walk(node, where):
    """Nodes with the function they stand in; annotations, docstrings and texts of refusals are left out."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        where = f"{where}.{node.name}"
        children = node.body + ([node.args] if isinstance(node, ast.FunctionDef) else [])
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value else []
    elif isinstance(node, ast.arguments):
        children = [d for d in [*node.defaults, *node.kw_defaults] if d]
    elif _is_skipped(node):
        return
    elif isinstance(node, ast.Assign) and "." not in where.partition(".")[2] and _text(node).split()[0].isupper():
        return  # a limit of the module: its value is pinned in test_budget
    else:
        children = ast.iter_child_nodes(node)
    yield node, where
    for child in children:
        yield from _walk(child, where)


def mutants(module, source):
    """All mutants of one module, in the order of its text."""
    tree = ast.parse(source)
    seen = {}
    functions = [item for item in ast.walk(tree) if isinstance(item, ast.FunctionDef)]
    called = {id(node) for function in functions for statement in function.body for node in ast.walk(statement)}
    for node, where in _walk(tree, module):
        changes = _statement_changes(node) if isinstance(node, ast.stmt) else _expression_changes(node)
        for kind, replacement in changes:
            before = _text(node) if not isinstance(node, ast.If) else f"if {_text(node.test)}"
            after = kind if isinstance(node, ast.stmt) else _text(replacement)
            name = f"{where}: {kind}: {before} -> {after}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name += f" #{seen[name]}"
            yield Mutant(name, module, id(node) not in called, (tree, node, replacement))


def changed(mutant):
    """The syntax tree of a mutant."""
    tree, node, replacement = mutant.change
    positions = {}
    for index, item in enumerate(ast.walk(tree)):
        positions[id(item)] = index
    fresh = copy.deepcopy(tree)
    target = next(item for index, item in enumerate(ast.walk(fresh)) if index == positions[id(node)])
    return ast.fix_missing_locations(_Replace(target, copy.deepcopy(replacement)).visit(fresh))
