r"""Which side of a marked relation is the bound: `0 \le \eta \le \frac{8}{D^2}` is about 8/D^2.

The chain is read upwards (a chain of >= is turned round). The bound is its largest operand; in a chain of equalities
the last one. A lone symbol that the bound does not contain (`\eta`, `\eta_{\max}`), or the other of two operands when
it cannot be read (`|\Gamma(\mu, x) - \Gamma(\nu, x)|`), is what is bounded. When that is the largest operand, the
paper states a lower bound. A chain that starts below 0 (`-1 \le \eta \le ...`) is refused:
no lemma says that of a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofcheck.derive.nodes import Name, Node, Number, names
from proofcheck.paper.formula import relations_of
from proofcheck.paper.tokens import FormulaError, Token


@dataclass(frozen=True)
class Side:
    """The bound of a marked formula: its tree, and how it is related to what it bounds.

    relation: "" (a formula alone), "==", "<=", "<", or ">=" (the paper bounds from below); ignored: the operands that
    were not compared, as tokens.
    """

    node: Node
    relation: str
    ignored: str


def bound_side(
    tokens: Sequence[Token], parse: Callable[[Sequence[Token], int], Node], own: frozenset[str], end: int
) -> Side:
    """The side that states the bound; `own` are the symbols of the lemma's bound, `parse` reads an operand.

    Raises:
        FormulaError: no operand reads as a formula, the signs of the chain point both ways, or it starts below 0.
    """
    operands, signs = relations_of(tokens)
    if len(operands) == 1:
        return Side(parse(operands[0], end), "", "")
    for operand, sign in zip(operands, [*signs, None], strict=True):
        if not operand:
            raise FormulaError("one side of a relation is empty", sign.at if sign else end)
    words = [sign.text for sign in signs]
    upwards, downwards = any(w in ("<=", "<") for w in words), any(w in (">=", ">") for w in words)
    if upwards and downwards:
        raise FormulaError("the relations point both ways", signs[0].at, "Mark one chain of <= or of >=.")
    ends = [sign.at for sign in signs] + [end]
    order = list(range(len(operands)))
    if downwards:
        order.reverse()
        words = [word.replace(">", "<") for word in reversed(words)]

    def read(place: int) -> Node | None:
        try:
            return parse(operands[order[place]], ends[order[place]])
        except FormulaError:
            return None

    def made(place: int, relation: str) -> Side:
        chosen = order[place]
        rest = [" ".join(t.text for t in operands[k]) for k in range(len(operands)) if k != chosen]
        return Side(parse(operands[chosen], ends[chosen]), relation, "; ".join(rest))

    last = len(order) - 1
    trees = [read(place) for place in range(last + 1)]
    top = trees[last]
    lowest = operands[order[0]]
    if last > 1 and lowest[0].text == "-" and trees[0] is not None and names([trees[0]]) <= own and words[0] != "==":
        raise FormulaError("the chain starts below 0", lowest[0].at, "The lemmas speak of what is >= 0.")
    stated = [place for place in range(last) if _states(trees[place], own)]
    is_bounded = top is None or (isinstance(top, Name) and top.name not in own)
    if not is_bounded or not stated or (last > 1 and not _is_symbol(operands[order[last]])):
        return made(last, _relation(words))  # where it cannot be read, this says why
    if not (upwards or downwards):
        return made(stated[-1], "==")
    from_below = any(word != "==" for word in words[stated[-1] :])
    return made(stated[-1], ">=" if from_below else _relation(words[: stated[-1]]))


def _states(node: Node | None, own: frozenset[str]) -> bool:
    """Whether the operand can be the bound: in its symbols, not a lone other one, not 0."""
    if node is None or node == Number(Fraction(0)):
        return False
    used = names([node])
    return bool(used & own) if own else not used


def _is_symbol(tokens: Sequence[Token]) -> bool:
    """One letter or command with scripts."""
    first = tokens[0].text
    depth = 0
    for token in tokens[1:]:
        if depth == 0 and token.text not in ("_", "^", "'", "{"):
            return False
        depth += {"{": 1, "}": -1}.get(token.text, 0)
    return (len(first) == 1 and first.isalpha()) or (first.startswith("\\") and first[1:].isalpha())


def _relation(words: Sequence[str]) -> str:
    """The relation between what is bounded and the largest operand: equalities next to it do not count."""
    return next((word for word in reversed(words) if word != "=="), "==")


__all__ = ["Side", "bound_side"]
