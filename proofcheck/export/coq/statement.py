"""Print a claim as a Coq statement, from the claim's file alone: no certificate, no kernel.

The statement quantifies over an inner product space, its vectors, scalars and functionals, then says: the moments
exist, the divisors are not 0, what stands under a root is >= 0, the assumptions; and after these, the target.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.export.coq.grammar import NOTHING, Names, Node, Relation, free, read_relation

# names that a statement or a proof uses, or that Coq does not let one bind
RESERVED = frozenset(
    """R V o as at by cofix else end exists fix for forall fun if in let match return then using where with Set Prop
    Type inner exp sqrt Rmax Rmin Rabs Rle Rlt ae point vscal vadd value probability integrable all_moments line nil
    cons eq False True functional inner_space scalar_moments polynomial INR IZR pow vector is mod In I nat
    list Theorem Axiom Definition Variable Hypothesis Parameter Fixpoint CoFixpoint exists2 SProp""".split()
)
SIGNS = {">=": ">=", ">": ">", "==": "=", "<=": "<=", "<": "<"}
APPLICATION, ATOMIC = 8, 9
LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 1, "power": 3}


class Hypothesis(NamedTuple):
    """One premise: its Coq name, its text, what it is (moments, mass, divisor, root, assumption), and its reading.

    `under` is the functional almost everywhere of which it speaks, or "".
    """

    name: str
    text: str
    kind: str
    under: str
    node: Node | Relation | None
    bound: Mapping[str, str] = NOTHING


class Statement(NamedTuple):
    """A claim as Coq text: binders `(x : R)`, premises, target."""

    name: str
    names: Names
    rename: dict[str, str]
    binders: list[str]
    hypotheses: list[Hypothesis]
    target: str
    relation: Relation
    under: str
    generators: dict[str, list[Node]]
    order: list[str]  # the names in the order of the binders, the space of the vectors left out

    def text(self) -> str:
        """`Theorem claim_… : forall …, … -> target.`"""
        lines = [f"Theorem {theorem_name(self.name)} :", f"  forall {' '.join(self.binders)}," if self.binders else ""]
        lines += [f"  {h.text} ->" for h in self.hypotheses]
        return "\n".join(line for line in [*lines, f"  {self.target}."] if line)


def theorem_name(claim: str) -> str:
    """The Coq name of a claim: claim_ and its name, with _ for what Coq does not take."""
    return "claim_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in claim)


class Printer:
    """Prints trees as Coq terms; `points` says how the point of a functional is called where one is fixed."""

    def __init__(self, names: Names, rename: Mapping[str, str]) -> None:
        self.names, self.rename = names, rename

    def is_vector(self, node: Node, bound: Mapping[str, str]) -> bool:
        """Is the value of `node` a vector?"""
        if node.kind == "name":
            return node.label in self.names.vectors or bound.get(node.label) == "vector"
        if node.kind in ("+", "-", "*", "/", "negative"):
            return any(self.is_vector(child, bound) for child in node.children)
        return False

    def term(self, node: Node, points: Mapping[str, str], bound: Mapping[str, str], level: int = 0) -> str:
        """`node` as a Coq term, in brackets unless it binds tighter than `level`."""
        text = self._text(node, points, bound)
        tight = ATOMIC if " " not in text else LEVEL.get(node.kind, APPLICATION)
        return f"({text})" if tight <= level else text

    def _text(self, node: Node, points: Mapping[str, str], bound: Mapping[str, str]) -> str:
        def at(child: Node, level: int) -> str:
            return self.term(child, points, bound, level)

        kind, children = node.kind, node.children
        if kind == "number":
            return node.label
        if kind == "name":
            name = self.rename.get(node.label, node.label)
            owner = self.names.owner.get(node.label)
            if owner is None or node.label in bound:
                return name
            if owner not in points:
                raise ArgumentError(f"Coq export: {node.label} is random under {owner}, got no point of it.")
            return f"{name} {points[owner]}"
        if kind == "moment":
            functional = self.rename[node.label]
            inside = self.term(children[0], {**points, node.label: "o"}, bound)
            return f"{functional} (fun o => {inside})"
        if kind == "call":
            function = {"Abs": "Rabs", "Max": "Rmax", "Min": "Rmin"}.get(node.label, node.label)
            return f"{function} {' '.join(at(child, APPLICATION) for child in children)}"
        if kind == "power":
            return f"{at(children[0], 3)} ^ {node.label}"
        if self.is_vector(node, bound):
            return self._vector(node, points, bound)
        if kind == "negative":
            return f"- {at(children[0], 2)}"
        left, right = at(children[0], LEVEL[kind] - 1), at(children[1], LEVEL[kind])
        return f"{left} {kind} {right}"

    def _vector(self, node: Node, points: Mapping[str, str], bound: Mapping[str, str]) -> str:
        kind, children = node.kind, node.children

        def brackets(child: Node) -> str:
            return self.term(child, points, bound, APPLICATION)

        if kind == "negative":
            return f"(-1) [*] {brackets(children[0])}"
        first, second = children
        if kind in "+-" and self.is_vector(first, bound) and self.is_vector(second, bound):
            return f"{brackets(first)} [{kind}] {brackets(second)}"
        if kind == "*" and self.is_vector(first, bound) != self.is_vector(second, bound):
            scalar, vector = (second, first) if self.is_vector(first, bound) else (first, second)
            return f"{brackets(scalar)} [*] {brackets(vector)}"
        if kind == "/" and not self.is_vector(second, bound):
            return f"(1 / {brackets(second)}) [*] {brackets(first)}"
        raise ArgumentError("Coq export: a linear combination of vectors required.")

    def relation(self, relation: Relation, points: Mapping[str, str], bound: Mapping[str, str]) -> str:
        """`left sign right`."""
        left, right = (self.term(side, points, bound) for side in (relation.left, relation.right))
        return f"{left} {SIGNS[relation.sign]} {right}"

    def almost(self, under: str, inside: str) -> str:
        """`inside`, almost everywhere for `under` if that is a functional."""
        return f"ae {self.rename[under]} (fun o => {inside})" if under else inside


def _single(owners: frozenset[str], where: str) -> str:
    if len(owners) > 1:
        raise ArgumentError(f"Coq export: {where} may be random under one functional, got {sorted(owners)}.")
    return "".join(owners)


def _declared(data: Mapping[str, Any]) -> Names:
    functionals = data["functionals"]
    owner = {x: f for f, d in functionals.items() for x in [*d["scalars"], *d["vectors"]]}
    vectors = [*data["vectors"], *(x for d in functionals.values() for x in d["vectors"])]
    return Names(
        tuple(data["scalars"]), tuple(vectors), {f: bool(d["probability"]) for f, d in functionals.items()}, owner
    )


def read_statement(text: str) -> Statement:
    """The Coq statement of the claim whose file holds `text`.

    Raises:
        ArgumentError: the claim is not of the documented format, or says what this export has no words for.
    """
    data = json.loads(text)
    names = _declared(data)
    labels = tuple(names.functionals)
    bodies = [(a["holds"], a["forall"]) if isinstance(a, dict) else (a, {}) for a in data["assume"]]
    bound_names = {x for _, bound in bodies for x in bound}
    every = [*names.scalars, *names.vectors, *labels, *names.owner, *bound_names]
    rename = {x: x + "_" if x in RESERVED or x.startswith("pc_") else x for x in every}
    if len(set(rename.values())) < len(rename):
        raise ArgumentError(f"Coq export: names that stay different required, got {sorted(rename.values())}.")
    printer = Printer(names, rename)
    relations = [(read_relation(body, labels), dict(bound)) for body, bound in bodies]
    target = read_relation(data["target"], labels)
    plain = [*(r for r, bound in relations if not bound), target]
    # random function values and divisors: the moments that must exist are those of polynomials in them too
    generators: dict[str, list[Node]] = {f: [] for f in labels}
    premises: dict[str, Hypothesis] = {}
    for relation in plain:
        for node in [*relation.left.walk(), *relation.right.walk()]:
            divisor = node.children[1] if node.kind == "/" else None
            root = node.children[0] if node.kind == "call" and node.label == "sqrt" else None
            for inside, kind, sign in ((divisor, "divisor", "<> 0"), (root, "root", ">= 0")):
                if inside is None or all(n.kind not in ("name", "moment") for n in inside.walk()):
                    continue
                under = _single(free(inside, names), "a divisor")
                body = f"{printer.term(inside, {under: 'o'} if under else {}, {})} {sign}"
                said = printer.almost(under, body)
                premises.setdefault(said, Hypothesis(f"d{len(premises)}'", said, kind, under, inside))
    for relation, bound in [*relations, (target, {})]:
        for node in [*relation.left.walk(), *relation.right.walk()]:
            value = node if node.kind == "call" and node.label != "inner" else None
            if node.kind == "/" and not printer.is_vector(node.children[1], bound):
                value = Node("/", "", (Node("number", "1"), node.children[1]))
            under = _single(free(value, names), "a function value") if value is not None else ""
            if value is not None and under and value not in generators[under]:
                if any(n.kind == "name" and n.label in bound for n in value.walk()):
                    raise ArgumentError("Coq export: a random function of a bound name has no listed moments.")
                generators[under].append(value)
    hypotheses: list[Hypothesis] = []
    for functional, probability in names.functionals.items():
        scalars = [rename[x] for x, f in names.owner.items() if f == functional and x not in names.vectors]
        scalars += [f"fun o => {printer.term(g, {functional: 'o'}, {})}" for g in generators[functional]]
        vectors = [rename[x] for x, f in names.owner.items() if f == functional and x in names.vectors]
        moments = f"{rename[functional]} [{'; '.join(scalars)}]"
        said = f"all_moments {moments} [{'; '.join(vectors)}]" if vectors else f"scalar_moments {moments}"
        hypotheses.append(Hypothesis(f"M'{functional}", said, "moments", functional, None))
        if probability:
            hypotheses.append(
                Hypothesis(f"P'{functional}", f"probability {rename[functional]}", "mass", functional, None)
            )
    hypotheses += premises.values()
    for index, (relation, bound) in enumerate(relations):
        under = _single(free(relation.left, names) | free(relation.right, names), "a relation")
        said = printer.almost(under, printer.relation(relation, {under: "o"} if under else {}, bound))
        if bound:
            kinds = " ".join(f"({rename[x]} : {'V' if kind == 'vector' else 'R'})" for x, kind in bound.items())
            said = f"(forall {kinds}, {said})"
        hypotheses.append(Hypothesis(f"a{index}'", said, "assumption", under, relation, bound))
    under = _single(free(target.left, names) | free(target.right, names), "the target")
    conclusion = printer.almost(under, printer.relation(target, {under: "o"} if under else {}, {}))
    space = names.vectors or any(kind == "vector" for _, bound in relations for kind in bound.values())
    binders = ["(V : inner_space)"] if space else []
    binders += _binder([rename[x] for x in data["vectors"]], "V") + _binder([rename[x] for x in names.scalars], "R")
    order = [*data["vectors"], *names.scalars]
    for functional, parts in data["functionals"].items():
        order += [functional, *parts["scalars"], *parts["vectors"]]
        points = f"point {rename[functional]}"
        binders += [f"({rename[functional]} : functional)"]
        binders += _binder([rename[x] for x in parts["scalars"]], f"{points} -> R")
        binders += _binder([rename[x] for x in parts["vectors"]], f"{points} -> V")
    return Statement(data["name"], names, rename, binders, hypotheses, conclusion, target, under, generators, order)


def _binder(names: list[str], kind: str) -> list[str]:
    return [f"({' '.join(names)} : {kind})"] if names else []
