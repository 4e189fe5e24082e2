"""The call graph of a catalog, as a Mermaid flowchart or an SVG picture: what `make graph` prints and draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal
from xml.sax.saxutils import escape

from catalog.model import Deployment, Service
from catalog.model.types import short_duration

_SHAPES = {"ingress": ("([", "])"), "service": ("[", "]"), "external": ("[/", "/]")}
_CHARACTER, _LINE, _PADDING, _MARGIN = 7.3, 17, 12, 24
"""Pixels: the width of a character in a box, the height of a line, the space around text and around a graph."""
_STYLE = """
  svg { background: #ffffff } .title, .name { font-weight: bold }
  text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328 }
  rect, path { fill: none; stroke: #57606a; stroke-width: 1.2 }
  rect { fill: #f6f8fa }
  .ingress rect { fill: #ddf4ff; stroke: #0969da }
  .external rect { stroke-dasharray: 5 3 }
  marker path { fill: #57606a; stroke: none }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #e6edf3 } rect, path { stroke: #8d96a0 } rect { fill: #161b22 }
    .ingress rect { fill: #0c2d4d; stroke: #4493f8 } marker path { fill: #8d96a0; stroke: none }
  }
"""


@dataclass(frozen=True, kw_only=True)
class Node:
    """An ingress, a service or an external of the catalog, with the lines that describe it."""

    kind: Literal["ingress", "service", "external"]
    name: str
    lines: tuple[str, ...]

    @property
    def id(self) -> str:
        # The prefix keeps Mermaid's own words (end, graph) from being ids. Names have no underscore.
        return f"{self.kind}_{self.name.replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The nodes of a deployment by id, and its edges: pairs of ids, from caller to callee."""

    title: str
    nodes: Mapping[str, Node]
    edges: tuple[tuple[str, str], ...]


def graph_of(deployment: Deployment) -> Graph:
    """Everything that the services of a deployment call, and every ingress that requests arrive at, by name."""
    nodes = [*_ingresses(deployment), *map(_service, deployment.services.values()), *_externals(deployment)]
    ids = {(node.kind, node.name): node.id for node in nodes}
    edges = []
    for service in deployment.services.values():
        ingress = deployment.ingress_of(service)
        if ingress is not None:
            edges.append((ids["ingress", ingress], ids["service", service.name]))
        edges += [(ids["service", service.name], ids["service", each.name]) for each in deployment.callees_of(service)]
        edges += [(ids["service", service.name], ids["external", name]) for name in deployment.externals_of(service)]
    return Graph(title=deployment.id, nodes={node.id: node for node in nodes}, edges=tuple(sorted(set(edges))))


def _ingresses(deployment: Deployment) -> Iterator[Node]:
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        access = "internal" if ingress.internal else ", ".join(ingress.allow[:2])
        yield Node(kind="ingress", name=name, lines=tuple(filter(None, (f"ingress {name}", ingress.domain, access))))


def _service(service: Service) -> Node:
    port = "no port" if service.port is None else f"{service.protocol} on port {service.port}"
    times = [] if service.is_tcp or service.port is None else [f"timeout {short_duration(service.timeout)}"]
    if service.port is not None:
        times.append(f"idle timeout {short_duration(service.idle_timeout)}")
    return Node(kind="service", name=service.name, lines=(service.name, port, *times))


def _externals(deployment: Deployment) -> Iterator[Node]:
    for name, external in sorted(deployment.catalog.external.items()):
        address = f"{external.protocol} on port {external.port}"
        yield Node(kind="external", name=name, lines=(f"external {name}", external.host, address))


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html"""
    lines = ["---", f"title: {graph.title}", "---", "flowchart LR"]
    for node in graph.nodes.values():
        left, right = _SHAPES[node.kind]
        label = "<br/>".join(_mermaid_text(line) for line in node.lines)
        lines.append(f'  {node.id}{left}"{label}"{right}')
    lines += [f"  {caller} --> {callee}" for caller, callee in graph.edges]
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """A label's text: Mermaid reads `#35;` as the character with that number."""
    return "".join(f"#{ord(c)};" if c in '"#&<>`;' or not c.isprintable() else c for c in text)


def svg(graphs: Sequence[Graph]) -> str:
    """One SVG document with all graphs, each below the one before it."""
    parts, top, width = [], 0.0, 0.0
    for graph in graphs:
        drawn, right, bottom = _drawn(graph, top=top)
        parts += drawn
        top, width = bottom, max(width, right)
    marker = '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    size = f'width="{width:.0f}" height="{top:.0f}" viewBox="0 0 {width:.0f} {top:.0f}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>Call graph of {escape(', '.join(graph.title for graph in graphs))}</title>",
        f"<style>{_STYLE}</style>",
        f'<defs>{marker}<path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _drawn(graph: Graph, *, top: float) -> tuple[list[str], float, float]:
    """The SVG elements of a graph, and the x and y of its right and bottom end."""
    parts = [f'<text class="title" x="{_MARGIN}" y="{top + _MARGIN + 4:.0f}">{escape(graph.title)}</text>']
    right, bottom = _MARGIN * 2 + len(graph.title) * _CHARACTER, top + _MARGIN * 2
    for component in _components(graph):
        centers, routes = _layout(component)
        boxes = {id_: (x, y, *_size(component.nodes[id_])) for id_, (x, y) in centers.items()}
        points = [point for route in routes.values() for point in route]
        left = min([x - w / 2 for x, _, w, _ in boxes.values()] + [x for x, _ in points])
        upper = min([y - h / 2 for _, y, _, h in boxes.values()] + [y for _, y in points])
        dx, dy = _MARGIN - left, bottom - upper
        for route in routes.values():
            parts.append(_arrow([(x + dx, y + dy) for x, y in route]))
        for id_, (x, y, w, h) in boxes.items():
            parts += _box(component.nodes[id_], x=x + dx, y=y + dy, w=w, h=h)
        right = max([right, *(x + w / 2 + dx + _MARGIN for x, _, w, _ in boxes.values())])
        bottom = max([y + h / 2 + dy for _, y, _, h in boxes.values()] + [y + dy for _, y in points]) + _MARGIN
    return parts, right, bottom


def _size(node: Node) -> tuple[float, float]:
    return max(map(len, node.lines)) * _CHARACTER + 2 * _PADDING, len(node.lines) * _LINE + _PADDING


def _box(node: Node, *, x: float, y: float, w: float, h: float) -> Iterator[str]:
    yield f'<g class="{node.kind}"><title>{escape(node.name)}</title>'
    yield f'<rect x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" height="{h:.1f}" rx="5"/>'
    for number, line in enumerate(node.lines):
        name = ' class="name"' if number == 0 else ""
        down = y - h / 2 + _PADDING / 2 + (number + 0.75) * _LINE
        yield f'<text{name} x="{x - w / 2 + _PADDING:.1f}" y="{down:.1f}">{escape(line)}</text>'
    yield "</g>"


def _arrow(route: Sequence[tuple[float, float]]) -> str:
    path = f"M{route[0][0]:.1f} {route[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(route):
        path += f" C{(x + to_x) / 2:.1f} {y:.1f} {(x + to_x) / 2:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return f'<path d="{path}" marker-end="url(#arrow)"/>'


def _components(graph: Graph) -> Iterator[Graph]:
    """The parts of a graph that no edge connects, in the order of their first nodes."""
    beside: dict[str, list[str]] = {id_: [] for id_ in graph.nodes}
    for caller, callee in graph.edges:
        beside[caller].append(callee)
        beside[callee].append(caller)
    done: set[str] = set()
    for start in graph.nodes:
        found, waiting = set(), [start]
        while start not in done and waiting:
            if (each := waiting.pop()) not in found:
                found.add(each)
                waiting += beside[each]
        done |= found
        if found:
            nodes = {id_: node for id_, node in graph.nodes.items() if id_ in found}
            yield Graph(title=graph.title, nodes=nodes, edges=tuple(each for each in graph.edges if each[0] in found))


_Point = tuple[float, float]


def _layout(graph: Graph) -> tuple[dict[str, _Point], dict[tuple[str, str], list[_Point]]]:
    """The centers of the nodes of a connected graph, and the points of each edge. Callers are left of callees."""
    from grandalf.graphs import Edge, Vertex, graph_core  # type: ignore[import-untyped]
    from grandalf.layouts import SugiyamaLayout, VertexViewer  # type: ignore[import-untyped]
    from grandalf.routing import EdgeViewer  # type: ignore[import-untyped]

    vertices: dict[str, Any] = {id_: Vertex(id_) for id_ in graph.nodes}
    for id_, vertex in vertices.items():
        # grandalf draws from top to bottom: width and height, x and y are exchanged.
        width, height = _size(graph.nodes[id_])
        vertex.view = VertexViewer(w=height, h=width)
    # An edge that closes a cycle is laid out the other way round: grandalf's own search for these is recursive.
    closing = _closing_cycles(graph)
    down = dict.fromkeys(edge[::-1] if edge in closing else edge for edge in graph.edges if edge[0] != edge[1])
    drawn = {edge: Edge(vertices[edge[0]], vertices[edge[1]]) for edge in down}
    for each in drawn.values():
        each.view = EdgeViewer()
    layout = SugiyamaLayout(graph_core([*vertices.values()], [*drawn.values()]))
    layout.xspace, layout.yspace = 18, 60
    roots = [vertex for id_, vertex in vertices.items() if all(id_ != callee for _, callee in down)]
    layout.init_all(roots=roots, inverted_edges=[])
    layout.draw(6)
    centers = {id_: (vertex.view.xy[1], vertex.view.xy[0]) for id_, vertex in vertices.items()}
    halves: dict[float, float] = {}
    for id_, (x, _) in centers.items():
        halves[x] = max(halves.get(x, 0), _size(graph.nodes[id_])[0] / 2)
    routes = {}
    for caller, callee in graph.edges:
        width, height = _size(graph.nodes[caller])
        (x, y), (to_x, to_y) = centers[caller], centers[callee]
        if caller == callee:
            up = y - height / 2
            routes[caller, callee] = [(x + width / 2, y - 8), (x + width / 2 + 14, up - 8), (x, up - 8), (x, up)]
            continue
        edge = drawn.get((caller, callee)) or drawn[callee, caller]
        # Between two columns an edge bends; past the boxes of a column it runs straight.
        inner = [(at + half, down) for down, at in edge.view._pts[1:-1] for half in (-halves[at], halves[at])]
        sign = 1 if x < to_x else -1
        end = (to_x - sign * _size(graph.nodes[callee])[0] / 2, to_y)
        routes[caller, callee] = [(x + sign * width / 2, y), *inner[::sign], end]
    return centers, routes


def _closing_cycles(graph: Graph) -> set[tuple[str, str]]:
    """The edges without which no cycle is left: those that a depth-first search finds to lead back."""
    callees: dict[str, list[str]] = {id_: [] for id_ in graph.nodes}
    for caller, callee in graph.edges:
        callees[caller].append(callee)
    closing, done, above = set[tuple[str, str]](), set[str](), set[str]()
    for root in graph.nodes:
        stack = [(root, iter(callees[root]))] if root not in done else []
        above.update(each for each, _ in stack)
        while stack:
            id_, rest = stack[-1]
            callee = next(rest, "")
            if not callee:
                stack.pop()
                above.remove(id_)
                done.add(id_)
            elif callee in above:
                closing.add((id_, callee))
            elif callee not in done:
                above.add(callee)
                stack.append((callee, iter(callees[callee])))
    return closing
