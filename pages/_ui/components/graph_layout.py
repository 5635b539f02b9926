"""The positions of a flow's components in the graph, in pixels. Independent of Streamlit."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from lfclient.flows.graph import Component, Edge
from lfclient.flows.model import Flow

CARD_SIZE = (172, 48)  # width and height
MIN_GAP = (24, 22)  # beside and below a card
STEP = (CARD_SIZE[0] + MIN_GAP[0], CARD_SIZE[1] + MIN_GAP[1])
# Langflow's cards are 320 wide, and mostly much higher
SCALE = (0.58, 0.2)
# the longest empty stretch
MAX_GAP = (STEP[0], 2 * STEP[1])

# between a line and the cards that it passes
LINE_GAP = MIN_GAP[1] // 2
MAX_ROUTED = 200  # cards; the time grows with the square of their number
_CURVE_POINTS = 16  # at which a line is checked

# x and y by component id
Positions = dict[str, tuple[float, float]]
PixelPositions = dict[str, tuple[int, int]]


def layout_flow(flow: Flow) -> PixelPositions:
    """Place the cards as the flow's author did, but closer; without an arrangement, in columns.

    Return the upper left corner of each card by component id; the first are at 0. A group has one
    card.
    """
    if _is_arranged(flow.components):
        positions = _resolve_overlaps(_scale_positions(flow.components))
    else:
        ids = [component.id for component in flow.components]
        positions = _resolve_overlaps(_arrange_in_columns(ids, flow.edges))
    left, top = map(min, zip(*positions.values(), strict=True))
    return {id: (x - left, y - top) for id, (x, y) in positions.items()}


def route_edges(flow: Flow, positions: PixelPositions) -> dict[tuple[str, str], int | None]:
    """Return the height at which each line passes the cards between its ends, by source and target.

    None for a line that meets no card on a plain curve, or that leads back, and for all lines of a
    flow so large that nobody follows one.
    """
    if len(positions) > MAX_ROUTED:
        return dict.fromkeys((edge.source, edge.target) for edge in flow.edges)
    cards = sorted(positions.values())
    lefts = [x for x, _ in cards]
    return {
        (edge.source, edge.target): _route(
            positions[edge.source], positions[edge.target], cards, lefts
        )
        for edge in flow.edges
    }


def _route(
    source: tuple[int, int],
    target: tuple[int, int],
    cards: Sequence[tuple[int, int]],
    lefts: Sequence[int],
) -> int | None:
    """Return the height at which a line passes the `cards`, whose left sides are `lefts`."""
    (width, height), middle = CARD_SIZE, CARD_SIZE[1] // 2
    start, end = source[0] + width, target[0]
    first, last = source[1] + middle, target[1] + middle
    # the cards that are right of the source and left of the target
    between = cards[bisect_right(lefts, source[0]) : bisect_left(lefts, end)]
    if end <= start or not between:
        return None

    # the curve that the browser draws, whose control points are half-way
    curve = [
        (
            start + (end - start) * (1.5 * at * (1 - at) + at**3),
            first + (last - first) * (3 * at**2 - 2 * at**3),
        )
        for at in (number / _CURVE_POINTS for number in range(1, _CURVE_POINTS))
    ]
    if not any(
        left <= x <= left + width and top <= y <= top + height
        for left, top in between
        for x, y in curve
    ):
        return None
    heights = {first, last}
    for _, top in between:
        heights |= {top - LINE_GAP, top + height + LINE_GAP}
    free = [
        y
        for y in heights
        if y >= 0 and not any(top - LINE_GAP < y < top + height + LINE_GAP for _, top in between)
    ]
    return min(free, key=lambda y: (abs(y - first) + abs(y - last), y != first, y))


def _is_arranged(components: Sequence[Component]) -> bool:
    """Return whether an author arranged the flow: otherwise most positions are the same."""
    positions = [component.position for component in components]
    if not all(math.isfinite(value) for position in positions for value in position):
        return False
    return len(set(positions)) > len(positions) / 2


def _scale_positions(components: Sequence[Component]) -> Positions:
    positions = {component.id: component.position for component in components}
    xs = _compress_axis([x for x, _ in positions.values()], SCALE[0], MAX_GAP[0])
    ys = _compress_axis([y for _, y in positions.values()], SCALE[1], MAX_GAP[1])
    return {id: (xs[x], ys[y]) for id, (x, y) in positions.items()}


def _compress_axis(values: list[float], scale: float, max_gap: float) -> dict[float, float]:
    """Map each value to a new one in the same order, with gaps scaled and at most `max_gap`."""
    ordered = sorted(set(values))
    gaps = (min((after - before) * scale, max_gap) for before, after in pairwise(ordered))
    return dict(zip(ordered, accumulate(gaps, initial=0.0), strict=True))


def _resolve_overlaps(positions: Positions) -> PixelPositions:
    """Move overlapping cards down, from the top on."""
    resolved: PixelPositions = {}
    for id in sorted(positions, key=lambda id: positions[id][::-1]):
        x, y = (round(value) for value in positions[id])
        # the cards above each other in this place: moving below one may reach the next
        stack = [
            other_y
            for other_x, other_y in resolved.values()
            if abs(other_x - x) < CARD_SIZE[0] + MIN_GAP[0] / 2
        ]
        for other_y in sorted(stack):
            if abs(other_y - y) < STEP[1]:
                y = other_y + STEP[1]
        resolved[id] = (x, y)
    return resolved


def _arrange_in_columns(ids: Sequence[str], edges: Sequence[Edge]) -> Positions:
    """Place each component right of its sources. A cycle starts at its first component."""
    sources: dict[str, set[str]] = defaultdict(set)
    connected: set[str] = set()
    for edge in edges:
        connected |= {edge.source, edge.target}
        if edge.source != edge.target:
            sources[edge.target].add(edge.source)
    column: dict[str, int] = {}
    remaining = [id for id in ids if id in connected]
    while remaining:
        ready = [id for id in remaining if sources[id] <= column.keys()] or remaining[:1]
        for id in ready:
            columns = [column[source] for source in sources[id] if source in column]
            column[id] = max(columns, default=-1) + 1
        remaining = [id for id in remaining if id not in column]
    return _place_in_rows(ids, sources, column)


def _place_in_rows(
    ids: Sequence[str], sources: Mapping[str, set[str]], column: dict[str, int]
) -> Positions:
    """Order each column by the rows of its sources. Unconnected components go below."""
    row: dict[str, int] = {}

    def mean_source_row(id: str) -> float:
        rows = [row[source] for source in sources[id] if source in row]
        return sum(rows) / len(rows) if rows else 0

    for number in range(max(column.values(), default=-1) + 1):
        members = sorted((id for id in ids if column.get(id) == number), key=mean_source_row)
        row.update((id, index) for index, id in enumerate(members))
    first_free_row = max(row.values(), default=-1) + 1
    per_row = max(max(column.values(), default=0) + 1, 3)
    unconnected = [id for id in ids if id not in column]
    for number, id in enumerate(unconnected):
        column[id], row[id] = number % per_row, first_free_row + number // per_row
    return {id: (column[id] * STEP[0], row[id] * STEP[1]) for id in ids}
