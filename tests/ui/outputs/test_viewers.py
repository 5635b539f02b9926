"""The output viewers: charts, statistics, pages, galleries, search, comparison."""

import base64
import io
import json

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import Output, OutputKind
from lfclient.outputs.tables import without_internals
from pages._ui.outputs import chart_data, gallery, image, json_viewer, output_pair, table
from pages._ui.outputs import view as outputs_view
from pages._ui.widgets import downloads
from tests.support.reports import big_png
from tests.ui.outputs.test_view import DOT, draw_outputs, output, texts


def uri(number=0):
    """Return the address of an image, a different one for each number."""
    return "data:image/png;base64," + base64.b64encode(DOT + bytes(number)).decode()


URI = uri()
ROWS = [{"city": f"City {i}", "day": f"2026-01-{i + 1:02d}", "n": i} for i in range(28)]
KEY = "run-1-Comp-1"
PAIR_VIEW = "compare-view-run-1"


def choose(app, view):
    """Return the page after a person chooses a view of the output."""
    app.segmented_control[0].set_value(view).run()
    return app


# tables


def test_a_tables_chart_and_columns_are_computed_once_opened():
    app = draw_outputs(output(OutputKind.TABLE, ROWS))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns"]
    assert len(app.dataframe) == 1
    assert not app.selectbox


def test_a_suggested_chart_can_be_changed():
    """A time column suggests a line."""
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Chart")
    assert [box.value for box in app.selectbox] == [chart_data.LINE, "day"]
    assert app.multiselect[0].value == ["n"]
    app.selectbox[0].select(chart_data.BAR).run()
    app.selectbox[1].select("city").run()
    assert app.multiselect[0].options == ["n", chart_data.ROW_COUNT]
    app.selectbox[0].select(chart_data.HISTOGRAM).run()
    assert app.selectbox[1].options == ["n"]


def test_row_count_and_columns_exclude_each_other_on_the_y_axis():
    """The last choice wins. Several columns may be combined."""
    rows = [{"city": f"c{i % 3}", "n": i, "m": i} for i in range(60)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    app.multiselect[0].set_value([chart_data.ROW_COUNT]).run()
    app.multiselect[0].set_value([chart_data.ROW_COUNT, "n"]).run()
    assert app.multiselect[0].value == ["n"]
    app.multiselect[0].set_value(["n", "m"]).run()
    assert app.multiselect[0].value == ["n", "m"]
    app.multiselect[0].set_value(["n", "m", chart_data.ROW_COUNT]).run()
    assert app.multiselect[0].value == [chart_data.ROW_COUNT]


def test_a_chart_without_columns_or_values_shows_a_note():
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Chart")
    app.multiselect[0].unselect("n").run()
    assert "Choose at least one column" in texts(app)
    app = choose(draw_outputs(output(OutputKind.TABLE, [{"a": None}])), "Chart")
    assert "No column has values" in texts(app)


def test_a_chart_notes_how_many_points_it_omits():
    rows = [{"a": i, "b": i} for i in range(6000)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    assert "5,000 of 6,000 rows" in texts(app)


@pytest.mark.parametrize(
    ("hours", "tooltip_format"),
    [(("T09:00", "T21:00"), chart_data.TIME_FORMAT), (("", ""), chart_data.DAY_FORMAT)],
)
def test_chart_times_use_the_24_hour_clock_and_dates_have_no_time(hours, tooltip_format):
    rows = [{"when": f"2026-01-0{1 + i}{hour}", "n": i} for i, hour in enumerate(hours)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Chart")
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert spec["encoding"]["x"]["axis"]["format"] == chart_data.TIME_AXIS_FORMAT
    assert spec["encoding"]["tooltip"][0]["format"] == tooltip_format


@pytest.mark.parametrize("name", ["a.b[0]", "c:Q", "", "x'y\"z", "$5"])
def test_a_chart_takes_any_column_name(name):
    """Vega would parse dots, brackets and colons in them."""
    app = draw_outputs(output(OutputKind.TABLE, [{name: 1, "other": 2}, {name: 3, "other": 4}]))
    assert choose(app, "Chart").get("vega_lite_chart")


def test_statistics_have_one_row_per_column():
    app = choose(draw_outputs(output(OutputKind.TABLE, ROWS)), "Columns")
    assert list(app.dataframe[0].value["Type"]) == ["text", "time", "number"]


def test_a_very_large_table_is_sent_page_by_page(monkeypatch):
    monkeypatch.setattr(table, "MAX_PAGE_ROWS", 10)
    app = draw_outputs(output(OutputKind.TABLE, ROWS))
    assert list(app.dataframe[0].value["n"]) == list(range(10))
    assert "Rows 1 to 10 of 28" in texts(app)
    app.session_state[f"view-page-{KEY}"] = 3
    app.run()
    assert list(app.dataframe[0].value["n"]) == list(range(20, 28))
    assert "28 rows × 3 columns" in texts(app)


def test_a_very_long_cell_is_truncated_on_the_page_with_a_note():
    app = draw_outputs(output(OutputKind.TABLE, [{"a": "x" * 50_000}]))
    assert len(app.dataframe[0].value["a"][0]) == table.MAX_CELL_LENGTH
    assert "Cells show 5,000 characters" in texts(app)


@pytest.mark.parametrize("name", ["self", "a b"])
def test_a_column_with_long_cells_may_have_any_name(name):
    app = draw_outputs(output(OutputKind.TABLE, [{name: "x" * 50_000, "n": 1}]))
    assert list(app.dataframe[0].value.columns) == [name, "n"]
    assert len(app.dataframe[0].value[name][0]) == table.MAX_CELL_LENGTH


def test_rows_with_large_images_have_pages(monkeypatch):
    """The page size counts only what is sent, so truncated cells stay on one page."""
    monkeypatch.setattr(table, "MAX_PAGE_BYTES", 20_000)
    rows = [{"photo": URI + "A" * 12_000, "text": "x" * 50_000} for _ in range(3)]
    app = draw_outputs(output(OutputKind.TABLE, rows))
    assert len(app.dataframe[0].value) == 1
    app = draw_outputs(output(OutputKind.TABLE, [{"text": "x" * 50_000} for _ in range(3)]))
    assert len(app.dataframe[0].value) == 3


MESSAGE = {
    "id": "5c1f",
    "flow_id": "f",
    "session_id": "s",
    "sender": "User",
    "sender_name": "Ada",
    "text": "Hi",
    "timestamp": "2026-01-01",
}


def test_the_internal_columns_of_stored_messages_are_shown_once_asked_for():
    app = draw_outputs(output(OutputKind.TABLE, [MESSAGE]))
    assert list(app.dataframe[0].value.columns) == ["sender_name", "text", "timestamp"]
    assert "1 row × 7 columns" in texts(app)
    assert [box.label for box in app.checkbox] == ["Show 4 internal columns"]
    app.checkbox[0].check().run()
    assert list(app.dataframe[0].value.columns) == list(MESSAGE)
    choose(app, "Columns")
    assert list(app.dataframe[0].value["Column"]) == list(MESSAGE)
    choose(app, "Rows")
    assert app.checkbox[0].value
    assert not app.exception


def test_a_table_without_internal_columns_has_no_checkbox_for_them():
    app = draw_outputs(output(OutputKind.TABLE, [{"id": 1, "session_id": "s", "text": "a"}]))
    assert list(app.dataframe[0].value.columns) == ["id", "session_id", "text"]
    assert not app.checkbox


@pytest.mark.parametrize("value", [MESSAGE, [MESSAGE]], ids=["object", "list"])
def test_the_internal_keys_of_messages_are_shown_once_asked_for(value):
    app = draw_outputs(output(OutputKind.DATA, value))
    assert json.loads(app.json[0].value) == without_internals(value) != value
    assert [box.label for box in app.checkbox] == ["Show 4 internal keys"]
    app.checkbox[0].check().run()
    assert json.loads(app.json[0].value) == value
    assert not app.exception


def test_a_search_finds_hidden_internal_keys():
    app = draw_outputs(output(OutputKind.DATA, MESSAGE))
    app.text_input[0].set_value("session").run()
    assert app.code[0].value == "session_id"
    assert not app.exception


def test_the_text_of_a_large_object_has_no_hidden_internals(monkeypatch):
    monkeypatch.setattr(json_viewer, "MAX_TREE_BYTES", 10)
    app = draw_outputs(output(OutputKind.DATA, MESSAGE))
    assert "Ada" in app.code[0].value
    assert "session_id" not in app.code[0].value
    app.checkbox[0].check().run()
    assert "session_id" in app.code[0].value
    assert not app.exception


# images


def test_a_list_of_images_opens_as_a_gallery():
    app = draw_outputs(output(OutputKind.DATA, [uri(0), uri(1)]))
    assert app.segmented_control[0].options == ["Images", "Data"]
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]
    assert "image 1" in texts(app)
    assert "image 2" in texts(app)


def test_a_list_that_the_server_types_as_image_opens_as_a_gallery():
    value = [{"name": "a", "data": uri(0)}, {"name": "b", "data": uri(1)}]
    app = draw_outputs(output(OutputKind.UNKNOWN, value, type="image"))
    assert app.segmented_control[0].options == ["Images", "Unknown"]


def test_images_in_a_messages_text_have_a_view():
    app = draw_outputs(output(OutputKind.MESSAGE, f"two: ![one]({uri(0)}) and ![]({uri(1)})"))
    assert app.segmented_control[0].options == ["Message", "Images"]
    app = choose(app, "Images")
    assert "one" in texts(app)


def test_images_in_cells_are_drawn_in_the_rows_and_in_a_gallery():
    app = draw_outputs(output(OutputKind.TABLE, [{"name": "a", "photo": URI}]))
    assert app.segmented_control[0].options == ["Rows", "Chart", "Columns", "Images"]
    assert '"type": "image"' in app.dataframe[0].proto.columns


def test_a_column_with_a_remote_address_is_not_drawn_as_images():
    """The browser would load the address."""
    rows = [{"photo": URI}, {"photo": "https://p.example/cat.png"}, {"photo": None}]
    app = draw_outputs(output(OutputKind.TABLE, rows))
    assert '"type": "image"' not in app.dataframe[0].proto.columns


def test_a_remote_image_in_a_cell_is_loaded_only_on_request():
    app = draw_outputs(output(OutputKind.TABLE, [{"photo": "https://p.example/cat.png"}]))
    app = choose(app, "Images")
    assert [button.label for button in app.button] == ["Load from p\\.example"]


def test_loaded_remote_images_replace_their_buttons_and_can_be_zoomed(monkeypatch):
    monkeypatch.setattr(image, "load_image", lambda address: DOT)
    app = draw_outputs(
        output(OutputKind.MESSAGE, "![](http://a.example/x) ![](http://a.example/y)")
    )
    app.button[0].click().run()
    app.button[0].click().run()
    assert not app.button
    rows = [{"photo": f"https://p.example/{n}.png"} for n in range(2)]
    app = choose(draw_outputs(output(OutputKind.TABLE, rows)), "Images")
    app.button[0].click().run()
    app.run()
    assert [button.label for button in app.button] == ["Zoom", "Load from p\\.example"]


def test_images_of_several_named_outputs_share_a_gallery():
    parts = {f"part {n}": output(OutputKind.IMAGE, uri(n)) for n in (1, 2)}
    app = draw_outputs(output(OutputKind.IMAGE, URI, parts=parts))
    assert app.selectbox[0].options == ["Part 1", "Part 2", "All images"]
    app.selectbox[0].select("All images").run()
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]


@pytest.mark.parametrize("name", ["a\ud800b", "a\u202eb"])
def test_an_image_may_have_any_name(name):
    app = draw_outputs(output(OutputKind.MESSAGE, f"![{name}]({URI}) ![]({uri(1)})"))
    app = choose(app, "Images")
    assert len(app.get("image")) == len(app.get("download_button")) == 2


@pytest.mark.parametrize(
    ("name", "saved_as"),
    [("plot.png", "plot.png"), ("plot.JPEG", "plot.png"), ("a.b", "a.b.png")],
)
def test_a_saved_image_has_one_ending_that_of_its_content(name, saved_as, monkeypatch):
    names = []
    monkeypatch.setattr(downloads, "draw_button", lambda *args, **_: names.append(args[2]))
    app = draw_outputs(output(OutputKind.MESSAGE, f"![{name}]({URI}) ![]({uri(1)})"))
    choose(app, "Images")
    assert saved_as in names


def test_a_large_gallery_has_pages():
    app = draw_outputs(output(OutputKind.DATA, [uri(n) for n in range(30)]))
    assert len(app.button) == gallery.PER_PAGE
    assert "30 images" in texts(app)


def test_the_zoom_button_opens_a_dialog():
    app = draw_outputs(output(OutputKind.DATA, [uri(0), uri(1)]))
    app.button[0].click().run()
    assert "1 of 2" in texts(app)


def test_a_small_image_is_enlarged_at_most_four_times():
    """SVGs and damaged images use the full width."""
    assert image.zoom_width(DOT) == 4
    assert image.zoom_width(b"<svg></svg>") == image.zoom_width(DOT[:30]) == "stretch"


def test_only_images_that_browsers_show_are_opened_with_pillow():
    content = io.BytesIO()
    Image.new("RGB", (5, 5)).save(content, "TIFF")
    assert image.zoom_width(content.getvalue()) == "stretch"


def test_a_short_message_with_large_images_is_still_markdown():
    app = draw_outputs(output(OutputKind.MESSAGE, f"# Hi\n![cat]({URI}{'A' * 60_000})"))
    assert any(element.value == "# Hi  \n*image “cat”*" for element in app.markdown)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (b"\x89PNG broken", "This image is not shown: it is damaged, or of a kind"),
        ("data:image/png;base64,AAA", "The base64 text is damaged or truncated"),
        ("not an image", "Not an image URL: not an image"),
        (None, "No value."),
    ],
)
def test_what_is_no_image_says_why_in_a_sentence(value, sentence):
    app = draw_outputs(output(OutputKind.IMAGE, value))
    assert sentence in " ".join([texts(app), *(each.value for each in app.error)])
    assert not app.exception


def test_a_drawing_whose_address_is_not_base64_is_drawn():
    app = draw_outputs(output(OutputKind.IMAGE, "data:image/svg+xml,<svg/>"))
    assert len(app.get("image")) == 1
    assert not app.error
    assert not app.exception


def test_a_number_in_place_of_an_image_is_drawn_as_json():
    app = draw_outputs(output(OutputKind.IMAGE, 5))
    assert app.code[0].value == "5"
    assert not app.exception


@pytest.fixture
def decoded(monkeypatch):
    """The images that Streamlit decodes."""
    images = []
    monkeypatch.setattr(image.st, "image", lambda data, **_: images.append(data))
    return images


@pytest.mark.parametrize("kind", [OutputKind.IMAGE, OutputKind.DATA])
def test_an_image_of_too_many_pixels_is_offered_for_saving_instead(kind, decoded):
    """A PNG of 640 kB took 1.5 GB."""
    big = "data:image/png;base64," + base64.b64encode(big_png()).decode()
    value = big if kind is OutputKind.IMAGE else {"picture": big, "other": URI}
    app = draw_outputs(output(kind, value))
    if kind is OutputKind.DATA:
        choose(app, "Images")
    assert "20,000 × 20,000 pixels, more than 25 megapixels. Save it to open it" in texts(app)
    assert app.get("download_button")
    assert big_png() not in decoded
    assert not app.exception


def test_a_column_with_an_image_of_too_many_pixels_is_drawn_as_text():
    big = "data:image/png;base64," + base64.b64encode(big_png()).decode()
    app = draw_outputs(output(OutputKind.TABLE, [{"a": URI, "b": URI}, {"a": URI, "b": big}]))
    columns = json.loads(app.dataframe[0].proto.columns)
    assert columns["a"]["type_config"]["type"] == "image"
    assert "type_config" not in columns.get("b", {})
    assert not app.exception


# structured values


def test_data_can_be_searched_and_paths_are_copyable_code():
    app = draw_outputs(output(OutputKind.DATA, {"items": [{"price": 4.5}], "odd key": "*bold*"}))
    app.text_input[0].set_value("price").run()
    assert app.code[0].value == "items[0].price"
    assert "1 match." in texts(app)
    app.text_input[0].set_value("bold").run()
    assert app.code[0].value == '["odd key"]'
    assert "\\*bold\\*" in texts(app)
    app.text_input[0].set_value("nowhere").run()
    assert "No matches" in texts(app)


def test_truncated_data_can_be_searched_in_full():
    app = draw_outputs(output(OutputKind.DATA, {"a": "x" * 6_000_000, "needle": 1}))
    assert len(app.code[0].value) == 500_000
    app.text_input[0].set_value("needle").run()
    assert app.code[0].value == "needle"


def test_very_deep_data_does_not_crash_the_page():
    """The value is as deep as `json.loads` accepts."""
    value = json.loads('{"a":[' * 400 + "1" + "]}" * 400)
    assert "Component" in texts(draw_outputs(output(OutputKind.DATA, value)))
    assert "Component" in texts(draw_outputs(output(OutputKind.TABLE, [{"a": value}])))


def test_a_changed_value_is_redrawn():
    """A component of a live run may return several times."""

    def page():
        import streamlit as st

        from lfclient.outputs.model import Output, OutputKind
        from pages._ui.outputs import view as outputs_view

        rows = [{"n": i} for i in range(st.number_input("rows", 1, 9))]
        one = Output("C-1", OutputKind.TABLE, rows)
        outputs_view.draw_output(one, "run-1", "live", lambda ref: b"", "C")

    app = AppTest.from_function(page).run()
    app.number_input[0].set_value(3).run()
    assert len(app.dataframe[0].value) == 3


# two outputs


def open_pair(first, second):
    pair = [Output("A-1", *first, display_name="One"), Output("B-2", *second, display_name="Two")]
    app = draw_outputs(*pair)
    app.session_state["compare-run-1"] = True
    app.run()
    return app


def test_two_outputs_are_drawn_side_by_side_once_the_panel_is_opened():
    pair = (OutputKind.MESSAGE, "hello"), (OutputKind.TABLE, [{"a": 1}])
    assert len(draw_outputs(Output("A-1", *pair[0]), Output("B-2", *pair[1])).dataframe) == 1
    app = open_pair(*pair)
    assert [box.value for box in app.selectbox] == ["One", "Two"]
    assert len(app.dataframe) == 2


def test_the_controls_of_compared_outputs_have_names_of_their_own():
    app = open_pair((OutputKind.TABLE, [{"a": 1}]), (OutputKind.TABLE, [{"a": 1}]))
    names = [each.label for each in app.segmented_control]
    assert len(names) == len(set(names)) == 5
    assert names[-2:] == ["View of One, first", "View of Two, second"]


def test_a_single_output_has_no_comparison_panel():
    assert not draw_outputs(output(OutputKind.MESSAGE, "a")).expander


def test_two_texts_are_compared_by_words_or_lines():
    app = open_pair((OutputKind.MESSAGE, "a\nb c"), (OutputKind.MESSAGE, "a\nb d"))
    app.segmented_control[0].set_value(output_pair.DIFFERENCES).run()
    assert ":red-background[− c]" in texts(app)
    app.segmented_control[1].set_value("Lines").run()
    assert "- b c\n+ b d" in app.code[-1].value


def test_tables_are_compared_by_row_and_data_by_path():
    rows = [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
    app = open_pair((OutputKind.TABLE, rows), (OutputKind.TABLE, rows[:1]))
    app.segmented_control(key=PAIR_VIEW).set_value(output_pair.DIFFERENCES).run()
    assert "− 1 row removed" in texts(app)
    app = open_pair((OutputKind.DATA, {"a": 1}), (OutputKind.DATA, {"a": 2}))
    app.segmented_control(key=PAIR_VIEW).set_value(output_pair.DIFFERENCES).run()
    assert app.dataframe[0].value.to_dict("records") == [
        {"±": "≠ changed", "Path": "a", "First": "1", "Second": "2"}
    ]


def test_identical_texts_show_a_note_instead_of_differences():
    app = open_pair((OutputKind.MESSAGE, "a"), (OutputKind.MESSAGE, "a"))
    app.segmented_control[0].set_value(output_pair.DIFFERENCES).run()
    assert "Identical text" in texts(app)


def test_outputs_and_named_parts_get_unique_labels():
    """Components may have the same name."""
    parts = {"x": output(OutputKind.MESSAGE, "1"), "y": output(OutputKind.MESSAGE, "2")}
    many = {
        "a": output(OutputKind.MESSAGE, "", parts=parts),
        "b": Output("B-1", OutputKind.MESSAGE, "", display_name="Same"),
        "c": Output("C-1", OutputKind.MESSAGE, "", display_name="Same"),
    }
    assert list(output_pair.label_outputs(many)) == [
        "Component · X",
        "Component · Y",
        "Same",
        "Same (C-1)",
    ]


# the page as a whole


def test_a_drawn_page_releases_the_run_and_reloads_it_on_demand(monkeypatch):
    getters, draw_card = [], outputs_view._draw_card

    def record_and_draw(get_run, *rest):
        getters.append(get_run)
        draw_card(get_run, *rest)

    monkeypatch.setattr(outputs_view, "_draw_card", record_and_draw)

    def page():
        import streamlit as st

        from lfclient.outputs.model import Output, OutputKind
        from lfclient.runs.model import Run, RunStatus
        from pages._ui.outputs.view import draw

        one = Output("C-1", OutputKind.MESSAGE, "hello")
        run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": one})
        reloads = st.session_state.setdefault("reloads", [])

        def reload():
            reloads.append(1)

        draw(run, "run-1", lambda ref: b"", reload)
        assert not reloads

    app = AppTest.from_function(page).run()
    assert any(element.value == "hello" for element in app.markdown)
    assert getters[0]() is None
    assert app.session_state["reloads"] == [1]


@pytest.mark.parametrize(
    "value",
    [None, 0, "", [], {}, [None], [{}], [[], {"a": {}}, 1, "x"], {"": "\ud800"}, [{"a": "\ud800"}]],
    ids=repr,
)
def test_any_value_of_any_kind_is_drawn(value):
    """Empty, nested and mixed values, and lone surrogates."""
    app = draw_outputs(*(Output(f"{kind.value}-1", kind, value) for kind in OutputKind))
    assert all(f"{kind.value}\\-1" in texts(app) for kind in OutputKind)
