"""Theory mutants: a lemma file's formulas, and the claims that its proof consists of.

Formulas (`bound_mutants`): every bound weakened and strengthened by a factor 1 -+ 2^-k, wrong powers, signs and
numbers in it, and one quantity taken for another where the hammer measures it (diameter for radius, sup for inf).
The lemma file is executed with the change, so claims, derivation and the bound on trial change together.

Claims (`claim_mutants`): changes that make a claim say more. An assumption dropped, weakened by 2^-k or turned
round; the target strengthened by 2^-k, made strict, turned round; a sign, term or power of the target changed.
A change that makes a claim say less is no mistake that a proof could see; for bounds, derivation and sharpness do.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from fractions import Fraction
from typing import Any

from proofcheck.audit import artifacts
from proofcheck.audit.mutants.code import source_of
from proofcheck.audit.mutants.mutant import BOUND, CLAIM, Mutant
from proofcheck.audit.mutants.operators import changes, numbers, sign, terms
from proofcheck.registry import Lemma

EXPONENTS = (1, 10, 30)  # of the relative changes 2^-k of a bound
CONFUSED = {
    "image_diameter": ("image_radius", "domain_diameter", "image_diameter_squared"),
    "image_radius_squared": ("image_diameter_squared", "image_radius"),
    "operator_norm": ("image_radius",),
    "query_norm": ("query_image_norm",),
    "query_image_norm": ("query_norm", "operator_norm"),
    "radius": ("step",),
    "step": ("radius",),
    "step_1": ("step_2", "operator_norm_1"),
    "step_2": ("step_1", "radius"),
    "operator_norm_1": ("operator_norm_2", "step_1"),
    "operator_norm_2": ("operator_norm_1", "radius"),
}
OPPOSITE = {ast.GtE: ast.LtE, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.Lt: ast.Gt}
STRICT = {ast.GtE: ast.Gt, ast.LtE: ast.Lt}


def bound_mutants(lemmas: Sequence[Lemma]) -> Iterator[Mutant]:
    """Changes of BOUNDS and of the quantities in HAMMER."""
    for lemma in lemmas:
        path = source_of(lemma.header.module)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        context = ast.unparse(tree)
        for operator, place, old, new, changed in _bound_changes(tree):
            yield Mutant(
                family=BOUND,
                module=lemma.header.module,
                name=place,
                operator=operator,
                line=getattr(old, "lineno", 0),
                before=ast.unparse(old),
                after=ast.unparse(new),
                lemmas=(lemma.id,),
                context=context,
                text=changed,
            )


def _bound_changes(tree: ast.Module) -> Iterator[tuple[str, str, ast.AST, ast.AST, str]]:
    """(operator, place, old node, new node, text of the changed file); `tree` is left as it was."""
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name = statement.targets[0].id
        if name == "BOUNDS" and isinstance(statement.value, ast.Dict):
            changed = _file_with(tree, statement)
            values = statement.value.values
            for k, value in enumerate(values):
                place = f"BOUNDS[{ast.unparse(statement.value.keys[k] or ast.Constant(k))}]"
                for operator, new in _bound_variants(value):
                    values[k] = ast.fix_missing_locations(new)
                    text = changed()
                    values[k] = value
                    yield operator, place, value, new, text
        if name == "HAMMER":  # one property or a tuple of them
            several = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
            for keyword in (k for one in several if isinstance(one, ast.Call) for k in one.keywords):
                if keyword.arg == "quantities" and isinstance(keyword.value, ast.Dict):
                    yield from _quantity_changes(keyword.value, _file_with(tree, statement))


def _file_with(tree: ast.Module, statement: ast.stmt) -> Callable[[], str]:
    """The text of the file with `statement` as it is when asked: the rest of a long file is printed once."""
    before = ast.unparse(statement)
    parts = ast.unparse(tree).split(before)
    if len(parts) != 2:
        return lambda: ast.unparse(tree)
    return lambda: ast.unparse(statement).join(parts)


def _bound_variants(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    for k in EXPONENTS:
        for word, factor in (("+", 1 + Fraction(1, 2**k)), ("-", 1 - Fraction(1, 2**k))):
            text = f"v * sp.Rational({factor.numerator}, {factor.denominator})"
            yield f"constant {word}2^-{k}", _filled(text, value)
    holder = ast.Module([ast.Expr(deepcopy(value))], [])
    for operator, _, _, changed in changes(holder, "", (sign, terms, numbers)):
        yield operator, ast.parse(changed, mode="eval").body


def _filled(text: str, value: ast.expr) -> ast.expr:
    return ast.parse(text.replace("v", f"({ast.unparse(value)})", 1), mode="eval").body


def _quantity_changes(table: ast.Dict, changed: Callable[[], str]) -> Iterator[tuple[str, str, ast.AST, ast.AST, str]]:
    for k, value in enumerate(table.values):
        if not isinstance(value, ast.Constant):
            continue
        for other in CONFUSED.get(str(value.value), ()):
            new = ast.fix_missing_locations(ast.Constant(other))
            table.values[k] = new
            text = changed()
            table.values[k] = value
            yield "wrong quantity", "HAMMER", value, new, text


def claim_mutants(lemmas: Sequence[Lemma]) -> Iterator[Mutant]:
    """Stronger, so usually false, versions of every claim."""
    for lemma in lemmas:
        for claim in lemma.claims():
            data = json.loads(claim.text)
            seen = {artifacts.canonical(data)}
            for operator, before, after, changed, dropped in _claim_changes(data):
                text = artifacts.canonical(changed)
                if text in seen:
                    continue
                seen.add(text)
                yield Mutant(
                    family=CLAIM,
                    module=lemma.header.module,
                    name=claim.name,
                    operator=operator,
                    line=0,
                    before=before,
                    after=after,
                    lemmas=(lemma.id,),
                    context=claim.text,
                    text=text,
                    dropped=dropped,
                )


Change = tuple[str, str, str, dict[str, Any], int | None]


def _claim_changes(data: dict[str, Any]) -> Iterator[Change]:
    for k, assumption in enumerate(data["assume"]):
        relation = assumption["holds"] if isinstance(assumption, dict) else assumption
        shown = relation if isinstance(assumption, str) else f"forall: {relation}"
        without = deepcopy(data)
        del without["assume"][k]
        yield "assumption dropped", shown, "", without, k
        for operator, new in _weaker(relation):
            changed = deepcopy(data)
            changed["assume"][k] = new if isinstance(assumption, str) else {**assumption, "holds": new}
            yield operator, shown, new, changed, k
    for operator, new in _stronger(data["target"]):
        yield operator, data["target"], new, {**deepcopy(data), "target": new}, None


def _relation(text: str) -> tuple[ast.expr, ast.cmpop, ast.expr]:
    node = ast.parse(text, mode="eval").body  # text of the lemma files of this installation, not from outside
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        raise ValueError(f"one relation required, got {text!r}")
    return node.left, node.ops[0], node.comparators[0]


def _join(left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Compare(left, [op], [right])))


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _weaker(relation: str) -> Iterator[tuple[str, str]]:
    """The relation with room for 2^-10 of its larger side, and turned round."""
    left, op, right = _relation(relation)
    factor = Fraction(2**10 + 1, 2**10)
    if isinstance(op, ast.Lt | ast.LtE):
        yield "assumption weakened 2^-10", _room(left, op, right, factor, 1)
    elif isinstance(op, ast.Gt | ast.GtE):
        yield "assumption weakened 2^-10", _room(left, op, right, 1 / factor, -1)
    else:
        yield "assumption scaled 1+2^-10", _room(left, op, right, factor, 1)
    if type(op) in OPPOSITE:
        yield "assumption turned round", _join(left, OPPOSITE[type(op)](), right)


def _room(left: ast.expr, op: ast.cmpop, right: ast.expr, factor: Fraction, direction: int) -> str:
    """`right` times a factor, or a small number of the given sign in place of 0."""
    if _is_zero(right):
        new = ast.parse(f"{'-' if direction < 0 else ''}1/1024", mode="eval").body
    else:
        new = ast.parse(f"{factor.numerator}/{factor.denominator}*({ast.unparse(right)})", mode="eval").body
    return _join(left, op, new)


def _stronger(target: str) -> Iterator[tuple[str, str]]:
    left, op, right = _relation(target)
    for k in (1, 20):
        less, more = 1 - Fraction(1, 2**k), 1 + Fraction(1, 2**k)
        if isinstance(op, ast.Lt | ast.LtE):
            yield f"target strengthened 2^-{k}", _scaled(left, op, right, less, -k)
        elif isinstance(op, ast.Gt | ast.GtE):
            yield f"target strengthened 2^-{k}", _scaled(left, op, right, more, k)
        else:
            yield f"target scaled 1+2^-{k}", _scaled(left, op, right, more, k)
    if type(op) in OPPOSITE:
        yield "target turned round", _join(left, OPPOSITE[type(op)](), right)
    if type(op) in STRICT:
        yield "target made strict", _join(left, STRICT[type(op)](), right)
    yield from _respelled(target)


def _respelled(target: str) -> Iterator[tuple[str, str]]:
    """A sign or a power changed wherever the same expression stands: |u - tau z|^2 names u - tau z twice."""
    tree = ast.parse(target, mode="eval")
    texts = dict.fromkeys(ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.BinOp))
    for text in texts:
        node = ast.parse(text, mode="eval").body
        for operator, new in [*sign(node, ""), *terms(node, "")]:
            if operator in ("sign", "wrong power"):
                yield (
                    f"target: {operator}",
                    ast.unparse(_Replace(text, new).visit(ast.parse(target, mode="eval"))),
                )


class _Replace(ast.NodeTransformer):
    """Puts `new` wherever the expression `text` stands."""

    def __init__(self, text: str, new: ast.AST) -> None:
        self.text, self.new = text, new

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return deepcopy(self.new) if ast.unparse(node) == self.text else self.generic_visit(node)


def _scaled(left: ast.expr, op: ast.cmpop, right: ast.expr, factor: Fraction, power: int) -> str:
    if _is_zero(right):
        text = f"{'-' if power < 0 else ''}1/{2 ** abs(power)}"
    else:
        text = f"{factor.numerator}/{factor.denominator}*({ast.unparse(right)})"
    return _join(left, op, ast.parse(text, mode="eval").body)
