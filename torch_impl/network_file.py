"""Networks on disk: safetensors, or a state dict that torch loads with weights_only. Nothing in a file is executed.

The names of the tensors are those of `torch_impl.network`. Files are written whole, then renamed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.network import AttentionStep, MLPStep, Network, Step

_LAYER = re.compile(r"layers\.(0|[1-9][0-9]{0,5})\.(W|b|A|step)")
_SPARSE = re.compile(r"(.+)\.(indices|values|shape)")
_LARGEST = 2**31  # entries of a sparse matrix's dense shape: beyond it a file lies, or is no model of this class


def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Write `network` as safetensors (suffix .safetensors) or as a torch state dict (.pt, .pth).

    Raises:
        ArgumentError: another suffix.
    """
    path = Path(path)
    tensors = network_tensors(network)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import save_file

            save_file(tensors, name)
        elif path.suffix in (".pt", ".pth"):
            torch.save(tensors, name)
        else:
            raise ArgumentError(f"save_network: the file must end in .safetensors, .pt or .pth, got {path.name!r}.")
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def load_network(path: str | os.PathLike[str]) -> Network:
    """The network in a .safetensors, .pt or .pth file, on the CPU.

    Raises:
        ArgumentError: no such file, another suffix, a truncated or foreign file, missing or unknown tensors,
            shapes that do not fit, entries that are not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise ArgumentError(f"load_network: there is no file {path}. Give a .safetensors or .pt file.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            found = load_file(path)
        elif path.suffix in (".pt", ".pth"):
            found = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise ArgumentError(f"load_network: the file must end in .safetensors, .pt or .pth, got {path.name!r}.")
    except ArgumentError:
        raise
    except Exception as error:  # each reader has its own errors for a file that is truncated, foreign or hostile
        reason = " ".join(str(error).split())[:200]
        raise ArgumentError(
            f"load_network: {path.name} cannot be read as tensors ({reason}). Save it again."
        ) from error
    return network_from(found)


def network_tensors(network: Network) -> dict[str, Tensor]:
    """The tensors of a network by their names in a file."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in _named(network):
        if tensor.is_sparse:
            tensor = tensor.coalesce()
            tensors[f"{name}.indices"] = tensor.indices().contiguous()
            tensors[f"{name}.values"] = tensor.values().contiguous()
            tensors[f"{name}.shape"] = torch.tensor(tensor.shape)
        else:
            tensors[name] = tensor.detach().contiguous()
    return tensors


def network_from(tensors: Mapping[str, Tensor]) -> Network:
    """The network whose tensors have these names (also a state dict of a module that follows them).

    Raises:
        ArgumentError: see `load_network`.
    """
    if not isinstance(tensors, Mapping) or not all(
        isinstance(k, str) and isinstance(v, Tensor) for k, v in tensors.items()
    ):
        raise ArgumentError(
            f"network_from: required names and tensors, got {type(tensors).__name__}. Save a state dict."
        )
    whole = _densely_named({k: v.detach().cpu() for k, v in tensors.items()})
    layers: dict[int, dict[str, Tensor]] = {}
    for name, tensor in whole.items():
        match = _LAYER.fullmatch(name)
        if match:
            layers.setdefault(int(match[1]), {})[match[2]] = tensor
        elif name not in ("lift", "readout"):
            raise ArgumentError(
                f"network_from: unknown tensor {name!r}. Required: lift, readout, layers.k.(W, b, step) or "
                "layers.k.(A, step); a model of another class has no certificate here."
            )
    missing = [name for name in ("lift", "readout") if name not in whole]
    if missing or sorted(layers) != list(range(len(layers))):
        gap = next((k for k in range(len(layers)) if k not in layers), None)
        what = missing or [f"layers.{gap}"]
        raise ArgumentError(f"network_from: {', '.join(what)} is missing among {len(whole)} tensors.")
    return Network(whole["lift"], tuple(_step(k, layers[k]) for k in sorted(layers)), whole["readout"])


def _named(network: Network) -> list[tuple[str, Tensor]]:
    named = [("lift", network.lift), ("readout", network.readout)]
    for k, layer in enumerate(network.layers):
        if isinstance(layer, MLPStep):
            named += [(f"layers.{k}.W", layer.W), (f"layers.{k}.b", layer.b)]
        else:
            named += [(f"layers.{k}.A", layer.A)]
        # a step is stored in float64 whatever the dtype of the layer: it is the number that runs
        named += [(f"layers.{k}.step", torch.tensor(layer.step, dtype=torch.float64))]
    return named


def _step(k: int, parts: Mapping[str, Tensor]) -> Step:
    if set(parts) not in ({"W", "b", "step"}, {"A", "step"}):
        raise ArgumentError(
            f"network_from: layers.{k} must have W, b, step or A, step, got {', '.join(sorted(parts))}."
        )
    if parts["step"].ndim != 0 or not parts["step"].is_floating_point():
        raise ArgumentError(f"network_from: layers.{k}.step must be one number, got {tuple(parts['step'].shape)}.")
    step = float(parts["step"])
    return MLPStep(parts["W"], parts["b"], step) if "W" in parts else AttentionStep(parts["A"], step)


def _densely_named(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Sparse matrices put together again from their three parts."""
    whole: dict[str, Tensor] = {}
    pieces: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = _SPARSE.fullmatch(name)
        if match:
            pieces.setdefault(match[1], {})[match[2]] = tensor
        else:
            whole[name] = tensor
    for name, part in pieces.items():
        if set(part) != {"indices", "values", "shape"} or name in whole:
            raise ArgumentError(
                f"network_from: {name} must have indices, values, shape, got {', '.join(sorted(part))}."
            )
        whole[name] = _sparse(name, part["indices"], part["values"], part["shape"])
    return whole


def _sparse(name: str, indices: Tensor, values: Tensor, shape: Tensor) -> Tensor:
    fits = indices.dtype == shape.dtype == torch.int64 and indices.shape == (2, *values.shape)
    fits = fits and values.ndim == 1 and shape.shape == (2,) and bool((shape > 0).all())
    if not fits or int(shape[0]) * int(shape[1]) > _LARGEST:
        raise ArgumentError(
            f"network_from: {name} must be sparse with int64 indices (2, nnz), values (nnz), shape (2), "
            f"got {tuple(indices.shape)}, {tuple(values.shape)}, {shape.tolist()}."
        )
    if bool((indices < 0).any()) or bool((indices >= shape.unsqueeze(-1)).any()):
        raise ArgumentError(f"network_from: an index of {name} lies outside its shape {shape.tolist()}.")
    return torch.sparse_coo_tensor(indices, values, tuple(shape.tolist()), check_invariants=True).coalesce()
