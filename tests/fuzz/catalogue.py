"""All targets by name, each with the module that defines it: a driver imports only what it feeds."""

from __future__ import annotations

import importlib

from .target import Target

WHERE = {
    "certificate": "targets_kernel", "claim": "targets_kernel", "witness": "targets_kernel",
    "expr": "targets_text", "problems": "targets_text", "latex": "targets_text", "paper": "targets_text",
    "notation": "targets_text", "header": "targets_text",
    "cache": "targets_files", "pins": "targets_files", "review": "targets_files", "gathering": "targets_files",
    "shown-witness": "targets_files", "mutant-reasons": "targets_files", "table": "targets_files",
    "network": "targets_models", "contexts": "targets_models", "huggingface": "targets_models",
}  # fmt: skip
NEEDS_TRANSFORMERS = ("huggingface",)


def find(name: str) -> Target:
    """The target `name`."""
    module = importlib.import_module(f"{__package__}.{WHERE[name]}")
    return next(target for target in module.TARGETS if target.name == name)
