# ruff: noqa: E501 (tables of words and seeds)
"""Targets: networks and contexts on disk (safetensors, torch, npy, JSON), and configurations of Hugging Face models."""

from __future__ import annotations

# codecs and a module that torch asks for when it meets some files: loaded here, they are no imports of a parser
import encodings.utf_16_le
import encodings.utf_32_le  # noqa: F401
import io
import json
import warnings
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch._subclasses.schema_check_mode
import torch.nested._internal.ops

from proofcheck.certify.contexts import load_contexts
from proofcheck.errors import ArgumentError
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.network_file import load_network, network_tensors

from .guard import PATIENCE
from .scratch import CANARY, FOLDER, written
from .target import Target, WronglyAccepted

# the first line of an input is the suffix of its file
SUFFIXES = (b".safetensors", b".pt", b".pth", b".npy", b".json")
SEP = b"\n"
WORDS = (
    "lift readout layers.0.W layers.0.b layers.0.step layers.0.A layers.1.A layers.1.step layers.99999.W lift.indices lift.values "
    "lift.shape dtype shape data_offsets F64 F32 I64 BF16 C64 BOOL __metadata__ points weights descr fortran_order <f8 |O <U8 >f4 "
    '[[0.5,1.0],[1e999,2]] {"points":[[0,1]],"weights":[1]} NaN Infinity posix\nsystem\n cos\nsystem torch._utils '
    "_rebuild_tensor_v2 builtins eval"
).split(" ")


def _network(sparse: bool = False) -> Network:
    gen = torch.Generator().manual_seed(7)
    matrix = torch.randn(3, 3, generator=gen, dtype=torch.float64)
    W = matrix.to_sparse_coo() if sparse else matrix
    lift = torch.eye(3, 2, dtype=torch.float64)
    layers = (MLPStep(W, torch.zeros(3, dtype=torch.float64), 0.25), AttentionStep(W, 0.5))
    return Network(lift, layers, torch.ones(1, 3, dtype=torch.float64))


def _saved(tensors: Any) -> bytes:
    from safetensors.torch import save

    return save(tensors)


def _pickled(value: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


class _Runs:
    """Unpickled, it would make the canary file."""

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, ('touch "$PROOFCHECK_CANARY"',)


@lru_cache(maxsize=1)
def _odd() -> list[Any]:
    """State dicts that hold what torch can save and nothing here computes with."""
    good = network_tensors(_network())
    lift = good["lift"]
    one = torch.ones(1, dtype=torch.float64)
    with warnings.catch_warnings():
        # torch says once a process that sparse rows and nested tensors are young
        warnings.simplefilter("ignore", UserWarning)
        made: list[Any] = [
            one.expand(3, 2), one.as_strided((2**20, 2**20), (0, 0)), lift.to(torch.complex128), lift.to(torch.bool), lift.half(),
            torch.nn.Parameter(lift), lift.to_sparse_csr(), lift.to_sparse_coo(), torch.empty(3, 2, device="meta"),
            torch.quantize_per_tensor(lift.float(), 0.1, 0, torch.qint8), torch.nested.nested_tensor([lift, lift[:2]]),
            torch.full((3, 2), float("nan"), dtype=torch.float64), torch.zeros(0, 2), torch.tensor(1.0), lift.unsqueeze(0),
            torch.zeros(3, 2, dtype=torch.float8_e4m3fn), "lift", 3, None, [lift], {"a": lift}, lift.T, lift.mT.conj(),
            torch.sparse_coo_tensor(torch.tensor([[0, 9], [0, 9]]), torch.ones(2), (10**6, 10**6), check_invariants=True),
            torch.sparse_coo_tensor(torch.tensor([[7], [0]]), torch.ones(1), (3, 2), check_invariants=False),
        ]  # fmt: skip
    whole = [{**good, name: odd} for odd in made for name in ("lift", "layers.0.W", "layers.0.step")]
    whole += [
        {
            **good,
            "lift.indices": torch.tensor([[0], [9]]),
            "lift.values": torch.ones(1),
            "lift.shape": torch.tensor([3, 2]),
        }
    ]
    whole += [
        {**good, "layers.7.A": lift},
        {**good, 3: lift},
        {"x": _Runs()},
        _Runs(),
        [good],
        lift,
        {},
        {**good, "x": lift},
    ]
    return whole


@lru_cache(maxsize=1)
def _network_seeds() -> Sequence[bytes]:
    found = []
    for network in (_network(), _network(sparse=True)):
        tensors = network_tensors(network)
        found += [b".safetensors\n" + _saved(tensors), b".pt\n" + _pickled(tensors)]
    for odd in _odd():
        try:
            found.append(b".pt\n" + _pickled(odd))
        except (RuntimeError, NotImplementedError, ValueError, TypeError, AttributeError):
            continue  # torch does not save it
    return found


@lru_cache(maxsize=1)
def _context_seeds() -> Sequence[bytes]:
    points = torch.randn(4, 2, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    weights = torch.ones(4, dtype=torch.float64)
    found = [
        b".safetensors\n" + _saved({"points": points, "weights": weights}),
        b".safetensors\n" + _saved({"points": points.float()}),
    ]
    for array in (points.numpy(), points.numpy().astype("f4")[None], np.arange(4).reshape(2, 2)):
        out = io.BytesIO()
        np.save(out, array, allow_pickle=False)
        found.append(b".npy\n" + out.getvalue())
    out = io.BytesIO()
    np.save(out, np.array([_Runs()], dtype=object), allow_pickle=True)
    found.append(b".npy\n" + out.getvalue())
    array, out = io.BytesIO(), io.BytesIO()
    np.save(array, points.numpy())
    with zipfile.ZipFile(out, "w") as archive:  # as np.savez, which writes the time of the day
        archive.writestr(zipfile.ZipInfo("points.npy"), array.getvalue())
    found.append(b".npy\n" + out.getvalue())
    documents = (
        [[0.5, 1.0], [2, 3]],
        {"points": [[[0.5, 1.0]], [[0, 1e-9]]], "weights": [[1], [2]]},
        {"points": [[1, 2]], "weights": None},
    )
    return [*found, *(b".json\n" + json.dumps(d).encode() for d in documents)]


def _file(data: bytes) -> Path:
    suffix, _, body = data.partition(SEP)
    return written("model" + (suffix.decode() if suffix in SUFFIXES else ".pt"), body)


def _sound(data: bytes, value: Network) -> None:
    """An accepted network holds finite numbers in memory of its own, and runs."""
    for layer in value.layers:
        for tensor in vars(layer).values():
            strided = isinstance(tensor, torch.Tensor) and not tensor.is_sparse
            if strided and tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
                raise WronglyAccepted("a tensor with fewer numbers behind it than its shape says")
    if value.parameters < 1 or not all(abs(layer.step) < float("inf") for layer in value.layers):
        raise WronglyAccepted("a network without parameters, or with a step that is not finite")


def _measures(data: bytes, value: Any) -> None:
    if not bool(torch.isfinite(value.points).all()) or value.points.shape[-1] != 2:
        raise WronglyAccepted(f"points that are not finite, or of shape {tuple(value.points.shape)}")


CONFIGS = (
    {"architectures": ["BertModel"], "hidden_act": "gelu", "hidden_size": 8, "intermediate_size": 8, "layer_norm_eps": 1e-12,
     "max_position_embeddings": 8, "model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 1, "pad_token_id": 0,
     "type_vocab_size": 2, "vocab_size": 11, "is_decoder": False, "dtype": "float32", "position_embedding_type": "absolute"},
    {"architectures": ["BertModel"], "model_type": "bert", "auto_map": {"AutoConfig": "evil.Evil", "AutoModel": "evil.Model"}},
    {"architectures": ["Evil"], "model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModel": "evil.Model"}},
)  # fmt: skip
CONFIG_WORDS = (
    "auto_map AutoConfig evil.Evil evil--repo--evil.Evil model_type bert gpt2 llama hidden_size num_hidden_layers vocab_size "
    "num_attention_heads intermediate_size torch_dtype dtype float16 attn_implementation _attn_implementation flash_attention_2 "
    "quantization_config quant_method bitsandbytes trust_remote_code id2label label2id _name_or_path use_safetensors "
    "transformers_weights base_model_name_or_path tie_word_embeddings layer_norm_eps hidden_act gelu is_decoder pruned_heads "
    "chunk_size_feed_forward problem_type transformers_version 99.0 ../../etc/passwd subfolder revision _commit_hash rope_scaling"
).split()


@lru_cache(maxsize=1)
def _model_folder() -> Path:
    import transformers

    folder = FOLDER / "huggingface"
    config = transformers.BertConfig(
        **{k: v for k, v in CONFIGS[0].items() if k not in ("architectures", "model_type")}
    )
    transformers.utils.logging.disable_progress_bar()
    transformers.BertModel(config).save_pretrained(folder)
    evil = f"open({str(FOLDER / CANARY)!r}, 'w').close()\nclass Evil: pass\nclass Model: pass\n"
    (folder / "evil.py").write_text(evil)
    return folder


def _configured(data: bytes) -> str:
    folder = _model_folder()
    (folder / "config.json").write_bytes(data)
    return str(folder)


def _load_model(folder: str) -> Any:
    from torch_impl.huggingface import attention_block
    from torch_impl.huggingface_models import load_model

    with torch.random.fork_rng(devices=[]):
        return attention_block(load_model(folder), 0)


READS = frozenset(("read", "compile"))  # numpy reads an .npy header by ast.literal_eval
TARGETS = (
    Target(
        "network", _network_seeds, load_network, (ArgumentError,), "bytes", ("torch_impl.network_file", "torch_impl.network"),
        WORDS, _file, _sound, allowed=READS, split=SEP, canary=FOLDER / CANARY,
    ),
    Target(
        "contexts", _context_seeds, lambda path: load_contexts(path, 2, torch.float64), (ArgumentError,), "bytes",
        ("proofcheck.certify.contexts", "torch_impl.measures", "numpy.lib._format_impl"), WORDS, _file, _measures,
        allowed=READS, split=SEP, canary=FOLDER / CANARY,
    ),
    Target(
        "huggingface", lambda: [json.dumps(c).encode() for c in CONFIGS], _load_model, (ArgumentError,), "json",
        ("torch_impl.huggingface_models", "torch_impl.huggingface"), CONFIG_WORDS, _configured,
        # transformers imports the module of an activation or an attention when it is asked for, and an import that is
        # stopped half way stays broken for the whole process: so the timer is patient
        allowed=frozenset(("read", "compile", "exec", "import")), canary=FOLDER / CANARY, lines=20_000_000,
        interrupt=PATIENCE,
    ),
)  # fmt: skip
