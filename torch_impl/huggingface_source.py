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
