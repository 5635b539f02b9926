"""Where the components of a flow stand in its drawing, in pixels; no Streamlit here."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.flows.graph import Component, Edge
from lfclient.flows.model import Flow

CARD_SIZE = (172, 48)  # width and height of a component
MIN_GAP = (24, 22)  # what is free beside and below it, at least
# Langflow's cards are 320 wide and mostly far higher than wide
SCALE = (0.58, 0.2)
# empty stretches of a canvas are drawn no longer than this
MAX_GAP = (CARD_SIZE[0] + MIN_GAP[0], 2 * (CARD_SIZE[1] + MIN_GAP[1]))


@dataclass(frozen=True)
class Layout:
    """`positions` are the upper left corners, by component id."""

    width: int
    height: int
    positions: dict[str, tuple[int, int]]


def layout_flow(flow: Flow) -> Layout:
    """As the flow's author arranged it, drawn closer; in columns along the edges where nobody did.

    A group stands as the one component that it is in the flow.
    """
    ids = [component.id for component in flow.components]
    arranged = _is_arranged(flow.components)
    places = _scale_positions(flow.components) if arranged else _arrange_in_columns(ids, flow.edges)
    positions = _resolve_overlaps(ids, places)
    left = min((x for x, _ in positions.values()), default=0)
    top = min((y for _, y in positions.values()), default=0)
    positions = {name: (x - left, y - top) for name, (x, y) in positions.items()}
    return Layout(
        width=max((x for x, _ in positions.values()), default=0) + CARD_SIZE[0],
        height=max((y for _, y in positions.values()), default=0) + CARD_SIZE[1],
        positions=positions,
    )


def _is_arranged(components: Sequence[Component]) -> bool:
    """Whether the positions were made by somebody; most of an unarranged flow's are the same."""
    if not all(math.isfinite(value) for one in components for value in one.position):
        return False
    return len({one.position for one in components}) > len(components) / 2


def _scale_positions(components: Sequence[Component]) -> dict[str, tuple[float, float]]:
    xs = _compress_axis([one.position[0] for one in components], SCALE[0], MAX_GAP[0])
    ys = _compress_axis([one.position[1] for one in components], SCALE[1], MAX_GAP[1])
    return {one.id: (xs[one.position[0]], ys[one.position[1]]) for one in components}


def _compress_axis(values: list[float], scale: float, longest: float) -> dict[float, float]:
    """Each value's new place: the same order, with gaps scaled and none above `longest`."""
    at, before, found = 0.0, None, {}
    for value in sorted(set(values)):
        if before is not None:
            at += min((value - before) * scale, longest)
        found[value] = at
        before = value
    return found


def _resolve_overlaps(
    ids: Sequence[str], places: dict[str, tuple[float, float]]
) -> dict[str, tuple[int, int]]:
    """The places with those that would overlap moved down, from the top on."""
    positions: dict[str, tuple[int, int]] = {}
    for name in sorted(ids, key=lambda name: (places[name][1], places[name][0])):
        x, y = (round(value) for value in places[name])
        # all that could be in the way, from the top on: passing one may meet the next
        beside = [
            spot for spot in positions.values() if abs(spot[0] - x) < CARD_SIZE[0] + MIN_GAP[0] / 2
        ]
        for _, other in sorted(beside, key=lambda spot: spot[1]):
            if abs(other - y) < CARD_SIZE[1] + MIN_GAP[1]:
                y = other + CARD_SIZE[1] + MIN_GAP[1]
        positions[name] = (x, y)
    return positions


def _arrange_in_columns(
    ids: Sequence[str], edges: Sequence[Edge]
) -> dict[str, tuple[float, float]]:
    """Each component right of those that feed it; a cycle is entered at its first component."""
    before: dict[str, set[str]] = defaultdict(set)
    joined: set[str] = set()
    for edge in edges:
        joined |= {edge.source, edge.target}
        if edge.source != edge.target:
            before[edge.target].add(edge.source)
    column: dict[str, int] = {}
    left = [name for name in ids if name in joined]
    while left:
        ready = [name for name in left if before[name] <= column.keys()] or left[:1]
        for name in ready:
            fed = [column[source] for source in before[name] if source in column]
            column[name] = max(fed, default=-1) + 1
        left = [name for name in left if name not in column]
    return _place_in_rows(ids, before, column)


def _place_in_rows(
    ids: Sequence[str], before: dict[str, set[str]], column: dict[str, int]
) -> dict[str, tuple[float, float]]:
    """Within a column in the order of those that feed it; below all, what no edge joins."""
    step = (CARD_SIZE[0] + MIN_GAP[0], CARD_SIZE[1] + MIN_GAP[1])
    row: dict[str, int] = {}
    for number in range(max(column.values(), default=-1) + 1):
        members = [name for name in ids if column.get(name) == number]
        fed = {name: [row[source] for source in before[name] if source in row] for name in members}
        members.sort(key=lambda name: sum(fed[name]) / len(fed[name]) if fed[name] else 0)
        row.update((name, place) for place, name in enumerate(members))
    below = max(row.values(), default=-1) + 1
    across = max(max(column.values(), default=0) + 1, 3)
    loose = [name for name in ids if name not in column]
    for number, name in enumerate(loose):
        column[name], row[name] = number % across, below + number // across
    return {name: (column[name] * step[0], row[name] * step[1]) for name in ids}
