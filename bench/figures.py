"""One figure: what was measured, its floor from the same run, and the promised ratio."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`value` and `floor` are in `unit`; the promise holds if `measure` is at most `limit`."""

    name: str
    value: float
    limit: float
    unit: str = "ms"
    floor: float | None = None
    floor_name: str = ""
    ratio: float | None = None

    @classmethod
    def of(
        cls, name: str, values: list[float], floors: list[float], limit: float, floor_name: str
    ) -> Figure:
        """From paired measurements: the median of their ratios, which noise hardly changes."""
        ratio = median(value / floor for value, floor in zip(values, floors, strict=True))
        value, floor = median(values), median(floors)
        return cls(name, value, limit, floor=floor, floor_name=floor_name, ratio=ratio)

    @property
    def measure(self) -> float:
        """The ratio to the floor, or the value where there is no floor."""
        if self.ratio is not None:
            return self.ratio
        return self.value / self.floor if self.floor else self.value

    @property
    def is_met(self) -> bool:
        """Whether the promise holds."""
        return self.measure <= self.limit

    def row(self) -> str:
        """One row of the table in docs/benchmarks.md."""
        floor = f"{self.floor:.4g} {self.unit} ({self.floor_name})" if self.floor else "–"
        measure = f"{self.measure:.2f}×" if self.floor else f"{self.value:.4g} {self.unit}"
        limit = f"{self.limit:g}×" if self.floor else f"{self.limit:g} {self.unit}"
        verdict = "kept" if self.is_met else "**missed**"
        cells = [self.name, f"{self.value:.4g} {self.unit}", floor, measure, limit, verdict]
        return f"| {' | '.join(cells)} |"


HEAD = "| what | measured | floor | result | promised | |\n|---|---|---|---|---|---|"


def pairs(
    first: Callable[[], float], second: Callable[[], float], n: int
) -> tuple[list[float], list[float]]:
    """Take `n` measurements of each in turn, in random order within each pair.

    Otherwise something that the measured process does periodically could meet only one of them.
    """
    firsts, seconds = [], []
    turns = [turn % 2 for turn in range(n)]
    random.Random(n).shuffle(turns)
    for turn in turns:
        order = ((first, firsts), (second, seconds))
        for measure, taken in order if turn else reversed(order):
            taken.append(measure())
    return firsts, seconds


def medians(first: Callable[[], float], second: Callable[[], float], n: int) -> tuple[float, float]:
    """Return the medians of `n` measurements of each, taken in turn."""
    firsts, seconds = pairs(first, second, n)
    return median(firsts), median(seconds)
