"""The page of the whole library in a real Chromium: quiet, quick, and its search, folds, links and keys work."""

import subprocess

import pytest

from proofcheck.errors import ArgumentError
from proofcheck.review import page, pdf


@pytest.fixture(scope="module")
def opened(html, chromium, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "review.html"
    path.write_text(html, encoding="utf-8")
    chromium("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    # a reader who wants no motion: scrolling is done when it is asked for
    chromium("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    seconds = chromium.open(path.as_uri())
    print(f"{len(html.encode()):,} bytes, load event after {seconds:.2f} s")
    return chromium, path


@pytest.fixture
def browser(opened):
    opened[0].press("Escape")
    return opened[0]


def shown(browser):
    return browser.run("[...document.querySelectorAll('article.lemma')].filter(a => !a.hidden).map(a => a.id)")


def test_it_is_quiet_and_asks_for_nothing(opened):
    browser, path = opened
    assert browser.complaints == []
    assert browser.requests == [path.as_uri()]


def test_formulas_are_laid_out_by_the_browser(browser):
    taller = "(() => { const f = document.querySelector('.bound mfrac'); return f.getBoundingClientRect().height; })()"
    assert browser.run(taller) > 15


def test_search_filters_lemmas_and_says_how_many(browser, library):
    everything = shown(browser)
    assert len(everything) == len(library["lemmas"])
    browser.press("/")
    assert browser.run("document.activeElement.id") == "filter"
    for letter in "popoviciu":
        browser.press(letter)
    browser.run("new Promise(done => setTimeout(done, 150))")
    found = shown(browser)
    assert "lemma-LT-05" in found
    assert len(found) < len(everything)
    assert browser.run("document.getElementById('found').textContent").startswith(f"{len(found)} of {len(everything)}")
    listed = "[...document.querySelectorAll('.lemma-list li')].filter(x => !x.hidden).length"
    assert browser.run(listed) == len(found)
    browser.press("Escape")
    assert shown(browser) == everything


def test_a_formula_can_be_searched(browser):
    browser.run("document.getElementById('filter').value = '8/D**2'")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('input'))")
    browser.run("new Promise(done => setTimeout(done, 150))")
    assert "lemma-LT-05" in shown(browser)
    assert "lemma-LT-11" not in shown(browser)


def test_nothing_found_says_so(browser):
    browser.run("document.getElementById('filter').value = 'zzzzzz'")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('input'))")
    browser.run("new Promise(done => setTimeout(done, 150))")
    assert shown(browser) == []
    assert browser.run("document.getElementById('nothing').hidden") is False


def test_verdicts_filter(browser, library):
    browser.run("document.querySelector('input[name=status][value=modulo]').click()")
    assert len(shown(browser)) == sum(each["status"] != "modulo" for each in library["lemmas"])


def test_keys_walk_through_the_lemmas(browser, library):
    browser.run("window.scrollTo(0, 0)")
    browser.press("j")
    first = browser.run("document.querySelector('.current').id")
    browser.press("j")
    second = browser.run("document.querySelector('.current').id")
    browser.press("k")
    assert [first, second] == [f"lemma-{each['id']}" for each in library["lemmas"][:2]]
    assert browser.run("document.querySelector('.current').id") == first
    browser.press("o")
    assert browser.run("[...document.querySelectorAll('.current details.fold')].every(d => d.open)") is True
    browser.press("o")
    assert browser.run("[...document.querySelectorAll('.current details.fold')].some(d => d.open)") is False


def test_folds_open_and_close(browser):
    fold = "document.querySelector('#lemma-LT-05 details.fold')"
    height = f"{fold}.getBoundingClientRect().height"
    closed = browser.run(height)
    browser.run(f"{fold}.querySelector('summary').click()")
    assert browser.run(height) > closed
    browser.run(f"{fold}.querySelector('summary').click()")
    assert browser.run(height) == closed


def test_a_node_of_the_graph_leads_to_its_lemma(browser):
    link = "document.querySelector('svg.graph a[href=\"#lemma-LT-05\"]')"
    browser.run(f"{link}.dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true, view: window}}))")
    assert browser.until("Math.abs(document.getElementById('lemma-LT-05').getBoundingClientRect().top) < 60")


def test_a_link_to_a_hidden_lemma_shows_it(browser):
    browser.run("document.getElementById('filter').value = 'zzzzzz'")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('input'))")
    assert browser.until("document.querySelectorAll('article.lemma:not([hidden])').length === 0")
    browser.run("location.hash = '#claim-LT-11.max'")
    assert browser.until("!document.getElementById('lemma-LT-11').hidden")


@pytest.mark.parametrize(("width", "mobile"), [(360, True), (1280, False)])
def test_no_width_makes_the_page_scroll_sideways(browser, width, mobile):
    browser("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=mobile)
    assert browser.run("document.documentElement.scrollWidth") <= width


CONTRAST = """
(() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const rgb = (color) => {
    if (!known.has(color)) {
      paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1);
      known.set(color, [...paint.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(color);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 0) { return c; } } return [255, 255, 255, 255]; };
  const seen = new Map();
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) { continue; }
    if (e.closest('svg, script, style, .skip')) { continue; }
    const [front, back] = [rgb(getComputedStyle(e).color), behind(e)].map(light).sort((a, b) => b - a);
    const ratio = (front + 0.05) / (back + 0.05);
    const key = e.tagName + '.' + e.className;
    if (!seen.has(key) || seen.get(key) > ratio) { seen.set(key, ratio); }
  }
  return [...seen].filter(([, ratio]) => ratio < 4.5);
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_at_least_aa(browser, scheme):
    browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    assert browser.run(CONTRAST) == []
    browser.run("document.querySelector('.lead').style.color = '#777'")
    assert browser.run(CONTRAST), "the check does see gray on white and on black"
    browser.run("document.querySelector('.lead').style.color = ''")


def test_a_pdf_is_printed_whole(library, chromium, tmp_path):
    small = {**library, "lemmas": library["lemmas"][:1]}
    target = tmp_path / "new" / "review.pdf"
    pdf.write_pdf(page.render(small, unfolded=True), target)
    assert target.read_bytes().startswith(b"%PDF-")
    assert [path.name for path in target.parent.iterdir()] == ["review.pdf"]


def test_without_chromium_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(pdf.VARIABLE, raising=False)
    with pytest.raises(ArgumentError, match=r"apt install chromium.*PROOFCHECK_CHROMIUM"):
        pdf.write_pdf("", tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.parametrize("script", ["exit 3", "echo no >&2; exit 0"])
def test_a_browser_that_fails_leaves_no_file(monkeypatch, tmp_path, script):
    fake = tmp_path / "chromium"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv(pdf.VARIABLE, str(fake))
    with pytest.raises(ArgumentError, match="printed nothing"):
        pdf.write_pdf("<p>x", tmp_path / "x.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chromium"]


def test_a_browser_that_hangs_is_stopped(monkeypatch, tmp_path):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("chromium", 1)

    monkeypatch.setattr(pdf.subprocess, "run", hang)
    monkeypatch.setattr(pdf, "browser", lambda: "chromium")
    with pytest.raises(ArgumentError, match="did not print"):
        pdf.write_pdf("<p>x", tmp_path / "x.pdf")
