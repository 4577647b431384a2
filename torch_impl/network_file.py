"""Networks on disk: safetensors, or a state dict that torch loads with weights_only. Nothing in a file is executed.

A file may lie: names that occur twice, views that stretch one number over a huge shape, indices outside their matrix,
layouts and dtypes that nothing here computes with are refused before anything is read through them.
The names of the tensors are those of `torch_impl.network`. Files are written whole, then renamed.
"""

from __future__ import annotations

import json
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
_HEADER = 100_000_000  # bytes, safetensors' own limit
_DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64)  # int64: indices and shapes
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

            _check_names(path)
            found = load_file(path)
        elif path.suffix in (".pt", ".pth"):
            found = torch.load(path, map_location="cpu", weights_only=True)
        else:
            raise ArgumentError(f"load_network: the file must end in .safetensors, .pt or .pth, got {path.name!r}.")
    except ArgumentError:
        raise
    except Exception as error:  # each reader has its own errors for a file that is truncated, foreign or hostile
        # torch's own message advises to load without weights_only, which would execute the file
        reason = " ".join(str(error).split())[:200] if path.suffix == ".safetensors" else "no plain state dict"
        reason = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in reason)  # it quotes the file
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
    # a file holds each tensor by itself: safetensors refuses two names for one memory
    return {name: tensor.clone() for name, tensor in tensors.items()}


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
    odd = next((name for name in tensors if not name.isprintable()), None)
    if odd is not None:  # every message below prints the names it speaks of
        raise ArgumentError(f"network_from: printable names of tensors required, got {odd!r}. Save a state dict.")
    whole = _densely_named({k: _plain(k, v.detach()) for k, v in tensors.items()})
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


def _plain(name: str, tensor: Tensor) -> Tensor:
    """The tensor on the CPU, if it holds what its shape says."""
    known = tensor.dtype in _DTYPES and tensor.layout in (torch.strided, torch.sparse_coo) and not tensor.is_nested
    if not known or tensor.device.type == "meta":
        raise ArgumentError(
            f"network_from: {name} must be a strided or sparse COO tensor of float64, float32, float16 or bfloat16, "
            f"got {tensor.dtype}, {tensor.layout} on {tensor.device}."
        )
    if tensor.is_sparse:
        if tensor.ndim != 2 or tensor.dense_dim() != 0:
            raise ArgumentError(f"network_from: {name} must be a sparse matrix, got shape {tuple(tensor.shape)}.")
        # put together again, so that indices are checked
        return _sparse(name, tensor._indices(), tensor._values(), torch.tensor(tensor.shape))
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ArgumentError(
            f"network_from: {name} has shape {tuple(tensor.shape)} and fewer numbers behind it. "
            "Save a contiguous tensor."
        )
    return tensor.cpu()


def _check_names(path: Path) -> None:
    """Refuse a safetensors header that names a tensor twice: readers disagree on which one counts."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= _HEADER else b""
    if not header.startswith(b"{"):
        return  # no header: the reader says so better

    def distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for k, name in enumerate(names) if name in names[:k])
            raise ArgumentError(f"load_network: {path.name} names {twice!r} twice. Save it again.")
        return dict(pairs)

    json.loads(header, object_pairs_hook=distinct)


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
    step = parts["step"]
    if step.ndim != 0 or not step.is_floating_point():
        raise ArgumentError(
            f"network_from: layers.{k}.step must be one floating number, got {step.dtype} {tuple(step.shape)}."
        )
    step = float(step)
    if "W" in parts and parts["b"].is_sparse:
        raise ArgumentError(f"network_from: layers.{k}.b must not be sparse. Save b.to_dense().")
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
