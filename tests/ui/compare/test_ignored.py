"""What changes with each run is ignored, said, changeable, and kept for the flow."""

from uuid import UUID

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.flow_settings import FlowSettings
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare import ignored
from pages._ui.compare.ignored import PURPOSE
from pages._ui.connection.app_context import app_context
from tests.ui.support.compare_pages import message, open_comparison, output
from tests.ui.support.whole_pages import ONE, TWO, page_text, press


def rows(first, city="Oslo"):
    return [{"id": str(UUID(int=first + n)), "city": city, "n": n} for n in range(3)]


@pytest.fixture
def records(create_run):
    """Two runs whose tables differ in their ids only."""
    return [create_run({}, [output(OutputKind.TABLE, rows(first))]) for first in (0, 10)]


def names(app):
    return next(each for each in app.multiselect if each.label.startswith("Ignored"))


def settings(record):
    return app_context().runner.store.flow_settings.get(record.owner, ONE, PURPOSE)


def fail(*_):
    raise StoreError("The disk is full.")


def test_a_column_that_changes_with_each_run_is_ignored_and_said(records):
    app = open_comparison(*records)
    assert "Outputs are identical" in page_text(app)
    assert "Ignored: id – it changes with each run" in page_text(app)


def test_the_time_of_the_run_in_a_text_is_ignored_in_its_differences_too(create_run):
    """The runs have ended a few seconds after noon."""
    texts = ("At 2026-01-02 12:00:01: sun", "At 2026-01-02 12:00:02: rain")
    app = open_comparison(*(create_run({}, [message(text)]) for text in texts))
    assert "Ignored: ids and times in texts – they change with each run" in page_text(app)
    assert "At …: :red-background[− sun] :green-background[+ rain]" in page_text(app)


def test_the_ids_of_a_runs_messages_in_a_text_are_ignored_in_its_differences_too(create_run):
    """As History does to find equal results."""
    runs = []
    for id, word in (("6" * 32, "sun"), ("7" * 32, "rain")):
        shown = message(f"{id}: {word}")
        run = Run(
            ONE,
            "sync",
            RunStatus.COMPLETED,
            outputs={"Out-a": shown},
            messages={id: Message(id, word)},
        )
        runs.append(create_run(run=run))
    app = open_comparison(*runs)
    assert "…: :red-background[− sun] :green-background[+ rain]" in page_text(app)


def test_the_table_of_several_runs_ignores_it_too(records, create_run):
    other = create_run({}, [output(OutputKind.TABLE, rows(20, "Rome"))])
    app = open_comparison(*records, other)
    assert list(app.dataframe[0].value["Out"]) == ["baseline", "same", "≠ 3 of 3 rows"]


def test_more_names_than_can_be_offered_stay_ignored(create_run, monkeypatch):
    monkeypatch.setattr(ignored, "MAX_OPTIONS", 2)
    ids = ["a_id", "b_id", "c_id"]
    runs = [
        create_run(
            {}, [output(OutputKind.TABLE, [{id: str(UUID(int=n)) for id in ids} | {"n": 1}])]
        )
        for n in (1, 2)
    ]
    app = open_comparison(*runs)
    assert names(app).value == names(app).options == ids[:2]
    app = names(app).unselect("a_id").run()
    assert settings(runs[0]).content == {"ignored": [], "compared": ["a_id"]}
    assert "Ignored: b_id, c_id" in page_text(app)


def test_keys_of_data_and_inputs_are_ignored_as_well(create_run):
    runs = [
        create_run({"Chat.session_id": name}, [output(OutputKind.DATA, {"a": {"run_id": name}})])
        for name in ("first", "second")
    ]
    app = open_comparison(*runs)
    assert "Ignored: run_id, session_id – they change with each run" in page_text(app)
    assert "No other input differs." in page_text(app)
    assert "Outputs are identical" in page_text(app)
    assert "Show ignored inputs (1)" in [each.label for each in app.toggle]


def test_a_column_can_be_ignored_that_was_not_guessed(create_run):
    runs = [
        create_run({}, [output(OutputKind.TABLE, [{"n": 1, "noise": noise}])]) for noise in (1, 2)
    ]
    app = open_comparison(*runs)
    assert "Nothing is ignored." in page_text(app)
    names(app).select("noise").run()
    assert "Outputs are identical" in page_text(app)


def test_the_second_of_two_people_is_warned_and_keeps_the_choice(records):
    app = open_comparison(*records)
    store = app_context().runner.store.flow_settings
    theirs = {"ignored": ["city"], "compared": []}
    store.save(records[0].owner, ONE, PURPOSE, FlowSettings(theirs))
    names(app).unselect("id").run()
    assert "Somebody else has changed what is ignored for this flow" in page_text(app)
    assert names(app).value == []
    assert settings(records[0]).content == theirs
    press(app, "Save mine")
    assert settings(records[0]) == FlowSettings({"ignored": [], "compared": ["id"]}, 2)
    assert "Not saved" not in page_text(app)


def test_the_other_choice_can_be_used_instead(records):
    app = open_comparison(*records)
    store = app_context().runner.store.flow_settings
    theirs = FlowSettings({"ignored": ["n"], "compared": []})
    store.save(records[0].owner, ONE, PURPOSE, theirs)
    names(app).unselect("id").run()
    press(app, "Use theirs")
    assert names(app).value == ["id", "n"]


def test_a_choice_that_cannot_be_saved_applies_to_the_page(records, monkeypatch):
    app = open_comparison(*records)
    monkeypatch.setattr(app_context().runner.store.flow_settings, "save", fail)
    names(app).unselect("id").run()
    assert "Not saved. The disk is full. Your choice applies to this page." in page_text(
        app
    ).replace("*", "")
    assert names(app).value == []
    monkeypatch.undo()
    press(app, "Try again")
    assert settings(records[0]).content == {"ignored": [], "compared": ["id"]}
    assert "Not saved" not in page_text(app)


def test_a_choice_that_cannot_be_saved_can_be_discarded(records, monkeypatch):
    app = open_comparison(*records)
    monkeypatch.setattr(app_context().runner.store.flow_settings, "save", fail)
    names(app).unselect("id").run()
    press(app, "Discard")
    assert names(app).value == ["id"]
    assert "Not saved" not in page_text(app)


def test_a_choice_for_runs_of_several_flows_applies_to_the_page(records, create_run):
    other = create_run({}, [output(OutputKind.TABLE, rows(20))], flow_id=TWO, flow_name="Other")
    app = open_comparison(records[0], other)
    names(app).unselect("id").run()
    assert names(app).value == []
    assert settings(records[0]).version == 0
