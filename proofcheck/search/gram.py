"""Gram determinants as facts: det <u_i, u_j> >= 0 and det F[w e_i e_j] >= 0 (Cauchy-Schwarz and its weighted forms)."""

from __future__ import annotations

from itertools import combinations

from ..kernel.algebra import Poly
from . import poly as P
from .eliminate import determinant
from .problem import Fact, Goal, Problem


def gram_facts(problem: Problem, goal: Goal, sight: list[str], limit: int = 24) -> list[Fact]:
    """Determinants whose entries mostly occur already."""
    ctx = problem.claim.ctx
    seen = set(sight)
    out: list[Fact] = moment_facts(problem, goal, sight)
    names = [*ctx.vectors, *(ctx.functionals[goal.ground].vectors if goal.ground else ())]

    def inner(u: str, v: str) -> Poly:
        return problem.inner(u, v)

    for size in (2, 3):
        for chosen in combinations(names, size):
            matrix = [[inner(u, v) for v in chosen] for u in chosen]
            mixed = [a for i, row in enumerate(matrix) for p in row[i + 1 :] for a in P.atoms([p])]
            if all(a in seen for a in mixed) and (size == 2 or all(a in seen for a in P.atoms(matrix[0]))):
                out.append(
                    Fact(
                        determinant(matrix),
                        ">=",
                        {"gram": list(chosen), "functional": None},
                        problem.owner(matrix[0][1]),
                        kind="factor",
                    )
                )
    for label, functional in ctx.functionals.items():
        if label != goal.ground:
            for u, v in combinations([*functional.vectors, *ctx.vectors], 2):
                if ctx.owner[u] == label and (f"<{min(u, v)},{max(u, v)}>") in seen:
                    matrix = [[inner(a, b) for b in (u, v)] for a in (u, v)]
                    out.append(
                        Fact(
                            determinant(matrix),
                            ">=",
                            {"gram": [u, v], "functional": None},
                            label,
                            kind="factor",
                        )
                    )
    out = out[: 2 * limit]
    for label, functional in ctx.functionals.items():
        if label == goal.ground:
            continue
        moments = [
            problem.made(a)[1][1] for a in sight if problem.made(a)[0] == "moment" and problem.made(a)[1][0] == label
        ]
        present = set(moments) | ({()} if functional.probability else set())
        letters = [a for a in sight if ctx.owner[a] == label]
        elements: dict[tuple[tuple[str, int], ...], None] = {(): None}
        for m in moments:
            elements[m] = None
            if all(e % 2 == 0 for _, e in m):
                elements[tuple((a, e // 2) for a, e in m)] = None
        for a in letters:
            elements[((a, 1),)] = None
        weights: list[tuple[Poly, list[Fact]]] = [(P.ONE, [])]
        weights += [(f.poly, [f]) for f in goal.facts if f.owner == label and not f.pinned and f.rel != "=="]

        def random_part(poly: Poly, label: str = label) -> set[tuple[tuple[str, int], ...]]:
            return {tuple((a, e) for a, e in m if ctx.owner[a] == label) for m in poly}

        found: list[tuple[int, Fact]] = []
        for weight, used in weights:
            for size in (2, 3):
                for chosen in combinations(elements, size):
                    if size == 3 and () not in chosen:
                        continue
                    matrix = [[P.mul(weight, P.term(P.join(a, b))) for b in chosen] for a in chosen]
                    need = {m for row in matrix for p in row for m in random_part(p)}
                    missing = sum(m not in present for m in need)
                    if missing > (1 if size == 2 else 0):
                        continue
                    value = determinant([[problem.moment(label, p) for p in row] for row in matrix])
                    ref = {"gram": [problem.monomial_text(m) for m in chosen], "functional": label}
                    if used:
                        ref["weight"] = {"factors": [f.factor for f in used]}
                    found.append((missing, Fact(value, ">=", ref, kind="factor")))
            for u, v in combinations([*functional.vectors, *ctx.vectors], 2):
                if ctx.owner[u] != label:
                    continue
                matrix = [[P.mul(weight, inner(a, b)) for b in (u, v)] for a in (u, v)]
                need = {m for row in matrix for p in row for m in random_part(p)}
                missing = sum(m not in present for m in need)
                if missing <= 1:
                    value = determinant([[problem.moment(label, p) for p in row] for row in matrix])
                    ref = {"gram": [u, v], "functional": label}
                    if used:
                        ref["weight"] = {"factors": [f.factor for f in used]}
                    found.append((missing, Fact(value, ">=", ref, kind="factor")))
        found.sort(key=lambda item: item[0])
        out += [fact for _, fact in found[:limit]]
    return [f for f in out if f.poly]


def moment_facts(problem: Problem, goal: Goal, sight: list[str]) -> list[Fact]:
    """F[m^2] >= 0 for even moments in sight, F[1] >= 0: factors of products."""
    ctx = problem.claim.ctx
    out: list[Fact] = []
    for label in ctx.functionals:
        if label == goal.ground:
            continue
        for name in sight:
            kind, arguments = problem.made(name)
            if kind != "moment" or arguments[0] != label:
                continue
            if all(e % 2 == 0 for _, e in arguments[1]):
                half = tuple((a, e // 2) for a, e in arguments[1])
                factors = [{"square": problem.monomial_text(half)}] if half else []
                out.append(Fact(P.atom(name), ">=", {"E": label, "terms": [{"factors": factors}]}, kind="factor"))
    return [f for f in out if f.poly and set(f.poly) != {()}]
