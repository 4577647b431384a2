"""Sums of nonnegative terms as explicit Coq terms: facts, squares, norms, integrals, Gram determinants, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from proofcheck.export.coq.convert import Converter, Place
from proofcheck.export.coq.script import Script, Unsupported, number
from proofcheck.kernel import algebra
from proofcheck.kernel.algebra import Poly


class Pinned(Unsupported):
    """A fact that speaks of a fixed point, asked for where that point is not fixed."""


class Fact(NamedTuple):
    """`poly rel 0` in Coq: `text` with tokens, its hypothesis, and where it holds.

    `home`: "" everywhere (not random), "ae" almost everywhere under `owner`, "at" at the points that are fixed.
    """

    name: str
    text: str
    poly: Poly
    rel: str
    home: str = ""
    owner: str = ""


class Scope(NamedTuple):
    """The facts by label, and the place."""

    facts: Mapping[str, Fact]
    place: Place


class Signed(NamedTuple):
    """A nonnegative quantity: text with tokens, normal form, proof, and whether it is proved > 0."""

    text: str
    poly: Poly
    proof: str
    strict: bool

    def weak(self) -> str:
        """A proof of 0 <= text."""
        return f"(pc_weak _ {self.proof})" if self.strict else self.proof


class Terms:
    """Turns the TERMs and FACTORs of a certificate into `Signed` quantities."""

    def __init__(self, script: Script, converter: Converter) -> None:
        self.script, self.ctx, self.converter = script, script.ctx, converter
        self.roots: dict[str, tuple[str, str]] = {}  # text of what is under a root -> (hypothesis, functional)

    def mul(self, left: Poly, right: Poly) -> Poly:
        return algebra.mul(left, right, self.ctx.budget)

    def place(self, text: str) -> tuple[str, Poly]:
        """A scalar expression of the certificate."""
        poly = self.ctx.scalar(self.ctx.expression(text))
        return f"({self.script.text(poly)})", poly

    def total(self, data: list[dict[str, Any]], scope: Scope) -> Signed:
        """The sum of the terms; it associates to the right."""
        result: Signed | None = None
        for item in reversed(data):
            term = self.equation(item, scope) if "equation" in item else self.term(item, scope)
            if result is None:
                result = term
                continue
            text, poly = f"{term.text} + ({result.text})", algebra.add(term.poly, result.poly)
            if term.strict:
                result = Signed(text, poly, f"(pc_add_left _ _ {term.proof} {result.weak()})", True)
            elif result.strict:
                result = Signed(text, poly, f"(pc_add_right _ _ {term.proof} {result.proof})", True)
            else:
                result = Signed(text, poly, f"(pc_add _ _ {term.proof} {result.proof})", False)
        return result or Signed("0", {}, "pc_zero", False)

    def equation(self, item: dict[str, Any], scope: Scope) -> Signed:
        """A multiple of an equation: 0, so >= 0."""
        fact = self.fact(item["equation"], scope)
        text, poly = self.place(item["times"])
        there = self.script.concrete(text, scope.place.points)
        return Signed(
            f"({fact.text}) * {text}", self.mul(fact.poly, poly), f"(pc_equation _ {there} {fact.name})", False
        )

    def term(self, item: dict[str, Any], scope: Scope) -> Signed:
        """coefficient * product of factors."""
        value = Fraction(item.get("coefficient", "1"))
        factors = [self.factor(factor, scope) for factor in item["factors"]]
        result = None
        if value == 0:
            return Signed("0", {}, "pc_zero", False)
        if value != 1 or not factors:
            n, d = value.numerator, value.denominator
            proof = f"(IZR_lt 0 {n} eq_refl)" if d == 1 else f"(pc_ratio {n} {d})"
            result = Signed(number(n, d), algebra.const(value), proof, True)
        for factor in factors:
            if result is None:
                result = factor._replace(text=f"({factor.text})")
                continue
            text, poly = f"{result.text} * ({factor.text})", self.mul(result.poly, factor.poly)
            if result.strict and factor.strict:
                result = Signed(text, poly, f"(pc_mul_pos _ _ {result.proof} {factor.proof})", True)
            else:
                result = Signed(text, poly, f"(pc_mul _ _ {result.weak()} {factor.weak()})", False)
        return result if result is not None else Signed("1", algebra.const(1), "pc_one", True)

    def factor(self, data: dict[str, Any], scope: Scope) -> Signed:
        """One factor."""
        if "fact" in data:
            fact = self.fact(data["fact"], scope)
            if fact.rel == "==":
                raise Unsupported("an equality where an inequality is required")
            return Signed(fact.text, fact.poly, fact.name, fact.rel == ">")
        if "square" in data:
            text, poly = self.place(data["square"])
            there = self.script.concrete(text, scope.place.points)
            return Signed(f"{text} * {text}", self.mul(poly, poly), f"(pc_square {there})", False)
        if "norm2" in data:
            return self.norm(self.ctx.expression(data["norm2"]), scope)
        if "E" in data:
            return self.integral(data["E"], scope, lambda inside: self.total(data["terms"], inside))
        return self.gram(data, scope)

    def norm(self, vector: Poly, scope: Scope) -> Signed:
        """<v,v>, from the coefficients of v."""
        script, points = self.script, scope.place.points
        groups: dict[str, Poly] = {}
        for monomial, value in vector.items():
            (name,) = [a for a, _ in monomial if a in self.ctx.is_vector]
            groups.setdefault(name, {})[tuple(p for p in monomial if p[0] != name)] = value
        items = [(f"({script.text(c)})", name) for name, c in sorted(groups.items())]

        def token(u: str, v: str) -> str:
            return script.text(self.ctx.inner(algebra.atom(u), algebra.atom(v)))

        def cross(u: str, rest: list[tuple[str, str]]) -> str:
            return f"{rest[0][0]} * {token(u, rest[0][1])} + ({cross(u, rest[1:])})" if rest else "0"

        def norm(rest: list[tuple[str, str]]) -> str:
            if not rest:
                return "0"
            (a, u), others = rest[0], rest[1:]
            return f"{a} * ({a} * {token(u, u)} + 2 * ({cross(u, others)})) + ({norm(others)})"

        entries = "; ".join(f"({script.concrete(a, points)}, {script.at(u, points)})" for a, u in items)
        name = script.claim_that(
            "n", f"0 <= {script.concrete(norm(items), points)}", [f"exact (pc_norm _ [{entries}])."]
        )
        return Signed(norm(items), self.ctx.inner(vector, vector), name, False)

    def integral(self, functional: str, scope: Scope, inside) -> Signed:
        """F[…] of what is nonnegative almost everywhere."""
        script, label = self.script, self.script.rename[functional]
        points = {**scope.place.points, functional: "o"}
        with script.block() as lines:
            there = self.enter(functional, scope)
            signed = inside(there)
            probability = self.ctx.functionals[functional].probability
            strict = signed.strict and probability
            lines.append(f"exact {signed.proof if strict else signed.weak()}.")
        body = script.concrete(signed.text, points)
        sign = "<" if strict else "<="
        nonneg = script.claim_that("e", f"ae {label} (fun o => 0 {sign} {body})", lines)
        items, fine, at, values = script.combination(functional, signed.poly, scope.place.points)
        with script.block() as lines:
            there = self.enter(functional, scope)
            lines.append(f"exact {script.identity(signed.text, at, there.place.points, there.place.at)}.")
        equal = script.claim_that("l", f"ae {label} (fun o => {body} = {script.concrete(at, points)})", lines)
        rule = f"pc_positive {label} (fun o => {body}) {items} one'{functional} P'{functional}"
        if not strict:
            rule = f"pc_nonneg {label} (fun o => {body}) {items} one'{functional}"
        statement = f"0 {sign} {script.concrete(values, scope.place.points)}"
        name = script.claim_that("p", statement, [f"exact ({rule} {fine} {equal} {nonneg})."])
        return Signed(values, self.ctx.moment(functional, signed.poly), name, strict)

    def enter(self, functional: str, scope: Scope) -> Scope:
        """A new point of `functional`; facts of other points are left behind."""
        place = self.converter.enter(functional, scope.place)
        facts = {k: f for k, f in scope.facts.items() if f.home != "at"}
        return Scope(facts, place)

    def gram(self, data: dict[str, Any], scope: Scope) -> Signed:
        """det of a Gram matrix, as the discriminant of a nonnegative quadratic form."""
        script, functional, texts = self.script, data.get("functional"), data["gram"]
        entries = [self.ctx.expression(text) for text in texts]
        vectors = any(a in self.ctx.is_vector for entry in entries for m in entry for a, _ in m)
        if not vectors and functional is None and len(entries) > 1:
            return Signed("0", {}, "pc_zero", False)
        if len(entries) > 3:
            raise Unsupported(f"a Gram determinant of {len(entries)} entries")
        names = ["s'", "t'", "r'"][: len(entries)]
        for name in names:
            self.ctx.owner[name] = ""
        combined: Poly = {}
        for name, entry in zip(names, entries, strict=True):
            combined = algebra.add(combined, self.mul(algebra.atom(name), entry))
        weight = data.get("weight") or {"factors": []}

        def square(where: Scope) -> Signed:
            points = where.place.points
            if vectors:
                return self.norm(combined, where)
            text = f"({script.text(combined)})"
            return Signed(
                f"{text} * {text}", self.mul(combined, combined), f"(pc_square {script.concrete(text, points)})", False
            )

        def density(where: Scope) -> Signed:
            factor, weighing = square(where), self.term(weight, where)
            text = f"{weighing.text} * ({factor.text})"
            proof = f"(pc_mul _ _ {weighing.weak()} {factor.weak()})"
            return Signed(text, self.mul(weighing.poly, factor.poly), proof, False)

        def form(a: Poly, b: Poly, w: Poly) -> Poly:
            product = self.ctx.inner(a, b) if vectors else self.mul(a, b)
            return product if functional is None else self.ctx.moment(functional, self.mul(w, product))

        points = scope.place.points
        with script.block() as lines:
            script.emit(f"apply pc_gram{len(entries)}; intros {' '.join(names)}.")
            value = square(scope) if functional is None else self.integral(functional, scope, density)
            with script.block():  # once more, for the normal form of the weight alone
                where = self.enter(functional, scope) if functional else scope
                w = self.term(weight, where).poly
            size = range(len(entries))
            matrix = [[form(entries[i], entries[j], w) for j in size] for i in size]
            t = [[f"({script.text(matrix[i][j])})" for j in size] for i in size]
            tokens = [f"⟦{name}⟧" for name in names]
            squares = " + ".join(f"{s} * {s} * {t[i][i]}" for i, s in enumerate(tokens))
            mixed = [(i, j) for i in size for j in size if i < j]
            crosses = "".join(f" + 2 * ({tokens[i]} * {tokens[j]} * {t[i][j]})" for i, j in mixed)
            whole = squares + crosses
            proof = script.identity(value.text, whole, points, scope.place.at)
            lines.append(f"exact (pc_subst _ _ {value.weak()} {proof}).")
        text, poly = self.determinant(t, matrix)
        name = script.claim_that("d", f"0 <= {script.concrete(text, points)}", lines)
        return Signed(text, poly, name, False)

    def determinant(self, t: list[list[str]], m: list[list[Poly]]) -> tuple[str, Poly]:
        """det as `pc_gram1`, `pc_gram2`, `pc_gram3` write it."""
        mul, add = self.mul, algebra.add
        if len(m) == 1:
            return t[0][0], m[0][0]
        if len(m) == 2:
            text = f"{t[0][0]} * {t[1][1]} - {t[0][1]} * {t[0][1]}"
            return text, add(mul(m[0][0], m[1][1]), mul(m[0][1], m[0][1]), -1)
        a, b, c, d, e, f = t[0][0], t[1][1], t[2][2], t[0][1], t[0][2], t[1][2]
        text = f"{a} * ({b} * {c} - {f} * {f}) - {d} * ({d} * {c} - {e} * {f}) + {e} * ({d} * {f} - {e} * {b})"
        first = mul(m[0][0], add(mul(m[1][1], m[2][2]), mul(m[1][2], m[1][2]), -1))
        second = mul(m[0][1], add(mul(m[0][1], m[2][2]), mul(m[0][2], m[1][2]), -1))
        third = mul(m[0][2], add(mul(m[0][1], m[1][2]), mul(m[0][2], m[1][1]), -1))
        return text, add(add(first, second, -1), third)

    # facts

    def fact(self, label: Any, scope: Scope) -> Fact:
        """A fact of the scope at the fixed point, or one by definition."""
        if isinstance(label, dict):
            return self.definition(label, scope)
        fact = scope.facts.get(label)
        if fact is None:
            raise Pinned(f"the fact {label!r} speaks of a point that is not fixed there")
        if fact.home != "ae":
            return fact
        if fact.name not in scope.place.at:
            raise Unsupported(f"the fact {label!r} was proved almost everywhere after the point was fixed")
        return fact._replace(name=scope.place.at[fact.name])

    def definition(self, data: dict[str, Any], scope: Scope) -> Fact:
        """A fact about Max, sqrt, inv, exp."""
        script, place = self.script, scope.place
        if "exp_sum" in data:
            return self.exp_sum([self.ctx.expression(text) for text in data["exp_sum"]], scope)
        (atom,) = [a for monomial in self.ctx.expression(data["definition"]) for a, _ in monomial]
        label, arguments = self.ctx.arguments[atom]
        texts = [f"({script.text(p)})" for p in arguments]
        there = [script.concrete(text, place.points) for text in texts]
        part, value, one = data["part"], algebra.atom(atom), algebra.const(1)
        above = [algebra.add(value, p, -1) for p in arguments]
        token = f"⟦{atom}⟧"
        if label == "Max":
            first, second = (f"({token} - {text})" for text in texts)
            values = [
                (first, above[0], ">="),
                (second, above[1], ">="),
                (f"{first} * {second}", self.mul(*above), "=="),
            ]
            return Fact(f"(pc_max{part} {there[0]} {there[1]})", *values[part])
        x = there[0]
        if label == "sqrt" and part == 0:
            return Fact(f"(pc_sqrt0 {x})", token, value, ">=")
        if label == "sqrt":
            poly = algebra.add(self.mul(value, value), arguments[0], -1)
            return Fact(
                f"(pc_sqrt1 {x} {self.root(arguments[0], place)})", f"{token} * {token} - {texts[0]}", poly, "=="
            )
        if label == "inv":
            poly = algebra.add(self.mul(value, arguments[0]), one, -1)
            nonzero = script.invertible(atom, place.at)
            return Fact(f"(pc_inv0 {x} {nonzero})", f"{token} * {texts[0]} - 1", poly, "==")
        if part == 0:
            return Fact(f"(pc_exp0 {x})", token, value, ">")
        return Fact(f"(pc_exp1 {x})", f"{token} - {texts[0]} - 1", algebra.add(above[0], one, -1), ">=")

    def root(self, poly: Poly, place: Place) -> str:
        """A proof that what stands under a root is >= 0."""
        if all(not monomial for monomial in poly):
            value = poly.get((), Fraction(0))
            n, d = value.numerator, value.denominator
            if n == 0:
                return "pc_zero"
            return f"(pc_weak _ {f'(IZR_lt 0 {n} eq_refl)' if d == 1 else f'(pc_ratio {n} {d})'})"
        name, functional = self.roots.get(self.script.text(poly), ("", ""))
        if not name or (functional and name not in place.at):
            raise Unsupported("no hypothesis says that a root is defined")
        return place.at.get(name, name)

    def exp_sum(self, pair: list[Poly], scope: Scope) -> Fact:
        """exp(x) exp(y) == exp(x + y)."""
        script, ctx, points = self.script, self.ctx, scope.place.points
        x, y = pair
        both = algebra.add(x, y)
        left, right, result = (ctx.call("exp", [p]) for p in (x, y, both))
        poly = algebra.add(self.mul(left, right), result, -1)
        text = f"{script.text(left)} * {script.text(right)} - {script.text(result)}"
        if not x or not y:
            there = script.concrete(text, points)
            name = script.claim_that("x", f"{there} = 0", ["ring."])
            return Fact(name, text, poly, "==")
        terms = [f"({script.text(p)})" for p in (x, y, both)]
        sums = script.identity(f"{terms[0]} + {terms[1]}", terms[2], points, scope.place.at)
        coq = [script.concrete(term, points) for term in terms]
        rule = f"pc_exp_sum {coq[0]} {coq[1]} {coq[2]}" if both else f"pc_exp_inverse {coq[0]} {coq[1]}"
        return Fact(f"({rule} {sums})", text, poly, "==")
