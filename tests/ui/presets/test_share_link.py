"""Addresses that open a form filled in: checked like what is typed, and never over it unasked."""

import pytest

from lfclient.console.presets.share_links import encode_values
from lfclient.flows.validation import SECRET_MASK
from tests.ui.support.preset_pages import choose, enter, field, keep, menu, open_page, value
from tests.ui.support.whole_pages import ONE, TWO, labels, press, said


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Every test has it."""


def shared_text(**values):
    return encode_values({f"T-a.{key}": value for key, value in values.items()})


def shared(browser="b", flow=ONE, **values):
    return open_page(browser, flow=flow, values=shared_text(**values))


def addresses(app):
    return [each.value for each in app.code if "flow=" in each.value]


def test_values_in_the_address_fill_the_form_once():
    """They leave the address, so that a reload keeps what was changed since."""
    app = shared(p="from the address", n=7)
    assert (value(app), value(app, "n")) == ("from the address", "7")
    assert "Filled with 2 values from the address: look at what is marked" in said(app)
    assert dict(app.query_params) == {"flow": ONE}
    enter(app, "changed")
    assert value(open_page(flow=ONE)) == "changed"


def test_nothing_runs_by_itself(fields_server):
    """The form waits for a person."""
    shared(p="from the address")
    assert not [line for line in fields_server.asked if line.startswith("POST")]


def test_a_draft_is_not_lost_to_an_address():
    """The way back survives another session of the same browser."""
    enter(open_page(), "typed")
    app = shared(p="from the address")
    assert value(app) == "from the address"
    assert "Back to what I had typed" in labels(open_page(flow=ONE))
    assert value(press(app, "Back to what I had typed")) == "typed"


def test_the_back_button_of_the_browser_does_not_fill_it_again():
    """The address it leads to is left at once."""
    app = enter(shared(p="from the address"), "changed")
    app.query_params["values"] = encode_values({"T-a.p": "from the address"})
    app.run()
    assert value(app) == "changed"
    assert "values" not in app.query_params


def test_values_that_do_not_fit_are_named_and_the_rest_is_filled_in():
    """Unknown fields, wrong types, secrets."""
    app = shared(p="good", n="many", q=1, s="sk-12345678")
    assert value(app) == "good"
    assert value(app, "s") == ""
    assert "Of the values in the address, 1 of 4 fit." in said(app)
    assert "n (T): Enter a whole number" in said(app)
    assert "T-a.q: T has no such parameter." in said(app)
    assert "s (T): Secrets are not taken from here" in said(app)


def test_a_masked_secret_in_an_address_is_asked_for_at_its_field():
    """Without a warning."""
    app = shared(p="good", s=SECRET_MASK)
    assert "Enter it yourself: secrets are not kept." in said(app)
    assert "Not taken" not in said(app)


def test_an_address_about_an_unknown_flow_fills_nothing():
    """The flow that is chosen instead is left alone."""
    app = shared(flow="9" * 8, p="good")
    assert "The address names the flow 99999999, which is not among the 2" in said(app)
    app.selectbox[0].set_value(ONE)
    app.run()
    assert value(app) == "x"
    assert "The address" not in said(app)


def test_an_address_about_no_flow_fills_nothing():
    """The flow that is chosen instead is left alone."""
    app = open_page(values=shared_text(p="good"))
    assert "The address names no flow, which is not in sight here." in said(app)
    assert value(app) == "x"


def test_a_broken_address_is_said_to_be():
    """Nothing else happens."""
    app = open_page(flow=ONE, values="not values")
    assert "cut off or changed" in said(app)
    assert value(app) == "x"


def test_a_broken_address_takes_away_what_was_said_of_an_earlier_one():
    """What that filled in stays; and a good one takes away what was said of a broken one."""
    app = open_page(flow=ONE, values=shared_text(p="from the address"))
    assert "Filled with 1 value from the address" in said(app)
    app.query_params["values"] = "not values"
    app.run()
    assert "Nothing was filled in from it." in said(app)
    assert "from the address:" not in said(app)
    assert value(app) == "from the address"
    app.query_params["values"] = shared_text(p="once more")
    app.run()
    assert "Filled with 1 value from the address" in said(app)
    assert "Nothing was filled in from it." not in said(app)


def test_an_address_opens_a_preset():
    """The form goes by it then."""
    kept = keep(p="of the preset")
    app = open_page("c", flow=ONE, preset=kept.id)
    assert value(app) == "of the preset"
    assert "preset" not in app.query_params
    assert "Differs from “Mine”" in said(enter(app, "changed"))


@pytest.mark.parametrize("flow", [ONE, TWO])
def test_an_address_with_a_preset_that_is_not_there_says_so(flow):
    """Also if it is another flow's."""
    kept = keep(flow_id=TWO)
    app = open_page(flow=flow, preset="none" if flow == TWO else kept.id)
    assert "names a preset that this flow does not have" in said(app)


def test_a_default_preset_gives_way_to_the_address():
    """What was asked for comes first."""
    keep(p="of the default", default=True)
    assert value(shared(p="from the address")) == "from the address"


def test_sharing_shows_addresses_that_open_the_same():
    """One with the preset, one with the values, neither with a secret."""
    kept = keep(p="of the preset", secrets=["T-a.s"])
    app = menu(enter(choose(open_page(), kept), "sk-12345678", "s"), "share")
    by_preset, by_values = addresses(app)
    assert by_preset.endswith(f"?flow={ONE}&preset={kept.id}")
    assert by_values.endswith(encode_values({"T-a.p": "of the preset", "T-a.s": SECRET_MASK}))
    assert "Secrets are not in it, they are entered anew: s (T)." in said(app)
    assert "whoever is connected with the same server and key" in said(app)


def test_an_edited_preset_is_shared_by_its_values():
    """The preset's own address would open something else."""
    kept = keep(p="old")
    app = menu(enter(choose(open_page(), kept), "new"), "share")
    (only,) = addresses(app)
    assert only.endswith(encode_values({"T-a.p": "new"}))


def test_too_many_values_for_an_address_are_said_to_be():
    """With what to do instead."""
    unlike = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(4_000))
    app = menu(enter(open_page(), unlike), "share")
    assert addresses(app) == []
    assert "Save them as a preset and share its address, or export them" in said(app)


def test_an_address_can_put_no_number_over_a_draft_that_holds_nonsense():
    """Texts that make no value are kept with the others."""
    enter(open_page(), "many", "n")
    app = shared(p="good")
    assert field(app, "n").value == "5"
    assert field(press(app, "Back to what I had typed"), "n").value == "many"


def test_a_text_that_looks_like_a_key_is_warned_of_before_others_read_it():
    """Where it is shared, and where it is kept for everybody."""
    app = enter(open_page(), "postgresql://me:hunter22@db/x")
    words = "May hold a password or a key, which others will read: p (T)."
    assert words in said(menu(app, "share"))
    assert words in said(menu(enter(open_page("c"), "Bearer abc12345678"), "save"))
    assert words not in said(menu(enter(open_page("d"), "a tale of bearers"), "share"))
