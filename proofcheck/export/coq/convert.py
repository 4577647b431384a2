"""From the terms of a statement to the kernel's normal forms: an equation of Coq for every step.

A tree is taken apart into what `ring` understands and opaque subterms: inner products, moments, function values,
inverses. Each opaque subterm gets a proof that it equals its normal form, from bilinearity, linearity and definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from proofcheck.export.coq.grammar import NOTHING, Names, Node, Relation
from proofcheck.export.coq.script import Opaque, Points, Script, Unsupported
from proofcheck.export.coq.statement import ATOMIC, Printer
from proofcheck.kernel import algebra
from proofcheck.kernel.algebra import Poly


class Place(NamedTuple):
    """Where a proof stands: the points that are fixed, hypotheses at them, and what holds almost everywhere.

    `almost`: (functional, hypothesis) for each; `at`: hypothesis -> its name at the fixed point.
    """

    points: Points = NOTHING
    at: Mapping[str, str] = NOTHING
    almost: tuple[tuple[str, str], ...] = ()


class Converter:
    """Normal forms of trees, with proofs."""

    def __init__(self, script: Script, names: Names, rename: Mapping[str, str]) -> None:
        self.script, self.ctx, self.names = script, script.ctx, names
        self.printer = Printer(names, rename)

    def enter(self, functional: str, place: Place) -> Place:
        """Emit what turns the goal `ae F (fun o => …)` into its instance at a new point; the place there."""
        script = self.script
        known = [name for f, name in place.almost if f == functional]
        at = {name: script.fresh("k") for name in known}
        point = script.fresh("o")
        for name in known:
            script.emit(f"apply (ae_mp {name}).")
        script.emit(f"apply ae_all. cbv beta. intros {' '.join([point, *(at[name] for name in reversed(known))])}.")
        return place._replace(points={**place.points, functional: point}, at={**place.at, **at})

    def print(self, node: Node, place: Place) -> str:
        """The tree as the statement prints it."""
        return self.printer.term(node, place.points, {})

    def vector(self, node: Node) -> bool:
        return self.printer.is_vector(node, {})

    # scalars

    def tokens(self, node: Node, place: Place) -> tuple[str, Poly]:
        """(text with tokens, normal form); the opaque subterms are proved on the way."""
        kind, children = node.kind, node.children
        if kind == "number":
            return node.label, algebra.const(int(node.label))
        if kind == "name":
            return f"⟦{node.label}⟧", algebra.atom(node.label)
        if kind in ("call", "moment"):
            return self.hide(node, place)
        if kind == "power":
            text, poly = self.tokens(children[0], place)
            return f"({text}) ^ {node.label}", self.ctx.power(poly, int(node.label))
        if kind == "negative":
            text, poly = self.tokens(children[0], place)
            return f"- ({text})", algebra.scale(poly, -1)
        left, first = self.tokens(children[0], place)
        if kind == "/":
            divisor = children[1]
            if all(n.kind not in ("name", "moment", "call") for n in divisor.walk()):
                right, second = self.tokens(divisor, place)
                return f"({left}) / ({right})", self.mul(first, self.ctx.reciprocal(second))
            right, second = self.hide(Node("inverse", "", (divisor,)), place)
            return f"({left}) * {right}", self.mul(first, second)
        right, second = self.tokens(children[1], place)
        if kind == "*":
            return f"({left}) * ({right})", self.mul(first, second)
        return f"({left}) {kind} ({right})", algebra.add(first, second, 1 if kind == "+" else -1)

    def mul(self, left: Poly, right: Poly) -> Poly:
        return algebra.mul(left, right, self.ctx.budget)

    def hide(self, node: Node, place: Place) -> tuple[str, Poly]:
        """The token of an opaque subterm, and its normal form."""
        script = self.script
        if node.kind == "inverse":
            concrete = f"/ {self.printer.term(node.children[0], place.points, {}, ATOMIC - 1)}"
        else:
            concrete = self.print(node, place)
        method = {"inverse": self.inverse, "moment": self.moment}.get(node.kind, self.function)
        with script.block() as lines:
            normal, poly, proof = method(node, place)
            lines.append(f"exact {proof}.")
        name = script.claim_that("q", f"{concrete} = {script.concrete(normal, place.points)}", lines)
        token = f"#{name}"
        script.opaque[token] = Opaque(f"({concrete})", normal, name)
        return f"⟦{token}⟧", poly

    def equal(self, node: Node, place: Place, scale: int = 1) -> tuple[str, Poly, str]:
        """(normal text, normal form, proof that scale * node equals it)."""
        text, poly = self.tokens(node, place)
        poly = algebra.scale(poly, scale)
        normal = self.script.text(poly)
        left = text if scale == 1 else f"- ({text})"
        return normal, poly, self.script.identity(left, normal, place.points, place.at)

    def inverse(self, node: Node, place: Place) -> tuple[str, Poly, str]:
        script = self.script
        text, poly = self.tokens(node.children[0], place)
        result = self.ctx.reciprocal(poly)
        normal = script.text(result)
        if len(result) == 1 and len(poly) == 1 and not any(a.startswith("inv(") for a, _ in next(iter(result))):
            proof = script.identity(f"({text}) * ({normal})", "1", place.points, place.at)
            return normal, result, f"(pc_inverse _ _ {proof})"
        lead = poly[min(poly)]
        monic = script.text(algebra.scale(poly, 1 / lead))
        top, bottom = lead.numerator, lead.denominator
        first = script.identity(text, f"({top} / {bottom}) * ({monic})", place.points, place.at)
        second = script.identity(f"({bottom} / {top}) * ({top} / {bottom})", "1", {}, {})
        atom = next(a for a, _ in next(iter(result)))
        return f"({bottom} / {top}) * ⟦{atom}⟧", result, f"(pc_inverse_scaled _ _ _ _ {first} {second})"

    def function(self, node: Node, place: Place) -> tuple[str, Poly, str]:
        label, arguments = node.label, node.children
        if label == "inner":
            return self.inner(node, place)
        if label in ("exp", "sqrt"):
            _, poly, proof = self.equal(arguments[0], place)
            value = self.ctx.call(label, [poly])
            if label == "exp" and not poly:
                return "1", value, f"(pc_exp_zero _ {proof})"
            return self.script.text(value), value, f"(pc_f {label} _ _ {proof})"
        sides = [(arguments[0], 1), (arguments[0], -1)] if label == "Abs" else [(a, 1) for a in arguments]
        if label == "Min":
            sides = [(a, -1) for a in arguments]
        (_, p, left), (_, q, right) = (self.equal(a, place, s) for a, s in sides)
        low, high = sorted((p, q), key=algebra.text)
        value = low if p == q else self.ctx.function("Max", low, high)
        rule = "pc_max_same _ _ _" if p == q else ("pc_max" if low == p else "pc_max_swap") + " _ _ _ _"
        proof, text = f"({rule} {left} {right})", self.script.text(value)
        if label == "Abs":
            proof = f"(eq_trans (pc_abs_max _) {proof})"
        if label == "Min":
            value, text = algebra.scale(value, -1), f"- ({text})"
            proof = f"(eq_trans (pc_min_max _ _) (f_equal Ropp {proof}))"
        return text, value, proof

    # integrals

    def moment(self, node: Node, place: Place) -> tuple[str, Poly, str]:
        script, functional = self.script, node.label
        label = script.rename[functional]
        with script.block() as lines:
            inside = self.enter(functional, place)
            text, poly = self.tokens(node.children[0], inside)
            items, fine, at, values = script.combination(functional, poly, place.points)
            lines.append(f"exact {script.identity(text, at, inside.points, inside.at)}.")
        body = self.printer.term(node.children[0], {**place.points, functional: "o"}, {})
        there = script.concrete(at, {**place.points, functional: "o"})
        equal = script.claim_that("e", f"ae {label} (fun o => {body} = {there})", lines)
        proof = f"(proj2 (pc_value {label} (fun o => {body}) {items} one'{functional} {fine} {equal}))"
        return values, self.ctx.moment(functional, poly), proof

    # inner products

    def inner(self, node: Node, place: Place) -> tuple[str, Poly, str]:
        left, right = node.children
        raw, poly, proof = self.expand(left, right, place)
        normal = self.script.text(poly)
        return normal, poly, f"(eq_trans {proof} {self.script.identity(raw, normal, place.points, place.at)})"

    def expand(self, left: Node, right: Node, place: Place) -> tuple[str, Poly, str]:
        """(text, normal form, proof) of an inner product, the left argument taken apart first."""
        if left.kind != "name":
            return self.apart(
                left, lambda part: self.expand(part, right, place), "inner_add", "inner_scal", right, place
            )
        if right.kind != "name":
            rules = "pc_inner_add_r", "pc_inner_scal_r"
            return self.apart(right, lambda part: self.expand(left, part, place), *rules, left, place)
        u, v = left.label, right.label
        poly = self.ctx.inner(algebra.atom(u), algebra.atom(v))
        proof = "eq_refl" if u <= v else f"(inner_sym _ ({self.print(left, place)}) ({self.print(right, place)}))"
        return self.script.text(poly), poly, proof

    def apart(self, node, part, add: str, scal: str, other: Node, place: Place) -> tuple[str, Poly, str]:
        def coq(vector: Node) -> str:
            return f"({self.print(vector, place)})"

        kind, children = node.kind, node.children
        w = coq(other)
        if kind == "number" and node.label == "0":
            raise Unsupported("the number 0 stands for a vector")
        if kind in "+-" and len(children) == 2:
            (a, p, first), (b, q, second) = part(children[0]), part(children[1])
            u, v = coq(children[0]), coq(children[1])
            if kind == "-":
                v = f"((-1) [*] {v})"
                second = f"(eq_trans ({scal} _ (-1) {coq(children[1])} {w}) (f_equal (Rmult (-1)) {second}))"
                b = f"(-1) * ({b})"
            proof = f"(eq_trans ({add} _ {u} {v} {w}) (f_equal2 Rplus {first} {second}))"
            return f"({a}) + ({b})", algebra.add(p, q, 1 if kind == "+" else -1), proof
        if kind == "negative":
            vector = children[0]
            text, factor, printed = "(-1)", algebra.const(-1), "(-1)"
        elif kind == "*":
            scalar, vector = children if self.vector(children[1]) else children[::-1]
            text, factor = self.tokens(scalar, place)
            printed = coq(scalar)
        elif kind == "/":
            vector, scalar = children[0], Node("/", "", (Node("number", "1"), children[1]))
            text, factor = self.tokens(scalar, place)
            printed = coq(scalar)
        else:
            raise Unsupported(f"a vector expression of kind {kind}")
        a, p, inside = part(vector)
        proof = f"(eq_trans ({scal} _ {printed} {coq(vector)} {w}) (f_equal (Rmult {printed}) {inside}))"
        return f"({text}) * ({a})", self.mul(factor, p), proof

    # relations

    def difference(self, relation: Relation, poly: Poly, place: Place) -> str:
        """A proof that left - right (right - left for <= and <) equals the normal form."""
        sides = (relation.right, relation.left) if relation.sign in ("<=", "<") else (relation.left, relation.right)
        (first, _), (second, _) = (self.tokens(side, place) for side in sides)
        return self.script.identity(f"({first}) - ({second})", self.script.text(poly), place.points, place.at)


RULES = {">=": "ge", ">": "gt", "==": "eq", "<=": "le", "<": "lt"}
SHAPES = {">=": "0 <= {}", ">": "0 < {}", "==": "{} = 0"}


def shape(rel: str, text: str) -> str:
    """`text rel 0` as Coq writes a fact."""
    return SHAPES[rel].format(f"({text})" if rel != "==" else text)
