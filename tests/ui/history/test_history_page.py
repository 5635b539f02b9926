"""The run history: its columns, its updates, and the opening of runs."""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
from dataclasses import replace

from PIL import Image

from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.errors import StoreError
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import ComponentRun, Usage
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.history import view
from pages._ui.state import history as history_state
from tests.support.http_stand_in import flow
from tests.support.pictures import image_file
from tests.ui.support.history_page import add, add_result, column, history, select_runs
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_running_run,
    button_labels,
    page_text,
    press,
)


def return_by_menu(app):
    """Go to the Run page and back by the menu's links, which have no query."""
    app.switch_page("pages/run.py").run()
    app.query_params.clear()
    return app.switch_page("pages/history.py").run()


def test_a_selection_is_kept_for_the_same_list_only(url):
    add(url, "a")
    assert "1 selected" in page_text(return_by_menu(select_runs(history(), "a")))
    app = select_runs(history(status="completed"), "a")
    assert "1 selected" in page_text(app)
    app = return_by_menu(app)
    assert "selected" not in page_text(app)


def test_an_empty_history_links_to_the_run_page(url):
    app = history()
    assert "No runs yet" in page_text(app)
    assert not app.dataframe


def test_runs_are_listed_newest_first_with_status_inputs_and_duration(url):
    """A run that was sent twice is marked."""
    add(url, "old", 90, input_summary=(("", "Hello"),), attempts=2)
    add(url, "new", 0, status=RunStatus.FAILED, session_id="s-1", mode="background")
    app = history()
    assert column(app, "Status")[0].tolist() == ["✕ Failed"]
    assert column(app, "Status")[1].tolist() == ["✓ Completed", "sent twice"]
    assert column(app, "Inputs") == ["", "Hello"]
    assert column(app, "Session") == ["s-1", ""]
    assert column(app, "Duration") == ["1.0 s", "1.0 s"]
    assert "2 runs" in page_text(app)


def with_tokens(total, model=""):
    """Return the changes of a record whose run used this many tokens."""
    usage = Usage(1, total - 1, total)
    by_model = {model: usage} if model else {}
    components = {"M-1": ComponentRun("M-1", usage=usage, usage_by_model=by_model)}
    return {"run": Run(ONE, "sync", RunStatus.COMPLETED, components=components)}


def test_tokens_are_listed_and_added_up(url):
    add(url, "a", 30, **with_tokens(1200))
    add(url, "b", 20)
    add(url, "c", 10, **with_tokens(34))
    app = history()
    assert [str(value) for value in column(app, "Tokens")] == ["34.0", "nan", "1200.0"]
    assert "3 runs** · 1,234 tokens" in page_text(app)
    add(url, "d", 40, **with_tokens(66))
    assert "4 runs** · 1,300 tokens" in page_text(app.run())


def test_costs_are_listed_and_added_up_by_the_configured_prices(url, price_file):
    add(url, "a", 30, **with_tokens(1_000_001, "mini"))
    add(url, "b", 20)
    add(url, "c", 10, **with_tokens(501, "mini"))
    app = history()
    assert column(app, "Cost") == ["0.0010 EUR", "", "2.00 EUR"]
    assert "3 runs** · 1,000,502 tokens · 2.00 EUR" in page_text(app)
    for name, model in (("d", "big"), ("e", "")):
        add(url, name, **with_tokens(1_000_001, model))
    assert "EUR, excluding 2 runs of unknown cost" in page_text(history())


def test_tokens_of_other_pages_are_added_up(url, monkeypatch):
    monkeypatch.setattr(view, "PAGE_SIZE", 1)
    add(url, "a", 0)
    add(url, "b", 1, **with_tokens(1200))
    app = history()
    assert len(app.dataframe[0].value) == 1
    assert "1,200 tokens" in page_text(app)


def test_no_found_word_is_cut_from_a_row(url):
    texts = {"C.text": f"umbrella {'at sea ' * 9}", "C.note": f"{'by the ' * 9} harbour"}
    add(url, "a", 60, overrides=texts, input_summary=(("text", "umbrella"),))
    (found,) = column(history(q="umbrella harbour"), "Found")
    assert "[umbrella]" in found
    assert "[harbour]" in found


def test_runs_of_another_key_are_never_listed(url):
    """The runs are hidden without filters and with a filter for the other server."""
    other = Connection("other", url, None, "typed")
    add(url, "mine")
    add(
        url,
        "theirs",
        owner=owner_fingerprint(other, app_context().settings.data_dir),
        flow_name="Secret",
    )
    assert "No server “other”" in page_text(history(server="other"))
    assert column(history(), "Flow") == ["Echo"]
    assert column(history(server=app_context().settings.servers[0].name), "Flow") == ["Echo"]


def test_a_search_shows_where_it_found_the_words(url):
    add(url, "a", 60, overrides={"C.city": "Oslo"}, input_summary=(("City", "Oslo"),))
    add(url, "b", 30, flow_name="Oslo forecast")
    app = history(q="oslo")
    assert column(app, "Found") == ["", "[Oslo]"]
    assert "Found" not in history().dataframe[0].value.columns


def test_every_rendering_of_the_list_has_the_selected_rows(url):
    """Streamlit drops a rendering that is replaced before it was sent."""
    for number, name in enumerate("ab"):
        add(url, name, number)
    app = select_runs(history(), "b").run()
    assert json.loads(app.dataframe[0].proto.selection_default)["selection"]["rows"] == [1]


def test_new_runs_are_announced_and_listed_only_on_request(url):
    """No row moves, even if the page is redrawn. Leaving the page and returning lists the runs."""
    add(url, "a", 60)
    add(url, "old", 90, flow_id=TWO)
    app = history(flow=ONE)
    add(url, "b", 2, flow_name="Later")
    add(url, "c", 1, flow_name="Later still")
    add(url, "other", 0, flow_id=TWO)
    app = press(select_runs(app, "a"), "Star")
    assert column(app, "Flow") == ["★ Echo"]
    assert "1 selected" in page_text(app)
    press(app, "Show 2 new runs")
    assert column(app, "Flow") == ["Later still", "Later", "★ Echo"]
    assert not any("new run" in label for label in button_labels(app))
    add(url, "d", -1)
    assert "Show 1 new run" in button_labels(app.run())
    app.switch_page("pages/run.py").run()
    app = app.switch_page("pages/history.py").run()
    assert column(app, "Flow") == ["Echo", "Later still", "Later", "★ Echo"]


def test_an_empty_list_shows_new_runs_at_once(url):
    """An empty list has no row that could move."""
    app = history()
    assert not app.dataframe
    add(url, "a")
    assert column(app.run(), "Flow") == ["Echo"]


def test_older_and_newer_buttons_page_through_all_runs(url, monkeypatch):
    """The URL has the place in the list."""
    monkeypatch.setattr(view, "PAGE_SIZE", 3)
    for number in range(5):
        add(url, f"r{number}", number)
    app = press(history(), "Older")
    assert len(column(app, "Flow")) == 2
    assert "older" in app.query_params
    assert "5 runs" in page_text(app)
    app = press(app, "Newer")
    assert len(column(app, "Flow")) == 3


def test_a_page_beyond_the_last_run_links_back_to_the_newest(url):
    """The runs of that page may have been deleted."""
    add(url, "a")
    app = press(history(older="1-a"), "Back to newest")
    assert len(column(app, "Flow")) == 1


def test_a_run_is_opened_on_the_run_page_with_its_flow(url, langflow_stand_in):
    """The filters stay in the URL, so the browser's Back button returns to the filtered list.
    The Run page adds no history entry of its own, which would trap the Back button.
    """
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Second"))
    run = add(url, "a" * 32, flow_id=TWO, flow_name="Second")
    app = history(q="second")
    app.session_state[history_state.history_key("wanted")] = (run.id, TWO)
    app.run()
    assert "Completed]" in page_text(app)
    assert next(each for each in app.selectbox if each.label == "Flow").value == TWO
    assert dict(app.query_params) == {"q": "second", "run": run.id}


def test_a_constantly_changing_list_is_not_redrawn_without_a_pause(url, monkeypatch):
    app_context().runner.store.create(add_running_run(url, id="c", submit_token="c"))
    page, times = app_context().runner.history.page, itertools.count(1)

    def changing(*args, **more):
        found = page(*args, **more)
        entries = [replace(entry, attempts=next(times)) for entry in found.runs]
        return replace(found, runs=entries)

    monkeypatch.setattr(app_context().runner.history, "page", changing)
    history()
    assert 1 < next(times) < 5


def test_a_store_error_is_shown_and_the_filters_are_kept(url, monkeypatch):
    add(url, "a")
    app = history(q="hello")

    def broken(*_, **__):
        raise StoreError("The file of runs is damaged.", hint="Move it away.")

    for name in ("page", "flows", "count"):
        monkeypatch.setattr(app_context().runner.history, name, broken)
    app.run()
    assert "is damaged" in page_text(app)
    assert "Move it away" in page_text(app)
    assert next(each for each in app.text_input if each.label == "Search").value == "hello"
    assert app.query_params["q"] == "hello"


def test_a_local_langflow_that_never_ran_shows_the_first_start(monkeypatch):
    monkeypatch.setenv("LFCONSOLE_ALLOW_INSTALL", "false")
    app = history()
    assert not app.dataframe
    assert "Earlier runs are kept" in page_text(app)
    assert "Only the console's operator" in page_text(app)


def test_images_have_a_thumbnail(url):
    add_result(url, "picture", 0, image_file(), OutputKind.IMAGE)
    add_result(url, "text", 1, "sunny")
    picture, text = column(history(), "Image")
    head, _, body = picture.partition(",")
    assert head == "data:image/webp;base64"
    assert Image.open(io.BytesIO(base64.b64decode(body))).size == (64, 40)
    assert math.isnan(text)
