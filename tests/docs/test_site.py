"""Tested: the site builds without a warning, every page is reachable, none asks for anything from elsewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofcheck import registry

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
LOADED = re.compile(
    r"""(?:<(?:script|img|iframe)\b[^>]*\bsrc|<link\b[^>]*\bhref)\s*=\s*["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)


def nav():
    return re.findall(r": ([\w-]+\.md)\b", CONFIG.split("\nnav:")[1])


def test_every_page_is_in_the_navigation_once():
    pages = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert sorted(nav()) == sorted([*pages, "index.md"])


def build(root, out):
    pytest.importorskip("mkdocs", reason="optional: mkdocs is not installed, `pip install -e .[docs]`")
    pytest.importorskip("mkdocstrings_handlers.python", reason="optional: mkdocstrings is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(out)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stderr + done.stdout
    return out


@pytest.mark.slow
def test_every_lemma_has_a_page_that_can_be_reached(site):
    index = (site / "lemmas" / "index.html").read_text(encoding="utf-8")
    for header in registry.headers():
        page = (site / "lemmas" / f"{header.slug}.html").read_text(encoding="utf-8")
        assert f'href="{header.slug}.html"' in index
        for claim in registry.load(header).claims():
            assert f">{claim.name}</h3>" in page
        assert all(f">{section}</h2>" in page for section in ("Statement", "Proof", "Sharpness", "Audit"))
        assert "cannot be shown" not in page


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site):
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(pages) > 40
    assert [path.name for path in pages if LOADED.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_links_inside_the_site_lead_somewhere(site):
    for path in site.rglob("*.html"):
        if path.name == "404.html":
            continue
        for target in re.findall(
            r'(?:href|src)="(?!https?:|#|mailto:|data:)([^"#?]+)', path.read_text(encoding="utf-8")
        ):
            assert (path.parent / target).exists(), f"{path.relative_to(site)}: {target}"


@pytest.mark.slow
def test_a_broken_link_stops_the_build(tmp_path):
    for name in ("docs", "lemmas", "proofcheck", "torch_impl"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "docs").unlink()
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for name in ("mkdocs.yml", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    with (tmp_path / "docs" / "guide.md").open("a", encoding="utf-8") as file:
        file.write("\n[nowhere](no-such-page.md)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "no-such-page.md" in done.stderr + done.stdout


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://x.y/z.js">',
        "<link rel=x href='//x.y'>",
        "@import url(https://x.y)",
        '<img src="http://x">',
    ],
)
def test_a_request_would_be_seen(text):
    assert LOADED.search(text)


def test_texts_of_a_lemma_are_inert():
    sys.path.insert(0, str(ROOT / "docs" / "_site"))
    try:
        from lemma_pages import _claim, _plain, _prose, _variant
    finally:
        sys.path.pop(0)
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    claim = {
        "name": f"X.{bad}",
        "sentence": bad,
        "assumptions": [],
        "target": "x >= 0",
        "functionals": [],
        "as_read": bad,
        "certificate": bad,
    }
    variant = {"name": bad, "sentence": bad, "target": "x >= 0", "functionals": [], "model": bad}
    for shown in (_prose(bad, {}), _claim(claim, {}), _variant(variant)):
        assert "<script" not in shown
        assert "<img" not in shown
    assert "<" not in _plain(bad).replace("\\<", "")
