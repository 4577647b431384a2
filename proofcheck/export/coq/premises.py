"""The premises of a statement in the form that its proof uses: moments that exist, divisors, roots."""

from __future__ import annotations

from proofcheck.export.coq.convert import Converter, Place
from proofcheck.export.coq.grammar import Node
from proofcheck.export.coq.script import Script, Unsupported
from proofcheck.export.coq.statement import Hypothesis, Statement
from proofcheck.export.coq.terms import Terms
from proofcheck.kernel import algebra
from proofcheck.kernel.algebra import Poly


class Premises:
    """Emits what follows from the premises that are no assumptions of the claim."""

    def __init__(self, statement: Statement, script: Script, converter: Converter, terms: Terms) -> None:
        self.statement, self.script, self.converter, self.terms = statement, script, converter, terms
        self.ctx = script.ctx

    def integrability(self) -> None:
        """Emit that the moments exist: each monomial is a polynomial in what the statement lists."""
        script, done = self.script, set()
        for functional in self.ctx.functionals:
            label = script.rename[functional]
            for generator in self.statement.generators[functional]:
                self.generator(functional, generator)
            proof = f"apply M'{functional}; apply poly_const"
            script.emit(f"assert (one'{functional} : integrable {label} (fun _ => 1)) by ({proof}).")
        for (functional, monomial), name in sorted(script.monomials.items(), key=lambda item: item[1]):
            body = script.concrete(script.monomial(monomial), {functional: "o"})
            label = script.rename[functional]
            for atom, _ in monomial:
                self.derived(functional, atom, done)
            script.emit(f"assert ({name} : integrable {label} (fun o => {body})) by (apply M'{functional}; pc_poly).")

    def polynomial(self, functional: str, body: str) -> str:
        """`polynomial …` of a function, for this functional's lists."""
        moments = next(h.text for h in self.statement.hypotheses if h.kind == "moments" and h.under == functional)
        label = self.script.rename[functional]
        lists = moments.removeprefix("all_moments ").removeprefix("scalar_moments ").removeprefix(label + " ")
        space = "" if moments.startswith("all_moments") else " nil"
        head = "polynomial" if not space else f"@polynomial (point {label}) line"
        return f"{head} {lists}{space} (fun o => {body})"

    def generator(self, functional: str, node: Node) -> None:
        """Emit that a function value of the claim is listed, in normal form."""
        script = self.script
        inside = Place(points={functional: "o"})
        with script.block() as lines:
            script.emit("intros o.")
            if node.kind == "/":
                _, divisor = self.converter.tokens(node.children[1], inside)
                if len(divisor) != 1 or [e for _, e in min(divisor)] != [1] or set(divisor.values()) != {1}:
                    raise Unsupported("a random divisor that is no single name, inner product or function value")
                poly = self.ctx.reciprocal(divisor)
                script.emit("unfold Rdiv; rewrite Rmult_1_l; apply (pc_f Rinv).")
                text, normal = self.converter.tokens(node.children[1], inside)[0], script.text(divisor)
            else:
                text, poly = self.converter.tokens(node, inside)
                normal = script.text(poly)
            lines.append(f"exact {script.identity(text, normal, inside.points, {})}.")
        sign = -1 if node.label == "Min" else 1
        body = self.converter.print(node, inside)
        normal = script.concrete(script.text(poly), inside.points)
        first = script.fresh("y")
        script.emit(f"assert ({first} : {self.polynomial(functional, normal)}).")
        script.emit(f"{{ apply (pc_poly_ext (fun o => {body})); [apply poly_scalar; pc_in |].")
        for line in lines:
            script.emit("  " + line)
        script.emit("}")
        if sign == -1:
            atom = script.concrete(script.text(algebra.scale(poly, -1)), inside.points)
            script.emit(f"assert ({first}m : {self.polynomial(functional, atom)}).")
            script.emit(f"{{ apply (pc_poly_ext (fun o => (-1) * ({normal}))).")
            script.emit(f"  apply poly_mul; [apply poly_const | exact {first}]. intros o; ring. }}")

    def derived(self, functional: str, atom: str, done: set[str]) -> None:
        """Emit that an exponential which only the certificate names is a product of two that the claim lists."""
        script, ctx = self.script, self.ctx
        if atom in done or ctx.arguments.get(atom, ("",))[0] != "exp" or not ctx.owner.get(atom):
            return
        done.add(atom)
        listed = [
            a
            for a, (label, _) in list(ctx.arguments.items())
            if label == "exp" and a != atom and a in self.listed(functional)
        ]
        if atom in self.listed(functional):
            return
        goal = ctx.arguments[atom][1][0]
        for first in listed:
            rest = algebra.add(goal, ctx.arguments[first][1][0], -1)
            other = ctx.call("exp", [rest])
            name = next(iter(other))[0][0] if next(iter(other)) else ""
            if name in self.listed(functional) or not ctx.free(rest):
                points = {functional: "o"}
                x, y, z = (script.text(p) for p in (ctx.arguments[first][1][0], rest, goal))
                body = " * ".join(f"exp ({script.concrete(t, points)})" for t in (x, y))
                with script.block() as lines:
                    script.emit("intros o; rewrite <- exp_plus; apply (pc_f exp).")
                    lines.append(f"exact {script.identity(f'({x}) + ({y})', z, points, {})}.")
                label = f"exp ({script.concrete(z, points)})"
                fresh = script.fresh("y")
                script.emit(f"assert ({fresh} : {self.polynomial(functional, label)}).")
                script.emit(f"{{ apply (pc_poly_ext (fun o => {body})); [pc_poly |].")
                for line in lines:
                    script.emit("  " + line)
                script.emit("}")
                return

    def listed(self, functional: str) -> set[str]:
        """The kernel's atoms of the function values that the statement lists."""
        found = set()
        with self.script.block():
            for node in self.statement.generators[functional]:
                if node.kind != "/":
                    _, poly = self.converter.tokens(node, Place(points={functional: "o"}))
                    found |= {a for monomial in poly for a, _ in monomial}
        return found

    # the domain

    def domain(self) -> Place:
        """Emit that divisors are not 0 and roots are defined, in normal form."""
        script, place = self.script, Place()
        premises = [h for h in self.statement.hypotheses if h.kind in ("divisor", "root")]
        for h in sorted(premises, key=lambda h: len(h.text)):
            if not isinstance(h.node, Node):
                raise Unsupported("a divisor that is no expression")
            with script.block():  # for its normal form alone
                _, poly, _, _ = self.inside(h, h.node, place)
                if h.kind == "root":
                    goals = [(script.text(poly), "root")]
                elif len(poly) > 1 or any(a.startswith("sqrt(") for a, _ in min(poly)):
                    goals = [(script.text(algebra.scale(poly, 1 / poly[min(poly)])), "inv")]
                else:
                    goals = [(f"⟦{a}⟧", a) for a, e in min(poly) if e > 0]
            for goal, kind in goals:
                place = self.domain_goal(h, h.node, goal, kind, place)
        return place

    def inside(self, h: Hypothesis, node: Node, place: Place) -> tuple[str, Poly, Place, str]:
        """Emit the conversion of what a premise speaks of, at a point if it is random."""
        source = h.name
        if h.under:
            source = self.script.fresh("k")
            self.script.emit(f"apply (ae_mp {h.name}).")
            place = self.converter.enter(h.under, place)
            self.script.emit(f"intros {source}.")
        text, poly = self.converter.tokens(node, place)
        return text, poly, place, source

    def domain_goal(self, h: Hypothesis, node: Node, goal: str, kind: str, place: Place) -> Place:
        """Emit one consequence of a premise about the domain."""
        script = self.script
        with script.block() as lines:
            text, poly, there, source = self.inside(h, node, place)
            if kind == "root":
                proof = script.identity(text, goal, there.points, there.at)
                lines.append(f"exact (pc_from_root _ _ {source} {proof}).")
            else:
                rest = algebra.const(poly[min(poly)])
                if kind != "inv":
                    rest = {tuple((a, e - (a == kind)) for a, e in min(poly) if e != 1 or a != kind): poly[min(poly)]}
                right = f"({goal}) * ({script.text(rest)})"
                proof = script.identity(text, right, there.points, there.at)
                lines.append(f"exact (pc_factor _ _ _ {source} {proof}).")
        points = {h.under: "o"} if h.under else {}
        said = f"0 <= {script.concrete(goal, points)}" if kind == "root" else f"{script.concrete(goal, points)} <> 0"
        label = script.rename.get(h.under, "")
        name = script.claim_that("z", f"ae {label} (fun o => {said})" if h.under else said, lines)
        if h.under:
            place = place._replace(almost=(*place.almost, (h.under, name)))
        if kind == "root":
            self.terms.roots.setdefault(goal, (name, h.under))
        else:
            token = f"inv({goal})" if kind == "inv" else kind
            if kind == "inv":
                lead = algebra.scale(poly, 1 / poly[min(poly)])
                token = f"inv({algebra.text(lead)})"
            script.nonzero.setdefault(token, (name, h.under))
        return place
