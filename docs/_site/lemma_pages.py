"""One page a lemma, made from its objects at build time: sentence, bounds, proof, claims, what breaks, what is false.

The verdict is the one pinned in lemmas/trust_manifest.json; `proofcheck check` says whether it still stands. Texts of
a lemma are escaped, its formulas go through the whitelist of `proofcheck.review.mathml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from proofcheck import registry
from proofcheck.audit import manifest
from proofcheck.audit.check import Checked
from proofcheck.audit.result import LemmaResult
from proofcheck.header import Header
from proofcheck.review.entry import entry
from proofcheck.review.mathml import mathml, relation
from proofcheck.review.typeset import typeset
from proofcheck.verdict import Verdict


def overview(among: Sequence[Header]) -> str:
    """The table of all lemmas."""
    pins = manifest.read(registry.lemmas_root())
    rows = [
        Markup('<tr><td>{}</td><td><a href="{}.html">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>').format(
            h.id, h.slug, h.title, h.label, _pinned(pins, h), _facts(pins, h)
        )
        for h in among
    ]
    head = "<tr><th>id</th><th>lemma</th><th>label</th><th>pinned verdict</th><th>facts it rests on</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{Markup('').join(rows)}</tbody></table>"
    return f"# All lemmas\n\nOne page each, made from the lemma files when the site is built.\n\n{table}\n"


def page(header: Header, among: Sequence[Header]) -> str:
    """The page of one lemma as Markdown: headings, and HTML between them."""
    pins = manifest.read(header.path.parent.parent)
    pin = pins.get(header.id, {})
    verdict = Verdict(pin.get("verdict", "UNKNOWN"))
    result = LemmaResult(header.id, verdict, "", tuple(pin.get("assumed", ())), header.label, (), (), 0.0)
    data = entry(header, among, Checked(result, "", True))
    if data["problems"]:
        raise SystemExit(f"{header.path.name}: {data['problems'][0]}")
    links = {name: f"{h.slug}.html" for h in among for name in (h.id, h.slug)}
    known = {**links, **{claim["name"]: f"#{_anchor(claim['name'])}" for claim in data["claims"]}}
    out: list[str] = [f"# {header.id} {_plain(header.title)}", _head(header, verdict, pin, among)]
    out += ["## Statement", _prose(data["sections"]["Statement"], known)]
    if data["bounds"]:
        out += ["## Bounds", _bounds(data)]
    out += ["## Proof", _proof(data["proof"], known)]
    if data["claims"]:
        out += [
            "## Claims",
            "<p>Each sentence with the claim that the kernel proved. That they say the same is yours to judge.</p>",
        ]
        out += [_claim(claim, known) for claim in data["claims"]]
    facts = registry.facts(header)
    if data["assumed"]:
        rows = [
            Markup("<dt>{}</dt><dd>{} <em>{}</em></dd>").format(
                name.replace("_", " "), typeset(facts[name].statement), facts[name].citation
            )
            for name in data["assumed"]
        ]
        out += ["## Assumed facts", Markup("<dl>{}</dl>").format(Markup("").join(rows))]
    if data["refuted"]:
        out += ["## Refuted variants", *[_variant(variant) for variant in data["refuted"]]]
    for section in ("Sharpness", "Source", "Audit"):
        out += [f"## {section}", _prose(data["sections"][section], known)]
    if data["bindings"]:
        rows = [
            Markup("<li><code>{}</code> against <code>{}</code></li>").format(b["callable"], b["formula"])
            for b in data["bindings"]
        ]
        out += ["## Code", Markup("<ul>{}</ul>").format(Markup("").join(rows))]
    out += [
        "## Check it",
        Markup("<pre><code>proofcheck check {0}\nproofcheck show {0}</code></pre>").format(header.id),
    ]
    return "\n\n".join(out) + "\n"


def _head(header: Header, verdict: Verdict, pin: Mapping[str, Any], among: Sequence[Header]) -> str:
    uses = Markup(", ").join(
        Markup('<a href="{}.html">{}</a>').format(registry.find(name, among).slug, name) for name in header.uses
    )
    rows = [
        ("pinned verdict", Markup("<strong>{}</strong>").format(verdict.value)),
        ("label", escape(header.label)),
        ("facts it rests on", escape(", ".join(n.replace("_", " ") for n in pin.get("assumed", ())) or "none")),
        ("uses", uses or Markup("none")),
        ("source", escape(header.source)),
        ("file", Markup("<code>{}</code>").format("/".join(header.path.parts[-3:]))),
    ]
    cells = Markup("").join(Markup("<tr><th>{}</th><td>{}</td></tr>").format(name, value) for name, value in rows)
    return Markup("<table><tbody>{}</tbody></table>").format(cells)


def _bounds(data: Mapping[str, Any]) -> str:
    rows = [
        Markup('<div class="bound"><code>{}</code> = {}</div>').format(key, mathml(value["latex"], value["text"]))
        for key, value in data["bounds"].items()
    ]
    meanings = [Markup("<li>{}: {}</li>").format(typeset(k), typeset(v)) for k, v in data["symbols"].items()]
    return Markup("<div>{}<ul>{}</ul></div>").format(Markup("").join(rows), Markup("").join(meanings))


def _proof(rows: Sequence[Mapping[str, Any]], links: Mapping[str, str]) -> str:
    body = Markup("").join(
        Markup('<tr><td>{}</td><td>{}</td><td><span class="evidence">{}</span> {}</td></tr>').format(
            row["step"], typeset(row["text"], links), row["evidence"], typeset(row["where"], links)
        )
        for row in rows
    )
    head = Markup("<tr><th></th><th>step</th><th>evidence</th></tr>")
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)


def _claim(claim: Mapping[str, Any], links: Mapping[str, str]) -> str:
    assumed = Markup("").join(
        Markup("<li>{}{}: {}{}</li>").format(
            f"a{number}" if not each["name"] else f"a{number}, ",
            typeset(each["name"]),
            relation(each["relation"], claim["functionals"]),
            _breaks(each["breaks"]),
        )
        for number, each in enumerate(claim["assumptions"])
    )
    return Markup(
        '<div class="claim" id="{}"><h3>{}</h3><p>{}</p>{}<p>{} {}</p>'
        "<details><summary>as the kernel reads it</summary><pre>{}</pre></details>"
        "<details><summary>the certificate</summary><pre>{}</pre></details></div>"
    ).format(
        _anchor(claim["name"]),
        claim["name"],
        typeset(claim["sentence"], links),
        Markup("<p>If</p><ul>{}</ul>").format(assumed) if assumed else "",
        "then" if assumed else "Without assumptions,",
        relation(claim["target"], claim["functionals"]),
        claim["as_read"],
        claim["certificate"] or "none is committed",
    )


def _breaks(examples: Sequence[Mapping[str, str]]) -> Markup:
    return Markup("").join(
        Markup("<details><summary>without it: {}</summary><pre>{}</pre></details>").format(e["why"], e["model"])
        for e in examples
    )


def _variant(variant: Mapping[str, Any]) -> str:
    return Markup(
        '<div class="variant"><p><strong>{}.</strong> {} <strong>REFUTED</strong>: {}</p>'
        "<details><summary>by this model</summary><pre>{}</pre></details></div>"
    ).format(
        variant["name"],
        typeset(variant["sentence"]),
        relation(variant["target"], variant["functionals"]),
        variant["model"],
    )


def _prose(text: str, links: Mapping[str, str]) -> str:
    return Markup('<div class="prose">{}</div>').format(typeset(text, links))


def _plain(text: str) -> str:
    """A title as Markdown: nothing in it is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|&" else c for c in text)


def _anchor(name: str) -> str:
    return "claim-" + name.replace(".", "-").replace("_", "-")


def _pinned(pins: Mapping[str, Any], header: Header) -> str:
    return pins.get(header.id, {}).get("verdict", "UNKNOWN")


def _facts(pins: Mapping[str, Any], header: Header) -> str:
    return ", ".join(name.replace("_", " ") for name in pins.get(header.id, {}).get("assumed", ())) or "none"
