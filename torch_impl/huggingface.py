"""Attention sub-blocks of Hugging Face models: the right slices, the right mask, nothing random left on.

    part        BERT (norm after)             GPT-2 (norm before)
    heads       concat_h P_h(X) (X V_h^T + b)  the same, of normalised tokens X = LN(H)
    projected   heads(X) W_o^T + b_o          the same
    residual    X + projected(X)              H + projected(LN(H)), of the layer's input H
    block       LN(residual(X))               = residual

P_h = softmax of (Q_h x_i + b_q)^T (K_h x_j + b_k) * scale over the j that i may attend to; BERT's layers hold Q_h, K_h,
V_h as rows h k:(h+1) k of three matrices (out, in), GPT-2's as columns of one matrix (in, 3 d): query, key, value.
A BERT layer that is called alone applies no mask even in a decoder (the mask is made by the model around it): here it
is part of the block. Everything is checked against the model's own outputs by `deviation`.
`transformers` is the extra [models]; it is imported when a model is read, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError

Part = Literal["heads", "projected", "residual", "block"]
PARTS: tuple[Part, ...] = ("heads", "projected", "residual", "block")
SUPPORTED = ("bert", "gpt2")


@dataclass(frozen=True)
class AttentionBlock:
    """One layer's self-attention sub-block, H heads of width k on tokens of dimension d.

    query, key, value: (H, k, d), with biases (H, k).   out: (d, H k), out_bias (d,).   scale: of the scores.
    norm_weight, norm_bias: (d,), eps: of the LayerNorm.   norm_first: it acts before attention (GPT-2).
    causal: whether the model lets token i attend to j <= i only.
    """

    kind: str
    layer: int
    query: Tensor
    query_bias: Tensor
    key: Tensor
    key_bias: Tensor
    value: Tensor
    value_bias: Tensor
    out: Tensor
    out_bias: Tensor
    norm_weight: Tensor
    norm_bias: Tensor
    eps: float
    norm_first: bool
    causal: bool
    scale: float

    @property
    def scores(self) -> Tensor:
        """A_h = K_h^T Q_h * scale, (H, d, d): token x attends to y with score <A_h x + beta_h, y> + constant."""
        return self.scale * self.key.mT @ self.query

    @property
    def score_biases(self) -> Tensor:
        """beta_h = K_h^T b_q * scale, (H, d). The key's bias adds the same to every score of a row and cancels."""
        return self.scale * torch.einsum("hkd,hk->hd", self.key, self.query_bias)

    def to(self, dtype: torch.dtype) -> AttentionBlock:
        """The same block in `dtype`; float32 to float64 is exact."""
        fields = {name: value.to(dtype) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return replace(self, **fields)

    def normalised(self, X: Tensor) -> Tensor:
        """LayerNorm of tokens (*batch, n, d)."""
        return torch.nn.functional.layer_norm(X, X.shape[-1:], self.norm_weight, self.norm_bias, self.eps)

    def weights(self, X: Tensor, *, causal: bool | None = None) -> Tensor:
        """P (*batch, H, n, n) at the tokens X that attention reads; causal=None is the model's own mask."""
        queries = torch.einsum("...nd,hkd->...hnk", X, self.query) + self.query_bias.unsqueeze(-2)
        keys = torch.einsum("...nd,hkd->...hnk", X, self.key) + self.key_bias.unsqueeze(-2)
        scores = self.scale * queries @ keys.mT
        if self.causal if causal is None else causal:
            n = X.shape[-2]
            future = torch.ones(n, n, dtype=torch.bool, device=X.device).triu(1)
            scores = scores.masked_fill(future, -torch.inf)
        return torch.softmax(scores, dim=-1)

    def map(self, part: Part, *, causal: bool | None = None) -> Callable[[Tensor], Tensor]:
        """X -> the part (see the table above), of tokens (*batch, n, d); `heads` gives (*batch, n, H k).

        Args:
            part: "heads" and "projected" read the tokens that attention reads (after the norm in GPT-2), "residual"
                and "block" the input of the layer.
            causal: None for the model's own mask, True or False to ask what the other would give.

        Raises:
            ArgumentError: an unknown part.
        """
        if part not in PARTS:
            raise ArgumentError(f"AttentionBlock.map: part must be one of {', '.join(PARTS)}, got part={part!r}.")

        def heads(X: Tensor) -> Tensor:
            values = torch.einsum("...nd,hkd->...hnk", X, self.value) + self.value_bias.unsqueeze(-2)
            return (self.weights(X, causal=causal) @ values).transpose(-3, -2).flatten(-2)

        def projected(X: Tensor) -> Tensor:
            return heads(X) @ self.out.mT + self.out_bias

        def residual(X: Tensor) -> Tensor:
            return X + projected(self.normalised(X) if self.norm_first else X)

        def block(X: Tensor) -> Tensor:
            return residual(X) if self.norm_first else self.normalised(residual(X))

        return {"heads": heads, "projected": projected, "residual": residual, "block": block}[part]


def attention_block(model: Any, layer: int) -> AttentionBlock:
    """The self-attention sub-block of `model`'s layer, its parameters detached and copied.

    Args:
        model: a transformers BERT- or GPT-2-type model, bare or inside a head for a task, in eval mode.
        layer: from 0.

    Raises:
        ArgumentError: another kind of model or attention (named), dropout left on, half precision on the CPU, no such
            layer, parameters that are not finite.
    """
    core = _core(model)
    config = core.config
    layers = core.encoder.layer if config.model_type == "bert" else core.h
    if isinstance(layer, bool) or not isinstance(layer, int) or not 0 <= layer < len(layers):
        raise ArgumentError(
            f"attention_block: layer must be an integer from 0 to {len(layers) - 1}, got layer={layer!r}. "
            f"The model has {len(layers)} layers."
        )
    _require_eval(layers[layer], f"attention_block: layer {layer}")
    found = _bert(layers[layer], config, layer) if config.model_type == "bert" else _gpt2(layers[layer], config, layer)
    tensors = {name: value for name, value in vars(found).items() if isinstance(value, Tensor)}
    _require_precision({value.dtype for value in tensors.values()}, found.query.device)
    broken = [name for name, value in tensors.items() if not bool(value.isfinite().all())]
    if broken:
        raise ArgumentError(
            f"attention_block: parameters must be finite, got NaN or infinity in {', '.join(broken)} of layer {layer}. "
            "Load the model's own weights again."
        )
    return found


def layer_inputs(model: Any, ids: Tensor) -> tuple[Tensor, ...]:
    """The inputs of every layer at token ids (*batch, n), each (*batch, n, d), by the model's own forward pass.

    Raises:
        ArgumentError: no token, ids that are not integers of the vocabulary, more tokens than the model has positions,
            or what `attention_block` refuses in a model.
    """
    core = _core(model)
    _require_eval(core, "layer_inputs: the model")
    _require_precision({p.dtype for p in core.parameters()}, next(core.parameters()).device)
    _check_ids(ids, core.config)
    batched = ids if ids.ndim > 1 else ids.unsqueeze(0)
    with torch.no_grad():
        states = core(input_ids=batched, output_hidden_states=True, use_cache=False).hidden_states
    return tuple(state if ids.ndim > 1 else state[0] for state in states[:-1])


def deviation(model: Any, layer: int, ids: Tensor, block: AttentionBlock | None = None) -> float:
    """Largest |block - model| / max |model| over the layer's outputs at `ids`; block: None to extract it.

    Compared are the attention module's own output (BERT: heads, GPT-2: projected) and that of the whole sub-block. The
    model's own modules run inside its own forward pass, with the mask that it makes; hooks read their outputs.
    A wrong slice, scale, bias or mask gives a number of order 1, a right extraction some units of roundoff.

    Raises:
        ArgumentError: as `attention_block` and `layer_inputs`.
    """
    core, block = _core(model), attention_block(model, layer) if block is None else block
    bert = block.kind == "bert"
    module = core.encoder.layer[layer].attention if bert else core.h[layer]
    inner = module.self if bert else module.attn
    second = module if bert else module.ln_2  # GPT-2 forms H + projected(LN(H)) without a module: ln_2 reads it
    seen: dict[str, Tensor] = {}
    handles = [
        inner.register_forward_hook(lambda _m, _i, o: seen.update(inner=o[0])),
        second.register_forward_hook(lambda _m, i, o: seen.update(outer=o[0] if bert else i[0])),
    ]
    try:
        state = layer_inputs(model, ids if ids.ndim > 1 else ids.unsqueeze(0))[layer]
    finally:
        for handle in handles:
            handle.remove()
    with torch.no_grad():
        read = block.normalised(state) if block.norm_first else state
        ours = {"inner": block.map("heads" if bert else "projected")(read), "outer": block.map("block")(state)}
    return max(float((ours[name] - seen[name]).abs().max() / seen[name].abs().max()) for name in ours)


def _bert(layer: Any, config: Any, index: int) -> AttentionBlock:
    own, output = layer.attention.self, layer.attention.output
    if type(own).__name__ != "BertSelfAttention" or not hasattr(own, "scaling"):
        raise _unsupported(f"layer {index} with {type(own).__name__}")
    position = getattr(config, "position_embedding_type", "absolute") or "absolute"
    if position != "absolute":
        raise _unsupported(f"BERT with position_embedding_type={position!r}")
    H = own.num_attention_heads
    slices = {}
    for name in ("query", "key", "value"):
        linear = getattr(own, name)
        slices[name] = _rows(linear.weight, H)
        slices[f"{name}_bias"] = _rows(linear.bias, H)
    return AttentionBlock(
        kind="bert", layer=index, **slices, out=_copy(output.dense.weight), out_bias=_copy(output.dense.bias),
        norm_weight=_copy(output.LayerNorm.weight), norm_bias=_copy(output.LayerNorm.bias),
        eps=float(output.LayerNorm.eps), norm_first=False, causal=bool(config.is_decoder), scale=float(own.scaling),
    )  # fmt: skip


def _gpt2(layer: Any, config: Any, index: int) -> AttentionBlock:
    own = layer.attn
    if type(own).__name__ != "GPT2Attention" or not hasattr(own, "scaling"):
        raise _unsupported(f"layer {index} with {type(own).__name__}")
    if config.add_cross_attention:
        raise _unsupported("GPT-2 with cross-attention (add_cross_attention=True)")
    H = own.num_heads
    # Conv1D holds (in, out), the transpose of a Linear: a head's rows are columns of the stored matrix
    weights, biases = own.c_attn.weight.mT.chunk(3, dim=0), own.c_attn.bias.chunk(3)
    slices = {}
    for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
        slices[name], slices[f"{name}_bias"] = _rows(weight, H), _rows(bias, H)
    return AttentionBlock(
        kind="gpt2", layer=index, **slices, out=_copy(own.c_proj.weight.mT), out_bias=_copy(own.c_proj.bias),
        norm_weight=_copy(layer.ln_1.weight), norm_bias=_copy(layer.ln_1.bias), eps=float(layer.ln_1.eps),
        norm_first=True, causal=True, scale=float(own.scaling),
    )  # fmt: skip


def _rows(stacked: Tensor, heads: int) -> Tensor:
    """Head h is rows h k:(h+1) k: (H k, *rest) -> (H, k, *rest)."""
    return _copy(stacked).unflatten(0, (heads, -1))


def _copy(parameter: Tensor) -> Tensor:
    return parameter.detach().clone(memory_format=torch.contiguous_format)


def _core(model: Any) -> Any:
    """The bare encoder or decoder inside `model`."""
    kind = getattr(getattr(model, "config", None), "model_type", None)
    if kind not in SUPPORTED:
        raise _unsupported(f"model_type={kind!r} ({type(model).__name__})")
    core = getattr(model, model.base_model_prefix, model)
    if not hasattr(core, "encoder" if kind == "bert" else "h"):
        raise _unsupported(f"{type(core).__name__} of model_type={kind!r}")
    return core


def _unsupported(what: str) -> ArgumentError:
    return ArgumentError(
        "attention_block: required self-attention of a BERT- or GPT-2-type model "
        f"(model_type {' or '.join(SUPPORTED)}, absolute positions, no cross-attention), got {what}. "
        "Rotary or relative positions, ALiBi, windows and cross-attention are other maps, with other Jacobians."
    )


def _require_eval(module: Any, where: str) -> None:
    random = [
        name
        for name, child in module.named_modules()
        if isinstance(child, torch.nn.Dropout) and child.training and child.p > 0
    ]
    if module.training or random:
        named = f" ({', '.join(random[:3])})" if random else ""
        raise ArgumentError(
            f"{where} must be in eval mode, got training=True{named}. Dropout makes the map random, and a random map "
            "has no Jacobian. Call model.eval() first."
        )


def _require_precision(dtypes: set[torch.dtype], device: torch.device) -> None:
    half = dtypes & {torch.float16, torch.bfloat16}
    if half and device.type == "cpu":
        raise ArgumentError(
            f"attention_block: required float32 or float64 weights on the CPU, got {half.pop()}. Half precision rounds "
            "every product to 3 digits or fewer, and the Jacobian with it. Call model.float(), which changes no weight."
        )


def _check_ids(ids: Tensor, config: Any) -> None:
    if not isinstance(ids, Tensor) or ids.is_floating_point() or ids.dtype == torch.bool or ids.ndim < 1:
        got = f"{tuple(ids.shape)} ({ids.dtype})" if isinstance(ids, Tensor) else type(ids).__name__
        raise ArgumentError(f"layer_inputs: ids must be integers (*batch, n), got ids={got}. A tokenizer makes them.")
    n = ids.shape[-1]
    if ids.numel() == 0:
        raise ArgumentError(
            f"layer_inputs: at least one token is required, got ids {tuple(ids.shape)}. The text is empty: give more."
        )
    if n > config.max_position_embeddings:
        raise ArgumentError(
            f"layer_inputs: n must be at most {config.max_position_embeddings}, the positions that the model has, "
            f"got n={n}. Cut the text into shorter chunks."
        )
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= config.vocab_size:
        raise ArgumentError(
            f"layer_inputs: ids must be in [0, {config.vocab_size}), the model's vocabulary, got {low} to {high}. "
            "Use the tokenizer that belongs to the model."
        )
