"""Code blocks of the documentation, and how each is run.

    ```console    `$ command` lines, each followed by what it prints; exit code 0, or `<!-- exit: N -->` above the block
    ```python     run in one namespace for each page; a ```text block right after it is what it prints
    ```bash       commands without output, run in the repository
    <!-- file: PATH --> / <!-- append: PATH -->    the block below is (part of) that file

In what is shown `…` stands for any text on the line, and a line of `…` for any lines. Times in seconds may differ.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {
    path.name: path for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
}
_BLOCK = re.compile(r"(?:^<!-- (\w+)(?:: (.*?))? -->\n\n?)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` and `value` are those of the comment above it; `shown` is the text block after it."""

    mark: str
    value: str
    language: str
    text: str
    line: int
    shown: str = ""


def blocks(text):
    """The blocks of a page in order, `text` blocks joined to the Python block before them."""
    found = []
    for match in _BLOCK.finditer(text):
        language = match[3] or ("console" if match[4].startswith("$ ") else "")
        block = Block(match[1] or "", match[2] or "", language, match[4], text[: match.start(3)].count("\n") + 1)
        if block.language == "text" and found and found[-1].language == "python" and not found[-1].shown:
            last = found.pop()
            block = Block(last.mark, last.value, last.language, last.text, last.line, block.text)
        found.append(block)
    return found


def commands(block):
    """(command, what is shown below it) for each `$ ` line of a console block."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    return [(part.partition("\n")[0].strip(), part.partition("\n")[2]) for part in parts[1:]]


def plain(text):
    """Without trailing spaces, with every time in seconds as one word."""
    text = re.sub(r"\d+\.\d+ ?s\b", "0.0 s", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def matches(shown, printed):
    """Whether `printed` is what the page shows."""
    pattern = ""
    for line in plain(shown).splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += "[^\n]*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.fullmatch(pattern, plain(printed) + "\n") is not None
