"""A measured figure with its baseline and its limit, and the measuring in turn."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """A measured figure. `value` and `baseline` are in `unit`.

    `limit` is the largest `measure` that meets the target.
    """

    name: str
    value: float
    limit: float
    unit: str = "ms"
    baseline: float | None = None
    baseline_name: str = ""
    ratio: float | None = None

    @classmethod
    def of(
        cls,
        name: str,
        values: list[float],
        baselines: list[float],
        limit: float,
        baseline_name: str,
    ) -> Figure:
        """Return the figure of paired measurements, with the median of their ratios."""
        ratio = median(value / baseline for value, baseline in zip(values, baselines, strict=True))
        value, baseline = median(values), median(baselines)
        return cls(name, value, limit, baseline=baseline, baseline_name=baseline_name, ratio=ratio)

    @property
    def measure(self) -> float:
        """The ratio to the baseline, or the value if there is no baseline."""
        if self.ratio is not None:
            return self.ratio
        return self.value / self.baseline if self.baseline else self.value

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its limit."""
        return self.measure <= self.limit

    def row(self) -> str:
        """Return the figure as a row of the table that starts with `HEAD`."""
        baseline = (
            f"{self.baseline:.4g} {self.unit} ({self.baseline_name})" if self.baseline else "–"
        )
        measure = f"{self.measure:.2f}×" if self.baseline else f"{self.value:.4g} {self.unit}"
        limit = f"{self.limit:g}×" if self.baseline else f"{self.limit:g} {self.unit}"
        verdict = "met" if self.is_met else "**missed**"
        cells = [self.name, f"{self.value:.4g} {self.unit}", baseline, measure, limit, verdict]
        return f"| {' | '.join(cells)} |"


HEAD = "| task | measured | baseline | result | target | |\n|---|---|---|---|---|---|"


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
