"""Where a named model is read from, decided before transformers asks the network: a folder, the local cache, the hub.

Left to itself transformers retries an unreachable hub for half a minute. One connection attempt answers the same
question at once: without the hub a name is read from the local cache, and one that is not there is an error.
"""

from __future__ import annotations

import importlib
import socket
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from proofcheck.errors import ArgumentError

SIZES = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size", "type_vocab_size",
    "max_position_embeddings",
)  # fmt: skip
LARGEST = 1_048_576  # of each size; a vocabulary of a million words
LAYERS = 1_000
WITHOUT = "Offline there are minilm and random-bert and random-gpt2."
TIMEOUT = 3.0  # seconds for the one attempt
_PORTS = {"http": 80, "https": 443}


def options(where: str, name: str, needed: str) -> dict[str, Any]:
    """Keyword arguments of `from_pretrained` for `name`: empty, or local_files_only.

    Args:
        where: the caller, for the message.   needed: a file that the folder or the cache must hold.

    Raises:
        ArgumentError: no such folder; or a name that is not in the cache while the hub cannot be reached.
    """
    if Path(name).is_dir():
        return {"local_files_only": True}
    if Path(name).is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:  # no name that a hub could have
        raise ArgumentError(
            f"{where}: a folder that exists is required, got name={name!r}. "
            f"It must hold {needed}, as save_pretrained writes it. {WITHOUT}"
        )
    hub = importlib.import_module("huggingface_hub")
    endpoint = hub.constants.ENDPOINT
    reason = "HF_HUB_OFFLINE is set" if hub.constants.HF_HUB_OFFLINE else unreachable(endpoint)
    if reason is None:
        return {}
    try:
        cached = isinstance(hub.try_to_load_from_cache(name, needed), str)
    except ValueError:  # no name that the hub could have
        cached = False
    if not cached:
        raise ArgumentError(
            f"{where}: a local folder, a name in the local cache, or network access to {endpoint} is required, "
            f"got name={name!r} ({reason}). Save the model where there is a network (`hf download {name} "
            f"--local-dir FOLDER`) and give the folder. {WITHOUT}"
        )
    return {"local_files_only": True}


def unreachable(endpoint: str) -> str | None:
    """None if a connection to the endpoint, or to the proxy for it, opens; else why not."""
    parts = urlsplit(endpoint)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}", scheme="http")
    try:
        address = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443))
        socket.create_connection(address, timeout=TIMEOUT).close()
    except (OSError, ValueError) as error:
        return f"{parts.hostname}: {getattr(error, 'strerror', None) or error}"
    return None


def check_size(where: str, config: Any, name: str) -> None:
    """A configuration is a text that anyone can write: refuse sizes that no model has, before memory is taken for them.

    Raises:
        ArgumentError: a size that is no integer from 1 to its limit, or more parameters than a folder has bytes.
    """
    sizes = {key: getattr(config, key) for key in SIZES if getattr(config, key, None) is not None}
    for key, value in sizes.items():
        limit = LAYERS if key == "num_hidden_layers" else LARGEST
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
            raise ArgumentError(
                f"{where}: {key} must be an integer from 1 to {limit:,}, got {value!r:.60}. No model has such a size: "
                "config.json is damaged."
            )
    width = sizes.get("hidden_size", 1)
    words = sum(sizes.get(key, 0) for key in ("vocab_size", "max_position_embeddings", "type_vocab_size"))
    inner = sizes.get("intermediate_size") or getattr(config, "n_inner", None) or 4 * width
    numbers = width * words + sizes.get("num_hidden_layers", 1) * width * (4 * width + 2 * inner)
    if Path(name).is_dir():
        # a parameter takes one byte or more; links are followed, as caches make them
        held = sum(path.stat().st_size for path in Path(name).iterdir() if path.is_file())
        if numbers > held:
            raise ArgumentError(
                f"{where}: config.json speaks of {numbers:,} parameters, got files of {held:,} bytes in {name}. "
                "The weights are of another model, or missing: save the model again."
            )
