"""The page of the whole library: everything is on it, and it needs nothing from elsewhere."""

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
from io import BytesIO

import pytest
from reading_page import Page

from proofcheck.review import page
from proofcheck.review.page import anchor


@pytest.fixture(scope="module")
def read(html):
    return Page(html)


def test_tags_are_balanced_and_ids_are_distinct(read):
    assert read.unbalanced == []
    assert len(read.ids) == len(set(read.ids))


def test_every_lemma_claim_and_assumption_is_there(read, library):
    for each in library["lemmas"]:
        shown = read.text(anchor("lemma", each["id"]))
        assert each["title"] in shown
        for claim in each["claims"]:
            text = read.text(anchor("claim", claim["name"]))
            assert claim["name"] in text
            for index, assumption in enumerate(claim["assumptions"]):
                assert re.search(rf"\ba{index}\b", text), (claim["name"], index)
                assert text.count("without it: ") == sum(len(a["breaks"]) for a in claim["assumptions"])
                assert assumption["breaks"] or "not shown to be needed" in text
            for line in claim["as_read"].splitlines():
                assert " ".join(line.split()) in text
        for variant in each["refuted"]:
            assert "FAILS" in read.text(anchor("refuted", f"{each['id']}.{variant['name']}"))


def test_every_assumed_fact_is_there_with_its_citation(read, library):
    assert library["facts"]
    for name, fact in library["facts"].items():
        text = read.text(anchor("fact", name))
        assert fact["citation"] in text
        assert all(each["id"] in text for each in library["lemmas"] if name in each["assumed_here"])


def test_links_inside_the_page_lead_somewhere(read):
    targets = {link for link in read.having("a", "href") if link.startswith("#")}
    assert len(targets) > 100
    assert {link[1:] for link in targets} <= set(read.ids)


def test_nothing_is_loaded_and_only_arxiv_is_linked(read):
    outside = [link for link in read.having("a", "href") if not link.startswith(("#", "data:application/gzip;base64,"))]
    assert outside
    assert all(link.startswith("https://arxiv.org/abs/") for link in outside)
    for _, attributes in read.elements:
        assert not {"src", "srcset", "data", "poster", "background", "xlink:href", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert not {"link", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in read.elements}


def test_the_policy_names_the_hashes_of_style_and_script(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_what_was_not_run_is_said(read, library):
    text = "".join(read.all_text)
    assert "Not run:" in text
    assert "mutants (all lemmas)" in text
    assert set(library["gaps"]["not_run"]) >= {"mutants", "float gap", "hammer"}


def test_the_histogram_is_drawn_with_words(html):
    assert html.count('class="histogram"') == 1
    assert "40 ratios to the bound; 25.0 % of them within 25 % of it" in html


def test_the_page_depends_on_its_document_only(library, html):
    assert page.render(library) == html


def test_the_library_fits_in_a_mail(html):
    assert len(html.encode()) < 5_000_000


def test_accessibility_basics(read):
    tags = [tag for tag, _ in read.elements]
    assert [tags.count(tag) for tag in ("main", "nav", "footer", "h1")] == [1, 1, 1, 1]
    assert ("html", {"lang": "en"}) in read.elements
    assert "#main" in read.having("a", "href")
    labels = set(read.having("label", "for"))
    controls = [found for tag, found in read.elements if tag == "input" and found.get("type") != "checkbox"]
    assert all(found["id"] in labels for found in controls)
    for tag, found in read.elements:
        if tag == "svg":
            assert found.get("aria-label"), found
        if tag == "math":
            assert found.get("alttext"), found


def test_the_archive_replays_with_the_standard_library_alone(read, library, tmp_path):
    [link] = [link for link in read.having("a", "href") if link.startswith("data:")]
    content = BytesIO(base64.b64decode(link.partition(",")[2]))
    with tarfile.open(fileobj=content, mode="r:gz") as bundle:
        bundle.extractall(tmp_path, filter="data")
    command = [sys.executable, "-S", "-m", "proofcheck.kernel"]
    done = subprocess.run([*command, "certificates"], cwd=tmp_path, capture_output=True, text=True, env={}, check=False)
    assert done.stdout.strip().endswith(f"{library['totals']['claims']} claims proved, 0 refused")
    path = tmp_path / "certificates" / "LT-01.step.cert.json"
    path.write_text(
        path.read_text().replace('"proof": {', '"proof": {"terms": [], ', 1).replace('"terms": [', '"other": [', 2)
    )
    done = subprocess.run(
        [*command, str(path).replace("cert.json", "claim.json")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={},
        check=False,
    )
    assert done.returncode == 1
    assert "REFUSED" in done.stdout


def test_each_claim_has_the_command_that_replays_it(read, library):
    for each in library["lemmas"]:
        for claim in each["claims"]:
            text = read.text(anchor("claim", claim["name"]))
            command = re.search(r"python3 -S -m proofcheck\.kernel(( certificates/\S+\.claim\.json)+)", text)[1].split()
            assert command[-1] == f"certificates/{claim['name']}.claim.json"
            assert all(f"certificates/{used}.claim.json" in command for used in claim["uses"])


def test_a_failed_check_and_a_missing_pin_lead_the_page(doc):
    doc["lemmas"][0]["drift"] = "verdict: pinned PROVED, now UNKNOWN"
    doc["lemmas"][1]["parts"]["certificate"] = {"status": "failed", "detail": "the kernel refuses it", "figures": {}}
    from proofcheck.review import document

    document._status(doc["lemmas"])
    doc["gaps"] = document._gaps(doc["lemmas"])
    read = Page(page.render(doc))
    top = read.text("top")
    assert "Not in order" in top
    assert "the kernel refuses it" in top
    assert "now UNKNOWN" in top
    assert doc["lemmas"][1]["id"] in doc["gaps"]["unproved"]
    below = {each["id"] for each in doc["lemmas"] if doc["lemmas"][1]["id"] in each["edges"]}
    assert below
    assert below <= set(doc["gaps"]["unproved"]), "what rests on a failed lemma is not fully proved"


def test_lemmas_in_a_circle_are_not_fully_proved(doc):
    from proofcheck.review import document

    doc["lemmas"][0]["edges"] = [doc["lemmas"][1]["id"]]
    doc["lemmas"][1]["edges"] = [doc["lemmas"][0]["id"]]
    document._status(doc["lemmas"])
    assert not doc["lemmas"][0]["full"]
    assert not doc["lemmas"][1]["full"]
    assert page.render(doc)
