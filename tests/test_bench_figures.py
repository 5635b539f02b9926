"""Figures of the benchmarks."""

import pytest

from bench.answer import is_answer
from bench.figures import Figure
from bench.history import writing
from lfclient.console.store.store import Store
from tests.support.many_runs import OWNER
from tests.support.recorded import events, sse


def test_writing_can_be_measured_again_in_the_same_store(tmp_path):
    store = Store(tmp_path)
    figures = [writing(store, OWNER, times=2) for _ in range(2)]
    store.close()
    assert all(figure.baseline for figure in figures)


def test_pairs_are_judged_by_the_median_of_their_ratios():
    # both took twice as long for a while
    figure = Figure.of("a call", [10, 20, 20], [10, 10, 20], 1.3, "nothing")
    assert figure.measure == pytest.approx(1)
    assert figure.is_met


def test_a_question_is_not_an_answer():
    lines = sse(events("1.13.0", "bg_events_live")).decode().splitlines()
    assert any("hi" in line for line in lines)
    assert not any(is_answer(line, "hi") for line in lines)
    assert any(is_answer(line, "tok0") for line in lines)
