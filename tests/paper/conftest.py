"""The sample tree of the surface tests, for papers and LaTeX about lemmas of two lines."""

from tests.surface.conftest import tree

__all__ = ["tree"]
