"""Runs grouped by inputs and result."""

from dataclasses import replace

import pytest

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store import result_groups, run_history, run_queries
from lfclient.console.store.result_groups import distinguish_results, fingerprint_inputs
from lfclient.console.store.run_queries import UNKNOWN_RESULT, RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.flows.field import Variable
from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from tests.support import store_records
from tests.support.pictures import image_file
from tests.support.store_records import ME, add, add_ended, ids


def facts(groups):
    return [(one.run_id, one.count, one.is_usual) for one in groups.groups]


def test_equal_results_are_one_group_with_the_newest_run(store):
    """The usual result comes first, then the odd one."""
    for n in range(5):
        add_ended(store, f"r{n}", seconds=n, text="rainy" if n == 2 else "sunny")
    groups = store.history.group_results(ME)
    assert facts(groups) == [("r4", 4, True), ("r2", 1, False)]
    assert (groups.runs, groups.omitted) == (5, 0)


def test_a_result_is_odd_only_beside_a_usual_one(store):
    for n, text in enumerate(("sunny", "sunny", "rainy")):
        add_ended(store, f"r{n}", seconds=n, text=text, flow_id="one")
    for n, text in enumerate(("sunny", "rainy")):
        add_ended(store, f"s{n}", seconds=n, text=text, flow_id="other")
    groups = store.history.group_results(ME).groups
    assert [group.run_id for group in groups if group.is_odd] == ["r2"]


def test_runs_with_other_inputs_are_not_odd(store):
    """Inputs that had an odd result come first."""
    for n, text in enumerate(("sunny", "rainy", "sunny", "sunny")):
        add_ended(store, f"oslo{n}", seconds=n, text=text, overrides={"T.city": "Oslo"})
    for n in range(2):
        add_ended(store, f"rome{n}", seconds=9 + n, text="hot", overrides={"T.city": "Rome"})
    groups = store.history.group_results(ME)
    assert facts(groups) == [("oslo3", 3, True), ("oslo1", 1, False), ("rome1", 2, True)]
    assert [group.is_odd for group in groups.groups] == [False, True, False]
    assert [group.total for group in groups.groups] == [4, 4, 2]
    assert (groups.inputs, groups.odd) == (2, 1)


def test_inputs_are_the_same_in_any_order(store):
    """Each stored value has a random mark of its own, which does not count."""
    variable = {"T.key": Variable("KEY")}
    add_ended(store, "a", text="sunny", overrides={"T.city": "Oslo", **variable})
    add_ended(store, "b", seconds=1, text="sunny", overrides={**variable, "T.city": "Oslo"})
    assert facts(store.history.group_results(ME)) == [("b", 2, True)]


def test_a_run_with_a_secret_is_not_odd(store):
    """Its secret may have been another one."""
    for n, text in enumerate(("sunny", "sunny", "rainy")):
        add_ended(store, f"r{n}", seconds=n, text=text, overrides={"T.api_key": SECRET_MASK})
    assert facts(store.history.group_results(ME)) == [("r1", 2, False), ("r2", 1, False)]
    assert store.history.group_results(ME).odd == 0


def test_a_run_whose_inputs_are_unknown_is_not_odd(store):
    """It is not taken for a run with the flow's values."""
    for n in range(2):
        add_ended(store, f"r{n}", seconds=n, text="sunny")
    add_ended(store, "unstored", seconds=3, text="rainy", inputs_stored=False)
    add_ended(store, "adopted", seconds=4, text="snowy", submit_token="job 1")
    groups = store.history.group_results(ME)
    assert groups.odd == 0
    assert groups.inputs == 2


def test_each_flow_has_its_own_groups(store):
    """The flow that ran last comes first."""
    add_ended(store, "a", seconds=1, text="sunny", flow_id="one")
    add_ended(store, "b", seconds=2, text="sunny", flow_id="other")
    groups = store.history.group_results(ME)
    assert facts(groups) == [("b", 1, True), ("a", 1, True)]


def test_results_that_are_as_frequent_have_no_usual_one(store):
    for n, text in enumerate(("sunny", "rainy", "sunny", "rainy", "snowy")):
        add_ended(store, f"r{n}", seconds=n, text=text)
    assert facts(store.history.group_results(ME)) == [
        ("r3", 2, False),
        ("r2", 2, False),
        ("r4", 1, False),
    ]


def test_runs_of_an_unknown_result_are_the_last_group(store):
    """Those in progress, and those of earlier releases."""
    add_ended(store, "old", text="sunny")
    for n in range(2):
        add(store, f"r{n}", seconds=n, status=RunStatus.IN_PROGRESS)
    groups = store.history.group_results(ME)
    assert facts(groups) == [("old", 1, True), ("r1", 2, False)]
    assert [one.is_known for one in groups.groups] == [True, False]


def test_groups_follow_the_filters_and_owners(any_store):
    add_ended(any_store, "a", text="sunny day")
    add_ended(any_store, "b", seconds=1, text="sunny day", mode="sync")
    add_ended(any_store, "c", seconds=2, text="sunny day", owner="you")
    assert facts(any_store.history.group_results(ME)) == [("b", 2, True)]
    only_sync, found = RunFilter(mode="sync"), RunFilter(text="sunny")
    assert facts(any_store.history.group_results(ME, only_sync)) == [("b", 1, True)]
    assert facts(any_store.history.group_results(ME, found)) == [("b", 2, True)]
    assert facts(any_store.history.group_results([*ME, "you"])) == [("c", 3, True)]
    assert any_store.history.group_results([]).groups == ()


def test_the_runs_of_a_group_can_be_listed(store):
    history = store.history
    for n, text in enumerate(("sunny", "rainy", "sunny")):
        add_ended(store, f"r{n}", seconds=n, text=text)
    add(store, "going", seconds=4)
    groups = history.group_results(ME).groups
    hashes = [one.result_hash for one in groups[:2]] + [UNKNOWN_RESULT]
    listed = [ids(history.page(ME, RunFilter(result_hash=one))) for one in hashes]
    assert listed == [["r2", "r0"], ["r1"], ["going"]]
    assert history.count(ME, RunFilter(result_hash=hashes[0])) == 2
    assert ids(history.page(ME, RunFilter(result_hash=hashes[0], text="sunny"))) == ["r2", "r0"]


def test_the_runs_with_the_inputs_of_a_group_can_be_listed_and_deleted(store):
    history = store.history
    for n, city in enumerate(("Oslo", "Rome", "Oslo")):
        add_ended(store, f"r{n}", seconds=n, text="sunny day", overrides={"T.city": city})
    add_ended(store, "unknown", seconds=4, text="sunny day", inputs_stored=False)
    groups = {group.run_id: group for group in history.group_results(ME).groups}
    assert list(groups) == ["unknown", "r2", "r1"]

    def of_group(run_id, **more):
        group = groups[run_id]
        return RunFilter(result_hash=group.result_hash, inputs_hash=group.inputs.hash, **more)

    assert ids(history.page(ME, of_group("r2"))) == ["r2", "r0"]
    assert ids(history.page(ME, of_group("r2", text="sunny"))) == ["r2", "r0"]
    assert ids(history.page(ME, of_group("unknown"))) == ["unknown"]
    assert history.count(ME, of_group("r2")) == 2
    assert sorted(history.delete_all(ME, of_group("r2"))) == ["r0", "r2"]
    assert ids(history.page(ME)) == ["unknown", "r1"]


@pytest.fixture
def reads(monkeypatch):
    """The inputs that were read."""
    read = []

    def record_read(overrides, **more):
        read.append(overrides)
        return fingerprint_inputs(overrides, **more)

    monkeypatch.setattr(result_groups, "fingerprint_inputs", record_read)
    return read


def test_inputs_of_runs_are_read_once(store, monkeypatch, reads):
    """Reading takes a second for 10,000 runs with inputs of 20 kB; deleting works in batches."""
    monkeypatch.setattr(run_history, "_BATCH_SIZE", 1)
    history = store.history
    for n, city in enumerate(("Oslo", "Rome", "Oslo")):
        add_ended(store, f"r{n}", seconds=n, text="sunny", overrides={"T.city": city})
    group = history.group_results(ME).groups[0]
    of_group = RunFilter(result_hash=group.result_hash, inputs_hash=group.inputs.hash)
    assert ids(history.page(ME, of_group)) == ["r2", "r0"]
    assert history.count(ME, of_group) == 2
    assert sorted(history.delete_all(ME, of_group)) == ["r0", "r2"]
    assert len(reads) == 3


def test_inputs_of_earlier_lists_are_forgotten_if_they_are_many(store, monkeypatch, reads):
    monkeypatch.setattr(result_groups, "MAX_REMEMBERED_RUNS", 3)
    for n, flow in enumerate(("one", "one", "two", "two")):
        add_ended(store, f"r{n}", seconds=n, text="sunny", flow_id=flow)
    for flow, count in (("one", 2), ("two", 4), ("two", 4), ("one", 6)):
        groups = store.history.group_results(ME, RunFilter(flow_id=flow))
        assert groups.runs == 2
        assert len(reads) == count


def test_only_the_newest_runs_are_grouped_and_the_first_groups_listed(store, monkeypatch):
    monkeypatch.setattr(run_queries, "MAX_GROUPED_RUNS", 4)
    monkeypatch.setattr(run_history, "MAX_GROUPS", 2)
    for n in range(6):
        add_ended(store, f"r{n}", seconds=n, text="same" if n % 2 else str(n))
    groups = store.history.group_results(ME)
    assert facts(groups) == [("r5", 2, True), ("r4", 1, False)]
    assert (groups.runs, groups.omitted) == (4, 1)


def summary(run_id, result_hash, output="4 rows: Oslo", flow_id="f", thumbnail=None):
    return store_records.summary(
        run_id,
        flow_id=flow_id,
        output_summary=output,
        result_hash=result_hash,
        thumbnail=thumbnail,
    )


@pytest.mark.parametrize(
    ("second", "has_fingerprints"),
    [
        (summary("b", "b" * 32), True),
        (summary("b", "b" * 32, thumbnail=b"x"), False),
        (summary("b", "b" * 32, output="4 rows: Rome"), False),
        (summary("b", "b" * 32, flow_id="other"), False),
        (summary("b", "a" * 32), False),
        (summary("b", None), False),
    ],
)
def test_results_that_differ_but_look_alike_have_fingerprints(second, has_fingerprints):
    """A run whose result is unknown has none."""
    expected = {"a": "aaaaaa", "b": "bbbbbb"} if has_fingerprints else {}
    runs = [summary("a", "a" * 32), second]
    shown = [run.output_summary for run in runs]
    assert distinguish_results(runs, shown) == expected


def test_only_in_a_table_runs_that_look_different_have_the_fingerprints_of_their_flow():
    """An empty cell would need an explanation."""
    runs = [summary(name, name * 32) for name in "abc"]
    alike = {"a": "aaaaaa", "b": "bbbbbb"}
    assert distinguish_results(runs, ["x", "x", "y"]) == alike
    assert distinguish_results(runs, ["x", "x", "y"], whole_flows=True) == alike | {"c": "cccccc"}


@pytest.mark.parametrize(("is_stored", "count"), [(True, 1), (False, 0)])
def test_a_console_that_stores_no_outputs_stores_nothing_about_them(store, is_stored, count):
    """A hash would tell a short output to whoever guesses it."""
    store.retention = RetentionSettings(store_outputs=is_stored)
    started = add(store, "a")
    outputs = {"C": Output("C", OutputKind.IMAGE, image_file())}
    run = Run("flow", "sync", RunStatus.COMPLETED, outputs=outputs)
    ended = replace(started, status=run.status, ended_at=started.created_at, run=run)
    store.update(ended, with_response=True)
    summary = store.history.get(ME, "a")
    assert [summary.result_hash, summary.thumbnail].count(None) == 2 - 2 * count


def test_outputs_that_were_removed_later_keep_their_fingerprint(store):
    """A new version of the record, without its outputs, tells nothing about them."""
    add_ended(store, "a", text="sunny")
    before = store.history.get(ME, "a")
    store.cleaner.retention = RetentionSettings(max_total_bytes=1)
    store.cleaner.clean(None)
    without = store.get("a")
    assert without.stored_parts is StoredParts.REMOVED
    store.update(replace(without, version=without.version + 1), with_response=True)
    assert store.history.get(ME, "a").result_hash == before.result_hash is not None
