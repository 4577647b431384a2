"""torch.export of a callable at small sizes, decomposed to core ATen ops, with what cannot be followed refused.

Kept whole, because their decompositions replace formulas by float shortcuts: scaled_dot_product_attention (its
scale is split into a rounded square root), softplus (cut off above 20), logsumexp and their kin.

The graph is the code at the sizes of its inputs: a branch on a shape, or a Python loop, is followed for these
sizes only.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind, OutputKind
from torch.utils._pytree import tree_leaves

from proofcheck.bind.errors import UnsupportedOp
from proofcheck.errors import ArgumentError

ENTRY_LIMIT = 512  # of one input or parameter
NODE_LIMIT = 5000
_KEPT = ("scaled_dot_product_attention", "softplus", "logsumexp", "log_sigmoid_forward", "silu", "mish")
_WHERE = "bind.graph"


@dataclass(frozen=True)
class Leaf:
    """One tensor input of the graph: kind "input", "parameter", "buffer" or "constant", and its value if fixed."""

    node: str
    kind: str
    name: str
    value: Tensor | None = None


@dataclass(frozen=True)
class Exported:
    """Nodes in order, leaves in the order of placeholders, nodes returned."""

    nodes: tuple[torch.fx.Node, ...]
    leaves: tuple[Leaf, ...]
    outputs: tuple[Any, ...]


class _Call(nn.Module):
    """A callable as a module; a module inside it is reached by `call(module, *inputs)`."""

    def __init__(self, function: Callable[..., Any], call: Callable[..., Any] | None) -> None:
        super().__init__()
        self.function, self.call = function, call

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs) if self.call is None else self.call(self.function, *inputs)


def export(function: Callable[..., Any], inputs: Sequence[Any], call: Callable[..., Any] | None = None) -> Exported:
    """The graph of function(*inputs), or of call(function, *inputs).

    Args:
        function: a torch callable or module; a module is copied and computed in float64.
        inputs: example tensors (their values do not matter), NamedTuples and tuples of them, other Python values.

    Raises:
        ArgumentError: data-dependent control flow, inputs or buffers mutated in place, complex dtypes, dropout or
            other randomness, sizes past ENTRY_LIMIT, a graph past NODE_LIMIT.
        UnsupportedOp: torch.export itself cannot follow the code.
    """
    buffers: dict[str, Tensor] = {}
    if isinstance(function, nn.Module):
        buffers = dict(function.named_buffers())  # in their own dtype: 0.1 in float32 is read as 1/10
        function = _double(function)
    _check_sizes(function, inputs)
    module = _Call(function, call)
    with _quiet(), _full_traces():
        try:
            program = torch.export.export(module, tuple(inputs), strict=False)
            program = program.run_decompositions(_table())
        except Exception as error:
            raise _explained(error) from error
    return _read(program, buffers)


@cache
def _table() -> dict[Any, Callable[..., Any]]:
    """The decompositions to core ATen, without those of _KEPT; made once, for it takes a tenth of a second."""
    table = torch.export.default_decompositions()
    return {op: table[op] for op in list(table) if str(op).split(".")[1] not in _KEPT}


def _double(module: nn.Module) -> nn.Module:
    for name, part in module.named_modules():
        p = getattr(part, "p", getattr(part, "dropout", None))
        if "Dropout" in type(part).__name__ and part.training and p:
            raise ArgumentError(
                f"{_WHERE}: a deterministic module required, got {type(part).__name__}(p={p}) in train mode "
                f"at {name or 'the top'!r}. Call module.eval() first: a formula has no random mask."
            )
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_complex():
            raise ArgumentError(
                f"{_WHERE}: real parameters required, got {name} of {tensor.dtype}. Write out real and imaginary parts."
            )
    twin = copy.deepcopy(module).to(torch.float64)
    for parameter in twin.parameters():
        parameter.requires_grad_(True)  # without gradients nn.MultiheadAttention takes an opaque fast path
    return twin


def _check_sizes(function: Any, inputs: Sequence[Any]) -> None:
    named = [(f"input {i}", t) for i, t in enumerate(tree_leaves(list(inputs)))]
    if isinstance(function, nn.Module):
        named += list(function.named_parameters())
    for name, tensor in named:
        if not isinstance(tensor, Tensor):
            continue
        if tensor.is_complex():
            raise ArgumentError(
                f"{_WHERE}: real tensors required, got {name} of {tensor.dtype}. Formulas here are real."
            )
        if tensor.numel() > ENTRY_LIMIT:
            raise ArgumentError(
                f"{_WHERE}: at most {ENTRY_LIMIT} entries in a tensor, got {name} of shape {tuple(tensor.shape)}. "
                "Every entry is a symbol: build the module at toy sizes, such as 2 tokens and width 2."
            )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """torch.export prints the graph of every failure and warns about its own internals."""
    loggers = [logging.getLogger(n) for n in ("torch.fx.experimental.symbolic_shapes", "torch.export", "torch._export")]
    before = [(log, log.level) for log in loggers]
    for log in loggers:
        log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with torch.enable_grad():
                yield
    finally:
        for log, level in before:
            log.setLevel(level)


@contextlib.contextmanager
def _full_traces() -> Iterator[None]:
    """Keep every user frame of a node's stack trace; torch keeps those named "forward" only.

    The hook is documented as one to override, but private: without it errors name a coarser place.
    """
    from torch.fx.proxy import TracerBase

    hook = getattr(TracerBase, "_filter_traceback_frames", None)
    if hook is None:
        yield
        return
    library = str(torch.__path__[0])

    def frames(self: Any, summary: Any) -> Any:
        start = max((i for i, f in enumerate(summary) if f.filename == __file__), default=None)
        if start is None:
            return hook(self, summary)
        users = [f for f in summary[start + 1 :] if not f.filename.startswith((library, "<"))]
        return type(summary).from_list(users or [summary[start]])

    TracerBase._filter_traceback_frames = frames  # type: ignore[method-assign]
    try:
        yield
    finally:
        TracerBase._filter_traceback_frames = hook  # type: ignore[method-assign]


def _explained(error: Exception) -> Exception:
    """The caller's error, for torch's."""
    if isinstance(error, ArgumentError):
        return error  # raised by the code under test for its inputs
    text = str(error)
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    if "data-dependent" in text or "DataDependent" in type(error).__name__:
        return ArgumentError(
            f"{_WHERE}: control flow that does not depend on entries of tensors required, got a branch or a size "
            f"that does ({first}). A graph has one formula. Write the branch with torch.where, or fix it in advance."
        )
    return UnsupportedOp(
        f"{_WHERE}: torch.export cannot follow this code ({type(error).__name__}: {first}). "
        "Pass tensors as inputs, and keep custom autograd functions, torch.func transforms and NumPy out of it."
    )


def place(node: torch.fx.Node) -> str:
    """Where in the user's source a node came from."""
    trace = node.meta.get("stack_trace") or ""
    lines = [line.strip() for line in trace.strip().splitlines()]
    frames = [i for i, line in enumerate(lines) if line.startswith("File ")]
    if not frames:
        return "at an unknown place"
    last = frames[-1]
    code = f": {lines[last + 1]}" if last + 1 < len(lines) and last + 1 not in frames else ""
    return f"{lines[last].replace('File ', 'in ', 1)}{code}"


def _read(program: Any, buffers: Mapping[str, Tensor]) -> Exported:
    nodes = tuple(program.graph.nodes)
    signature = program.graph_signature
    if len(nodes) > NODE_LIMIT:
        raise ArgumentError(f"{_WHERE}: at most {NODE_LIMIT} operations, got {len(nodes)}. Export one layer at a time.")
    for mutated, what in (
        (signature.user_inputs_to_mutate, "input"),
        (signature.buffers_to_mutate, "buffer"),
    ):
        if mutated:
            name = sorted(mutated.values())[0]
            raise ArgumentError(
                f"{_WHERE}: a function of its inputs required, got one that changes its {what} {name!r} in place. "
                "Its value would depend on when it is called. Work on a clone, or call module.eval()."
            )
    for node in nodes:
        _check_node(node)
    leaves = tuple(_leaf(spec, program, buffers) for spec in signature.input_specs)
    outputs = tuple(spec.arg for spec in signature.output_specs if spec.kind == OutputKind.USER_OUTPUT)
    return Exported(nodes, leaves, outputs)


def _check_node(node: torch.fx.Node) -> None:
    target: Any = node.target
    tags = getattr(target, "tags", ())
    if node.op == "call_function" and torch.Tag.nondeterministic_seeded in tags:
        p = [a for a in (*node.args, *node.kwargs.values()) if isinstance(a, float)]
        harmless = "dropout" in str(target) and p[:1] == [0.0]
        if not harmless and not (str(target).startswith("aten.scaled_dot_product_attention")):
            raise ArgumentError(
                f"{_WHERE}: a deterministic function required, got {target} (node {node.name}), {place(node)}. "
                "Call module.eval(), or set the dropout to 0: a formula has no random mask."
            )
    values = node.meta.get("val")
    for value in values if isinstance(values, tuple | list) else (values,):
        if isinstance(value, Tensor) and value.is_complex():
            raise ArgumentError(
                f"{_WHERE}: real arithmetic required, got {value.dtype} from {target} (node {node.name}), "
                f"{place(node)}. "
                "Write out real and imaginary parts."
            )


def _leaf(spec: Any, program: Any, buffers: Mapping[str, Tensor]) -> Leaf:
    node = spec.arg.name
    if spec.kind == InputKind.USER_INPUT:
        return Leaf(node, "input", node)
    if spec.kind == InputKind.TOKEN:
        return Leaf(node, "token", node)  # of an op with side effects, which has no meaning and is named later
    name = spec.target.removeprefix("function.")
    if spec.kind == InputKind.PARAMETER:
        return Leaf(node, "parameter", name)
    if spec.kind == InputKind.BUFFER:
        value = program.state_dict.get(spec.target, program.constants.get(spec.target))
        return Leaf(node, "buffer", name, buffers.get(name, value))
    if spec.kind == InputKind.CONSTANT_TENSOR:
        return Leaf(node, "constant", name, program.constants[spec.target])
    raise UnsupportedOp(
        f"{_WHERE}: tensors as inputs required, got {spec.kind.name} {node!r}. Pass its tensors instead."
    )
