"""Where the lemmas stand in the picture of what rests on what.

grandalf orders the layers (Sugiyama's method), SciPy places them: the total width of the lines is least, with the
order of each layer and the distances between neighbours as constraints, a linear programme. A lemma stands above
those that use it. A line that follows from others is not drawn (the transitive reduction, by networkx).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH, HEIGHT = 112.0, 44.0  # of a lemma's box
GAP, BEND = 22.0, 12.0  # between neighbours in a layer; the room of a line that passes through it
LAYER = 92.0  # from layer to layer


@dataclass(frozen=True)
class Box:
    """One lemma: left upper corner."""

    id: str
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """From the lower edge of `used` to the upper edge of `user`, as an SVG path."""

    used: str
    user: str
    path: str


@dataclass(frozen=True)
class Picture:
    """Boxes and lines inside (0, 0, width, height)."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(edges: Mapping[str, Sequence[str]]) -> Picture:
    """The picture of `edges`: lemma -> the lemmas it rests on, all of them keys. Lines that close a circle are kept."""
    import networkx as nx

    graph: Any = nx.DiGraph()
    graph.add_nodes_from(edges)
    graph.add_edges_from((used, user) for user, all_used in edges.items() for used in all_used if used in edges)
    reduced = nx.transitive_reduction(graph).edges if nx.is_directed_acyclic_graph(graph) else graph.edges
    drawn = [edge for edge in graph.edges if edge in set(reduced)]
    if not edges:
        return Picture(0.0, 0.0, (), ())
    layers, chains = _ordered(list(edges), drawn)
    x = _placed(layers, chains)
    y = {node: LAYER * depth for depth, layer in enumerate(layers) for node in layer}
    lines = [
        Line(used, user, _path([(x[node], y[node]) for node in chain]))
        for (used, user), chain in zip(drawn, chains, strict=True)
    ]
    boxes = tuple(Box(name, round(x[name] - WIDTH / 2, 1), y[name]) for name in edges)
    width = max(box.x for box in boxes) + WIDTH
    return Picture(round(width, 1), LAYER * (len(layers) - 1) + HEIGHT, boxes, tuple(lines))


def _ordered(names: list[str], lines: Sequence[tuple[str, str]]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Layers from above, each in order: names, and objects where a line passes through; the nodes of each line."""
    import networkx as nx
    from grandalf.graphs import Edge, Vertex, graph_core
    from grandalf.layouts import SugiyamaLayout, VertexViewer

    vertices: dict[str, Any] = {name: Vertex(name) for name in names}
    for vertex in vertices.values():
        vertex.view = VertexViewer(int(WIDTH), int(HEIGHT))
    edges = [Edge(vertices[used], vertices[user]) for used, user in lines]
    depth: dict[int, list[Any]] = {}
    ranks: dict[Edge, dict[int, Any]] = {}
    # grandalf's own components hold their lines in a set of objects, whose order changes from run to run
    together = nx.Graph([(name, name) for name in names])
    together.add_edges_from(lines)
    for part in sorted(nx.connected_components(together), key=lambda part: (-len(part), min(map(names.index, part)))):
        inside = [edge for edge, (used, _) in zip(edges, lines, strict=True) if used in part]
        layout = SugiyamaLayout(graph_core([vertices[name] for name in names if name in part], inside))
        layout.init_all()
        layout.draw(12)
        for level, layer in enumerate(layout.layers):
            depth.setdefault(level, []).extend(getattr(node, "data", None) or node for node in layer)
        ranks |= layout.ctrls
    chains = [
        [used, *(node for _, node in sorted(ranks.get(edge, {}).items()) if not isinstance(node, Vertex)), user]
        for (used, user), edge in zip(lines, edges, strict=True)
    ]
    return [depth[level] for level in sorted(depth)], chains


def _placed(layers: Sequence[Sequence[Any]], chains: Sequence[Sequence[Any]]) -> dict[Any, float]:
    """Centres: least sum of |x - x'| over the pieces of lines, bends first, nothing wider than the widest layer."""
    import numpy as np
    from scipy.optimize import linprog

    nodes = [node for layer in layers for node in layer]
    index = {node: k for k, node in enumerate(nodes)}
    half = [WIDTH / 2 if isinstance(node, str) else BEND / 2 for node in nodes]
    pieces = [(a, b) for chain in chains for a, b in pairwise(chain)]
    widest = max(sum(2 * half[index[node]] + GAP for node in layer) - GAP for layer in layers)
    rows: list[dict[int, float]] = []
    limits: list[float] = []
    for layer in layers:
        for a, b in pairwise(layer):
            rows.append({index[a]: 1.0, index[b]: -1.0})
            limits.append(-(half[index[a]] + half[index[b]] + GAP))
    for k, (a, b) in enumerate(pieces, len(nodes)):
        for sign in (1.0, -1.0):
            rows.append({index[a]: sign, index[b]: -sign, k: -1.0})
            limits.append(0.0)
    cost = np.zeros(len(nodes) + len(pieces))
    for k, (a, b) in enumerate(pieces, len(nodes)):
        cost[k] = 1.0 + sum(not isinstance(node, str) for node in (a, b))
    matrix = np.zeros((len(rows), len(cost)))
    for row, entries in enumerate(rows):
        for column, value in entries.items():
            matrix[row, column] = value
    bounds = [(h, widest - h) for h in half] + [(0.0, None)] * len(pieces)
    if not rows:
        return {node: half[k] for node, k in index.items()}
    found = linprog(cost, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs-ds")
    left = min(found.x[k] - half[k] for k in range(len(nodes)))
    return {node: float(found.x[k] - left) for node, k in index.items()}


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Through the centres of all nodes between the two boxes, vertical at each."""
    stops = [(points[0][0], points[0][1] + HEIGHT)]
    for x, y in points[1:-1]:
        stops += [(x, y), (x, y + HEIGHT)]
    stops.append((points[-1][0], points[-1][1] - 4))  # room for the head of the arrow
    text = f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"
    for k, ((x0, y0), (x1, y1)) in enumerate(pairwise(stops)):
        middle = (y0 + y1) / 2
        text += f"L{x1:.1f} {y1:.1f}" if k % 2 else f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
    return text
