"""Injection: nothing that a lemma, a result or a file name says becomes markup or script."""

import re

from hostile import BREAK
from reading_page import Page

from proofcheck.review.page import anchor


def test_the_hostile_lemma_was_read(hostile):
    made, _ = hostile
    [lemma] = made["lemmas"]
    assert lemma["problems"] == []
    assert lemma["title"] == BREAK
    assert lemma["claims"][0]["sentence"] == BREAK


def test_no_element_attribute_or_handler_comes_from_a_text(hostile):
    _, html = hostile
    read = Page(html)
    assert read.unbalanced == []
    tags = [tag for tag, _ in read.elements]
    assert (tags.count("script"), tags.count("style")) == (1, 1)
    assert not {"img", "b"} & set(tags)
    for tag, attributes in read.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert "style" not in attributes
        assert not str(attributes.get("href", "#")).startswith("javascript"), attributes


def test_links_and_ids_are_plain(hostile):
    _, html = hostile
    read = Page(html)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in read.ids)
    assert len(read.ids) == len(set(read.ids))
    outside = [link for link in read.having("a", "href") if not link.startswith(("#", "data:application/gzip"))]
    assert outside == [], "an arXiv number that is none is no link"


def test_the_texts_are_shown_all_the_same(hostile):
    made, html = hostile
    shown = Page(html).text(anchor("lemma", made["lemmas"][0]["id"]))
    assert shown.count("window.hacked=1") >= 20


def test_line_separators_do_not_reach_the_script(hostile):
    _, html = hostile
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    assert "hacked" not in script
    assert "\u2028" not in script


def test_anchors_of_different_names_differ():
    names = ["LT-05", "LT_05", "LT 05", "LT/05", "LT<05", "lt-05", "", "\ud800"]
    assert len({anchor("lemma", name) for name in names}) == len(names)


def test_a_browser_runs_nothing_of_it(hostile, chromium, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(hostile[1], encoding="utf-8")
    chromium.open(path.as_uri())
    assert chromium.run("typeof window.hacked") == "undefined"
    assert chromium.run("document.querySelectorAll('img, b').length") == 0
    assert chromium.complaints == []
    assert chromium.requests == [path.as_uri()]


def test_the_policy_stops_a_script_that_slipped_in(hostile, chromium, tmp_path):
    """The second wall, and a control of the test above: the same browser does notice an injected script."""
    path = tmp_path / "broken.html"
    injected = '<script>window.hacked=1</script><img src="http://127.0.0.1:9/x" onerror="window.hacked=2">'
    path.write_text(hostile[1].replace("<main", injected + "<main", 1), encoding="utf-8")
    chromium.open(path.as_uri())
    chromium.run("new Promise(done => setTimeout(done, 200))")
    assert chromium.run("typeof window.hacked") == "undefined"
    assert chromium.complaints, "what was stopped is on the console"
    path.write_text(re.sub(r"<meta http-equiv.*?>", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    chromium.open(path.as_uri())
    assert chromium.run("typeof window.hacked") == "number"
