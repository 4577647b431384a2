"""A small BERT with random weights in a folder, its tokenizer beside it; skips by name without the extra [models]."""

import warnings

import pytest
import torch

from torch_impl.huggingface_models import missing

WORDS = "alice was beginning to get very tired of sitting by her sister on the bank and of having nothing to do".split()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    reason = missing(packaged=False)
    if reason is not None:
        pytest.skip(f"models: {reason}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import BertConfig, BertModel, BertTokenizerFast
    path = tmp_path_factory.mktemp("small-bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS)]
    path.joinpath("vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)}).save_pretrained(path)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=12, num_hidden_layers=1, num_attention_heads=3, intermediate_size=8,
        max_position_embeddings=64, initializer_range=0.6,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(config, add_pooling_layer=False).save_pretrained(path)
    return path


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "book.txt"
    path.write_text(" ".join(WORDS * 8))
    return path
