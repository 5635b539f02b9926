"""The list of results: runs of a flow with the same outputs as one row."""

from __future__ import annotations

import base64
import io
import math

import pytest
from PIL import Image

from lfclient.console.store.result_groups import (
    UNKNOWN_INPUTS,
    InputsKey,
    RunResult,
    build_groups,
    count_results,
)
from lfclient.outputs.model import OutputKind
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.history import groups
from tests.support.pictures import image_file
from tests.support.store_records import summary
from tests.ui.support.history_page import (
    NOW,
    add_four,
    add_result,
    column,
    history,
    select_runs,
)
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_running_run,
    button_labels,
    page_text,
    press,
)


def runs_column(app):
    return [texts[0] for texts in column(app, "Runs")]


def compare_links(app):
    return " ".join(element.proto.query_string for element in app.get("page_link"))


def switch(app):
    """Click the switch that groups the list."""
    toggle = next(each for each in app.toggle if each.label == "Group equal results")
    return toggle.set_value(not toggle.value).run()


def test_the_run_that_differs_from_twenty_is_visible(url):
    for n in range(20):
        add_result(url, f"r{n:02}", n, "rainy" if n == 7 else "sunny")
    app = switch(history())
    assert app.query_params["group"] == "yes"
    assert runs_column(app) == ["19 equal", "1 differs"]
    assert column(app, "Output") == ["sunny", "rainy"]
    assert "20 runs** · 19 equal, 1 differs" in page_text(app)
    app = switch(app)
    assert "group" not in app.query_params
    assert len(column(app, "Flow")) == 20


def test_the_actions_on_all_runs_are_above_a_list_of_results(url):
    """The actions are replaced once results are selected."""
    add_four(url)
    app = history(group="yes")
    assert [each.label for each in app.get("download_button")] == ["CSV"]
    assert "Bulk delete" in [each.proto.popover.label for each in app.get("popover")]
    assert not select_runs(app, "r2").get("download_button")


def test_the_runs_of_a_result_are_listed_and_all_results_again(url):
    add_four(url)
    app = select_runs(history(group="yes"), "r2")
    assert "1 selected" in page_text(app)
    assert "Open newest" in button_labels(app)
    app = press(app, "Show runs")
    assert column(app, "Output") == ["rainy"]
    assert app.query_params["flow"] == ONE
    assert "group" not in app.query_params
    app = press(app, "Equal results only")
    assert len(column(app, "Flow")) == 4


def test_runs_of_an_unknown_result_are_listed(url):
    add_result(url, "ended", 9, "sunny")
    app_context().runner.store.create(add_running_run(url, id="going", submit_token="going"))
    app = history(group="yes")
    assert "Runs" not in app.dataframe[0].value  # each is a single one
    assert "2 runs** · 1 not compared" in page_text(app)
    app = press(select_runs(app, "going"), "Show runs")
    assert len(column(app, "Flow")) == 1
    assert "Equal results only" not in button_labels(app)
    app = press(app, "Runs not compared")
    assert len(column(app, "Flow")) == 2


def test_equally_frequent_results_all_differ(url):
    for n in range(4):
        add_result(url, f"r{n}", n, "rainy" if n % 2 else "sunny")
    app = history(group="yes")
    assert runs_column(app) == ["2 equal", "2 equal"]
    assert "4 runs** · 2 results" in page_text(app)
    assert "runs=" not in compare_links(select_runs(app, "r0"))


def test_results_have_the_columns_of_runs_in_the_same_order(url):
    add_four(url)
    columns = list(history(group="yes").dataframe[0].value)
    assert columns.pop(1) == "Runs"
    assert columns == list(history().dataframe[0].value)


def add_of_two_inputs(url):
    """Store 4 runs with one input, one of which differs, and 3 runs with other input and result."""
    for n in range(4):
        city = {"T.city": "Oslo"}
        add_result(url, f"oslo{n}", n, "rainy" if n == 2 else "sunny", overrides=city)
    for n in range(3):
        add_result(url, f"rome{n}", 9 + n, "hot", overrides={"T.city": "Rome"})


def test_runs_with_other_inputs_do_not_differ(url):
    add_of_two_inputs(url)
    app = history(group="yes")
    assert runs_column(app) == ["3 equal", "1 differs", "3 equal"]
    assert "7 runs** · 2 different inputs · 1 run differs" in page_text(app)
    app = select_runs(app, "oslo2")
    expected = "1 selected** · 4 runs with these inputs: 3 equal, 1 differs"
    assert expected in page_text(app)
    assert "runs=oslo0%2Coslo2&usual=oslo0" in compare_links(app)
    assert "with these inputs" not in page_text(select_runs(app, "rome0"))
    both = select_runs(app, "oslo0", "rome0")
    assert "usual=" not in compare_links(both)


def test_the_runs_of_a_group_have_its_inputs(url):
    """Runs with other inputs and the same result are not listed."""
    for n, city in enumerate(("Oslo", "Rome", "Oslo")):
        add_result(url, f"r{n}", n, "sunny", overrides={"T.city": city})
    app = press(select_runs(history(group="yes"), "r0"), "Show runs")
    assert len(column(app, "Flow")) == 2
    app = press(app, "Equal results only")
    assert len(column(app, "Flow")) == 3
    assert dict(app.query_params) == {"flow": ONE}


def test_a_list_without_filters_stays_grouped(url):
    add_four(url)
    app = press(history(group="yes", q="rainy"), "Clear filters")
    assert dict(app.query_params) == {"group": "yes"}
    assert runs_column(app) == ["3 equal", "1 differs"]


def test_the_odd_result_can_be_compared_with_the_usual_one(url):
    add_four(url)
    app = select_runs(history(group="yes"), "r2")
    assert "runs=r0%2Cr2&usual=r0&equal=3%2C1" in compare_links(app)
    assert "runs=" not in compare_links(select_runs(app, "r0"))
    app = select_runs(app, "r0", "r2")
    assert "runs=r0%2Cr2&usual=r0&equal=3%2C1" in compare_links(app)
    assert "Delete" not in " ".join(button_labels(app))


def test_the_oldest_run_is_the_baseline_of_equally_frequent_results(url):
    for n in range(2):
        add_result(url, f"r{n}", n, f"number {n}")
    links = compare_links(select_runs(history(group="yes"), "r0", "r1"))
    assert "runs=r0%2Cr1" in links
    assert "baseline" not in links


def test_tables_are_distinguished_by_their_first_values_or_fingerprints(url):
    add_result(url, "oslo", 3, [{"city": "Oslo"}, {"city": "Bonn"}], OutputKind.TABLE)
    add_result(url, "rome", 2, [{"city": "Rome"}, {"city": "Bonn"}], OutputKind.TABLE)
    app = history()
    assert column(app, "Output") == [
        "2 rows × 1 column: Rome; Bonn",
        "2 rows × 1 column: Oslo; Bonn",
    ]
    assert "Fingerprint" not in app.dataframe[0].value
    same = [{"city": "Oslo"}] * 30
    for n, last in enumerate(("Bonn", "Bern", "Bonn")):
        add_result(url, f"long{n}", 1, [*same, {"city": last}], OutputKind.TABLE)
    fingerprints = column(history(), "Fingerprint")
    assert all(len(one) == 6 for one in fingerprints)  # an empty one would need an explanation
    assert len(set(fingerprints)) == 4


def test_images_have_a_thumbnail(url):
    add_result(url, "picture", 0, image_file(), OutputKind.IMAGE)
    add_result(url, "text", 1, "sunny")
    picture, text = column(history(), "Image")
    head, _, body = picture.partition(",")
    assert head == "data:image/webp;base64"
    assert Image.open(io.BytesIO(base64.b64decode(body))).size == (64, 40)
    assert math.isnan(text)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((20,), "**20 runs** · 20 equal"),
        ((1,), "**1 run**"),
        ((19, 1), "**20 runs** · 19 equal, 1 differs"),
        ((1_000, 2, 1), "**1,003 runs** · 1,000 equal, 3 differ"),
        ((1, 1, 1), "**3 runs** · all results differ"),
        ((5, 5), "**10 runs** · 2 results"),
    ],
)
def test_the_headline_shows_how_many_runs_differ(counts, text):
    run = summary("a", flow_id=ONE, result_hash="x")
    inputs = InputsKey("same")
    counted = count_results(
        RunResult(NOW, f"{n}-{each}", ONE, inputs, str(n))
        for n, count in enumerate(counts)
        for each in range(count)
    )
    listed = build_groups(counted, {result.run_id: run for result in counted})
    assert groups.headline(listed) == text


def many_inputs(*inputs, flow_id=ONE):
    """Return runs with different inputs and equal results."""
    return [RunResult(NOW, f"{flow_id}-{n}", flow_id, key, "x") for n, key in enumerate(inputs)]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (many_inputs(InputsKey("a"), InputsKey("b")), "2 different inputs"),
        (many_inputs(InputsKey("a"), UNKNOWN_INPUTS, UNKNOWN_INPUTS), "2 results"),
        (
            many_inputs(InputsKey("a"), InputsKey("b")) + many_inputs(InputsKey("a"), flow_id=TWO),
            "3 results",
        ),
    ],
)
def test_different_inputs_are_those_of_one_flow_that_are_known(runs, text):
    """The other flow's groups may not be listed."""
    run = summary("a", flow_id=ONE, result_hash="x")
    counted = count_results(runs)
    listed = build_groups(counted, {counted[0].run_id: run})
    assert groups.headline(listed) == f"**{len(runs)} runs** · {text}"


def test_a_failed_run_counts_as_no_result():
    run = summary("a", flow_id=ONE, status=RunStatus.FAILED)
    failed = RunResult(NOW, "failed", ONE, InputsKey("a"), None)
    counted = count_results([*many_inputs(InputsKey("a"), UNKNOWN_INPUTS), failed])
    listed = build_groups(counted, {group.run_id: run for group in counted})
    assert groups.headline(listed) == "**3 runs** · 2 results · 1 not compared"
