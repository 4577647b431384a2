"""Tested: models by name and folder, packaged and random weights, tokens of a text; what is refused or skipped by name.

Not tested: names that the hub answers.
"""

import socket
import sys
import warnings
from functools import partial

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import huggingface_models
from torch_impl.huggingface import attention_block, deviation
from torch_impl.huggingface_models import load_model, missing, token_ids

installed = pytest.mark.skipif(missing(packaged=False) is not None, reason=f"models: {missing(packaged=False)}")
packaged = pytest.mark.skipif(missing() is not None, reason=f"models: {missing()}")
TEXT = "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import BertConfig, BertModel
    config = BertConfig(hidden_size=12, num_hidden_layers=1, num_attention_heads=3, intermediate_size=8, vocab_size=50)
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model")
    BertModel(config, add_pooling_layer=False).half().save_pretrained(path)
    return path


@packaged
def test_minilm_is_extracted_to_roundoff():
    model, ids = load_model("minilm"), token_ids(TEXT)
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (6, 384)
    assert not model.training
    # 384 products a sum, scores up to about 10: far below one wrong bias, far above float64
    assert all(deviation(model, layer, ids) < 1e-12 for layer in (0, 5))
    assert not attention_block(model, 0).causal


@packaged
def test_minilm_as_a_decoder_has_a_causal_mask():
    plain, decoder, ids = load_model("minilm"), load_model("minilm", decoder=True), token_ids(TEXT)
    assert attention_block(decoder, 5).causal
    assert deviation(decoder, 5, ids) < 1e-12
    assert torch.equal(attention_block(plain, 5).query, attention_block(decoder, 5).query)
    assert deviation(plain, 5, ids, attention_block(decoder, 5)) > 1e-2  # the mask is no detail


@packaged
def test_float32_keeps_the_weights():
    low, high = load_model("minilm", dtype=torch.float32), load_model("minilm")
    assert torch.equal(attention_block(low, 2).value.double(), attention_block(high, 2).value)


@packaged
def test_tokens_of_a_text():
    ids = token_ids(TEXT)
    assert ids.dtype == torch.int64
    assert len(ids) == 23  # 21 words and two signs, each a token, and no [CLS] or [SEP]
    assert 101 not in ids
    assert torch.equal(token_ids(TEXT, "random-gpt2"), ids)


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_refused(text):
    with pytest.raises(ArgumentError, match="empty text"):
        token_ids(text)


@installed
def test_random_models_are_real_width_and_repeat():
    state = torch.random.get_rng_state()
    first, again, other = (load_model("random-bert", seed=seed) for seed in (3, 3, 4))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(attention_block(first, 6).query, attention_block(again, 6).query)
    assert not torch.equal(attention_block(first, 6).query, attention_block(other, 6).query)
    assert attention_block(first, 6).query.shape == (12, 32, 384)
    assert attention_block(load_model("random-bert", decoder=True), 0).causal
    assert not first.training


@installed
def test_a_folder_is_a_model_and_half_precision_is_widened(folder):
    model = load_model(str(folder))
    assert model.dtype == torch.float64
    stored = load_model(str(folder), dtype=None)
    assert stored.dtype == torch.float16
    with pytest.raises(ArgumentError, match="float16"):
        attention_block(stored, 0)
    with pytest.raises(ArgumentError, match=r"torch\.bfloat16"):
        load_model(str(folder), dtype=torch.bfloat16)


@installed
def test_weights_that_are_missing_are_named_and_not_drawn(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    for file in folder.iterdir():
        tmp_path.joinpath(file.name).write_bytes(file.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.0.attention.self.query.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ArgumentError, match=r"complete, got none for .*query\.weight"):
        load_model(str(tmp_path))


@installed
def test_no_such_model_and_no_tokenizer(folder, tmp_path):
    with pytest.raises(ArgumentError, match="minilm and random-bert"):
        load_model(str(tmp_path / "nothing"))
    with pytest.raises(ArgumentError, match="tokenizer"):
        token_ids(TEXT, str(tmp_path / "nothing"))


class Asked(Exception):
    """transformers was asked, and would have gone to the network."""


@pytest.fixture
def asked(monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers

    def refuse(*arguments, **options):
        raise Asked(arguments, options)

    for loader in (transformers.AutoConfig, transformers.AutoTokenizer):
        monkeypatch.setattr(loader, "from_pretrained", refuse)


@pytest.fixture
def hub(monkeypatch):
    import huggingface_hub

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)

    def at(port):
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{port}")

    with socket.socket() as server:  # bound, not listening: connections are refused at once
        server.bind(("127.0.0.1", 0))
        yield server, server.getsockname()[1], at


@installed
@pytest.mark.parametrize("call", [load_model, partial(token_ids, TEXT)], ids=["model", "tokenizer"])
def test_a_hub_that_cannot_be_reached_is_an_error_at_once(call, hub, asked, monkeypatch):
    server, port, at = hub
    at(port)
    with pytest.raises(ArgumentError, match=r"a local folder.*got name='no-such-bert' \(127\.0\.0\.1: .*hf download"):
        call("no-such-bert")
    server.listen()  # control: a hub that answers is asked
    with pytest.raises(Asked):
        call("no-such-bert")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # and through the proxy, if there is one
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ArgumentError, match="local folder"):
        call("no-such-bert")


@installed
def test_a_cached_name_is_read_without_the_hub(hub, asked, monkeypatch, tmp_path):
    import huggingface_hub

    _, port, at = hub
    at(port)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(tmp_path / file))
    with pytest.raises(Asked) as caught:
        load_model("bert-base-uncased")
    assert caught.value.args[1] == {"local_files_only": True, "trust_remote_code": False}


@installed
def test_another_type_is_named(tmp_path):
    tmp_path.joinpath("config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(ArgumentError, match="of type t5"):
        load_model(str(tmp_path))


@installed
def test_gpt2_stays_causal():
    with pytest.raises(ArgumentError, match="GPT-2 is causal"):
        load_model("random-gpt2", decoder=False)


def test_without_transformers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ArgumentError, match=r"\[models\]"):
        load_model("minilm")


def test_missing_packages_are_named_or_required(monkeypatch):
    monkeypatch.setattr(huggingface_models, "PACKAGED", "no_such_package_of_weights")
    monkeypatch.delenv("PROOFCHECK_REQUIRE_MODELS", raising=False)
    reason = missing()
    assert reason is not None
    assert "not installed" in reason
    monkeypatch.setenv("PROOFCHECK_REQUIRE_MODELS", "1")
    with pytest.raises(ArgumentError, match="PROOFCHECK_REQUIRE_MODELS=1"):
        missing()
