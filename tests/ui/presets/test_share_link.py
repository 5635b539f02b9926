"""Links that fill a form are checked like input, and never lose input."""

import pytest

from lfclient.console.presets.share_links import encode_values
from lfclient.flows.field import Variable
from lfclient.flows.validation import SECRET_MASK
from tests.ui.support.preset_pages import (
    choose,
    enter,
    field,
    open_page,
    save_as,
    store_preset,
    stored_presets,
    value,
)
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the stand-in for every test."""


def shared_text(**values):
    return encode_values({f"T-a.{key}": value for key, value in values.items()})


def shared(browser="b", **values):
    """Open a link with values, and fill the form with them."""
    return press(open_page(browser, flow=ONE, values=shared_text(**values)), "Fill the form")


def addresses(app):
    return [each.value.strip("`") for each in app.markdown if "flow=" in each.value]


def test_values_in_a_link_fill_the_form_once():
    app = shared(p="from the address", n=7)
    assert (value(app), value(app, "n")) == ("from the address", "7")
    assert "Filled with 2 values from the link. Check the marked fields" in page_text(app)
    assert dict(app.query_params) == {"flow": ONE}
    enter(app, "changed")
    assert value(open_page(flow=ONE)) == "changed"


@pytest.mark.parametrize("parameter", ["p", "s"])
def test_a_variable_in_a_link_is_chosen_by_its_name(parameter):
    """Secret fields choose the variable as well, and report modes that can't use it."""
    app = shared(**{parameter: Variable("MODEL")})
    assert field(app, f"{parameter}-variable", "selectbox").value == "MODEL"
    assert "can't look up variables" in page_text(app)


def test_a_draft_replaced_by_a_link_can_be_restored():
    enter(open_page(), "typed")
    app = shared(p="from the address")
    assert value(app) == "from the address"
    assert "Restore my input" in button_labels(open_page(flow=ONE))
    assert value(press(app, "Restore my input")) == "typed"


def test_the_browsers_back_button_does_not_apply_the_link_again():
    app = enter(shared(p="from the address"), "changed")
    app.query_params["values"] = encode_values({"T-a.p": "from the address"})
    app.run()
    assert value(app) == "changed"
    assert "values" not in app.query_params


def test_values_of_a_link_that_do_not_fit_are_named():
    app = shared(p="good", n="many", q=1, s="sk-12345678")
    assert value(app) == "good"
    assert value(app, "s") == ""
    assert "Of the values in the link, 1 of 4 fit." in page_text(app)
    assert "n (T): Enter a whole number" in page_text(app)
    assert "T-a.q: T has no such parameter." in page_text(app)
    assert "s (T): Secrets are not imported" in page_text(app)


def test_a_link_to_an_unknown_flow_fills_nothing():
    app = open_page(flow="9" * 8, values=shared_text(p="good"))
    assert "The flow of the link is not among the 2 flows" in page_text(app)
    assert "Recent runs" not in page_text(app)  # there are none
    app.selectbox[0].set_value(ONE)
    app.run()
    assert value(app) == "x"
    assert "The link" not in page_text(app)


def test_a_link_without_a_flow_fills_nothing():
    app = open_page(values=shared_text(p="good"))
    assert "The link has no flow." in page_text(app)
    assert value(app) == "x"


def test_a_broken_link_clears_the_message_of_an_earlier_one():
    app = shared(p="from the address")
    assert "Filled with 1 value from the link" in page_text(app)
    app.query_params["values"] = "not values"
    app.run()
    assert "cut off or changed" in page_text(app)
    assert "The form is unchanged." in page_text(app)
    assert "Filled with" not in page_text(app)
    assert value(app) == "from the address"
    app.query_params["values"] = shared_text(p="once more")
    press(app.run(), "Fill the form")
    assert "Filled with 1 value from the link" in page_text(app)
    assert "The form is unchanged." not in page_text(app)


def test_a_link_opens_a_preset():
    app = open_page("c", flow=ONE, preset=store_preset(p="of the preset").id)
    assert value(app) == "x"
    assert "preset" not in app.query_params
    assert value(press(app, "Fill the form")) == "of the preset"
    assert "Differs from “Mine”" in page_text(enter(app, "changed"))


@pytest.mark.parametrize("flow", [ONE, TWO])
def test_a_link_to_a_missing_preset_is_reported(flow):
    preset = store_preset(flow_id=TWO)
    app = open_page(flow=flow, preset="none" if flow == TWO else preset.id)
    assert "The link's preset was not found" in page_text(app)


def test_shared_links_open_the_same_values():
    preset = store_preset(p="of the preset", secrets=["T-a.s"])
    app = enter(choose(open_page(menu="share"), preset), "sk-12345678", "s")
    by_preset, by_values = addresses(app)
    assert by_preset.endswith(f"?flow={ONE}&preset={preset.id}")
    assert by_values.endswith(encode_values({"T-a.p": "of the preset", "T-a.s": SECRET_MASK}))
    assert "Secrets are not included and must be entered again: s (T)." in page_text(app)
    assert "anyone with the same server and key" in page_text(app)


def test_the_connections_key_is_not_shared():
    app = enter(open_page(menu="share"), "my key is sk-configured-key")
    assert all("values" not in address for address in addresses(app))
    assert "Omitted because they are invalid: p (T)." in page_text(app)
    app = save_as(enter(open_page("c", menu="save"), "my key is sk-configured-key"), "Mine")
    assert stored_presets()[0].values == {}
    assert "p (T): It contained a secret, which is not saved." in page_text(app)


def test_an_edited_preset_is_shared_by_its_values():
    preset = store_preset(p="old")
    (only,) = addresses(enter(choose(open_page(menu="share"), preset), "new"))
    assert only.endswith(encode_values({"T-a.p": "new"}))


def test_a_link_that_is_too_long_is_reported():
    unlike = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(4_000))
    app = enter(open_page(menu="share"), unlike)
    assert addresses(app) == []
    assert "Save the values as a preset and share that, or export them" in page_text(app)


def test_a_value_that_looks_like_a_key_causes_a_warning():
    words = "Others can read these values, which look like passwords or keys: p (T)."
    app = open_page(menu="share")
    assert words in page_text(enter(app, "postgresql://me:hunter22@db/x"))
    assert words not in page_text(enter(app, "a tale of bearers"))
    assert words in page_text(enter(open_page("c", menu="save"), "Bearer abc12345678"))
