"""A certificate as a Lean proof: every term's sign by its factors, the identity, a contradiction.

The kernel's rules line by line: a fact is `φ_label : 0 ≤ p`, `0 < p` or `p = 0`, under `∀ ωF` where it holds F-almost
everywhere; a negation is `ν_label`; a pinned fact speaks of the point ωF that was fixed by an `intro`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.export import lean_terms as lean
from proofcheck.export.claims import ClaimTree
from proofcheck.export.tree import (
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Power,
    Relation,
    expression,
    is_vector,
    relation,
    walk,
)
from proofcheck.kernel import algebra, read_claim

_RELATION = {">=": "0 ≤ {}", ">": "0 < {}", "==": "{} = 0"}
_MADE = {
    ">=": "sub_nonneg.mp (Proofcheck.nonneg_of ?_)",
    ">": "sub_pos.mp (Proofcheck.pos_of ?_)",
    "==": "sub_eq_zero.mp (Proofcheck.zero_of ?_ ?_)",
}
_ZERO = Number(0)
Lines = list[str]


class Fact(NamedTuple):
    """`value rel 0` under `name`; `pins` as the kernel counts them; `over`: the functionals of its ∀."""

    name: str
    value: Node
    rel: str
    pins: frozenset[int]
    over: tuple[str, ...]

    @property
    def here(self) -> str:
        """The fact at the points in sight."""
        return " ".join([self.name, *(f"ω{label}" for label in self.over)]) if self.over else self.name


class Signed(NamedTuple):
    """A value with the Lean term that shows `0 ≤ value` (`0 < value` if strict), and the pins that it used."""

    value: str
    proof: str
    is_strict: bool
    pins: frozenset[int]

    @property
    def nonnegative(self) -> str:
        return f"({self.proof}).le" if self.is_strict else self.proof


class Writer:
    """Writes the proofs of one claim."""

    def __init__(self, claim: ClaimTree, lemmas: Mapping[str, ClaimTree]) -> None:
        self.claim, self.lemmas, self.ctx = claim, lemmas, read_claim(claim.text).ctx

    # -- expressions ---------------------------------------------------------------------------------------------
    def read(self, text: str) -> Node:
        return expression(text, self.claim.functionals.keys())

    def show(self, node: Node) -> str:
        return lean.term(node, self.claim.vector_names, self.claim.owner)

    def over(self, node: Node) -> tuple[str, ...]:
        return tuple(sorted(lean.random_under(node, self.claim.owner)))

    def is_random(self, node: Node) -> bool:
        """Whether the kernel takes the node as random: by its normal form."""
        return bool(self.ctx.free(self.ctx.expression(lean.unparse(node))))

    # -- proofs --------------------------------------------------------------------------------------------------
    def target(self, proof: Any) -> Lines:
        """The tactic block that proves the claim."""
        facts: dict[str, Fact] = {}
        lines: Lines = []
        for number, assumption in enumerate(self.claim.assumptions):
            if not assumption.bound:
                value, rel = lean.difference(assumption.relation)
                facts[f"a{number}"] = fact = Fact(f"φ_a{number}", value, rel, frozenset(), self.over(value))
                lines.append(f"have {fact.name} := {_moved(f'α{number}', rel, fact.over)}")
        return lines + self.prove(self.claim.target, proof, "target", facts, 0)[0]

    def prove(
        self, goal: Relation, data: Any, label: str, facts: Mapping[str, Fact], depth: int
    ) -> tuple[Lines, frozenset[int], tuple[str, ...]]:
        """(tactics for `goal`, outer pins used, the functionals that the goal must be stated over)."""
        value, rel = lean.difference(goal)
        minus, depth, used = Negative(value), depth + 1, frozenset[int]()
        negations = {">=": [(minus, ">")], ">": [(minus, ">=")], "==": [(minus, ">"), (value, ">")]}[rel]
        proofs = data if rel == "==" else [data]
        name = "ν_" + label.removeprefix("not ").replace(".", "_")
        blocks: list[Lines] = []
        for (negation, sign), proof in zip(negations, proofs, strict=True):
            pins = frozenset({depth}) if self.is_random(value) else frozenset[int]()
            inner = {**facts, label: Fact(name, negation, sign, pins, ())}
            body, more = self.proof(proof, inner, depth)
            used |= more
            blocks.append([f"intro ({name} : {_RELATION[sign].format(self.bracketed(negation))})", *body])
        outer = frozenset(pin for pin in used if pin < depth)
        over = self.over(value) if not outer else ()
        lines = [f"intro {' '.join('ω' + label for label in over)}"] if over else []
        lines.append(f"refine {_MADE[rel]}")
        for block in blocks:
            lines += _focused(block) if len(blocks) > 1 else block
        return lines, outer, over

    def bracketed(self, node: Node) -> str:
        return lean.atom(node, self.claim.vector_names, self.claim.owner)

    def proof(self, data: Mapping[str, Any], facts: Mapping[str, Fact], depth: int) -> tuple[Lines, frozenset[int]]:
        """A PROOF as tactics, and the pins that it used."""
        known, lines = dict(facts), []
        for step in data.get("steps", []):
            more, known[step["as"]] = self.step(step, known, depth)
            lines += more
        if "split" not in data:
            closing, pins = self.contradiction(data["terms"], known)
            return lines + closing, pins
        node, label, used = self.read(data["split"]), data["as"], frozenset[int]()
        pins = frozenset({depth + 1}) if self.is_random(node) else frozenset[int]()
        lines.append(f"rcases le_or_gt 0 {self.bracketed(node)} with φ_{label} | φ_{label}")
        for branch, value, rel in (("nonneg", node, ">="), ("neg", Negative(node), ">")):
            inner = {**known, label: Fact(f"φ_{label}", value, rel, pins, ())}
            body, more = self.proof(data[branch], inner, depth + 1)
            used |= more
            turn = [f"replace φ_{label} := neg_pos.mpr φ_{label}"] if branch == "neg" else []
            lines += _focused([*turn, *body])
        return lines, used

    def contradiction(self, terms: Any, facts: Mapping[str, Fact]) -> tuple[Lines, frozenset[int]]:
        lines, total, names, pins = self.terms(terms, facts)
        lines.append(f"have identity : {total} = 0 := by proofcheck_identity")
        return [*lines, f"linarith [{', '.join(['identity', *names])}]"], pins

    def terms(self, data: Any, facts: Mapping[str, Fact]) -> tuple[Lines, str, list[str], frozenset[int]]:
        """(a `have` for each term, their sum, the names of the haves, pins)."""
        lines: Lines = []
        values: list[str] = []
        names: list[str] = []
        used = frozenset[int]()
        for number, item in enumerate(data, 1):
            name = f"τ{number}"
            if "equation" in item:
                fact = self.fact(item["equation"], facts)
                times = self.bracketed(self.read(item["times"]))
                value, claim = f"{times} * {self.bracketed(fact.value)}", "= 0"
                lines.append(f"have {name} : {value} = 0 := mul_eq_zero_of_right _ ({fact.here})")
                used |= fact.pins
            else:
                found = self.term(item, facts)
                value, claim = found.value, "0 < " if found.is_strict else "0 ≤ "
                lines.append(f"have {name} : {claim}{value} := {found.proof}")
                used |= found.pins
            values.append(value)
            names.append(name)
        return lines, " + ".join(values) or "(0 : ℝ)", names, used

    def term(self, data: Mapping[str, Any], facts: Mapping[str, Fact]) -> Signed:
        """coefficient * factors."""
        coefficient = data.get("coefficient", "1")
        number = f"({coefficient} : ℝ)"
        is_zero = coefficient.partition("/")[0].lstrip("-").strip("0") == ""
        total = Signed(
            number, f"(by norm_num : (0 : ℝ) {'≤' if is_zero else '<'} {coefficient})", not is_zero, frozenset()
        )
        for item in data["factors"]:
            factor = self.factor(item, facts)
            value, pins = f"{total.value} * {factor.value}", total.pins | factor.pins
            if total.is_strict and factor.is_strict:
                total = Signed(value, f"mul_pos ({total.proof}) ({factor.proof})", True, pins)
            else:
                total = Signed(value, f"mul_nonneg ({total.nonnegative}) ({factor.nonnegative})", False, pins)
        return total

    def factor(self, data: Mapping[str, Any], facts: Mapping[str, Fact]) -> Signed:
        if "fact" in data:
            fact = self.fact(data["fact"], facts)
            return Signed(self.bracketed(fact.value), fact.here, fact.rel == ">", fact.pins)
        if "square" in data:
            base = self.bracketed(self.read(data["square"]))
            return Signed(f"{base} ^ 2", f"sq_nonneg {base}", False, frozenset())
        if "norm2" in data:
            vector = self.show(self.read(data["norm2"]))
            return Signed(f"⟪{vector}, {vector}⟫", "real_inner_self_nonneg", False, frozenset())
        if "gram" in data:
            return self.gram(data, facts)
        label = data["E"]
        lines, total, names, pins = self.terms(data["terms"], facts)
        is_strict = self.claim.functionals[label].probability and any(": 0 < " in line for line in lines)
        rule = f"{lean.identifier(label)}.pos π{label}" if is_strict else f"{lean.identifier(label)}.nonneg"
        inside = "; ".join([*lines, f"linarith [{', '.join(names)}]"])
        value = f"{lean.identifier(label)} (fun ω{label} => {total})"
        return Signed(f"({value})", f"{rule} (fun ω{label} => by {inside})", is_strict, pins)

    def gram(self, data: Mapping[str, Any], facts: Mapping[str, Fact]) -> Signed:
        entries, label = [self.read(text) for text in data["gram"]], data.get("functional")
        weight = self.term(data.get("weight", {"factors": []}), facts)

        vectors = is_vector(entries[0], self.claim.vector_names)
        row = (
            f"![{', '.join(map(self.show, entries))}]"
            if vectors
            else f"(![{', '.join(map(self.show, entries))}] : _ → ℝ)"
        )
        if not label:
            return Signed(f"(Proofcheck.gram {row}).det", f"Proofcheck.gram_nonneg {row}", False, weight.pins)
        words = f"{lean.identifier(label)} (fun ω{label} => {weight.value}) (fun ω{label} => {row})"
        proof = f"Proofcheck.gramMean_nonneg {lean.identifier(label)} (fun ω{label} => {weight.nonnegative}) _"
        return Signed(f"(Proofcheck.gramMean {words}).det", proof, False, weight.pins)

    # -- facts ---------------------------------------------------------------------------------------------------
    def fact(self, label: Any, facts: Mapping[str, Fact]) -> Fact:
        if isinstance(label, str):
            return facts[label]
        if "exp_sum" in label:
            x, y = (self.read(text) for text in label["exp_sum"])
            both = Call("exp", (Binary("+", x, y),))
            value = Binary("-", Binary("*", Call("exp", (x,)), Call("exp", (y,))), both)
            return self.defined(value, "==")
        return self.defined(*self.definition(self.read(label["definition"]), label["part"]))

    def defined(self, value: Node, rel: str) -> Fact:
        claim = _RELATION[rel].format(self.bracketed(value))
        return Fact(f"(by proofcheck_definition : {claim})", value, rel, frozenset(), ())

    def definition(self, node: Node, part: int) -> tuple[Node, str]:
        """(value, rel) of a part of the definition of the one function in `node`."""
        found = next((item for item in walk(node) if _is_defined(item)), None)
        match found:
            case Call("sqrt", (x,)):
                return [(found, ">="), (Binary("-", Power(found, 2), x), "==")][part]
            case Call("exp", (x,)):
                above = Binary("-", Binary("-", found, Number(1)), x)
                return [(found, ">"), (above, ">=")][part]
            case Binary("/", _, x):
                return Binary("-", Binary("*", Binary("/", Number(1), x), x), Number(1)), "=="
            case Power(x, exponent) if exponent < 0:
                return Binary("-", Binary("*", Binary("/", Number(1), x), x), Number(1)), "=="
            case Call(name, arguments):
                minus = [Negative(x) for x in arguments]
                pair = {"Abs": [*arguments, *minus], "Max": [*arguments], "Min": minus}[name]
                low, high = sorted(pair, key=lambda x: algebra.text(self.ctx.expression(lean.unparse(x))))
                value = Negative(found) if name == "Min" else found
                above = [Binary("-", value, x) for x in (low, high)]
                return [(above[0], ">="), (above[1], ">="), (Binary("*", *above), "==")][part]
        raise ArgumentError(
            f"export of {self.claim.name} to Lean: a function value required in {lean.unparse(node)!r}."
        )

    # -- steps ---------------------------------------------------------------------------------------------------
    def step(self, data: Mapping[str, Any], facts: Mapping[str, Fact], depth: int) -> tuple[Lines, Fact]:
        label = data["as"]
        name = f"φ_{label}"
        if "have" in data:
            goal = relation(data["have"], self.claim.functionals.keys())
            body, pins, over = self.prove(goal, data["proof"], f"not {label}", facts, depth)
            value, rel = lean.difference(goal)
            said = lean.relation(goal, self.claim.vector_names, self.claim.owner)
            lines = [f"have {name} : {_for_all(over)}{said} := by", *_indented(body)]
            pins = pins if self.is_random(value) else frozenset()
            return [*lines, f"replace {name} := {_moved(name, rel, over)}"], Fact(name, value, rel, pins, over)
        if "instance" in data:
            index, values = data["instance"], {x: self.read(text) for x, text in data["with"].items()}
            goal = lean.substituted(self.claim.assumptions[index].relation, values, {})
            value, rel = lean.difference(goal)
            given = " ".join(self.bracketed(values[x]) for x in self.claim.assumptions[index].bound)
            return [f"have {name} := {_moved(f'α{index} {given}', rel, ())}"], Fact(name, value, rel, frozenset(), ())
        return self.use(data, facts, depth)

    def use(self, data: Mapping[str, Any], facts: Mapping[str, Fact], depth: int) -> tuple[Lines, Fact]:
        """Another theorem, its names given by name, its assumptions proved in place."""
        lemma, name = self.lemmas[data["use"]], f"φ_{data['as']}"
        functionals: dict[str, str] = data["functionals"]
        values = {x: self.read(text) for x, text in {**data["with"], **data["random"]}.items()}
        given: Lines = []
        for theirs, mine in functionals.items():
            given.append(f"({lean.identifier(theirs)} := {lean.identifier(mine)})")
            if lemma.functionals[theirs].probability:
                given.append(f"(π{theirs} := π{mine})")
        for x, node in values.items():
            point = f"fun ω{functionals[lemma.owner[x]]} => " if x in lemma.owner else ""
            given.append(f"({lean.identifier(x)} := {point}{self.show(node)})")
        used = frozenset[int]()
        for number, assumption in enumerate(lemma.assumptions):
            goal = lean.substituted(assumption.relation, values, functionals)
            body, pins, _ = self.prove(goal, data["proofs"][f"a{number}"], f"not {data['as']}.a{number}", facts, depth)
            used |= pins
            given += [f"(α{number} := by", *_indented(body)]
            given[-1] += ")"
        goal = lean.substituted(lemma.target, values, functionals)
        value, rel = lean.difference(goal)
        over = () if used else self.over(value)
        points = "".join(f"fun ω{label} => " for label in over) if not functionals else ""
        lines = [f"have {name} := {points}{lean.theorem_name(lemma.name)}", *_indented([*given, *domain_given(lemma)])]
        pins = used if self.is_random(value) else frozenset[int]()
        return [*lines, f"replace {name} := {_moved(name, rel, over)}"], Fact(name, value, rel, pins, over)


def domain(claim: ClaimTree) -> Iterator[tuple[Node, str]]:
    """(expression, "≠ 0" or "≥ 0") of every divisor and root that is not bound by a forall, each once."""
    seen: set[tuple[Node, str]] = set()
    for item in (*claim.assumptions, None):
        part = claim.target if item is None else item.relation
        for node in (*walk(part.left), *walk(part.right)):
            match node:
                case Binary("/", _, divisor):
                    found = divisor, "≠ 0"
                case Power(base, exponent) if exponent < 0:
                    found = base, "≠ 0"
                case Call("sqrt", (base,)):
                    found = base, "≥ 0"
                case _:
                    continue
            if found not in seen and not isinstance(found[0], Number):
                seen.add(found)
                yield found


def domain_given(lemma: ClaimTree) -> Lines:
    """The named arguments that say that a used theorem is defined."""
    return [f"(δ{number} := by proofcheck_domain)" for number, _ in enumerate(domain(lemma))]


def _is_defined(node: Node) -> bool:
    match node:
        case Call(function, _):
            return function != "inner"
        case Binary("/", _, divisor):
            return not isinstance(divisor, Number)
        case Power(_, exponent):
            return exponent < 0
    return False


def _moved(name: str, rel: str, over: tuple[str, ...]) -> str:
    """The proof of `p rel 0` from the relation as it was written."""
    rule = {">=": "sub_nonneg.mpr", ">": "sub_pos.mpr", "==": "sub_eq_zero.mpr"}[rel]
    points = [f"ω{label}" for label in over]
    body = f"{rule} ({' '.join([name, *points])})" if " " in name or points else f"{rule} {name}"
    return f"fun {' '.join(points)} => {body}" if points else body


def _for_all(over: tuple[str, ...]) -> str:
    return f"∀ {' '.join('ω' + label for label in over)}, " if over else ""


def _indented(lines: Lines) -> Lines:
    return ["  " + line for line in lines]


def _focused(lines: Lines) -> Lines:
    return ["· " + lines[0], *_indented(lines[1:])]
