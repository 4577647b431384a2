"""One document of the whole library, theory only, for every test here; figures of a hammer are made up."""

import copy

import pytest
from hostile import build

from proofcheck import registry
from proofcheck.audit import theory
from proofcheck.audit.check import Checked, verdict_of
from proofcheck.audit.result import LemmaResult, Part, run_part
from proofcheck.review import document, page

STAMP = "2026-02-21 18:40 UTC"
HAMMER = {
    "bound": "eta_max", "checks": 40, "command": "proofcheck hammer LT-05", "exact_checks": 3, "families": ["uniform"],
    "histogram": [0, 10, 20, 10], "left_out": {"tokens": "not installed"}, "measures": 4096, "ratio": 1 - 2.0**-20,
}  # fmt: skip
GRAPH = {
    "agree": 1,
    "entries": 11,
    "bindings": [
        {
            "callable": "torch_impl.layers:gradient_attention", "detail": "", "entries": 11, "formula": "x - E_x[A y]",
            "literals": {}, "sizes": ["x 1x1"], "verdict": "agrees",
        }
    ],
}  # fmt: skip


def quick(header, among, figures=()):
    """The result of the parts that need neither torch nor a second; `figures` are taken as found."""
    lemma = registry.load(header)
    parts = [
        run_part("certificate", lambda: theory.check_certificates(lemma, among)),
        run_part("model", lambda: theory.check_models(lemma)),
        run_part("counterexample", lambda: theory.check_counterexamples(lemma)),
        *(Part(name, "ok", found) for name, found in dict(figures).items()),
    ]
    assumed = registry.assumed_facts(header, among)
    verdict, reason = verdict_of(header, assumed, parts)
    names = tuple(claim.name for claim in lemma.claims())
    return Checked(LemmaResult(header.id, verdict, reason, assumed, header.label, names, tuple(parts), 0.1), "", False)


@pytest.fixture(scope="session")
def headers():
    return registry.headers()


@pytest.fixture(scope="session")
def library(headers):
    """The document of all lemmas; LT-05 has figures of a hammer and a graph."""
    found = [
        quick(header, headers, {"hammer": HAMMER, "graph": GRAPH} if header.id == "LT-05" else {}) for header in headers
    ]
    return document.build(headers, headers, found, stamp=STAMP)


@pytest.fixture
def doc(library):
    """A copy to change."""
    return copy.deepcopy(library)


@pytest.fixture(scope="session")
def html(library):
    return page.render(library)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """(document, html) of a lemma whose every text is an attack."""
    return build(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One Chromium for all tests that need one."""
    from chromium import Chromium

    from proofcheck.review import pdf

    if not pdf.browser():
        pytest.skip("optional: Chromium is not installed")
    with Chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
