"""Shared results: one result, read-only, without a server; until it is revoked or deleted."""

import re

import pytest

from lfclient.console.present.presentation import SharedResult
from lfclient.console.store.errors import StoreError
from lfclient.console.store.shares import ShareStore
from lfclient.errors import LangflowError
from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from pages._ui.app import window
from pages._ui.connection.app_context import app_context
from pages._ui.widgets.markdown import escape, escape_lines
from tests.support.flows import node, text
from tests.support.http_stand_in import flow
from tests.support.pictures import as_uri, picture
from tests.ui.present.support import inputs, present, present_as_presenter, store
from tests.ui.support.preset_pages import owner
from tests.ui.support.runs import store_ended_run
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_ended_run,
    add_running_run,
    button_labels,
    lacks,
    open_app,
    page_text,
    press,
)


@pytest.fixture
def record(fields_server):
    """An ended run with two outputs."""
    outputs = {
        name: Output(name, OutputKind.MESSAGE, f"Words of {name}", display_name=f"Part {name}")
        for name in ("ChatOutput-one", "ChatOutput-two")
    }
    return add_ended_run(
        fields_server.url,
        overrides={"T-a.p": "Lisbon", "T-a.s": SECRET_MASK},
        run=Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs),
    )


def menu(record, open_view=present):
    """Open the menu that shares the run, on its presented flow."""
    return open_view(run=record.id, session_state={f"share-result-{record.id}": True})


def create(record, label="Create link"):
    """Share the run and return its token."""
    (token,) = re.findall(r"view=result&id=([\w-]+)`", page_text(press(menu(record), label)))
    return token


def shared(token):
    return open_app(view="result", id=token)


def shared_output(server, *outputs):
    """Store a run with these outputs and its link, and open the link."""
    by_id = {output.component_id: output for output in outputs}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=by_id)
    record = add_ended_run(server.url, run=run)
    content = SharedResult(title="Result").to_json()
    return shared(app_context().runner.store.shares.create(owner(), record.id, content))


def test_a_shared_result_shows_title_outputs_and_inputs_as_shared_without_a_server(
    record, monkeypatch
):
    store(title="A *trip*", inputs={"T-a.p": {"label": "City"}})
    token = create(record)
    store(title="After")
    monkeypatch.delenv("LANGFLOW_SERVER_URL")
    app = shared(token)
    assert app.title[0].value == r"A \*trip\*"
    _, words, inputs = page_text(app).rpartition("Words of ChatOutput-")
    assert words
    assert "**City**" in inputs
    assert "Lisbon" in inputs
    assert button_labels(app) == ["Full screen", "Leave full screen"]


def test_an_open_page_downloads_nothing_once_its_link_is_revoked(record, downloads):
    token = create(record)
    downloads.clear()  # those of the presentation
    shared(token)
    assert {name.rpartition(".")[2] for name in downloads} == {"md", "txt"}
    assert b"Words of" in next(iter(downloads.values()))()
    app_context().runner.store.shares.revoke(owner(), record.id)
    for download in downloads.values():
        with pytest.raises(LangflowError, match="no longer shows a result"):
            download()


def test_outputs_of_one_name_have_the_numbers_of_the_presentation(fields_server):
    twins = ("ChatOutput-one", "ChatOutput-two")
    fields_server.set_flows(flow(ONE, "One", [node(id, "Chat Output") for id in twins]))
    outputs = {id: Output(id, OutputKind.MESSAGE, id[-3:], display_name="Answer") for id in twins}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    record = add_ended_run(fields_server.url, run=run)
    store(outputs=[twins[1]])
    share = app_context().runner.store.shares.get(create(record))
    assert share.content["titles"] == {twins[1]: "Chat Output 2"}  # not of the hidden one
    store()
    for app in (menu(record), shared(create(record, "Create another link"))):
        assert "**Chat Output 1**" in page_text(app)
        assert "**Chat Output 2**" in page_text(app)


def test_it_shows_neither_ids_nor_the_server_nor_secrets(record, fields_server):
    store(title="The key is sk-configured-key", inputs={"T-a.p": {}, "T-a.s": {}})
    app = shared(create(record))
    words = page_text(app) + app.title[0].value
    assert "Lisbon" in words
    # “was set” stands for a secret
    for hidden in (record.id, ONE, "T-a", fields_server.url, "sk-configured-key", "was set"):
        assert hidden not in words


@pytest.mark.parametrize(("chosen", "is_shown"), [(None, True), (("ChatOutput-two",), False)])
def test_an_unfinished_text_is_shown_unless_it_may_be_of_a_hidden_output(
    fields_server, chosen, is_shown
):
    """It names what feeds its output, and a shared result has no flow."""
    store(outputs=chosen)
    unfinished = Message("m", "unfinished words", "Machine", component_id="Model-a", complete=False)
    run = Run(ONE, "background", RunStatus.CANCELLED, messages={"m": unfinished})
    record = add_ended_run(fields_server.url, run=run, status=run.status, mode=run.mode)
    assert ("unfinished words" in page_text(shared(create(record)))) is is_shown


def shared_inputs(token):
    """Return the values of the shared inputs by label."""
    content = app_context().runner.store.shares.get(token).content
    return {each["label"]: each["value"] for each in content["inputs"]}


def test_without_settings_the_inputs_of_the_default_presentation_are_shared(fields_server):
    fields = {"p": text("", api_editable=True), "q": text(""), "r": text("", required=True)}
    fields_server.set_flows(flow(ONE, "Fields", nodes=[node("T-a", **fields)]))
    overrides = {"T-a.p": "Lisbon", "T-a.q": "hidden", "T-a.r": "Paris"}
    record = store_ended_run(fields_server, overrides)
    assert shared_inputs(create(record)) == {"r": "Paris", "p": "Lisbon"}


def test_inputs_with_equal_labels_have_the_names_of_the_presentation(fields_server):
    nodes = [node(id, p=text("", api_editable=True)) for id in ("T-a", "T-b", "U-c")]
    fields_server.set_flows(flow(ONE, "Three", nodes=nodes))
    # as in the flow: T-b.p
    record = store_ended_run(fields_server, {"T-a.p": "Lisbon", "U-c.p": "Porto"})
    assert inputs(present()) == ["p · T 1", "p · T 2", "p · U"]
    assert shared_inputs(create(record)) == {"p · T 1": "Lisbon", "p · U": "Porto"}


def test_a_revoked_address_says_so(record):
    token = create(record)
    app = press(menu(record, present_as_presenter), "Revoke")
    assert "Create link" in button_labels(app)
    assert [each.value for each in app.toast] == ["The link no longer works."]
    assert shared(token).title[0].value == "This link shows no result"


def test_a_presenter_alone_revokes_several_links_after_a_question(record):
    tokens = [create(record), create(record, "Create another link")]
    assert not [label for label in button_labels(menu(record)) if "Revoke" in label]
    app = press(menu(record, present_as_presenter), "Revoke all 2…")
    assert app_context().runner.store.shares.get(tokens[0])
    app = press(press(app, "Cancel"), "Revoke all 2…")
    app = press(app, "Revoke")
    assert [each.value for each in app.toast] == ["The links no longer work."]
    assert not any(map(app_context().runner.store.shares.get, tokens))


def test_an_address_is_not_shown_after_its_link_was_revoked(record):
    app = press(menu(record), "Create link")
    assert "view=result" in page_text(app)
    app_context().runner.store.shares.revoke(owner(), record.id)
    assert "view=result" not in page_text(app.run())


def test_an_audience_sees_no_details_of_a_link_that_can_not_be_created(record, monkeypatch):
    def fail(*_):
        raise StoreError("No such file: /var/lib/console.")

    monkeypatch.setattr(ShareStore, "create", fail)
    words = page_text(press(menu(record), "Create link"))
    assert "That can't be done right now" in words
    assert "/var/lib" not in words
    assert "LFCONSOLE" not in words


def test_a_failed_result_asks_nobody_to_try_again(fields_server):
    run = Run(ONE, "sync", RunStatus.FAILED)
    record = add_ended_run(fields_server.url, run=run, status=RunStatus.FAILED)
    words = page_text(shared(create(record)))
    assert "The flow failed" in words
    assert "Try again" not in words


def test_the_result_of_a_stopped_run_says_so(fields_server):
    run = Run(ONE, "background", RunStatus.CANCELLED)
    more = {"run": run, "status": RunStatus.CANCELLED, "mode": "background"}
    app = shared(create(add_ended_run(fields_server.url, **more)))
    assert app.caption[-1].value.startswith("Stopped · ")


def test_the_address_of_a_deleted_run_says_so(record):
    token = create(record)
    app_context().runner.store.history.delete([owner()], [record.id])
    app_context.clear()
    assert "The result was deleted" in page_text(shared(token))


@pytest.mark.parametrize("token", ["", "x" * 10_000])
def test_made_up_addresses_show_nothing(token):
    app = shared(token)
    assert app.title[0].value == "This link shows no result"
    assert "Ask the person who sent you this link" in page_text(app)


def test_inputs_that_are_not_stored_are_not_shared(fields_server):
    store(inputs={"T-a.p": {}})
    record = store_ended_run(fields_server, {"T-a.p": "Lisbon"}, inputs_stored=False)
    assert "Lisbon" not in page_text(shared(create(record)))


def test_broken_and_long_texts_are_shared(fields_server):
    store(inputs={"T-a.p": {}})
    overrides = {"T-a.p": "\ud800" + "long " * 1_000}
    record = store_ended_run(fields_server, overrides, flow_name="\ud800 Flow")
    app = shared(create(record))
    assert "long long" in page_text(app)
    assert len(page_text(app)) < 2_500


@pytest.mark.parametrize("is_narrow", [False, True])
def test_the_result_of_a_run_whose_flow_is_gone_can_be_shared(
    record, fields_server, monkeypatch, is_narrow
):
    """In a narrow window the menu is a part of the flow's menu."""
    monkeypatch.setattr(window, "is_narrow", lambda: is_narrow)
    fields_server.set_flows(flow(TWO, "Another"))
    assert "Create link" in button_labels(menu(record, open_app))


def test_the_share_menu_of_a_form_shares_the_result_beside_it(record):
    opened = {f"preset-share-{owner()[:12]}-{ONE}-{record.id}": True}
    app = open_app(run=record.id, session_state=opened)
    assert "Create link" in button_labels(app)
    assert "**Link to this form**" in page_text(app)


def test_a_running_run_has_no_result_to_share(fields_server):
    running = add_running_run(fields_server.url)
    assert lacks(menu(running), "Create link", shows="Running")


def test_an_audience_sees_no_internal_columns(fields_server):
    message = {"text": "Hi", "sender": "User", "sender_name": "Ada", "session_id": "s-1"}
    app = shared_output(fields_server, Output("A", OutputKind.TABLE, [message]))
    assert list(app.table[0].value.columns) == ["text", "sender\\_name"]
    assert not app.checkbox


def test_the_controls_of_a_result_do_not_name_its_component(fields_server):
    app = shared_output(fields_server, Output("Table-id1", OutputKind.TABLE, [{"a": 1}]))
    assert [each.label for each in app.segmented_control] == ["View of Result"]


def test_an_audience_reads_a_small_table_as_text(fields_server):
    is_text = {
        "a": ([{"a": 1}] * 20, True),
        "b": ([{"a": 1}] * 21, False),
        "c": ([{f"c{number}": 1 for number in range(7)}], False),
        "d": ([{"a": "some words" * 21}], False),
        "e": ([{"a": "x" * 30, "b": "y" * 30}], False),
        "f": ([{"a": "some words", "b": "a few more", "c": None, "d": "2026-01-01"}], True),
        "g": ([{"photo": as_uri(picture("red", "a"))}], False),
    }
    tables = [Output(id, OutputKind.TABLE, rows) for id, (rows, _) in is_text.items()]
    app = shared_output(fields_server, *tables)
    drawn = [each.type == "table" for each in app.main if each.type in ("table", "dataframe")]
    assert drawn == [expected for _, expected in is_text.values()]


def test_on_a_phone_a_small_presented_table_is_a_grid(fields_server, monkeypatch):
    monkeypatch.setattr(window, "is_narrow", lambda: True)
    app = shared_output(fields_server, Output("A", OutputKind.TABLE, [{"a": 1}]))
    assert (len(app.table), len(app.dataframe)) == (0, 1)


def test_the_cells_of_a_presented_table_are_no_markdown_and_keep_their_lines(fields_server):
    row = {"*a*": "![x](http://p.example/x.png)", "b": 2.5, "c": None, "b ": True, "d": "x\n  y"}
    shown = shared_output(fields_server, Output("A", OutputKind.TABLE, [row])).table[0].value
    assert list(shown.columns) == [escape("*a*"), "b", "c", "b (2)", "d"]
    cells = [escape(row["*a*"]), escape("2.5"), "", "True", escape_lines(row["d"])]
    assert list(shown.iloc[0]) == cells


def test_a_presented_number_in_a_column_with_an_empty_cell_keeps_its_digits(fields_server):
    numbers = {
        "12345678901": 12345678901,
        "1234567890.55": 1234567890.55,
        "123456789012.5": 123456789012.5,
        "9007199254740991": 9007199254740991,
        "0.3": 0.1 + 0.2,
        "-0.5": -0.5,
        "1e+300": 1e300,
    }
    rows = ([{"n": number}, {"n": None}] for number in numbers.values())
    tables = [Output(f"T-{place}", OutputKind.TABLE, each) for place, each in enumerate(rows)]
    app = shared_output(fields_server, *tables)
    assert [list(each.value["n"]) for each in app.table] == [[escape(text), ""] for text in numbers]
