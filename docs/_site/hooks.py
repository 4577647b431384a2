"""mkdocs hooks: README.md is the home page, every lemma has a page, and links that leave docs/ lead somewhere.

In the repository a page links to `../lemmas/<paper>/<lemma>.py` or `../README.md`; on the site these are pages. Any
other file of the repository is named, not linked: the site holds no source tree.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from lemma_pages import overview, page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from proofcheck import registry

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The navigation lists the lemmas that the registry finds."""
    for entry in config.nav or []:
        if "Lemmas" in entry:
            entry["Lemmas"] = [
                {"All lemmas": "lemmas/index.md"},
                *[{f"{h.id} {h.title}": _page_of(h.path)} for h in registry.headers()],
            ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=readme))
    found = registry.headers()
    files.append(File.generated(config, "lemmas/index.md", content=overview(found)))
    for header in found:
        files.append(File.generated(config, _page_of(header.path), content=page(header, found)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as they are in the repository, turned into links of the site."""
    source = page.file.src_uri
    generated = source.startswith("lemmas/")
    if generated:
        return markdown
    base = "" if source == "index.md" else posixpath.join("docs", posixpath.dirname(source))

    def turned(match: re.Match[str]) -> str:
        image, text, target, anchor = match[1], match[2], match[3], match[4] or ""
        place = posixpath.normpath(posixpath.join(base, target))
        if not (ROOT / place).exists():
            raise SystemExit(f"{source}: the link to {target} leads nowhere")
        to = _site_path(place)
        if to is None:
            return f"{text} (`{place}`)" if text.strip("`") != place else f"`{place}`"
        return f"{image}[{text}]({posixpath.relpath(to, posixpath.dirname(source) or '.')}{anchor})"

    parts = _FENCE.split(markdown)
    return "".join(part if part.startswith("```") else _LINK.sub(turned, part) for part in parts)


def _site_path(place: str) -> str | None:
    """The page of the site that shows this file of the repository, None if there is none."""
    if place == "README.md":
        return "index.md"
    if place.startswith("docs/"):
        return place.removeprefix("docs/")
    if re.fullmatch(r"lemmas/\w+/[a-z]\w*\.py", place):
        return _page_of(Path(place))
    return None


def _page_of(path: Path) -> str:
    return f"lemmas/{path.stem.replace('_', '-')}.md"
