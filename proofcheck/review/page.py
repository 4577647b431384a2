"""The review document as one HTML page that needs nothing from elsewhere.

Jinja escapes every value; formulas, typeset prose and highlighted code come from modules that build markup from
escaped parts. The Content-Security-Policy of the page allows its own style and script, by their hashes, and nothing
else: no request leaves the page, and a script that slipped in would not run.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from markupsafe import Markup, escape

from proofcheck.review.exact import exact, world
from proofcheck.review.graph import HEIGHT, WIDTH, picture
from proofcheck.review.mathml import mathml, relation
from proofcheck.review.typeset import GREEK, typeset
from proofcheck.verdict import Verdict

STATUS = {
    # status: (sign, word, sentence)
    "proved": ("✓", "proved", Verdict.PROVED.sentence),
    "modulo": ("✓*", "proved modulo facts", Verdict.PROVED_MODULO.sentence),
    "tested": ("~", "tested only", Verdict.TESTED.sentence),
    "refuted": ("✗", "refuted", Verdict.REFUTED.sentence),
    "vacuous": ("∅", "vacuous", Verdict.VACUOUS.sentence),
    "unknown": ("?", "unknown", Verdict.UNKNOWN.sentence),
}
EVIDENCE = {
    "kernel": "an exact certificate that the kernel replays",
    "symbolic": "both sides have the same normal form",
    "exact": "decided in rational numbers",
    "interval": "decided in rigorous intervals",
    "assumed": "a textbook fact with citation, proved in Coq where it says so",
    "tested": "tests only, which prove nothing",
}
LABELS = {
    "sharp": "no better constant is possible",
    "upper": "an upper bound, not claimed to be the best",
    "lower": "a lower bound, not claimed to be the best",
    "identity": "an equality or a structural fact",
}


def render(document: Mapping[str, Any], changes: Sequence[Mapping[str, str]] | None = None, **more: Any) -> str:
    """The page. `changes`: rows of `proofcheck.review.changes.compare`, None where nothing was compared.

    Args:
        more: `unfolded=True` opens every fold (for paper); `against` names the earlier document.
    """
    environment = _environment()
    links = _links(document)
    environment.filters["prose"] = lambda text: typeset(str(text), links)
    style, script = _asset("style.css"), _asset("script.js")
    page = environment.get_template("page.html").render(
        doc=document,
        changes=changes,
        against=more.get("against", ""),
        unfolded=bool(more.get("unfolded", False)),
        style=style,
        script=script,
        policy=_policy(style, script),
        graph=picture({each["id"]: each["edges"] for each in document["lemmas"]}),
        box=(WIDTH, HEIGHT),
        lemma={each["id"]: each for each in document["lemmas"]},
        owners={claim["name"]: each["id"] for each in document["lemmas"] for claim in each["claims"]},
        STATUS=STATUS,
        EVIDENCE=EVIDENCE,
        LABELS=LABELS,
        replay=_replay(document),
    )
    return _plain_lines(page)


def anchor(kind: str, name: str) -> str:
    """The id of a lemma, claim or fact on the page; letters, digits, dot and dash only, so that no name breaks out."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", name)
    if plain != name:  # two names must not share an id
        plain += "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kind}-{plain}"


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("proofcheck.review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "anchor": lambda name, kind: anchor(kind, name),
        "number": lambda value: f"{value:,}" if isinstance(value, int) else str(value),
        "figure": _figure,
        "code": _highlighted,
        "source_url": _source_url,
        "decimal": _decimal,
        "exact": exact,
        "world": world,
        "by": lambda finder: finder if finder.startswith("by ") else f"by {finder}",
        "counted": lambda values: list(Counter(values).items()),
        "claim_file": lambda name: f"certificates/{name}.claim.json",
        "shell": shlex.quote,
    }
    environment.globals |= {
        "formula": lambda value, block=False: mathml(value["latex"], value["text"], block=block),
        "name_math": _name_math,
        "relation": relation,
        "bars": _bars,
        "paragraphs": _paragraphs,
    }
    return environment


def _links(document: Mapping[str, Any]) -> dict[str, str]:
    """Names that become links where they stand in prose."""
    found = {name: "#" + anchor("fact", name) for name in document["facts"]}
    for each in document["lemmas"]:
        found[each["id"]] = "#" + anchor("lemma", each["id"])
        found |= {claim["name"]: "#" + anchor("claim", claim["name"]) for claim in each["claims"]}
    return found


@lru_cache(maxsize=8)
def _asset(name: str) -> Markup:
    """A file of the package that goes into the page as it is."""
    text = (resources.files("proofcheck.review") / "templates" / name).read_text(encoding="utf-8")
    return Markup(text)


def _policy(style: str, script: str) -> str:
    def quoted(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    own = f"style-src {quoted(style)}; script-src {quoted(script)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _replay(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """For each claim, the claims that its certificate uses, directly or not, and itself last."""
    uses = {claim["name"]: claim["uses"] for each in document["lemmas"] for claim in each["claims"]}
    found: dict[str, list[str]] = {}

    def gather(name: str, order: list[str]) -> list[str]:
        for other in uses.get(name, []):
            if other not in order and other != name:
                gather(other, order)
        if name not in order:
            order.append(name)
        return order

    for name in uses:
        found[name] = gather(name, [])
    return found


def _paragraphs(text: str) -> list[str]:
    """Blocks of a section, split at blank lines and before items such as (a)."""
    return [part for part in re.split(r"\n\s*\n|\n(?=\s*\([a-z]\) )", text) if part.strip()]


def _figure(value: Any) -> str:
    """A float in a few digits, what is no number as it is."""
    return f"{value:.2g}" if isinstance(value, float) and math.isfinite(value) else str(value)


def _decimal(value: Any) -> str:
    """A ratio to the bound: near 1 by its distance, since 0.99999999 is read as 1."""
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    return f"1 − {1 - value:.1g}" if 0.999 < value < 1 else f"{value:.4f}"


def _name_math(name: str) -> Markup:
    """eta_max as a letter with an index, context_constant as two words."""
    from proofcheck.derive.latex import name_latex

    if re.fullmatch(r"[A-Za-z]{2,}(_[A-Za-z]+)*", name) and name.partition("_")[0] not in GREEK:
        return Markup('<span class="name">{}</span>').format(name.replace("_", " "))
    return mathml(name_latex(name), name)


def _highlighted(text: str) -> Markup:
    """Python with classes for its tokens."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return Markup(highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))


def _source_url(source: Mapping[str, str]) -> str:
    """A link to the paper, only for a number that is one of arXiv's."""
    return f"https://arxiv.org/abs/{source['arxiv']}" if re.fullmatch(r"\d{4}\.\d{4,5}(v\d+)?", source["arxiv"]) else ""


def _bars(counts: Sequence[int]) -> dict[str, Any]:
    """Bars of a histogram over [0, 1]: heights in [0, 1] on a logarithmic scale, and what a reader is told instead."""
    total, top = sum(counts), max(counts, default=0)
    heights = [math.log1p(count) / math.log1p(top) if top else 0.0 for count in counts]
    near = sum(counts[-1:])
    share = f"{100 * near / total:.1f} %" if total else "none"
    width = 1 / len(counts) if counts else 1.0
    return {
        "bars": [
            (round(k * width, 4), round(height, 4), count)
            for k, (height, count) in enumerate(zip(heights, counts, strict=True))
        ],
        "width": width,
        "text": f"{total:,} ratios to the bound; {share} of them within {100 * width:.0f} % of it",
        "total": total,
    }


def _plain_lines(page: str) -> str:
    """Without trailing spaces and runs of blank lines outside of <pre>, which templates leave behind."""
    parts = re.split(r"(<pre[\s>].*?</pre>|<script>.*?</script>|<style>.*?</style>)", page, flags=re.DOTALL)
    for k in range(0, len(parts), 2):
        parts[k] = re.sub(r"\s*\n\s*", "\n", parts[k])
    return "".join(parts).strip() + "\n"


__all__ = ["anchor", "escape", "render"]
