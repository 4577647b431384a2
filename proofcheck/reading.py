"""A claim as the kernel read it, laid out for a person: what is compared with the sentence."""

from __future__ import annotations

from .kernel import algebra, read_claim


def describe(text: str) -> str:
    """Names, domain, assumptions and target of the claim in `text`, each beside its normal form.

    Raises:
        KernelError: `text` is not a claim.
    """
    claim = read_claim(text)
    ctx = claim.ctx
    lines = [f"claim {claim.name}", f"for all real {', '.join(ctx.scalars) or '(none)'}"]
    if ctx.vectors:
        lines.append(f"    vectors {', '.join(ctx.vectors)} of a real inner product space of any dimension")
    for label, functional in ctx.functionals.items():
        kind = "probability" if functional.probability else "positive linear functional"
        moments = [part for owner, part in ctx.parts.values() if owner == label]
        degree = max((sum(abs(e) for _, e in part) for part in moments), default=0)
        lines.append(f"    {kind} {label} over random {', '.join(functional.scalars + functional.vectors)}")
        lines.append(f"    with the moments used (here up to degree {degree} in random names and inner products)")
    for item in sorted(ctx.domain):
        inside = item.partition("(")[2][:-1] if item.startswith(("inv(", "sqrt(")) else item
        lines.append(f"where {inside} {'>= 0' if item.startswith('sqrt(') else '!= 0'}")
    rows = [(f"a{i}:", a.bound, a.text, a.poly, a.rel) for i, a in enumerate(claim.assumptions)]
    rows.append(("then", {}, claim.target_text, *claim.target))
    for label, bound, body, poly, rel in rows:
        quantifier = "".join(f"for all {kind}s {x}: " for x, kind in bound.items())
        owner = ctx.single(poly, "relation")
        lines.append(f"{label} {quantifier}{body}" + (f"   ({owner}-almost everywhere)" if owner else ""))
        lines.append(f"    read as {algebra.text(poly)} {rel} 0")
    return "\n".join(lines)
