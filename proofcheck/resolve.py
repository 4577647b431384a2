"""The one meaning of "module:name", by which lemmas name the code that they speak of."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from proofcheck.errors import ArgumentError


def named(reference: str, where: str = "named", what: str = "an object") -> Any:
    """The object called "module:name"; the name may have dots, "torch_impl.modules:GradientMLP.forward".

    Only importing happens: the text is never evaluated.

    Raises:
        ArgumentError: there is no such module or name. `where` opens the message, `what` says what was required.
    """
    module, _, name = reference.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:  # ValueError: an empty module name
        raise ArgumentError(f"{where}: {what} 'module:name' required, got {reference!r} ({error}).") from error
    return found


def resolve(reference: str, where: str = "resolve") -> Callable[..., Any]:
    """The callable called "module:name".

    Raises:
        ArgumentError: there is no such module or name, or it cannot be called.
    """
    what = "a callable"
    found = named(reference, where, what)
    if not callable(found):
        is_ = type(found).__name__
        raise ArgumentError(f"{where}: {what} 'module:name' required, got {reference!r} (it is a {is_}).")
    return found
