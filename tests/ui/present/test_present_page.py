"""The Present view: a flow for an audience, and nothing else of the console."""

from dataclasses import replace

import pytest

from lfclient.console.form.uploads import Upload
from lfclient.console.present.presentation import PURPOSE
from lfclient.console.store.flow_settings import FlowSettings
from lfclient.errors import Unreachable
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, NotRun
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context
from pages._ui.run import run_form
from tests.support.flows import node, text
from tests.support.http_stand_in import flow
from tests.ui.present.support import inputs, present, present_as_presenter, store
from tests.ui.support.preset_pages import (
    enter,
    fields_flow,
    open_page,
    owner,
    presets,
    store_preset,
    value,
)
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

RUN = "POST /api/v2/workflows"


def test_title_description_and_inputs_of_the_flow_are_shown_without_ids_and_secrets(fields_server):
    fields_server.set_flows({**fields_flow(), "description": "Says **hello**."})
    app = present()
    assert app.title[0].value == "Fields"
    assert "Says **hello**." in page_text(app)
    assert inputs(app) == ["p", "n"]
    assert lacks(app, "T-a", "127.0.0.1", "**s**", shows="**p**")


def test_only_run_and_full_screen_can_be_pressed_and_a_result_be_shared(fields_server):
    assert button_labels(present()) == ["Full screen", "Leave full screen", "Run"]
    record = add_ended_run(fields_server.url, run=Run(ONE, "sync", RunStatus.COMPLETED))
    app = present(run=record.id)
    assert button_labels(app) == ["Full screen", "Leave full screen", "Run"]
    app.session_state[f"share-result-{record.id}"] = True
    assert button_labels(app.run()) == ["Full screen", "Leave full screen", "Run", "Create link"]
    assert not app.sidebar.children
    assert not app.selectbox


def test_values_that_are_not_shown_come_from_the_default_preset(fields_server):
    store_preset(default=True, p="of the preset")
    store(inputs={"T-a.n": {}})
    app = present()
    assert inputs(app) == ["n"]
    fields_server.answers[RUN] = (422, {"detail": "enough"})
    press(app, "Run")
    assert fields_server.bodies(RUN)[0]["tweaks"] == {"T-a": {"p": "of the preset"}}


def test_a_preset_that_no_longer_fits_is_reported_to_a_presenter_with_the_names():
    store_preset("Old", default=True, p="fits", gone="x", n="many")
    app = present()
    assert value(app) == "fits"
    assert "“Old” no longer fits this flow" in page_text(app)
    assert "Some of the flow's own values are used instead." in page_text(app)
    assert "The flow's own values are used for: " in page_text(present_as_presenter())


def form_state(app):
    """Return the state of the presented form."""
    return app.session_state["forms"][owner(), ONE, "present"]


def test_what_was_typed_stays_if_the_preset_is_deleted():
    preset = store_preset("Mine", p="of the preset", n=9)
    app = present(preset=preset.id)
    enter(app, "typed")
    upload = Upload("a.txt", 1)
    form_state(app).entries.uploads["T-a.p"] = [upload]
    presets().delete(preset.owner, preset.id)
    app.run()
    assert (value(app), value(app, "n")) == ("typed", "5")
    assert form_state(app).entries.uploads["T-a.p"] == [upload]
    assert not upload._dropped
    assert "The preset of this link was deleted" in page_text(app)


def test_what_was_typed_stays_if_another_preset_becomes_the_default():
    store_preset("One", default=True, p="of one", n=1)
    enter(present(browser="b"), "typed")
    store_preset("Two", default=True, p="of two", n=2)
    app = present(browser="b")
    assert (value(app), value(app, "n")) == ("typed", "2")


def test_what_was_typed_is_replaced_by_another_preset_of_the_address():
    other = store_preset("Other", p="of the other")
    enter(present(browser="b"), "typed")
    assert value(present(browser="b", preset=other.id)) == "of the other"
    assert value(present(browser="b")) == "x"


def test_a_presented_form_shares_nothing_with_the_form_of_the_run_page():
    enter(open_page(flow=ONE), "typed")
    assert value(open_page(flow=ONE)) == "typed"
    assert value(present(browser="b")) == "x"


def test_a_run_of_another_flow_is_not_shown(fields_server):
    record = add_ended_run(fields_server.url)
    assert "Results appear here" in page_text(present(TWO, run=record.id))


def test_a_flow_that_was_deleted_is_reported(fields_server):
    fields_server.answers[f"GET /api/v1/flows/{ONE}"] = (404, {"detail": "Flow not found"})
    assert "This flow is no longer here" in page_text(present())


@pytest.mark.parametrize("view", ["present", "result"])
def test_an_audience_sees_no_settings_of_the_console(monkeypatch, view):
    monkeypatch.setenv("LFCONSOLE_FRAME_ANCESTORS", "no-origin")
    app_context.clear()
    app = open_app(view=view, flow=ONE, id="x")
    assert "right now" in page_text(app)
    assert "LFCONSOLE" not in page_text(app)


def test_an_address_of_no_flow_asks_the_server_for_none(fields_server):
    assert "This flow is no longer here" in page_text(present("../users/"))
    assert not [line for line in fields_server.lines if "users" in line]


def test_an_address_without_a_flow_is_incomplete():
    app = present("")
    assert "The link is incomplete" in page_text(app)
    assert "for a new one" in page_text(app)


def test_without_a_server_the_page_says_so_in_words(monkeypatch):
    monkeypatch.delenv("LANGFLOW_SERVER_URL")
    app = present()
    assert "Nothing is presented here yet" in page_text(app)
    assert not button_labels(app)


def test_a_required_value_that_is_missing_is_named_by_its_label(fields_server):
    required = {**text(""), "required": True, "api_editable": True, "display_name": "City"}
    fields_server.set_flows(flow(ONE, "Trip", nodes=[node("T-a", city=required)]))
    app = press(present(), "Run")
    assert "Fill in the required fields" in page_text(app)
    assert "City" in page_text(app)


def test_hostile_text_of_a_flow_is_not_executed(fields_server):
    hostile = "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://evil.example/y)"
    fields_server.set_flows({**fields_flow(name="*" * 300), "description": hostile})
    app = present()
    assert app.title[0].value.replace("\\", "") == "*" * 300
    assert "javascript:" not in page_text(app)
    assert "evil.example/y" not in page_text(app)


def test_each_of_many_needed_inputs_is_drawn_once(fields_server):
    needed = {**text(""), "required": True, "api_editable": True}
    nodes = [node("T-a", **{f"p{n}": needed for n in range(30)})]
    fields_server.set_flows(flow(ONE, "Many", nodes=nodes))
    assert inputs(present()) == [f"p{n}" for n in range(30)]


def test_of_a_component_with_several_outputs_the_first_that_is_no_json_is_shown(fields_server):
    table = Output("C-a", OutputKind.TABLE, [{"City": "Lisbon"}])
    raw = Output("C-a", OutputKind.DATA, {"city": "Lisbon"}, extras=(table,))
    other = Output("C-a", OutputKind.MESSAGE, "Words")
    outputs = {"C-a": replace(raw, parts={"data": raw, "message": other})}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    app = present(run=add_ended_run(fields_server.url, run=run).id)
    assert list(app.table[0].value.columns) == ["City"]
    assert not app.json
    assert "Words" not in page_text(app)


@pytest.mark.parametrize("is_one_of_several", [True, False])
def test_an_only_output_is_named_if_another_might_have_come(fields_server, is_one_of_several):
    """Which branch a flow took is what its audience wants to know."""
    outputs = {"O-a": Output("O-a", OutputKind.MESSAGE, "Help is near", display_name="Urgent desk")}
    skipped = (NotRun("O-b", "Normal desk", "It is on a branch that was not taken."),)
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    run = replace(run, not_run=skipped if is_one_of_several else ())
    app = present(run=add_ended_run(fields_server.url, run=run).id)
    assert lacks(app, "**Urgent desk**", shows="Help is near") is not is_one_of_several
    assert lacks(app, "Normal desk", shows="Help is near")


def test_an_audience_takes_a_table_in_no_format_for_developers(fields_server):
    outputs = {"C-a": Output("C-a", OutputKind.TABLE, [{"city": "Oslo"}])}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    app = present(run=add_ended_run(fields_server.url, run=run).id)
    assert [each.proto.label for each in app.get("download_button")] == ["CSV"]


def test_invalid_settings_are_no_matter_of_an_audience_and_can_be_edited_again():
    settings = FlowSettings({"accent": "rainbow"})
    app_context().runner.store.flow_settings.save(owner(), ONE, PURPOSE, settings)
    words = page_text(present())
    assert "This page can't be loaded right now" in words
    assert "accent" not in words
    assert "Edit" in button_labels(present_as_presenter())


def test_the_progress_of_a_run_counts_its_steps(fields_server):
    states = [ComponentState.DONE, ComponentState.SKIPPED, ComponentState.RUNNING]
    run = Run(
        ONE,
        "background",
        RunStatus.IN_PROGRESS,
        components={f"C-{n}": ComponentRun(f"C-{n}", state) for n, state in enumerate(states)},
    )
    app = present(run=add_running_run(fields_server.url, run=run).id)
    assert [bar.proto.text for bar in app.get("progress")] == ["2 of 3 steps"]


def test_a_form_that_lacks_the_effects_of_a_choice_is_redrawn_once_the_choice_is_applied(
    fields_server, monkeypatch
):
    failures, apply_choices = [Unreachable("cut off")] * 3, run_form.apply_choices

    def fail_first(*arguments):
        if failures:
            raise failures.pop()
        apply_choices(*arguments)

    monkeypatch.setattr(loading, "RETRY_SECONDS", 0)
    monkeypatch.setattr(run_form, "apply_choices", fail_first)
    app = present()
    assert "The flow can't be reached right now" in page_text(app)
    assert len(failures) == 1  # after the attempts of the page and of its timer
    assert inputs(app.run()) == ["p", "n"]
