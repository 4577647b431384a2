"""Put a mutant in place inside a process that is about to be thrown away.

Function objects keep their identity and get another code object, so every module that imported the function by name
runs the mutant. A lemma file is executed anew in its own module's namespace. Only ever called in a forked child.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

from proofcheck.audit.mutants.code import source_of
from proofcheck.audit.mutants.mutant import BOUND, CODE, Mutant
from proofcheck.errors import InternalError


def apply(mutant: Mutant) -> None:
    """Make this process run the mutant.

    Raises:
        InternalError: the code has no function of that name.
        SyntaxError, Exception: the mutant does not compile or its module does not load; it is dead on arrival.
    """
    if mutant.family == CODE:
        _replace_function(mutant)
    elif mutant.family == BOUND:
        module = importlib.import_module(mutant.module)
        exec(compile(mutant.text, f"<mutant {mutant.key}>", "exec"), module.__dict__)
    _forget()


def _replace_function(mutant: Mutant) -> None:
    tree = ast.parse(source_of(mutant.module).read_text(encoding="utf-8"))
    (changed,) = ast.parse(mutant.text).body
    outer, _, last = mutant.name.rpartition(".")
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or (outer and getattr(node, "name", "") != outer):
            continue
        if not outer and not isinstance(node, ast.Module):
            continue
        for k, member in enumerate(body):
            if isinstance(member, ast.FunctionDef) and member.name == last:
                body[k] = changed
    ast.fix_missing_locations(tree)
    target: Any = importlib.import_module(mutant.module)
    for part in mutant.name.split("."):
        target = target.__dict__[part]
    target = getattr(target, "__func__", target)
    while hasattr(target, "__wrapped__"):
        target.cache_clear()
        target = target.__wrapped__
    for code in _codes(compile(tree, target.__code__.co_filename, "exec")):
        if code.co_qualname == mutant.name:
            target.__code__ = code
            return
    raise InternalError(f"mutants: no function {mutant.name} in {mutant.module}.")


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _forget() -> None:
    """Caches that may hold what the unchanged code computed."""
    bounds = sys.modules.get("torch_impl.bounds")
    if bounds is not None:
        bounds._in_powers.cache_clear()
