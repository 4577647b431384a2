"""Runs an exported graph on exact entries: every output entry becomes a SymPy expression of the inputs.

Each op is computed by its meaning in `ops`; constant integer and boolean tensors (masks, indices, ranges) are
computed by torch itself. After each op the shape is compared with the one torch recorded. Comparisons whose sign
the normal form shows (weights declared positive) are decided, the others become step functions.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
import torch
from torch import Tensor
from torch.fx.node import map_arg
from torch.utils._pytree import tree_leaves

from proofcheck.bind.errors import UnsupportedOp
from proofcheck.bind.functions import IsZero, Step
from proofcheck.bind.graph import Exported, place
from proofcheck.bind.literals import read_literal
from proofcheck.bind.normal import Field
from proofcheck.bind.ops import attention, elementwise, linear, reduce, shape  # noqa: F401 -- they fill TABLE
from proofcheck.bind.ops.table import INEXPRESSIBLE, RAW, TABLE, array
from proofcheck.errors import ArgumentError, InternalError

_CHECKS = ("_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range")


class Interpreter:
    """One run. `literals` collects floats that were read as another number than themselves."""

    def __init__(self, field: Field | None = None) -> None:
        self.field = field or Field()
        self.literals: dict[str, sp.Expr] = {}

    def run(self, graph: Exported, inputs: Sequence[Any], parameters: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
        """The outputs as object arrays.

        Args:
            inputs: for each user input an object array, or a constant torch tensor.
            parameters: by name; buffers and constants have their own values unless named here.

        Raises:
            UnsupportedOp: an op has no meaning here.
            ArgumentError: an op meets a value outside its domain.
        """
        values: dict[str, Any] = {}
        given = iter(inputs)
        for leaf in graph.leaves:
            if leaf.kind == "input":
                values[leaf.node] = next(given)
            else:
                values[leaf.node] = parameters.get(leaf.name, leaf.value)
        for node in graph.nodes:
            if node.op == "call_function":
                values[node.name] = self._node(node, values)
            elif node.op not in ("placeholder", "output"):
                raise UnsupportedOp(f"bind: a flat graph required, got {node.op} {node.target}, {place(node)}.")
        return tuple(self._output(out, values) for out in graph.outputs)

    def _output(self, out: Any, values: Mapping[str, Any]) -> Any:
        name = getattr(out, "name", None)
        value = values.get(name) if name is not None else getattr(out, "value", None)
        if value is INEXPRESSIBLE:
            raise UnsupportedOp(
                f"bind: output {name!r} is a place of an extreme entry and has no formula. Leave it out."
            )
        return self.entries(value) if isinstance(value, Tensor) else value

    def _node(self, node: torch.fx.Node, values: Mapping[str, Any]) -> Any:
        target: Any = node.target
        args: list[Any] = [map_arg(a, lambda n: values[n.name]) for a in node.args]
        kwargs: dict[str, Any] = {k: map_arg(a, lambda n: values[n.name]) for k, a in node.kwargs.items()}
        if target is operator.getitem:
            return args[0][args[1]]
        if getattr(target, "__module__", "") in ("_operator", "math"):
            return target(*args, **kwargs)  # arithmetic of sizes
        packet = getattr(target, "overloadpacket", target)
        name = str(packet)
        if any(check in name for check in _CHECKS):
            return None
        recorded = node.meta.get("val")
        if any(item is INEXPRESSIBLE for item in tree_leaves([args, list(kwargs.values())])):
            raise UnsupportedOp(self._unsupported(node, "it uses the place of an extreme entry"))
        if self._constant(args, kwargs, recorded):
            return self._native(node, target, args, kwargs)
        if name not in TABLE:
            reads = "it turns an entry into a Python number" if "local_scalar" in name else "it has no symbolic meaning"
            raise UnsupportedOp(self._unsupported(node, reads))
        if isinstance(recorded, Tensor) and not recorded.is_floating_point() and recorded.dtype != torch.bool:
            raise UnsupportedOp(self._unsupported(node, f"it makes {recorded.dtype} from data"))
        if name == "aten.scaled_dot_product_attention":
            mask = self._argument(node, "attn_mask", 3)
            kwargs["mask_is_boolean"] = mask is not None and mask.meta["val"].dtype == torch.bool
            args = [self.entries(a) if isinstance(a, Tensor) else a for a in args]
            kwargs = {k: self.entries(a) if isinstance(a, Tensor) else a for k, a in kwargs.items()}
        raw = name in RAW
        try:
            result = TABLE[name](
                *(self._exact(a, raw) for a in args), **{k: self._exact(v, raw) for k, v in kwargs.items()}
            )
        except NotImplementedError as error:
            raise UnsupportedOp(self._unsupported(node, f"it needs {error}")) from error
        except TypeError as error:
            raise UnsupportedOp(self._unsupported(node, f"its arguments are not covered ({error})")) from error
        except ArgumentError as error:
            raise ArgumentError(f"bind: {target} (node {node.name}), {place(node)}: {error}") from error
        return self._checked(node, result, recorded)

    def _argument(self, node: torch.fx.Node, name: str, position: int) -> Any:
        return node.kwargs.get(name, node.args[position] if len(node.args) > position else None)

    def _constant(self, args: list[Any], kwargs: Mapping[str, Any], recorded: Any) -> bool:
        """Ops without float tensors among their inputs, as far as torch computes them exactly."""
        leaves = tree_leaves([args, list(kwargs.values())])
        tensors = [a for a in leaves if isinstance(a, Tensor | np.ndarray)]
        if any(isinstance(a, np.ndarray) or a.is_floating_point() for a in tensors):
            return False
        made = recorded[0] if isinstance(recorded, list | tuple) and recorded else recorded
        return not tensors or (isinstance(made, Tensor) and not made.is_floating_point())

    def _native(self, node: torch.fx.Node, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if "device" in kwargs:
            kwargs["device"] = "cpu"
        if "empty" in str(target):
            raise UnsupportedOp(self._unsupported(node, "its entries are not defined"))
        return target(*args, **kwargs)

    def _exact(self, value: Any, raw: bool) -> Any:
        if isinstance(value, list | tuple):
            return [self._exact(v, raw) for v in value]
        if isinstance(value, Tensor):
            return value if raw and not value.is_floating_point() else self.entries(value)
        if isinstance(value, float):
            return self._literal(value, 2.0**-53)
        return value

    def _literal(self, value: float, unit: float) -> sp.Expr:
        reading = read_literal(value, unit)
        if not reading.exact:
            self.literals[repr(value)] = reading.value
        return reading.value

    def entries(self, tensor: Tensor) -> np.ndarray:
        """A constant tensor as exact numbers, booleans as 0 and 1."""
        flat = tensor.detach().cpu().reshape(-1).tolist()
        if tensor.is_floating_point():
            unit = torch.finfo(tensor.dtype).eps / 2
            return array([self._literal(v, unit) for v in flat], tuple(tensor.shape))
        return array([sp.Integer(v) for v in flat], tuple(tensor.shape))

    def _checked(self, node: torch.fx.Node, result: Any, recorded: Any) -> Any:
        if isinstance(recorded, Tensor) and not isinstance(result, np.ndarray):
            result = array(result)  # NumPy returns a bare entry where a view has no axes left
        results = result if isinstance(result, tuple | list) else [result]
        shapes = recorded if isinstance(recorded, tuple | list) else [recorded]
        for one, expected in zip(results, shapes, strict=False):
            if not isinstance(one, np.ndarray):
                continue
            known = isinstance(expected, Tensor) and all(isinstance(n, int) for n in expected.shape)
            if known and one.size and one.shape != tuple(expected.shape):
                raise InternalError(
                    f"bind: {node.target} (node {node.name}): shape {one.shape}, in torch {tuple(expected.shape)}."
                )
            if any(e in (sp.nan, sp.zoo) for e in one.ravel()):
                raise ArgumentError(f"bind: {node.target} (node {node.name}), {place(node)}: NaN or 1/0 results.")
        if isinstance(result, np.ndarray) and isinstance(recorded, Tensor) and recorded.dtype == torch.bool:
            return array([self._decided(e) for e in result.ravel()], result.shape)
        return result

    def _decided(self, condition: Any) -> sp.Expr:
        """Steps of known sign replaced by 0 or 1."""
        known = {}
        for step in sp.sympify(condition, strict=True).atoms(Step, IsZero):
            sign = self.field.sign(step.args[0])
            if sign in ("+", "-", "0"):
                known[step] = sp.Integer(int(sign == "+") if isinstance(step, Step) else int(sign == "0"))
            elif sign == "0-" and isinstance(step, Step):
                known[step] = sp.Integer(0)
        return sp.sympify(condition, strict=True).xreplace(known)

    def _unsupported(self, node: torch.fx.Node, why: str) -> str:
        return (
            f"bind: {node.target} (node {node.name}), {place(node)}, is not supported: {why}. "
            "Leave it out of the compared function, or write it with ops that have a formula (see proofcheck.bind.ops)."
        )
