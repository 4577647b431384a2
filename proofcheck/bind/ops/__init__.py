"""Exact meanings of core ATen ops, by the kind of op; `table.TABLE` maps names such as "aten.mm" to them."""
