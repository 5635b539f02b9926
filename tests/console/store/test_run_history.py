"""Lists of runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store import run_history, text_search
from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.tables import RUNS, SEARCH_TEXTS
from lfclient.console.store.text_search import FOUND, FOUND_END
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, RunError, Usage
from lfclient.runs.model import Run, RunStatus
from tests.support import databases
from tests.support.pictures import image_file
from tests.support.store_records import ME, NOW, add, add_ended, ids


def test_paging_to_older_and_newer_runs_skips_and_repeats_none(any_store):
    """Even if many runs started in the same microsecond or belong to several owners."""
    for n in range(25):
        add(any_store, f"r{n:02}", seconds=n // 10, owner="me" if n % 2 else "also me")
    add(any_store, "not mine", seconds=5, owner="you")
    history, owners = any_store.history, ["me", "also me"]
    expected = [f"r{n:02}" for n in reversed(range(25))]
    page, seen, pages = history.page(owners, limit=7), [], []
    while True:
        seen += ids(page)
        pages.append(page)
        if page.older is None:
            break
        page = history.page(owners, older_than=page.older, limit=7)
    assert seen == expected
    assert pages[0].newer is None
    for before, after in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        back = history.page(owners, newer_than=after.newer, limit=7)
        assert ids(back) == ids(before)
        assert (back.newer is None) == (before is pages[0])


def test_a_page_continues_after_a_deleted_run(store):
    for n in range(5):
        add_ended(store, f"r{n}", seconds=n)
    page = store.history.page(ME, limit=2)
    store.history.delete(ME, ids(page))
    assert ids(store.history.page(ME, older_than=page.older, limit=2)) == ["r2", "r1"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def listed(request, tmp_path_factory):
    """Runs that differ in what lists are filtered by."""
    with databases.open_store(request.param, tmp_path_factory.mktemp("listed")) as store:
        add_ended(store, "a")
        add_ended(store, "b", seconds=1, flow_id="other")
        add_ended(store, "c", seconds=2, mode="sync", status=RunStatus.FAILED)
        add(store, "d", seconds=3, status=RunStatus.IN_PROGRESS)
        store.history.set_starred(ME, "a", True)
        store.shares.create("me", "b", {})
        yield store.history


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (RunFilter(), ["d", "c", "b", "a"]),
        (RunFilter(flow_id="other"), ["b"]),
        (RunFilter(statuses=(RunStatus.FAILED, RunStatus.IN_PROGRESS)), ["d", "c"]),
        (RunFilter(mode="sync"), ["c"]),
        (RunFilter(since=NOW + timedelta(seconds=1)), ["d", "c", "b"]),
        (RunFilter(until=NOW + timedelta(seconds=1)), ["a"]),
        (RunFilter(starred=True), ["a"]),
        (RunFilter(shared=True), ["b"]),
    ],
)
def test_each_filter_narrows_the_list_and_the_count(listed, which, expected):
    after_all = Cursor(datetime.max.replace(tzinfo=UTC), "")
    assert ids(listed.page(ME, which)) == expected
    assert ids(listed.page(ME, which, older_than=after_all)) == expected
    assert listed.count(ME, which) == len(expected)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def searched(request, tmp_path_factory):
    """Runs whose inputs, outputs and error have words to search for."""
    with databases.open_store(request.param, tmp_path_factory.mktemp("searched")) as store:
        add_ended(store, "in", overrides={"A.b": "a needle in the hay"})
        add_ended(store, "out", seconds=1, text="no hit but one Needle")
        odd = '100% under_score says "what" it\'s back\\slash Straße 日本語ガ café: say " again'
        add_ended(store, "odd", seconds=2, text=odd)
        failed = add(store, "failed", seconds=3)
        run = Run("flow", "sync", RunStatus.FAILED, errors=(RunError("Boom: it broke"),))
        store.update(replace(failed, status=RunStatus.FAILED, run=run), with_response=True)
        yield store.history


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("needle", ["out", "in"]),
        ("NEEDLE", ["out", "in"]),
        ("straße", ["odd"]),
        ("STRASSE", ["odd"]),
        ('"a needle in"', ["in"]),
        ("needle hay", ["in"]),
        ("needle nowhere", []),
        ("100%", ["odd"]),
        ("50%", []),
        ("under_score", ["odd"]),
        ("under-score", []),
        ("underXscore", []),
        ('say "', ["odd"]),
        ("it's", ["odd"]),
        ("back\\slash", ["odd"]),
        ("* OR needle NOT", []),
        ("日本", ["odd"]),
        ("fé", ["odd"]),
        ("cafe", ["odd"]),
        ("CAFÉ", ["odd"]),
        ("cafe\u0301", ["odd"]),
        ("\u0301", ["failed", "odd", "out", "in"]),
        ("ガ", ["odd"]),
        ("カ", []),
        ("boom", ["failed"]),
        ("'; DROP TABLE runs; --", []),
        ("  ", ["failed", "odd", "out", "in"]),
        ("\0needle", ["out", "in"]),
    ],
)
def test_a_search_finds_exactly_the_typed_text(searched, typed, expected):
    """Case and accents are ignored. Quotes make a phrase; there are no wildcards."""
    assert ids(searched.page(ME, RunFilter(text=typed))) == expected


def test_a_list_has_summaries_of_inputs_and_outputs(store):
    add(store, "a", input_summary=(("Message", "Hi"),))
    add_ended(store, "b", seconds=1, text="\n  First line\nsecond")
    newest, oldest = store.history.page(ME).runs
    assert (oldest.input_summary, oldest.output_summary, oldest.seconds) == (
        (("Message", "Hi"),),
        "",
        None,
    )
    assert (newest.output_summary, newest.seconds) == ("First line second", 0.0)


@pytest.mark.parametrize("max_sorted", [text_search.MAX_SORTED_RUNS, 1])
def test_a_search_for_frequent_words_finds_what_one_for_rare_words_does(
    any_store, monkeypatch, max_sorted
):
    """Runs of other owners are not searched."""
    monkeypatch.setattr(text_search, "MAX_SORTED_RUNS", max_sorted)
    texts = {"a": "a needle für die Straße", "b": "a needle a_b ab", "c": "Straße, a needle"}
    for number, (name, text) in enumerate({**texts, "d": "a needle, theirs"}.items()):
        add_ended(any_store, name, seconds=number, text=text, owner="you" if name == "d" else "me")
    history = any_store.history
    for typed, expected in {
        "straße": ["c", "a"],
        "needle FUR": ["a"],
        '"die straße"': ["a"],
        "ab": ["b"],
        "a_b": ["b"],
        "needle": ["c", "b", "a"],
        "theirs": [],
    }.items():
        assert ids(history.page(ME, RunFilter(text=typed))) == expected, typed
        assert history.count(ME, RunFilter(text=typed)) == len(expected), typed
    assert ids(history.page(["you"], RunFilter(text="theirs"))) == ["d"]
    for typed, expected in (("needle straße", ["a", "c"]), ("ab", ["b"]), ("needle", [])):
        assert sorted(history.delete_all(ME, RunFilter(text=typed))) == expected


def test_a_star_survives_later_writes_of_the_run(store):
    """The runner's record of a run does not have its star."""
    added = add(store, "a")
    store.history.set_starred(ME, "a", True)
    store.update(replace(added, status=RunStatus.COMPLETED, version=2), with_response=True)
    assert store.history.get(ME, "a").starred


def end_with_image(store):
    started = add(store, "a")
    outputs = {"C": Output("C", OutputKind.IMAGE, image_file())}
    run = Run("flow", "sync", RunStatus.COMPLETED, outputs=outputs)
    ended = replace(started, status=run.status, ended_at=started.created_at, run=run)
    store.update(ended, with_response=True)


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_thumbnail_is_stored_if_outputs_are(store, is_stored):
    store.retention = RetentionSettings(store_outputs=is_stored)
    end_with_image(store)
    assert (store.history.get(ME, "a").thumbnail is not None) == is_stored


def test_a_run_keeps_its_thumbnail_when_its_outputs_are_removed(store):
    """A new version of the record lacks the outputs."""
    end_with_image(store)
    store.cleaner.retention = RetentionSettings(max_total_bytes=1)
    store.cleaner.clean(None)
    without = store.get("a")
    assert without.stored_parts is StoredParts.REMOVED
    store.update(replace(without, version=without.version + 1), with_response=True)
    assert store.history.get(ME, "a").thumbnail


def test_a_delete_skips_unfinished_runs_and_those_of_other_owners(store):
    add_ended(store, "a", text="needle")
    add(store, "b", status=RunStatus.IN_PROGRESS)
    add_ended(store, "c", owner="you", text="needle")
    assert store.history.delete(ME, ["a", "b", "c", "none"]) == ["a"]
    assert store.get("a") is None
    assert store.get("b")
    assert store.get("c").run is not None
    found = store.history.page(["me", "you"], RunFilter(text="needle"))
    assert ids(found) == ["c"]


def test_all_runs_that_match_a_filter_can_be_deleted_in_batches(store, monkeypatch):
    monkeypatch.setattr(run_history, "_BATCH_SIZE", 2)
    for n in range(7):
        add(store, f"r{n}", seconds=n, status=RunStatus.COMPLETED)
    add(store, "running", status=RunStatus.IN_PROGRESS)
    assert len(store.history.delete_all(ME, RunFilter(until=NOW + timedelta(seconds=5)))) == 5
    assert ids(store.history.page(ME)) == ["r6", "r5", "running"]


def test_a_bulk_delete_of_what_has_ended_takes_runs_whose_end_nobody_saw(store):
    add(store, "unseen", status=RunStatus.COMPLETED)
    add(store, "running", status=RunStatus.IN_PROGRESS)
    add_ended(store, "before", seconds=-1)
    add_ended(store, "after", seconds=1)
    deleted = store.history.delete_all(ME, RunFilter(ended_before=NOW))
    assert sorted(deleted) == ["before", "unseen"]


def test_flows_are_listed_under_their_latest_name(any_store):
    add(any_store, "a", flow_id="f", flow_name="Old")
    add(any_store, "b", seconds=1, flow_id="f", flow_name="New")
    add(any_store, "c", flow_id="g", flow_name="another")
    assert any_store.history.flows(ME) == {"g": "another", "f": "New"}


def test_text_that_no_database_accepts_is_sanitized(any_store):
    """NUL and lone surrogates."""
    add_ended(any_store, "a", text="x\0y \ud800 needle", flow_name="F\0")
    assert ids(any_store.history.page(ME, RunFilter(text="needle"))) == ["a"]


def test_the_tokens_of_runs_are_listed_and_added_up(any_store):
    assert any_store.history.count_tokens(ME) is None
    for number, tokens in enumerate((5, None, 2**40)):
        run = add(any_store, f"r{number}", flow_id="f" if tokens == 5 else "g")
        component = ComponentRun("M-1", usage=tokens and Usage(1, 2, tokens))
        done = Run(run.flow_id, run.mode, RunStatus.COMPLETED, components={"M-1": component})
        any_store.update(replace(run, status=done.status, run=done), with_response=True)
    add(any_store, "not mine", owner="you")
    history = any_store.history
    assert {run.id: run.tokens for run in history.page(ME).runs} == {
        "r0": 5,
        "r1": None,
        "r2": 2**40,
    }
    assert history.count_tokens(ME) == 2**40 + 5
    assert history.count_tokens(ME, RunFilter("f")) == 5
    assert history.count_tokens(["you"]) is None


def test_the_tokens_of_each_model_are_listed_with_those_of_unknown_ones(store):
    a, b = Usage(1, 2, 3), Usage(4, 5, 9)
    components = {
        "A-1": ComponentRun("A-1", usage=a, usage_by_model={"gpt \ud800": a}),
        "B-1": ComponentRun("B-1", usage=b),
    }
    add(store, "without", flow_id="f")
    for name, flow_id in (("new", "f"), ("before", "g"), ("other", "h")):
        run = add(store, name, flow_id=flow_id)
        done = Run(run.flow_id, run.mode, RunStatus.COMPLETED, components=components)
        store.update(replace(run, status=done.status, run=done), with_response=True)
    with store.database.write() as connection:
        before = update(RUNS).where(RUNS.c.id == "before").values(usage_by_model=None)
        connection.execute(before)
    history = store.history
    expected = {"gpt \ud800": a, "": b}
    assert history.usages_by_model(ME, RunFilter("f")) == [expected]
    assert history.usages_by_model(ME, RunFilter("g")) == [{}]
    assert len(history.usages_by_model(ME)) == 3
    assert len(history.usages_by_model(ME, limit=2)) == 2
    assert history.usages_by_model(["you"]) == []
    listed = {run.id: run.usage_by_model for run in history.page(ME).runs}
    assert listed == {"without": None, "new": expected, "before": None, "other": expected}


def shown_snippet(store, typed):
    """Return where run "a" has the words of a search, in brackets."""
    found = store.history.snippets(ME, ["a"], typed).get("a", "")
    return found.replace(FOUND, "[").replace(FOUND_END, "]")


@pytest.fixture(scope="module")
def forecast(tmp_path_factory):
    """A store with a long text in Markdown."""
    with databases.open_store("sqlite", tmp_path_factory.mktemp("forecast")) as store:
        start = "# The **needle**\n\n- in the hay and more of it"
        text = f"{start} {'Filler ' * 20}\nwords near the end of the Straße"
        inputs = {"A.a": "__init__ *.py", "A.b": "Zoé"}
        add_ended(store, "a", text=text, flow_name="Forecast", overrides=inputs)
        yield store


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("needle", "Zoé · The [needle] · in the hay and more of it Filler"),
        ("HAY needle", "Zoé · The [needle] · in the [hay] and more of it Filler"),
        ('"the hay"', "The needle · in [the hay] and more of it Filler"),
        ("near", "… Filler Filler · words [near] the end of"),
        ("zoé near", "[Zoé] · The needle · in the hay and more of it Filler"),
        ("zoe near", "Filler … Filler Filler · words [near] the end"),
        ("strasse", "… near the end of the [Straße]"),
        ("init", "__[init]__ *.py"),
        ("nowhere", ""),
        ("forecast", ""),
        ("", ""),
    ],
)
def test_a_snippet_shows_where_a_run_has_the_words_of_a_search(forecast, typed, expected):
    """As it is read, messages without marks of Markdown; the flow's name is passed over."""
    found = shown_snippet(forecast, typed)
    assert expected in found if expected else found == "", found
    assert forecast.history.snippets(["you"], ["a"], typed) == {}


def test_a_snippet_of_a_run_of_0_2_0_is_folded(store):
    add_ended(store, "a", text="The Needle", flow_name="Forecast")
    with store.database.write() as connection:
        connection.execute(update(SEARCH_TEXTS).values(original=None))
    assert shown_snippet(store, "needle") == "the [needle]"
