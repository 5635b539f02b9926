"""The editor of a presentation: its preview follows it, and nothing typed is lost."""

import json

from lfclient.flows.validation import SECRET_MASK
from pages._ui.state.present import ENTERED, Entered
from tests.support.flows import chat_input, edge, entry, node, text
from tests.support.http_stand_in import flow
from tests.ui.present.support import inputs, present, present_as_presenter, store, stored
from tests.ui.support.preset_pages import (
    choose,
    enter,
    field,
    open_page,
    owner,
    store_preset,
    value,
)
from tests.ui.support.whole_pages import ONE, TWO, add_ended_run, button_labels, page_text, press


def edit(browser="b"):
    """Open the Present view from the Run page, and its editor."""
    return press(present_as_presenter(browser), "Edit")


def title(app):
    return app.text_input(key="present-edit-title")


def test_a_presenter_returns_to_the_own_form_with_the_presented_run(fields_server):
    record = add_ended_run(fields_server.url)
    press(present_as_presenter(run=record.id), "Exit")
    app = open_page("b", flow=ONE, run=record.id)
    assert field(app, "p")
    assert "Back to my form" not in button_labels(app)


def test_a_presenter_does_not_return_to_a_run_of_another_flow(fields_server):
    """The view doesn't show it: the address was typed."""
    record = add_ended_run(fields_server.url, flow_id=TWO)
    assert "run" not in press(present_as_presenter(run=record.id), "Exit").query_params


def test_present_takes_the_values_of_the_form_along():
    """AppTest stays on the Run page, so only what that leaves for the view is seen."""

    def entered(app):
        return press(app, "Present").session_state[ENTERED.key].overrides

    app = open_page(flow=ONE)
    assert entered(app) is None
    field(app, "p").set_value("Lisbon")
    assert entered(app) == {"T-a.p": "Lisbon"}
    preset = store_preset("Mine", p="Porto")
    choose(app := open_page("c", flow=ONE), preset)
    assert entered(app.run()) == {"T-a.p": "Porto"}
    assert "preset" not in app.query_params


def present_entered(**overrides):
    """Open the view from a Run page with these values."""
    overrides = {f"T-a.{name}": each for name, each in overrides.items()} or None
    return present_as_presenter(session_state={ENTERED.key: Entered(ONE, overrides)})


def test_the_view_starts_with_the_values_of_the_run_page():
    store_preset("Mine", default=True, p="Porto", n=7)
    app = present_entered(p="Lisbon")
    assert (field(app, "p").value, field(app, "n").value) == ("Lisbon", "5")
    assert "Shows the values of the Run page." in page_text(app)
    assert value(enter(app, "typed")) == "typed"
    app.session_state[ENTERED.key] = Entered(ONE, None)
    assert value(app.run()) == "Porto"
    assert "Shows the values" not in page_text(app)


def test_an_audience_gets_the_values_of_the_preview_once_they_are_saved():
    store_preset("Mine", default=True, p="Porto")
    app = press(present_entered(p="Lisbon", n=7), "Edit")
    app.multiselect(key="present-edit-inputs").set_value(["T-a.p"]).run()
    assert "Shows the values of the Run page." in page_text(app)
    app = press(enter(app, "Typed in the preview"), "Save")
    assert "Shows the values" not in page_text(app)
    for audience in (present(browser="c"), present_entered()):
        assert value(audience) == "Typed in the preview"
        state = audience.session_state["forms"][owner(), ONE, "present"]
        assert state.overrides()["T-a.n"] == 7
    link = store_preset("Of a link", p="Porto")
    assert value(present(browser="d", preset=link.id)) == "Porto"


def test_a_form_that_is_open_gets_the_values_that_a_presenter_saves():
    audience = present(browser="c")
    press(press(present_entered(p="Lisbon", n=7), "Edit"), "Save")
    enter(audience, "typed")
    assert (value(audience), value(audience, "n")) == ("typed", "7")


def test_urls_that_receive_stored_keys_and_secrets_are_not_saved(fields_server):
    key = entry("SecretStrInput", "str", "", password=True)
    url = text("https://api.example", api_editable=True)
    fields_server.set_flows(flow(ONE, "Ask", [node("T-a", p=text("x"), api_key=key, base_url=url)]))
    app = present_entered(p="Lisbon", base_url="https://elsewhere.example", api_key=SECRET_MASK)
    assert "Not used here: api_key (T). Presentations have no secrets." in page_text(app)
    press(press(app, "Edit"), "Save")
    assert stored().content["values"] == {"T-a.p": "Lisbon"}


def test_somebody_who_opened_the_address_can_neither_edit_nor_leave():
    press(open_page("b", flow=ONE), "Present")
    assert not {"Edit", "Exit"} & set(button_labels(present(browser="c")))
    assert not {"Edit", "Exit"} & set(button_labels(present(TWO, browser="b")))


def test_the_editor_is_not_open_over_another_flow_that_is_presented_next():
    app = edit()
    title(app).set_value("First").run()
    press(open_page("b", flow=TWO), "Present")
    app.query_params["flow"] = TWO
    press(app.run(), "Edit")
    assert title(app).value == ""
    title(app).set_value("Second").run()
    press(app, "Save")
    assert (stored().version, stored(TWO).content["title"]) == (0, "Second")
    assert title(edit()).value == "First"


def test_what_is_typed_is_shown_at_once_and_saved_by_save():
    app = edit()
    title(app).set_value("A *new* title").run()
    assert app.title[0].value == r"A \*new\* title"
    assert stored().version == 0
    app = press(app, "Save")
    assert stored().content["title"] == "A *new* title"
    assert present().title[0].value == r"A \*new\* title"


def test_inputs_are_shown_in_the_chosen_order_with_own_labels_and_help():
    store(inputs={"T-a.n": {"label": "How many", "help": "A number"}, "T-a.p": {}})
    app = present()
    assert inputs(app) == ["How many", "p"]
    assert "A number" in page_text(app)


def test_an_input_can_be_moved_and_hidden():
    app = press(edit(), "Move “n” up")
    assert inputs(app) == ["n", "p"]
    app.multiselect(key="present-edit-inputs").set_value(["T-a.n"]).run()
    assert inputs(app) == ["n"]
    app = press(app, "Save")
    assert [each["key"] for each in stored().content["inputs"]] == ["T-a.n"]


def test_a_secret_and_an_input_that_the_flow_no_longer_has_are_not_shown():
    store(inputs={"T-a.s": {}, "T-a.gone": {}, "T-a.p": {}})
    assert inputs(present()) == ["p"]
    assert "s" not in edit().multiselect(key="present-edit-inputs").options


def test_a_message_that_no_run_reads_is_neither_shown_nor_offered(fields_server):
    fields_server.set_flows(flow(ONE, "Twin", nodes=[chat_input(), chat_input("ChatInput-b")]))
    app = edit()
    assert inputs(app) == ["Message"]
    assert app.multiselect(key="present-edit-inputs").options == ["Message"]


def test_an_input_that_a_choice_hides_keeps_its_place(fields_server):
    mode = entry("TabInput", "tab", "A", options=["A", "B"], real_time_refresh=True)
    fields = {"mode": {**mode, "api_editable": True}, "p": text("x"), "q": text("y")}
    fields_server.set_flows(flow(ONE, "Fields", nodes=[node("T-a", **fields)]))

    def hide(request):
        body = json.loads(request.content)
        template = {**body["template"], "p": {**fields["p"], "show": body["field_value"] == "A"}}
        return 200, {"template": template, "outputs": []}

    fields_server.answers["POST /api/v1/custom_component/update"] = hide
    store(inputs={"T-a.p": {"label": "City"}, "T-a.mode": {}})
    app = edit()
    next(each for each in app.segmented_control if each.key.endswith("T-a.mode")).set_value("B")
    assert inputs(app.run()) == ["mode"]
    press(app, "Save")
    shown = [(each["key"], each["label"]) for each in stored().content["inputs"]]
    assert shown == [("T-a.p", "City"), ("T-a.mode", "")]


def test_a_chosen_output_in_the_middle_of_the_flow_stays_chosen(fields_server):
    nodes = [node("A-a", p=text("x")), node("B-b", input_value=text("x"))]
    fields_server.set_flows(flow(ONE, "Chain", nodes, [edge("A-a", "B-b")]))
    store(outputs=("A-a", "gone"))
    press(edit(), "Save")
    assert stored().content["outputs"] == ["A-a"]


def test_more_inputs_than_can_be_shown_are_needed(fields_server):
    many = {f"p{n}": {**text(""), "required": True} for n in range(70)}
    fields_server.set_flows(flow(ONE, "Many", nodes=[node("T-a", **many)]))
    assert len(edit().multiselect(key="present-edit-inputs").value) == 60


def test_an_input_that_is_taken_out_and_shown_again_keeps_its_label():
    app = edit()
    app.text_input(key="present-edit-label-T-a.p").set_value("City").run()
    app.multiselect(key="present-edit-inputs").set_value(["T-a.n"]).run()
    app.multiselect(key="present-edit-inputs").set_value(["T-a.p", "T-a.n"]).run()
    assert inputs(app) == ["City", "n"]


def test_an_own_label_is_the_name_of_the_input_in_the_editor():
    app = edit()
    app.text_input(key="present-edit-label-T-a.p").set_value("n").run()
    assert inputs(app) == ["n", "n"]
    chosen = app.multiselect(key="present-edit-inputs")
    assert (chosen.value, chosen.options[:2]) == (["T-a.p", "T-a.n"], ["n", "n (2)"])
    assert app.text_input(key="present-edit-label-T-a.p").placeholder == "p"
    assert [each.label for each in app.expander] == ["n", r"n \(2\)"]


def test_the_run_page_leads_to_changes_that_were_not_saved():
    assert "Unsaved presentation" not in button_labels(open_page("b", flow=ONE))
    title(edit()).set_value("Unsaved").run()
    app = press(open_page("b", flow=ONE), "Unsaved presentation")
    assert app.query_params["view"] == "present"
    app = present(browser="b")
    assert "Unsaved changes" in page_text(app)
    press(press(app, "Edit"), "Save")
    assert "Unsaved presentation" not in button_labels(open_page("b", flow=ONE))


def test_the_second_of_two_editors_is_warned_and_keeps_what_they_typed():
    app = edit()
    title(app).set_value("Mine").run()
    store(title="Theirs")
    app = press(app, "Save")
    assert "Somebody else has saved this presentation" in page_text(app)
    assert (title(app).value, stored().content["title"]) == ("Mine", "Theirs")
    app = press(app, "Overwrite")
    assert stored().content["title"] == "Mine"
    assert "Somebody else" not in page_text(app)


def test_the_second_of_two_editors_can_use_what_the_first_saved():
    app = edit()
    title(app).set_value("Mine").run()
    store(title="Theirs")
    app = press(press(app, "Save"), "Use theirs")
    assert title(app).value == "Theirs"
    press(app, "Save")
    assert stored().version == 2


def test_an_invalid_setting_is_named_and_leaves_the_editor_open(fields_server):
    fields_server.set_flows(flow(ONE, "Long", nodes=[node("T-" + "a" * 500, p=text("x"))]))
    app = edit()
    app.multiselect(key="present-edit-inputs").set_value([f"T-{'a' * 500}.p"]).run()
    assert "“inputs.0.key” of the presentation is invalid" in page_text(app)
    assert "Discard" in button_labels(app)
    press(app, "Save")
    assert stored().version == 0


def test_of_many_inputs_the_later_boxes_are_filled_once_open_under_the_label_of_the_flow(
    fields_server,
):
    """Each would take time at each rerun. A new title would close one."""
    keys = [f"p{number}" for number in range(22)]
    many = node("T-a", **{key: text(display_name=key.upper()) for key in keys})
    fields_server.set_flows(flow(ONE, "Many", [many]))
    store(inputs={f"T-a.{key}": {} for key in keys})
    app = edit()
    assert len([each for each in app.text_input if each.label == "Label"]) == 20
    app.session_state["present-edit-open-T-a.p21"] = True
    app.run().text_input(key="present-edit-label-T-a.p21").set_value("City").run()
    assert "City" in inputs(app)
    assert app.main.get_by_key("present-edit-open-T-a.p21").label == "P21"
    app.session_state["present-edit-open-T-a.p21"] = False
    assert "City" in inputs(app.run())
