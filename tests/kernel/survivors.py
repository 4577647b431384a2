# ruff: noqa: E501
"""Mutants that no check can or need notice, each with the reason. The names come from `kernel.mutants`.

`test_mutation` fails where a survivor is missing here, and where an entry is killed or its code is gone.
"""

REASONS = {
    "Only how much a step is charged; the limits themselves, and that each cost is charged at all, are tested.": """
kernel.algebra.Budget: constant: 0 -> -1
kernel.algebra.Budget: constant: 0 -> 1
kernel.algebra.Budget.spend: boundary: amount > PRODUCT_LIMIT -> amount >= PRODUCT_LIMIT
kernel.algebra.Budget.spend: boundary: self.spent > WORK_LIMIT -> self.spent >= WORK_LIMIT
kernel.algebra.mul: arithmetic: 1 + size // 400 -> 1 - size // 400
kernel.algebra.mul: arithmetic: 40 * len(m) + c.numerator.bit_length() + c.denominator.bit_length() -> 40 * len(m) + c.numerator.bit_length() - c.denominator.bit_length()
kernel.algebra.mul: arithmetic: 40 * len(m) + c.numerator.bit_length() -> 40 * len(m) - c.numerator.bit_length()
kernel.algebra.mul: arithmetic: 40 * len(m) -> 40 + len(m)
kernel.algebra.mul: arithmetic: len(left) * len(right) * (1 + size // 400) -> len(left) * len(right) + (1 + size // 400)
kernel.algebra.mul: arithmetic: len(left) * len(right) -> len(left) + len(right)
kernel.algebra.mul: constant: 0 -> -1
kernel.algebra.mul: constant: 0 -> 1
kernel.algebra.mul: constant: 1 -> 0
kernel.algebra.mul: constant: 1 -> 2
kernel.algebra.mul: constant: 40 -> 39
kernel.algebra.mul: constant: 40 -> 41
kernel.algebra.mul: constant: 400 -> 399
kernel.algebra.mul: constant: 400 -> 401
kernel.claim.Context.inner: arithmetic: len(left) * len(right) -> len(left) + len(right)
kernel.claim.Reader.__init__: arithmetic: 5 * len(self.tokens) -> 5 + len(self.tokens)
kernel.claim.Reader.__init__: constant: 5 -> 4
kernel.claim.Reader.__init__: constant: 5 -> 6
kernel.claim.Reader.sum: arithmetic: len(total) + len(term) -> len(total) - len(term)
witness.evaluate.Evaluator.atom: constant: 1 -> 0
witness.evaluate.Evaluator.atom: constant: 1 -> 2
witness.evaluate.Evaluator.value: arithmetic: 1 + len(monomial) + size // 100 -> 1 + len(monomial) - size // 100
witness.evaluate.Evaluator.value: arithmetic: 1 + len(monomial) -> 1 - len(monomial)
witness.evaluate.Evaluator.value: arithmetic: abs(x.numerator) + x.denominator -> abs(x.numerator) - x.denominator
witness.evaluate.Evaluator.value: constant: 1 -> 0
witness.evaluate.Evaluator.value: constant: 1 -> 2
witness.evaluate.Evaluator.value: constant: 100 -> 101
witness.evaluate.Evaluator.value: constant: 100 -> 99
""",
    "The same work is charged elsewhere too: the texts of the corpus are refused by the other charge.": """
kernel.claim.Context.call: deleted: self.pay(*values) -> deleted
kernel.claim.Context.function: deleted: self.pay(*arguments) -> deleted
kernel.claim.Context.inner: deleted: self.budget.spend(len(left) * len(right)) -> deleted
kernel.claim.Context.moment: deleted: self.pay(poly) -> deleted
kernel.claim.Reader.__init__: deleted: ctx.budget.spend(5 * len(self.tokens)) -> deleted
kernel.claim.Reader.sum: deleted: self.ctx.budget.spend(len(total) + len(term)) -> deleted
""",
    "Another spelling of the same atom or message: texts still differ exactly where polynomials differ.": """
kernel.algebra.monomial_text: constant: 1 -> 0
kernel.algebra.monomial_text: never: a if e == 1 else f'{a}^{e}' -> f'{a}^{e}'
kernel.algebra.text: constant: 1 -> 0
kernel.algebra.text: constant: 1 -> 0 #2
kernel.claim.Context.scalar: unsorted: sorted({a for monomial in poly for a, _ in monomial} & self.is_vector) -> list({a for monomial in poly for a, _ in monomial} & self.is_vector)
kernel.claim.Context.single: unsorted: sorted(self.free(poly)) -> list(self.free(poly))
witness.evaluate.Evaluator.defined: unsorted: sorted(self.claim.ctx.domain) -> list(self.claim.ctx.domain)
""",
    "Equivalent: the first and the last of one element, or both ends of an interval where lo == hi is checked too.": """
kernel.claim.Context.call: constant: 0 -> -1
kernel.claim.Reader.primary: constant: 0 -> -1
kernel.claim.Reader.primary: constant: 0 -> -1 #2
kernel.proof.Checker.definition: constant: 0 -> -1
kernel.proof.Checker.definition: constant: 0 -> -1 #10
kernel.proof.Checker.definition: constant: 0 -> -1 #11
kernel.proof.Checker.definition: constant: 0 -> -1 #3
kernel.proof.Checker.definition: constant: 0 -> -1 #5
kernel.proof.Checker.definition: constant: 0 -> -1 #6
kernel.proof.Checker.definition: constant: 0 -> -1 #7
kernel.proof.Checker.definition: constant: 0 -> -1 #12
kernel.proof.Checker.definition: constant: 0 -> -1 #13
witness.evaluate.Evaluator.atom: constant: 0 -> -1 #5
witness.evaluate.root: constant: 0 -> -1 #3
witness.evaluate.root: constant: 0 -> -1 #4
witness.evaluate.root: constant: 0 -> 1 #3
witness.evaluate.root: constant: 0 -> 1 #4
""",
    "Equivalent: the default of a maximum that is only compared with larger limits, or a start that Python reads as 0.": """
kernel.syntax.load: constant: 0 -> -1
kernel.syntax.load: constant: 0 -> 1
kernel.syntax.rational: constant: 1 -> 2
kernel.syntax.tokens: constant: 0 -> -1
witness.evaluate.Evaluator.quantified: constant: 0 -> -1
witness.evaluate.Evaluator.quantified: constant: 0 -> 1
""",
    "Equivalent: a shortcut past multiplying by 1, and no factor is 0.": """
kernel.algebra.add: never: value if factor == 1 else factor * value -> factor * value
kernel.algebra.add: constant: 1 -> 0
""",
    "Equivalent: the two sequences have the same length by construction.": """
kernel.proof.Checker.prove: flag: True -> False
kernel.proof.Checker.values: flag: True -> False
witness.evaluate.Evaluator.__init__: flag: True -> False
witness.evaluate.Evaluator.atom: flag: True -> False
witness.evaluate.Evaluator.quantified: flag: True -> False
witness.evaluate.Evaluator.values: flag: True -> False
witness.evaluate.Evaluator.values: flag: True -> False #2
witness.evaluate.semidefinite: flag: True -> False
""",
    "Equivalent: only the order of proof depths matters, and a pin of the proof's own depth is discharged with it.": """
kernel.proof.Checker.proof: constant: 1 -> 0
kernel.proof.Checker.proof: constant: 1 -> 2
kernel.proof.Checker.prove: constant: 1 -> 2 #2
kernel.proof.check: constant: 0 -> -1 #2
kernel.proof.check: constant: 0 -> 1 #2
""",
    "Equivalent: inside F[...] a fact with pins is refused, so these pins are always empty.": """
kernel.proof.Checker.factor: pins: Fact(poly, total.rel if self.ctx.functionals[first].probability else '>=', total.pins) -> Fact(poly, total.rel if self.ctx.functionals[first].probability else '>=')
kernel.proof.Checker.gram: pins: Fact(self.determinant([[form(a, b) for b in entries] for a in entries]), '>=', density.pins) -> Fact(self.determinant([[form(a, b) for b in entries] for a in entries]), '>=')
""",
    "Equivalent: no bound names and no such entry are refused by the same condition; a second reading gives the same.": """
kernel.proof.Checker.step: filter: {i: a.bound for i, a in enumerate(self.claim.assumptions) if a.bound} -> {i: a.bound for i, a in enumerate(self.claim.assumptions)}
kernel.claim.read_claim: always: ctx.relation(body, values, ctx.here[1]) if bound else relations[index] -> ctx.relation(body, values, ctx.here[1])
""",
    "Equivalent: an exponent is never 0, and an atom is evaluated, so refused where undefined, whatever its exponent.": """
witness.evaluate.Evaluator.value: boundary: exponent < 0 -> exponent <= 0
witness.evaluate.Evaluator.value: constant: 0 -> 1
witness.evaluate.Evaluator.defined: constant: 1 -> 0
witness.evaluate.Evaluator.defined: constant: 1 -> 2
witness.evaluate.Evaluator.defined: constant: 1 -> 2 #2
""",
    "Equivalent: a third end of an interval or a coordinate too many is never read; degrees 3 and 4 are refused alike.": """
witness.evaluate.Evaluator.values: constant: 2 -> 3
witness.evaluate.Evaluator.quantified.at: constant: 1 -> 2
witness.evaluate.Evaluator.quantified: constant: 1 -> 2
witness.evaluate.Evaluator.degree: constant: 3 -> 4
""",
    "Equivalent: p(2e) - 2p(e) + p(0) is the second difference as well.": """
witness.evaluate.Evaluator.quantified: always: at(i, j) - up[i] - up[j] + centre if i != j else up[i] + down[i] - 2 * centre -> at(i, j) - up[i] - up[j] + centre
""",
    "Equivalent: rows above the pivot are not read again.": """
witness.evaluate.semidefinite: arithmetic: k + 1 -> k - 1
witness.evaluate.semidefinite: constant: 1 -> 0
""",
    "The remainder, below 10**-82, is smaller than the outward rounding of 10**-77 by far: no point is known that shows it.": """
witness.evaluate.exponential: arithmetic: total + 3 * abs(term) -> total - 3 * abs(term)
witness.evaluate.exponential: arithmetic: total - 3 * abs(term) -> total + 3 * abs(term)
witness.evaluate.exponential: constant: 3 -> 2
witness.evaluate.exponential: constant: 3 -> 2 #2
witness.evaluate.exponential: constant: 3 -> 4
witness.evaluate.exponential: constant: 3 -> 4 #2
witness.evaluate.exponential: constant: 61 -> 60
witness.evaluate.exponential: constant: 61 -> 62
""",
    "Wider than needed, so still an enclosure.": """
witness.evaluate.root: constant: 1 -> 2 #2
""",
}

SURVIVORS = {name: reason for reason, names in REASONS.items() for name in names.strip().splitlines()}
