"""What the bounds of self-attention's derivative share: sums over tokens, parts that add up, the property on trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofcheck.derive.statement import statement
from proofcheck.lemma import Binding, Claim, Property

ATTENTION = "torch_impl.attention:self_attention"
SELF_ATTENTION = (Binding(ATTENTION, "proofcheck.bind.formulas_self_attention:SELF_ATTENTION"),)
ON_BALL = {"v": "value_norm", "a": "score_norm", "R": "radius"}


def over_tokens(
    name: str, sentence: str, assume: Mapping[str, str], moved: str, bound: str, vectors: str, scalar: str
) -> Claim:
    """sum_i |moved_i|^2 <= bound^2 sum_i |e_i|^2, S the sum over the tokens: the derivative's norm is at most the bound."""
    listed = f"S!:{vectors},{scalar}".replace(" ", "")
    return statement(
        name,
        sentence,
        assume,
        f"S[norm2({moved})] <= ({bound})**2*S[norm2(e)]",
        vectors=vectors,
        functionals=[listed],
    )


def parts_of(words: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Assumptions on a derivative y in parts: what each is in words -> its vector and the bound of its norm over the tokens."""
    return {
        "|V u| <= v |u|": f"norm2(y) <= v**2*norm2({' + '.join(part for part, _ in words.values())})",
        **{word: f"S[norm2({part})] <= {bound}**2" for word, (part, bound) in words.items()},
        **{f"{bound} >= 0": f"{bound} >= 0" for _, bound in words.values()},
    }


def jacobian_norm(bound: str, quantities: Mapping[str, str], *, sharp: bool = False, **options: Any) -> Property:
    """The bound on the norm of self-attention's Jacobian, on trial."""
    return Property("jacobian_norm", ATTENTION, bound, quantities, sharp, options)
