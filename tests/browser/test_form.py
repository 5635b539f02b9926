"""A form's input reaches the run, even if Run is pressed right after typing."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from lfclient import LangflowClient
from tests.browser.accessibility import check
from tests.browser.screen import PREFIX
from tests.support.flows import chat_input, entry, node
from tests.support.servers import delete_flow
from tests.support.waiting import wait_for

LINE = entry("StrInput", "str", "x", load_from_db=False)
MODEL = entry("ModelInput", "model", [], required=True)
SECRET = entry("SecretStrInput", "str", "", load_from_db=False, password=True, api_editable=True)


def press(screen):
    """Press slowly, like a hand: the field loses the focus while the button is down."""
    screen.part("run-button").get_by_role("button", name="Run").click(delay=120)


def keys(screen):
    screen.page.keyboard.press("Control+Enter")


@pytest.fixture
def answer_form(screen):
    """The form of the echo chat with the parameters of its answer."""
    screen.pick("Echo")
    screen.open_parameters("ChatOutput-answer")
    return screen


@pytest.mark.parametrize(
    ("run", "width"),
    [
        (press, 1440),
        pytest.param(press, 500, marks=pytest.mark.exhaustive),
        pytest.param(keys, 1440, marks=pytest.mark.exhaustive),
    ],
)
def test_a_run_includes_text_typed_just_before(answer_form, run, width):
    page = answer_form.page
    page.set_viewport_size({"width": width, "height": 1000})
    line = answer_form.part("param-ChatOutput-answer-sender_name").locator("input")
    for box in (line, page.locator("textarea").first):
        text = uuid.uuid4().hex
        box.click()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        run(answer_form)
        expect(answer_form.part("recent-runs")).to_contain_text(text[:8])
        answer_form.wait("completed")
        answer_form.drawn()


@pytest.fixture(scope="module")
def add_flow(sample_flows):
    """Add a flow for the tests of this module."""
    with LangflowClient(sample_flows.url, sample_flows.api_key) as api:
        added = []

        def add(name, data):
            added.append(api.editor.create_flow(f"{PREFIX}{name}", data))
            return added[-1]

        yield add
        for flow in added:
            delete_flow(api, flow.id)


def test_a_refused_run_scrolls_to_the_missing_field(shared_window, console, add_flow):
    line = entry("StrInput", "str", "", load_from_db=False, api_editable=True)
    more = {f"more{number}": line for number in range(6)}
    raw = {"nodes": [node("T-a", need={**line, "required": True}, **more)], "edges": []}
    flow = add_flow("needs", raw)
    shared_window.page.set_viewport_size({"width": 480, "height": 600})
    shared_window.open(f"{console.url}/?flow={flow.id}")
    shared_window.page.get_by_test_id("stMain").evaluate(
        "each => each.scrollTo(0, each.scrollHeight)"
    )
    field = shared_window.part("param-T-a-need")
    expect(field).not_to_be_in_viewport()
    press(shared_window)
    expect(field.get_by_text("This is required.")).to_be_in_viewport()
    expect(field.get_by_text("Required", exact=True)).to_have_count(0)
    expect(field.locator("input")).to_be_focused()
    expect(shared_window.part("run-status")).not_to_contain_text("press Run")
    head = shared_window.page.get_by_test_id("stHeader").bounding_box()["height"]
    wait_for(lambda: head <= field.bounding_box()["y"] < 150)
    check(shared_window.page)


@pytest.mark.exhaustive
def test_a_refused_run_leads_to_an_invalid_value_in_the_folded_part(
    shared_window, console, add_flow
):
    nodes = [node("T-a", n=entry("IntInput", "int", 5), p=LINE), node("U-b", q=LINE)]
    flow = add_flow("folded", {"nodes": nodes, "edges": []})
    shared_window.page.set_viewport_size({"width": 390, "height": 700})
    shared_window.open(f"{console.url}/?flow={flow.id}")
    part, number = shared_window.part("all-parameters"), shared_window.part("param-T-a-n")
    fold = part.locator("summary").first
    for summary in (fold, shared_window.part("component-T-a").locator("summary")):
        summary.focus()
        shared_window.page.keyboard.press("Enter")
        shared_window.drawn()
    number.locator("input").fill("many")
    number.locator("input").press("Tab")
    expect(number.get_by_text("Changed", exact=True)).to_be_visible()
    fold.focus()
    shared_window.page.keyboard.press("Enter")
    expect(number).to_have_count(0)
    # one in the document for windows of this width, one for others
    expect(part.get_by_text("Check", exact=True).filter(visible=True)).to_have_count(1)
    assert shared_window.page.evaluate("document.documentElement.scrollWidth") == 390
    press(shared_window)
    expect(number.locator("input")).to_be_in_viewport()
    expect(number.locator("input")).to_have_value("many")


def test_a_secret_is_kept_when_its_eye_icon_is_clicked(shared_window, console, add_flow):
    flow = add_flow("secret", {"nodes": [chat_input(), node("T-a", s=SECRET)], "edges": []})
    shared_window.open(f"{console.url}/?flow={flow.id}")
    shared_window.part("param-T-a-s").locator("input").fill("sk-12345678")
    shared_window.page.keyboard.press("Tab")
    expect(shared_window.page.get_by_role("button", name="Show password")).to_be_focused()
    expect(shared_window.page.get_by_role("button", name="Reset all (1)")).to_be_visible()


def test_models_that_match_what_is_typed_are_above_the_offer_to_add_it(
    shared_window, console, add_flow
):
    flow = add_flow("model", {"nodes": [node("T-a", model=MODEL)], "edges": []})
    shared_window.open(f"{console.url}/?flow={flow.id}")
    box = shared_window.part("param-T-a-model").get_by_role("combobox")
    box.fill("gpt-4o-mini")
    options = shared_window.page.get_by_role("option")
    model, added = (options.filter(has_text=start).first for start in ("OpenAI: ", "Add: "))
    expect(added).to_have_text("Add: gpt-4o-mini")
    assert model.bounding_box()["y"] < added.bounding_box()["y"]
    box.press("Enter")
    expect(box).to_have_value(re.compile("^OpenAI: gpt-4o-mini"))


def test_input_stays_with_its_flow(screen):
    screen.pick("Echo")
    box = screen.page.locator("textarea").first
    box.fill("only for the echo")
    box.press("Tab")
    expect(screen.page.get_by_text("Changed", exact=True)).to_be_visible()
    screen.page.get_by_role("link", name="Connection").first.click()
    screen.part("server-facts").wait_for()
    screen.page.get_by_role("link", name="Run").first.click()
    expect(screen.page.locator("textarea").first).to_have_value("only for the echo")
    screen.page.reload()
    expect(screen.page.locator("textarea").first).to_have_value("only for the echo")
    screen.pick("Write a letter")
    expect(screen.page.locator("textarea").first).not_to_have_value("only for the echo")
