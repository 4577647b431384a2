"""The lines of a torch callable "module:name", read from its file; nothing is imported."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from pathlib import Path

LINES = 120  # of one callable that are shown; what follows is counted


@dataclass(frozen=True)
class Excerpt:
    """Where a callable stands and its text; `left_out` lines follow. An empty text comes with the reason."""

    file: str
    line: int
    text: str
    left_out: int = 0
    reason: str = ""


def excerpt(reference: str) -> Excerpt:
    """The definition of "module:name" or "module:Class.method". What cannot be found says why in `reason`."""
    module, _, name = reference.partition(":")
    try:
        found = importlib.util.find_spec(module)
        path = Path(found.origin) if found is not None and found.origin else None
        if path is None or path.suffix != ".py":
            return Excerpt("", 0, "", reason=f"{module} is no Python file")
        text = path.read_text(encoding="utf-8")
        node = _definition(ast.parse(text), name.split("."))
    except (ImportError, ValueError, SyntaxError, OSError) as error:
        return Excerpt("", 0, "", reason=f"{reference} cannot be read ({error})")
    file = "/".join(path.parts[-(module.count(".") + 1) :])
    if node is None:
        return Excerpt(file, 0, "", reason=f"{file} does not define {name}")
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = text.splitlines()[start - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    shown = [line[indent:] if not line[:indent].strip() else line for line in lines[:LINES]]
    return Excerpt(file, start, "\n".join(shown), max(0, len(lines) - LINES))


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definition(tree: ast.Module, names: list[str]) -> _Definition | None:
    body: list[ast.stmt] = tree.body
    found: _Definition | None = None
    for name in names:
        found = next((node for node in body if isinstance(node, _Definition) and node.name == name), None)
        if found is None:
            return None
        body = found.body
    return found
